"""Reading histories: what is wrong is said with file, line and reason, and what came before it is judged."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from history_processors import Sort
from history_runs import SEEDS, examples
from history_sources import NO_GROUP, written
from history_system import history
from history_wreck import wreck
from hypothesis import given
from hypothesis import strategies as st

from properties.cli.run.judge import judge_command
from properties.history.catalogue import history_rows
from properties.history.events import Bit, Start
from properties.history.ledger import MOST_RANGES, Ledger
from properties.history.names import ForgottenNames
from properties.history.reader import MOST_BYTES, FileHistory
from properties.judge.judgement import judge, violated
from tests.command import RINGPLUG, ringplug

META = ('{"event":"meta","format":"ringplug-history-1","observes":["regular","deliver","level","sender"],'
        '"processes":["n1","n2"]}')  # fmt: skip
START = '{"event":"start","process":"n1","seq":1,"incarnation":1}'
RING = '{"event":"configuration","process":"n1","seq":2,"kind":"regular","ring":["n1",4],"members":["n1","n2"]}'
DELIVER = '{"event":"deliver","process":"n1","seq":3,"message":"m1","sender":"n2"}'
END = '{"event":"end","process":"n1","seq":9,"quiescent":false}'
GOOD = [META, START, RING, DELIVER]


def read(file: Path, *lines: str | bytes) -> list[str]:
    """What is wrong with a file of these lines, once it has been judged."""
    file.write_bytes(b"".join((one if isinstance(one, bytes) else one.encode()) + b"\n" for one in lines))
    found = FileHistory.open([file])
    judge(found)
    return [str(fault) for fault in found.faults]


BAD_LINES: dict[str, tuple[str | bytes, str]] = {
    "truncated": (DELIVER[:30], "not JSON: Input data was truncated"),
    "not JSON": ("deliver m1", "not JSON: JSON is malformed: invalid character (byte 0)"),
    "an array": ("[1, 2]", "not an event: Expected `object`, got `array`"),
    "a number": ("17", "not an event: Expected `object`, got `int`"),
    "empty": ("", "empty line"),
    "binary": (b"\x00\x01\xfe\xff" * 10, "not JSON: JSON is malformed: invalid character (byte 0)"),
    "not UTF-8": (b'{"event":"deliver","process":"n1","seq":4,"message":"\xff"}', "not text in UTF-8"),
    "wrong type": (DELIVER.replace(":3", ':"3"'), "not an event: Expected `int`, got `str` - at `$.seq`"),
    "negative": (DELIVER.replace(":3", ":-3"), "not an event: Expected `int` >= 0 - at `$.seq`"),
    "unknown event": (DELIVER.replace("deliver", "dream"), "not an event: Invalid value 'dream' - at `$.event`"),
    "no event": ('{"process":"n1","seq":4}', "not an event: Object missing required field `event`"),
    "unknown field": (
        DELIVER.replace("sender", "colour"),
        "not an event: Object contains unknown field `colour`",
    ),
    "missing field": (
        '{"event":"deliver","process":"n1","seq":4}',
        "not an event: Object missing required field `message`",
    ),
    "unknown level": (
        DELIVER[:-1] + ',"level":"best"}',
        "not an event: Invalid enum value 'best' - at `$.level`",
    ),
    "duplicate number": (DELIVER, "sequence number 3 of 'n1' is used twice"),
    "unknown process": (DELIVER.replace('"n1"', '"n7"'), "unknown process 'n7'; meta has n1, n2"),
    "before its start": (DELIVER.replace('"n1"', '"n2"'), "an event of 'n2' before its start"),
    "old incarnation": (START, "incarnation 1 of 'n1' after 1"),
    "second meta": (META, "a second meta"),
    "not observed": (
        '{"event":"originate","process":"n1","seq":4,"message":"m2"}',
        "an event 'originate', which meta does not observe",
    ),
    "not observed kind": (
        RING.replace("regular", "transitional"),
        "an event 'transitional', which meta does not observe",
    ),
    "field not observed": (
        DELIVER[:-1].replace(":3", ":4") + ',"priority":"low"}',
        "a field 'priority', which meta does not observe",
    ),
    "lists not observed": (
        RING[:-1].replace(":2", ":4") + ',"left":[]}',
        "left or joined, which meta does not observe as lists",
    ),
    "no members": (RING.replace('["n1","n2"]', "[]"), "not an event: a configuration without members"),
    "members missing": (
        RING.replace(',"members":["n1","n2"]', ""), "not an event: a configuration without members",
    ),
    "no ring": (RING.replace('"ring":["n1",4],', "").replace(":2", ":4"), "no ring, and meta does not say that"),
    "out of, regular": (
        RING[:-1].replace(":2", ":4") + ',"out_of":["n1",4]}',
        "out_of, which only a transitional configuration has",
    ),
    "field missing": ('{"event":"deliver","process":"n1","seq":4,"message":"m2"}', "no sender, which meta observes"),
    "control characters": (
        '{"event":"deliver","process":"n1","seq":4,"message":"m","\\u001b[2J":1}',
        "not an event: Object contains unknown field `\\x1b[2J`",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_LINES)
def test_a_bad_line_is_named_with_its_reason(what: str, tmp_path: Path) -> None:
    line, reason = BAD_LINES[what]
    file = tmp_path / "bad.jsonl"
    assert read(file, *GOOD) == []
    (found,) = read(file, *GOOD, line, DELIVER)
    assert found.startswith(f"{file}:5: {reason}")


def test_a_system_without_transitional_configurations_has_none(tmp_path: Path) -> None:
    meta = META[:-1] + ',"without":["transitional"]}'
    left = RING.replace("regular", "transitional").replace('"ring"', '"out_of"').replace(":2", ":4")
    file = tmp_path / "bad.jsonl"
    assert read(file, META, START, RING, left) == []
    assert read(file, meta, START, RING, left) == [
        f"{file}:4: a transitional configuration, of which meta says that there are none"
    ]
    both = meta.replace('"level"', '"transitional"')
    assert read(file, both, START) == [f"{file}:1: transitional configurations are observed, and there are none"]


def test_of_several_files_each_says_what_its_system_is_without(tmp_path: Path) -> None:
    one, other = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    for said, without in ((("transitional",), set[str]()), (("transitional", "ids"), {"ids"})):
        mine = META.replace('"n1","n2"', '"n1"')[:-1] + f',"without":{json.dumps(said)}}}'
        one.write_text(mine)
        other.write_text(META.replace('"n1","n2"', '"n2"'))
        assert FileHistory.open([one]).without == set(said)
        assert FileHistory.open([one, other]).without == without


def test_names_that_were_forgotten_are_known_again() -> None:
    names = ForgottenNames()
    for number in range(50_000):
        assert f"m{number}" not in names
        names.add(f"m{number}")
    assert all(f"m{number}" in names for number in range(50_000))
    assert "m50000" not in names


def test_nothing_comes_after_the_end(tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    assert read(file, *GOOD, END, DELIVER.replace(":3", ":10")) == [f"{file}:6: an event of 'n1' after its end"]
    assert read(file, *GOOD, END, START) == [f"{file}:6: an event of 'n1' after its end"]


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (START, "the first line is not meta"),
        (META.replace("history-1", "history-2"), "format is 'ringplug-history-2'; this version reads"),
        (META[:-1].replace("history-1", "history-2") + ',"more":1}', "format is 'ringplug-history-2'; this"),
        (META.replace('"n1","n2"', ""), "processes: none, or one twice"),
        (META.replace('"n2"', '"n1"'), "processes: none, or one twice"),
        (META.replace('"level"', '"smell"'), "not an event: Invalid enum value 'smell' - at `$.observes[2]`"),
        (META[:40], "not JSON: Input data was truncated"),
        ("\x7fELF\x00\x00", "not JSON: JSON is malformed: invalid character (byte 0)"),
    ],
)  # fmt: skip
def test_without_a_meta_nothing_is_read(first: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    (found,) = read(file, first, START)
    assert found.startswith(f"{file}:1: {reason}")


def test_an_empty_file_a_folder_and_no_file_are_no_histories(tmp_path: Path) -> None:
    empty, absent = tmp_path / "empty.jsonl", tmp_path / "absent.jsonl"
    empty.write_bytes(b"")
    faults = FileHistory.open([empty, absent, tmp_path]).faults
    assert [str(fault) for fault in faults] == [
        f"{empty}: empty file",
        f"{absent}: No such file or directory",
        f"{tmp_path}: is a directory; name the files in it",
    ]


def test_two_files_of_one_process_are_refused_and_the_first_is_judged(tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    for file in (first, second):
        file.write_text("\n".join(GOOD))
    done = ringplug("judge", first, second, "--json")
    assert done.returncode == 3
    assert done.stderr == f"ringplug: {second}:1: events of process 'n1', which are in {first} already\n"
    said = json.loads(done.stdout)
    assert said["partial"]
    assert said["events"] == 3
    assert said["bad_input"] == [
        {"file": str(second), "line": 1, "reason": f"events of process 'n1', which are in {first} already"}
    ]


def test_what_came_before_a_bad_line_is_judged_and_marked(tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text("\n".join([*GOOD, DELIVER.replace(":3", ":4"), "{"]))
    done = ringplug("judge", file)
    assert done.returncode == 3
    assert done.stderr == f"ringplug: {file}:6: not JSON: Input data was truncated\n"
    assert "EVS-1.4 violated" in done.stdout
    assert "Partial: files were judged up to where they cannot be read." in done.stdout


def test_a_line_of_a_gigabyte_is_refused_and_not_loaded(tmp_path: Path) -> None:
    file = tmp_path / "long.jsonl"
    file.write_text("\n".join(GOOD) + '\n{"event":"')
    os.truncate(file, 1 << 30)
    limit = 1 << 30

    def little_memory() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    done = subprocess.run(
        [RINGPLUG, "judge", file], capture_output=True, text=True, timeout=60, check=False, preexec_fn=little_memory
    )
    assert done.returncode == 3
    assert done.stderr == f"ringplug: {file}:5: line longer than {MOST_BYTES:,} bytes\n"
    assert "EVS-1.2" in done.stdout


def test_a_long_line_is_taken_if_it_is_not_too_long(tmp_path: Path) -> None:
    long = DELIVER[:-1] + f',"note":"{"x" * (MOST_BYTES - 200)}"}}'
    assert read(tmp_path / "long.jsonl", META, START, RING, long) == []


def test_a_last_line_without_its_newline_is_taken_if_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "cut.jsonl"
    file.write_text("\n".join(GOOD))
    history_ = FileHistory.open([file])
    assert judge(history_).event_count == 3
    assert not history_.faults


def test_numbers_are_used_once_wherever_they_come() -> None:
    ledger, random = Ledger("n1"), Random(1)
    assert ledger.enter(Start("n1", 500, incarnation=1)) is None
    used = {500}
    for _ in range(5000):
        number = random.randrange(1000)
        refused = ledger.enter(Bit("n1", number))
        assert (refused is not None) == (number in used)
        used.add(number)
    assert MOST_RANGES > 1000


@examples(60)
@given(seed=SEEDS, places=st.lists(st.tuples(st.integers(0, 2**20), st.binary(max_size=3)), max_size=3))
def test_no_bytes_make_it_fail(
    seed: int, places: list[tuple[int, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("fuzz") / "a.jsonl"
    written(file, history(Random(seed % 20), Sort(steps=20)), NO_GROUP)
    content = bytearray(file.read_bytes())
    for place, data in places:
        at = place % len(content)
        content[at : at + len(data)] = data
    file.write_bytes(content)
    found = FileHistory.open([file])
    judgement = judge(found)
    assert all(fault.reason and fault.line >= 0 for fault in found.faults)
    assert judgement.event_count <= content.count(b"\n")


# The command.


def exit_code(*arguments: str | Path) -> int:
    """What the command returns, in this process."""
    return CliRunner().invoke(judge_command, [str(one) for one in arguments], standalone_mode=False).return_value


def test_the_exit_code_tells_the_truth(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_text("\n".join(GOOD))
    bad.write_text("\n".join([*GOOD, DELIVER.replace(":3", ":4")]))
    assert exit_code(good) == 0
    assert exit_code(bad) == 1
    assert exit_code(bad, "--claim", "EVS-2.2") == 0
    assert exit_code(good, "--claim", "EVS-3") == 2
    assert exit_code(bad, "--claim", "EVS-4", "--claim", "EVS-1.4") == 1
    assert exit_code(tmp_path / "none.jsonl") == 3


def test_a_violation_is_shown_with_its_events_and_reduced(tmp_path: Path) -> None:
    file, small = tmp_path / "bad.jsonl", tmp_path / "small.jsonl"
    second = DELIVER.replace(":3", ":4")
    file.write_text("\n".join([*GOOD, second]))
    done = ringplug("judge", file, "--claim", "EVS-1.4", "--reduce", small)
    assert done.returncode == 1
    assert f"{file}:4: {DELIVER}" in done.stdout
    assert f"{file}:5: {second}" in done.stdout
    assert f"shortest beginning: {file} to line 5" in done.stdout
    assert f"{small}: 4 of its events, which violate EVS-1.4, EVS-6.2." in done.stdout
    assert "\x1b" not in done.stdout
    assert violated(judge(FileHistory.open([small])).claims) == {"EVS-1.4", "EVS-6.2"}


def test_the_same_is_said_whatever_the_hash_seed(tmp_path: Path) -> None:
    file, random = tmp_path / "bad.jsonl", Random(3)
    while True:
        events, _ = wreck(random, history(random, Sort(plug=False, steps=100)))
        written(file, events, NO_GROUP)
        if "EVS-6.2" in violated(judge(FileHistory.open([file])).claims):
            break
    said: set[str] = set()
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [RINGPLUG, "judge", file], capture_output=True, text=True, env={"PYTHONHASHSEED": hash_seed}, check=False
        )
        said.add(done.stdout)
    assert len(said) == 1
    assert "EVS-6.2 violated" in said.pop()


def test_verdicts_as_json(tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text("\n".join([*GOOD, DELIVER.replace(":3", ":4")]))
    done = ringplug("judge", file, "--json", "--reduce", tmp_path / "small.jsonl", "--claim", "EVS-1.4")
    said = json.loads(done.stdout)
    (one,) = said["verdicts"]
    assert (one["claim"], one["verdict"], one["prefix"]) == ("EVS-1.4", "violated", {str(file): 5})
    assert [(shown["line"], shown["event"]["event"]) for shown in one["events"]] == [(4, "deliver"), (5, "deliver")]
    assert said["reduced"]["events"] == 4
    assert said["not_observed"] == []
    assert not said["partial"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["judge"], "FILE"),
        (["judge", "x.jsonl", "--claim", "EVS-9"], "unknown claim 'EVS-9'"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_3(arguments: list[str], says: str) -> None:
    done = ringplug(*arguments)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (3, "", 1)
    assert says in done.stderr


def test_help_has_examples_and_claims_are_listed() -> None:
    runner = CliRunner()
    assert "ringplug judge run.jsonl" in runner.invoke(judge_command, ["--help"]).stdout
    assert runner.invoke(judge_command, ["--claims"]).stdout == "\n".join(history_rows()) + "\n"
