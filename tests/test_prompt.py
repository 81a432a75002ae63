"""The lines in which one walks through the machine: what they do, from a pipe and at a terminal."""

from __future__ import annotations

import io
import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model.plug.machine import RECOVERY_PLUG
from properties.explain.walk import Walk, resume
from properties.terminal.exit_codes import ALL_HOLD, BAD_INPUT
from properties.terminal.prompt import MOST_ROWS, Loop, run
from properties.traces.render import trace_lines
from properties.traces.trace import FORMAT, Trace, TraceScope, read_trace

ROOT = Path(__file__).parent.parent
CORE = resume(Trace(FORMAT, TraceScope(2, 1, 2), [], []))
FULL = resume(Trace(FORMAT, TraceScope(2, 1, 2), sorted(RECOVERY_PLUG.features), []))
FORMED = "form_ring r0 {p0 p1}"
INSTALLED = (FORMED, "install p0 r0")
RUN = """
import sys
from properties.explain.walk import resume
from properties.terminal.prompt import run
from properties.traces.trace import FORMAT, Trace, TraceScope

walk = resume(Trace(FORMAT, TraceScope(2, 1, 2), [], []))
sys.exit(run(walk, sys.stdin, print, lambda line: print(line, file=sys.stderr)))
"""


def walked(*lines: str) -> Walk:
    """The walk that these lines take in the core of the protocol."""
    loop = Loop(CORE, say=lambda _line: None)
    for line in lines:
        loop.obey(line)
    return loop.walk


def asked(*lines: str) -> tuple[list[str], list[str], int]:
    """The answers, the complaints and the exit code, with these lines in a pipe."""
    said, complained = list[str](), list[str]()
    code = run(CORE, io.StringIO("\n".join(lines)), said.append, complained.append)
    return said, complained, code


def test_every_step_is_known_by_the_words_that_show_it() -> None:
    loop = Loop(FULL, say=lambda _line: None)
    assert list(loop.words.values()) == list(FULL.ground.steps)
    assert not {*loop.plain, *loop.with_rest} & {rule.name for rule in RECOVERY_PLUG.rules}


@pytest.mark.parametrize("line", ["form_ring r0 {p1 p0}", " form_ring  r0 { p0, p1 } ", "form_ring r0 {p0 p1 p0}\r"])
def test_a_set_may_be_written_in_any_order(line: str) -> None:
    assert walked(line) == walked(FORMED)


def test_the_list_numbers_the_steps_that_change_the_state() -> None:
    said, _, code = asked("", "list", "3", "list", "install p0 r0", "visit p0 r0", "list")
    assert code == ALL_HOLD
    assert said[0] == "  1 form_ring r0 {p0}   2 form_ring r0 {p1}   3 form_ring r0 {p0 p1}"
    assert "changing nothing: unplug p0 h0, p1 h0" in said[1]
    assert said[2:4] == said[:2]
    assert said[4].startswith("  1  form_ring r0 {p0 p1}   member[r0] {+p0 +p1}  pending[r0] {+p0 +p1}")
    assert said[5] == "  1 install p0 r0   2 install p1 r0"
    assert "visit p0 r0" in said[-1]


def test_the_lanes_stand_beside_the_choices_where_there_is_room() -> None:
    walk = walked(*INSTALLED)
    for width, beside in ((80, True), (60, False)):
        said: list[str] = []
        Loop(walk, said.append, width, lanes=True).obey("list")
        assert max(map(len, said)) <= width
        assert said[0].split()[:2] == ["p0", "p1"]
        assert said[3].startswith("  2  ┃■▲ install r0    ┊ △")
        assert ("1 install p1 r0" in said[0]) == beside
        assert sum("1 install p1 r0" in line for line in said) == 1


def test_of_a_long_walk_the_last_steps_are_drawn() -> None:
    said: list[str] = []
    Loop(walked(*INSTALLED, *["visit p0 r0"] * 20), said.append, 60, lanes=True).obey("list")
    numbers = [line.split()[0] for line in said[1 : 1 + MOST_ROWS]]
    assert numbers == [str(number) for number in range(23 - MOST_ROWS, 23)]


def test_a_long_list_is_broken_between_steps() -> None:
    said = list[str]()
    Loop(resume(Trace(FORMAT, TraceScope(4, 2, 2), [], [])), said.append, width=60).obey("list")
    assert max(map(len, said)) <= 60
    assert sum(line.count("form_ring r0 {") for line in said) == 15
    assert all(line.count("{") == line.count("}") for line in said)


def test_why() -> None:
    said, _, _ = asked(FORMED, "why")
    line = next(line for line in said if line.startswith("  visit "))
    assert line.split(None, 1)[1] == "r has a token (2 of 4); p has installed r"
    assert {line.split()[0] for line in said[2:]} >= {"leave", "sole_visit", "originate"}
    said, _, _ = asked(FORMED, "why visit p1 r1", "why unplug p0 h0", "why install")
    assert said[1:] == [
        "visit p1 r1 is not enabled: not true that r has a token; p has installed r",
        "unplug p0 h0 is enabled",
        "install p0 r0 is enabled",
        "install p0 r1 is not enabled: not true that r is pending at p",
        "install p1 r0 is enabled",
        "install p1 r1 is not enabled: not true that r is pending at p",
    ]


def test_state_shows_what_is_not_empty() -> None:
    said, _, _ = asked(*INSTALLED, "state")
    assert set(said) >= {
        "member[r0] {p0 p1}",
        "pending[r0] {p1}",
        "installed[r0] {p0}",
        "handles[h0] {p0 p1}  (never changes)",
        "plugged[h0] {p0}",
        "owes[h0] {p0}  (ghost)",
    }
    assert not [line for line in said if "{}" in line]


