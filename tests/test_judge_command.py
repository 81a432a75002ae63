"""`ringplug judge` as a user meets it: which files it takes, what it refuses, and what it prints first."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from history_runs import examples
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from properties.cli.run import judge as command
from properties.cli.run.judge import judge_command
from properties.history.catalogue import HISTORY_CLAIMS
from properties.history.events import Facet
from properties.history.files import Lines
from properties.history.reader import FileHistory
from properties.judge.judgement import judge
from properties.terminal.judged import unobserved_lines

META = ('{"event":"meta","format":"ringplug-history-1","observes":["regular","deliver","level","sender"],'
        '"processes":["n1","n2"]}')  # fmt: skip
START = '{"event":"start","process":"n1","seq":1,"incarnation":1}'
RING = '{"event":"configuration","process":"n1","seq":2,"kind":"regular","ring":["n1",4],"members":["n1","n2"]}'
DELIVER = '{"event":"deliver","process":"n1","seq":3,"message":"m1","sender":"n2"}'
AGAIN = DELIVER.replace(":3", ":4")
GOOD = "\n".join([META, START, RING, DELIVER]) + "\n"
BAD = GOOD + AGAIN + "\n"
OTHER = GOOD.replace('"n1","n2"]}', '"n3"]}').replace('"process":"n1"', '"process":"n3"')
"""Of another process."""
COMPRESSED: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def run(*arguments: str | Path, given: bytes = b"") -> Result:
    return CliRunner().invoke(judge_command, [str(one) for one in arguments], input=given, standalone_mode=False)


def verdicts(done: Result) -> dict[str, str]:
    return {one["claim"]: one["verdict"] for one in json.loads(done.stdout)["verdicts"]}


# Which files it takes.


def test_standard_input_is_judged_as_a_file_is(tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(BAD)
    given, named = run("-", given=BAD.encode()), run(file)
    assert given.return_value == named.return_value == 1
    assert given.stdout == named.stdout.replace(str(file), "standard input")


@pytest.mark.parametrize("suffix", COMPRESSED)
def test_a_compressed_file_is_read_as_it_is(suffix: str, tmp_path: Path) -> None:
    plain, small = tmp_path / "bad.jsonl", tmp_path / f"bad.jsonl.{suffix}"
    plain.write_text(BAD)
    small.write_bytes(COMPRESSED[suffix](BAD.encode()))
    done = run(small)
    assert done.return_value == 1
    assert done.stdout == run(plain).stdout.replace(str(plain), str(small))
    assert run("-", given=small.read_bytes()).return_value == 1


def test_how_much_of_a_compressed_file_is_read_is_known(tmp_path: Path) -> None:
    file = tmp_path / "long.jsonl.gz"
    file.write_bytes(gzip.compress(BAD.encode() * 5000, compresslevel=0))
    lines = Lines(file, 1000)
    lines.look()
    shares = [lines.read_bytes / lines.size_bytes for _ in lines]
    assert shares == sorted(shares)
    assert shares[0] < 0.1 < 0.9 < shares[-1] <= 1.0
    assert lines.read_bytes == lines.size_bytes


def test_a_pattern_stands_for_the_files_that_match(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(GOOD)
    (tmp_path / "b.jsonl").write_text(OTHER)
    (tmp_path / "b.txt").write_text("no history")
    done = run(tmp_path / "*.jsonl", "--json")
    assert json.loads(done.stdout)["processes"] == ["n1", "n2", "n3"]
    assert json.loads(run(tmp_path / "[b].jsonl", "--json").stdout)["processes"] == ["n3"]
    (tmp_path / "[b].jsonl").write_text(GOOD)
    assert json.loads(run(tmp_path / "[b].jsonl", "--json").stdout)["processes"] == ["n1", "n2"]


# What it refuses.


def refusal(*arguments: str | Path, given: bytes = b"") -> str:
    """The one line of a call with exit code 3."""
    done = run(*arguments, given=given)
    if done.exception:
        return str(done.exception)
    assert done.return_value == 3
    (line,) = done.stderr.splitlines()
    return line


def test_a_pattern_that_nothing_matches_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "*.jsonl") == f"{tmp_path}/*.jsonl: no file matches"


def test_standard_input_is_there_once() -> None:
    assert refusal("-", "-") == "- is standard input, which there is once"
    assert refusal("-") == "ringplug: standard input: empty file"


@pytest.mark.parametrize("suffix", COMPRESSED)
def test_what_is_cut_or_damaged_is_named_and_judged_up_to_there(suffix: str, tmp_path: Path) -> None:
    file, whole = tmp_path / f"a.jsonl.{suffix}", COMPRESSED[suffix](GOOD.encode())
    for content in (whole[:-9], whole[:20], whole[:20] + b"damage" + whole[26:], COMPRESSED[suffix](b"")):
        file.write_bytes(content)
        assert refusal(file).startswith(f"ringplug: {file}: ")
        done = run(file, "--json")
        assert done.return_value == 3
        assert json.loads(done.stdout)["partial"]
        assert json.loads(done.stdout)["bad_input"][0]["file"] == str(file)


def test_a_damaged_end_is_told_from_what_is_behind_it(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress(BAD.encode()) + b"more")
    done = run(file)
    assert done.return_value == 3
    assert done.stderr == f"ringplug: {file}: damaged: Not a gzipped file (b'mo'), after line 5\n"
    assert "EVS-1.4 violated" in done.stdout


def test_a_compressed_line_of_a_gigabyte_is_not_loaded(tmp_path: Path) -> None:
    file = tmp_path / "bomb.jsonl.gz"
    with gzip.open(file, "wb", compresslevel=1) as stream:
        for _ in range(256):
            stream.write(bytes(1 << 22))
    limit = 1 << 29

    def little_memory() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    code = f"from properties.cli.run.judge import judge_command as c; c([{str(file)!r}], standalone_mode=False)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, preexec_fn=little_memory)
    assert done.stderr == f"ringplug: {file}:1: line longer than 1,048,576 bytes\n"


NESTED = '{"event":"deliver","process":"n1","seq":4,"message":' + "[" * 1100 + "]" * 1100 + "}"
REFUSED: dict[str, tuple[str, str]] = {
    "nested": ("[" * 1100 + "]" * 1100, "not an event: "),
    "nested in a field": (NESTED, "not an event: "),
    "nested in an unknown field": (NESTED.replace("message", "colour"), "not an event: "),
    "nested and cut": ("[" * 5000, "not "),
    "a second field": (AGAIN.replace('"m1"', '"m1","message":"m2"'), "not an event: a second field 'message'"),
    "the same twice": (AGAIN.replace('"seq":4', '"seq":4,"seq":4'), "not an event: a second field 'seq'"),
    "a second field with spaces": (AGAIN.replace('"m1"', '"m1", "message" : "m2"'), "not an event: a second field"),
    "a second field by another name": (
        AGAIN.replace('"m1"', '"m1","mess\\u0061ge":"m2"'), "not an event: a second field 'message'"
    ),
    "two kinds of event": (AGAIN.replace('{"event"', '{"event":"bit","event"'), "not an event: "),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_a_line_that_is_no_event_is_named(what: str, tmp_path: Path) -> None:
    line, reason = REFUSED[what]
    file = tmp_path / "a.jsonl"
    file.write_text(GOOD + line + "\n")
    assert refusal(file).startswith(f"ringplug: {file}:5: {reason}")
    file.write_text(line + "\n" + GOOD)
    assert refusal(file).startswith(f"ringplug: {file}:1: ")


def test_a_second_field_in_meta_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    for second in ('"observes":[],"observes"', '"about":{"a":1,"b":2,"a":3},"observes"'):
        file.write_text(GOOD.replace('"observes"', second))
        assert "1: not an event: a second field " in refusal(file)


def test_fields_are_told_from_what_only_looks_like_them(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    for note in ('"x":,"x":', ":", ',"x":', "\\", '"'):
        line = json.dumps({**json.loads(DELIVER), "note": note, "seq": 7})
        file.write_text(GOOD + line + "\n")
        assert run(file, "--claim", "EVS-1.2").return_value == 0, line


def test_a_small_part_is_not_written_over_what_is_judged(tmp_path: Path) -> None:
    file, link = tmp_path / "bad.jsonl", tmp_path / "link.jsonl"
    file.write_text(BAD)
    link.symlink_to(file)
    for out in (file, link):
        assert refusal(file, "--reduce", out) == f"--reduce {out}: a file to judge; name another"
    assert refusal(tmp_path / "b*.jsonl", "--reduce", file).endswith("name another")
    assert file.read_text() == BAD


def test_json_of_a_part_is_marked(tmp_path: Path) -> None:
    file, small = tmp_path / "bad.jsonl", tmp_path / "small.jsonl"
    file.write_text(BAD + "{")
    said = json.loads(run(file, "--json", "--reduce", small).stdout)
    assert said["partial"]
    assert said["reduced"]["partial"]
    said = json.loads(run(tmp_path / "none.jsonl", "--json").stdout)
    assert said["partial"]
    assert said["events"] == 0


PIECES = (META, START, RING, DELIVER, AGAIN, '"n1"', "[", "]", "{", "}", ":", ",", "\n", '"', "\\", "1e999", "\x00")


@examples(150)
@given(
    content=st.one_of(
        st.binary(max_size=300),
        st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=12).map(lambda some: "".join(some).encode()),
        st.binary(max_size=60).map(lambda some: GOOD.encode() + some),
    ),
    compressed=st.sampled_from([None, *COMPRESSED]),
    damage=st.none() | st.tuples(st.integers(0, 2**16), st.binary(max_size=4)),
)
def test_any_bytes_are_judged_or_refused_by_name(
    content: bytes, compressed: str | None, damage: tuple[int, bytes] | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("any") / "a.jsonl"
    given = bytearray(COMPRESSED[compressed](content) if compressed else content)
    if damage and given:
        at = damage[0] % len(given)
        given[at : at + len(damage[1])] = damage[1]
    file.write_bytes(given)
    done = run(file)
    if done.return_value == 3:
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"ringplug: {file}:")
        assert line.partition(": ")[2].partition(": ")[2]
    else:
        assert (done.return_value, done.stderr) in {(0, ""), (1, ""), (2, "")}
        assert " at its end." in done.stdout


# What it prints.


def shown(text: str, width: int, tmp_path: Path) -> list[str]:
    """What a terminal of this width shows of a history."""
    file = tmp_path / "a.jsonl"
    file.write_text(text)
    history = FileHistory.open([file])
    judgement = judge(history)
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, no_color=True, highlight=False)
    command.Told(history, judgement, judgement.claims, None).print(console)
    return "".join(stream.getvalue().replace("\x1b[1m", "").replace("\x1b[2m", "").split("\x1b[0m")).split("\n")


@pytest.mark.parametrize("width", [80, 100, 200])
def test_nothing_is_wider_than_a_terminal_and_no_word_is_broken(width: int, tmp_path: Path) -> None:
    lines = shown(BAD, width, tmp_path)
    whole = " ".join(shown(BAD, 2000, tmp_path)).split()
    broken = [word for line in lines for word in line.split() if word not in whole]
    assert not broken
    assert [line for line in lines if len(line) > width and str(tmp_path) not in line] == []


def test_what_matters_comes_first_and_what_is_not_seen_last(tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(BAD)
    done = run(file)
    table, _, rest = done.stdout.partition("\n\n")
    kinds = [line.split()[1] for line in table.splitlines()[1:] if line[0] != " "]
    assert list(dict.fromkeys(kinds)) == ["violated", "open", "ok"]
    assert kinds == sorted(kinds, key=["violated", "open", "ok"].index)
    assert "not observable" not in table
    assert "  observe `originate` or `queue` to decide EVS-1.1, EVS-1.3, EVS-3, EVS-5, EVS-6.1, LIVE-3\n" in rest
    assert "  observe `queue` and `step` to decide EVT-S2, EVT-S3\n" in rest
    assert "  observe `table` or `group`, and `gate` or `sync` to decide CLM-S3\n" in rest
    unseen = [id for id, verdict in verdicts(run(file, "--json")).items() if verdict == "not observable"]
    advice = [line for line in rest.splitlines() if line.startswith("  observe ")]
    said = [id for line in advice for id in line.rpartition(" to decide ")[2].split(", ")]
    assert sorted(said) == sorted(unseen)
    assert len(advice) < len(unseen)
    assert f"Not observable: {len(unseen)} claims." in rest
    assert "5 events of 2 processes in 1 ring; cut off at its end." not in done.stdout
    assert "4 events of 2 processes in 1 ring; cut off at its end." in done.stdout


def test_who_follows_the_advice_can_decide_the_claim() -> None:
    nothing = frozenset[Facet]()
    for claim in HISTORY_CLAIMS.values():
        lacking = claim.lacking(nothing)
        assert (claim.missing(nothing) is None) == (lacking == ())
        assert claim.missing(frozenset(group[0] for group in lacking)) is None


def test_what_is_not_observable_for_another_reason_says_it(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(GOOD)
    history = FileHistory.open([file])
    claims = judge(history).claims
    (one,) = (one for one in claims if one.claim == "EVS-1.2")
    one.verdict, one.reason = "not observable", "of a reason of its own"
    assert "  EVS-1.2: of a reason of its own" in list(unobserved_lines(claims, history.observes))


# How fast it is.


def test_judging_imports_no_engine(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(GOOD)
    code = (
        "import resource, sys; from properties.cli.run.judge import judge_command as c\n"
        f"c([{str(file)!r}], standalone_mode=False)\n"
        "heavy = {'z3', 'numpy', 'networkx', 'hypothesis', 'model', 'reference', 'pytest'} & set(sys.modules)\n"
        "used = resource.getrusage(resource.RUSAGE_SELF); print('heavy:', *sorted(heavy))\n"
        "print('seconds:', used.ru_utime + used.ru_stime)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *_, heavy, seconds = done.stdout.splitlines()
    assert heavy == "heavy:"
    assert float(seconds.partition(" ")[2]) < 0.6, "0.2 s on a machine that does nothing else"