def test_undo_and_trace() -> None:
    said, complained, code = asked("trace", *INSTALLED, "unplug p0 h0", "trace", "undo 2", "undo", "undo", "trace")
    assert said[0] == said[-1] == "no step taken"
    assert said[4:7] == list(trace_lines(walked(*INSTALLED, "unplug p0 h0").trace()))
    assert said[7:10] == ["undone   3  unplug p0 h0", "undone   2  install p0 r0", f"undone   1  {FORMED}"]
    assert complained == ["line 8: cannot undo 1 step of 0"]
    assert code == BAD_INPUT


def test_a_saved_walk_is_a_trace_from_which_another_starts(tmp_path: Path) -> None:
    file = tmp_path / "a walk.json"
    said, _, code = asked(*INSTALLED, f"save {file}", "quit", "fly")
    assert (said[-1], code) == (f"saved 2 steps: {file}", ALL_HOLD)
    again = resume(read_trace(file.read_bytes()))
    assert again.state == walked(*INSTALLED).state
    assert again.trace() == read_trace(file.read_bytes())
    assert len(again.undo(2).played) == 0


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("fly", "'fly' is neither a command nor an action here"),
        ("create p0 h0", "'create' is neither a command nor an action here"),
        ("visit p9 r0", "no step 'visit p9 r0'; visit goes from `visit p0 r0` to `visit p1 r1`"),
        ("visit", "no step 'visit'"),
        ("visit r0 p0", "no step 'visit r0 p0'"),
        ("form_ring r1 {p0", "no step 'form_ring r1 {p0'"),
        ("visit p0 r0", "visit p0 r0 is not enabled: not true that p has installed r"),
        ("0", "no step has the number 0; the list has"),
        ("99", "no step has the number 99"),
        ("9" * 5000, "is not a number"),
        ("²", "'²' is neither"),
        ("1 2", "'1 2' is not a number"),
        ("-1", "'-1' is neither"),
        ("\x1b[2J", r"'\x1b[2J' is neither"),
        ("list all", "list takes nothing after it"),
        ("undo 2", "cannot undo 2 steps of 1"),
        ("undo 0", "cannot undo 0 steps"),
        ("undo all", "'all' is not a number"),
        ("why fly", "'fly' is neither"),
        ("why visit p9 r0", "no step 'visit p9 r0'"),
        ("save", "save takes the name of a file"),
        ("save no/such/folder/t.json", "'no/such/folder/t.json': No such file"),
        ("save .", "'.': Is a directory"),
        ("save \0", "'\\x00': embedded null byte"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_changes_nothing(line: str, says: str) -> None:
    said, complained, code = asked(FORMED, line, "trace")
    assert said == [said[0], *trace_lines(walked(FORMED).trace())]
    assert len(complained) == 1
    assert complained[0].startswith("line 2: ")
    assert says in complained[0]
    assert len(complained[0]) < 200
    assert "\n" not in complained[0]
    assert code == BAD_INPUT


def test_comments_and_no_input() -> None:
    assert asked() == ([], [], ALL_HOLD)
    assert asked("# list", "  # fly") == ([], [], ALL_HOLD)
    assert run(CORE, None, print, print) == ALL_HOLD


def test_help_names_every_command_and_action() -> None:
    said, _, _ = asked("help")
    loop = Loop(CORE, say=lambda _line: None)
    for name in (*loop.plain, *loop.with_rest, *(action.name for action in CORE.ground.machine.actions)):
        assert any(name in line for line in said)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("form", ["form_ring"]),
        ("form_ring r0 {p0", ["{p0}", "{p0"]),
        ("form_ring r0 {p0 ", ["p1}"]),
        ("qu", ["quit"]),
        ("why vis", ["visit"]),
        ("why visit p1 ", ["r0", "r1"]),
        ("visit ", []),
        ("save f", []),
    ],
)
def test_completions_are_of_commands_and_enabled_steps(typed: str, found: list[str]) -> None:
    assert Loop(CORE, say=lambda _line: None).completions(typed) == found


def test_a_process_reads_a_pipe_without_a_prompt() -> None:
    lines = b"form_ring r0 {p0 p1}\n\xff\xfe\ninstall p0 r0"
    done = subprocess.run(
        [sys.executable, "-c", RUN], input=lines, capture_output=True, cwd=ROOT, timeout=60, check=False
    )
    assert done.returncode == BAD_INPUT
    assert [line.split()[:2] for line in done.stdout.decode().splitlines()] == [["1", "form_ring"], ["2", "install"]]
    assert done.stderr.decode().startswith("line 2: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_process_answers_each_line_at_a_terminal() -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", RUN], stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT,
        env={**os.environ, "TERM": "dumb"}, close_fds=True,
    )  # fmt: skip
    os.close(theirs)
    assert "list" in read_until(ours, "0> ")
    for typed, answer in [
        ("form_ring r0 {p0}\n", "1> "),
        ("fly\n", "neither"),
        ("\n", "1> "),
        ("undo\n", "0> "),
        ("quit\n", ""),
    ]:
        os.write(ours, typed.encode())
        read_until(ours, answer)
    assert process.wait(timeout=30) == ALL_HOLD
    os.close(ours)


def read_until(terminal: int, words: str) -> str:
    """What a terminal shows up to these words."""
    seen, until = "", time.monotonic() + 30
    while words not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0, until - time.monotonic()))
        assert ready, seen
        seen += os.read(terminal, 4096).decode(errors="replace")
    return seen
