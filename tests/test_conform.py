"""Other people's implementations: a program behind JSON Lines, and a class behind the inherited tests."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from properties.conform import messages, remote
from properties.conform.cases import CASES
from properties.conform.outcome import CONFORMS, DIVERGED, NOT_DRIVEN, Conformance, conform
from properties.conform.program import Program
from properties.conform.script import Case, form
from properties.lockstep.run import Plan
from tests.command import PYTEST, RINGPLUG, refused, ringplug

ROOT = Path(__file__).parent.parent
SMALL = Plan(members=2, seed=0, steps=200)
HELLO = json.dumps({"format": messages.FORMAT})


def driven(
    program: str, *, timeout_seconds: float = 20.0, plan: Plan = SMALL, cases: Sequence[Case] = CASES
) -> Conformance:
    """What comes of driving a Python program that is given as text."""
    return conform([sys.executable, "-S", "-c", program], plan, timeout_seconds, cases=cases)


def says(*answers: str, then: str = "pass") -> str:
    """A program that answers a line with each of these, and then does something."""
    return f"import sys, os, time\nfor answer in {answers!r}: input(); print(answer, flush=True)\n{then}"


@pytest.fixture
def node(needs_program: Callable[[str], str]) -> str:
    return needs_program("node")


class Lent:
    """Programs that are told to start once more instead of being ended: our examples make a new plug at each start.

    Most of the time of a tour is the start of its hundred processes.
    """

    def __init__(self) -> None:
        self.idle = list[Program]()
        self.begun = list[Program]()

    def __call__(self, command: Sequence[str], timeout_seconds: float) -> Program:
        if self.idle:
            return self.idle.pop()
        program = Program(command, timeout_seconds)
        self.begun.append(program)
        program.close = lambda: self.idle.append(program)
        return program

    def end(self) -> None:
        for program in self.begun:
            Program.close(program)


@pytest.fixture
def lent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lent]:
    """As many processes of a program as a case has members."""
    programs = Lent()
    monkeypatch.setattr(remote, "Program", programs)
    yield programs
    programs.end()


EXAMPLES = {"main.mjs": ["node"], "plug.py": [sys.executable, "-S"]}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_conforms_as_a_new_process_at_each_start(name: str, needs_program: Callable[[str], str]) -> None:
    program, *options = EXAMPLES[name]
    case = next(case for case in CASES if case.name == "crash-and-restart")
    found = conform([needs_program(program), *options, f"examples/conform/{name}"], Plan(2, 1, 20), 20.0, cases=[case])
    assert (found.verdict, len(found.cases)) == (CONFORMS, 1), list(found.lines())


@pytest.mark.usefixtures("lent")
def test_the_example_conforms(node: str) -> None:
    found = conform([node, "examples/conform/main.mjs"], Plan(members=3, seed=1, steps=600), 20.0)
    assert (found.verdict, found.steps) == (CONFORMS, 600), list(found.lines())
    assert found.events.keys() >= {"form", "install", "leave", "token", "queue", "unplug"}
    assert [(case.name, case.events) for case in found.cases] == [(case.name, len(case.steps)) for case in CASES]
    lines = list(found.lines())
    assert all(f"case {case.name} ({case.about}): {len(case.steps)} events" in lines for case in CASES)


def test_the_plug_that_was_written_from_the_document_conforms(lent: Lent) -> None:
    found = conform([sys.executable, "-S", "examples/conform/plug.py"], Plan(members=3, seed=1, steps=300), 20.0)
    assert found.verdict == CONFORMS, list(found.lines())
    assert len(lent.begun) == max(case.members for case in CASES)


def test_a_program_that_speaks_the_former_format_is_driven_but_for_receiving() -> None:
    text = (ROOT / "examples" / "conform" / "plug.py").read_text()
    former = text.replace(messages.FORMAT, messages.FORMER).replace("def packet_received", "def unknown")
    plan, cases = Plan(members=2, seed=1, steps=0), [case for case in CASES if "half-sent" in case.name]
    found = driven(former, plan=plan, cases=cases)
    assert (found.verdict, found.receiving) == (CONFORMS, False), list(found.lines())
    assert "  not driven: receiving, for which a program has to speak ringplug-conform-2" in found.lines()
    assert driven(text, plan=plan, cases=cases).receiving


def test_its_faulty_twin_is_caught(node: str) -> None:
    done = ringplug("conform", "--members", "2", "--seed", "1", "--json", "--", node, "examples/conform/faulty.mjs")
    assert done.returncode == 1, done
    found = json.loads(done.stdout)
    assert found["verdict"] == DIVERGED
    assert found["failure"] is None
    assert found["divergence"]["trace"]["steps"]
    again = subprocess.run(
        found["again"].replace("ringplug", str(RINGPLUG), 1).split(), cwd=ROOT, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert again.returncode == 1
    assert f"diverged at event {found['divergence']['step']}, of the case {found['divergence']['case']}" in again.stdout
    assert f"  said     {found['said'][-1]}\n" in again.stdout
    assert f"  source   {found['divergence']['source']}\n" in again.stdout
    assert f"event    {found['divergence']['event']}\n" in again.stdout


@pytest.mark.deep
def test_the_example_conforms_with_more_members(node: str) -> None:
    for members in (1, 2, 9):
        found = conform([node, "examples/conform/main.mjs"], Plan(members, seed=2, steps=5000), 20.0)
        assert found.verdict == CONFORMS, list(found.lines())


@pytest.mark.parametrize(
    ("program", "what"),
    [
        ("import sys; sys.exit(7)", "ended with exit code 7"),
        ("import os; os.kill(os.getpid(), 11)", "was ended by SIGSEGV"),
        (says(then="input(); print('not JSON')"), "answered with what is not JSON"),
        (says('{"format": "another-1"}', then="input()"), "speaks 'another-1', not 'ringplug-conform-2'"),
        (says("{}", then="input()"), "missing required field `format`"),
        (says('{"call_refused": "today"}', then="input()"), "refused what it may not refuse: today"),
        (says(HELLO, '{"call_refused": "\\u001b[2J"}', then="input()"), "may not refuse: \\x1b[2J"),
        (says('{"\\u001b[2J": 1}', then="input()"), "unknown field `\\x1b[2J`"),
        (says(HELLO, '{"handle": "one"}', then="input()"), "Expected `int`, got `str` - at `$.handle`"),
        (says(HELLO, '{"handle": 0, "hande": 1}', then="input()"), "unknown field `hande`"),
        (says(f"{HELLO}\n{HELLO}", then="input()"), "said more than one line for a request"),
        (says(HELLO, then="os.close(1); time.sleep(60)"), "closed its standard output, and runs on"),
        (says(then="input(); print('x' * 2_000_000)"), "a line of more than 1,048,576 bytes"),
        (says(then="input(); print('[' * 99_999)"), "answered with fields of the wrong shape"),
        (says(HELLO, then="input(); print('{\"handle\":' * 99_999)"), "answered with what is nested too deeply"),
        (says(HELLO, f'{{"handle": {2**70}}}', then="input()"), "answered with fields of the wrong shape"),
        (says(then=f"input(); os.close(0); print({HELLO!r}, flush=True); time.sleep(60)"), "closed its standard input"),
        ("print('\\033[2J' + 'y' * 999)", "\\x1b[2Jyyy"),
    ],
    ids=lambda text: str(text)[-40:],
)
def test_a_program_that_cannot_be_driven_is_named_with_what_it_did(program: str, what: str) -> None:
    found = driven(program)
    assert found.verdict == NOT_DRIVEN
    assert found.failure
    assert found.failure.what.startswith("the program of processor 0 ")
    assert what in found.failure.what
    assert found.failure.what.isprintable()
    assert len(found.failure.what) < 300


def test_no_answer_in_time_is_reported_with_the_last_words_on_standard_error() -> None:
    chatter = "print('\\n'.join(map(str, range(99))), file=sys.stderr, flush=True); time.sleep(60)"
    found = driven(says(HELLO, then=chatter), timeout_seconds=2.0, cases=())
    assert found.failure
    assert found.failure.what.endswith("gave no answer within 2 s")
    assert found.failure.stderr == ["94", "95", "96", "97", "98"]
    assert found.failure.request == '{"call":"create"}'
    assert found.failure.event == "the start"
    assert "--steps 1 --timeout 2 -- " in found.again
    found = driven(says(HELLO, then=chatter), timeout_seconds=1.0)
    assert found.failure
    assert found.failure.event == f"the start, in the case {CASES[0].name}"
    assert f"--case {CASES[0].name} --timeout 1 -- " in found.again


def test_a_program_that_stops_reading_is_reported_in_time() -> None:
    """Its first token is larger than a pipe holds; it sends the token, and then reads nothing."""
    seen = {
        "installed": None, "pending": None, "gate_open": False, "registered": [0], "plugged": [],
        "recovery_waiting": [], "held": None,
    }  # fmt: skip
    program = f"""
import json, sys, time
for line in sys.stdin:
    asked = json.loads(line)
    if asked["call"] == "start":
        me = asked["processor"]
    token = None if me else "x" * 500_000
    said = {{"start": {HELLO}, "create": {{"handle": 0}}, "observe": {seen!r}, "ring_pending": {{"token": token}}}}
    print(json.dumps(said[asked["call"]]), flush=True)
    if asked["call"] == "ring_pending" and token:
        time.sleep(60)
"""
    case = Case("large-token", "D8", "A token larger than a pipe holds.", 2, form(0, 0, 1))
    began = time.monotonic()
    found = driven(program, timeout_seconds=1.0, cases=[case], plan=Plan(2, 0, 0))
    assert time.monotonic() - began < 20
    assert found.failure, list(found.lines())
    assert re.search(r"did not read its request within 1 s: it took [\d,]+ of 500,\d+ bytes", found.failure.what)


@pytest.mark.parametrize("seconds", ["nan", "inf", "-inf", "0", "1e999", "soon"])
def test_a_time_limit_that_is_none_is_refused(seconds: str) -> None:
    done = ringplug("conform", "--timeout", seconds, "--", "true")
    assert done.returncode == 3
    assert "--timeout" in done.stderr


def test_a_misspelt_case_names_the_nearest() -> None:
    done = ringplug("conform", "--case", "nine-member", "--", "true")
    assert done.returncode == 3
    assert "unknown case 'nine-member'; near it: nine-members" in done.stderr


def test_a_program_that_cannot_be_started_is_an_error_of_its_name() -> None:
    found = conform(["no-such-program"], SMALL, 1.0)
    assert found.failure
    assert "cannot be started: No such file or directory: no-such-program" in found.failure.what


def test_a_program_that_fails_in_the_middle_says_at_which_event() -> None:
    answers = [HELLO, '{"handle": 0}', '{"handle": 1}']
    seen = {
        "installed": None, "pending": None, "gate_open": False, "registered": [0, 1], "plugged": [],
        "recovery_waiting": [], "held": None,
    }  # fmt: skip
    found = driven(says(*answers, json.dumps(seen)), plan=Plan(members=1, seed=0, steps=50), cases=())
    assert found.verdict == NOT_DRIVEN
    assert found.failure
    assert found.failure.event != "the start"
    assert found.divergence is None
    assert found.steps >= 1
    assert f"--steps {found.steps + 1} " in found.again


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_no_process_outlives_the_command(by: signal.Signals, tmp_path: Path) -> None:
    """Not the program, which ignores signals and the end of its input, nor what it has started."""
    ids = tmp_path / "ids"
    program = (
        "import os, signal, subprocess, sys, time\n"
        "for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(one, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(ids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}} ')\n"
        "time.sleep(60)"
    )
    command = [RINGPLUG, "conform", "--timeout", "50", "--", sys.executable, "-S", "-c", program]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, preexec_fn=takes_interrupts) as ringplug:
        wait_until(lambda: ids.exists() and ids.read_text().endswith(" "))
        ringplug.send_signal(by)
        assert ringplug.wait(timeout=30) == 130
    for id in map(int, ids.read_text().split()):
        wait_until(lambda id=id: not is_running(id))


def takes_interrupts() -> None:
    """In the new process: a job in the background inherits that interrupts are ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running(id: int) -> bool:
    try:
        return Path(f"/proc/{id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_wrong_call_is_one_line_and_exit_code_3() -> None:
    refused("conform")


def test_the_log_has_the_whole_conversation(tmp_path: Path) -> None:
    lines = list[str]()
    conform([sys.executable, "-S", "-c", says(HELLO)], SMALL, 20.0, log=lines.append)
    assert lines == [
        "# case late-tokens-of-every-age\n",
        f'p0 > {{"call":"start","format":"{messages.FORMAT}","processor":0}}\n', f"p0 < {HELLO}\n",
        'p0 > {"call":"create"}\n',
    ]  # fmt: skip


def test_the_conversation_in_the_document_is_what_the_example_says(node: str) -> None:
    text = (ROOT / "docs" / "conform.md").read_text()
    sent, answered = (re.findall(rf"^p1 {sign} (.+)$", text, re.MULTILINE) for sign in "><")
    done = subprocess.run(
        [node, "examples/conform/main.mjs"], cwd=ROOT, input="\n".join(sent), capture_output=True, text=True, check=True
    )
    assert len(sent) > 3
    assert done.stdout.splitlines() == answered


def test_the_document_names_every_field_of_every_answer() -> None:
    text = (ROOT / "docs" / "conform.md").read_text()
    answers = messages.Answer.__subclasses__()
    assert len(answers) > 3
    for answer in answers:
        for field in msgspec.structs.fields(answer):
            assert re.search(rf'[`"]{field.name}[`"]', text), field.name


def inherited(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [*PYTEST, f"--rootdir={folder}", *options, folder]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_inherited_tests_pass_on_the_example() -> None:
    done = inherited(ROOT / "examples" / "pytest", "-k", "seed-0")
    assert done.returncode == 0, done.stdout
    assert "4 passed, 4 deselected" in done.stdout


def test_the_inherited_tests_fail_on_a_faulty_copy_of_it(tmp_path: Path) -> None:
    """Its fault: a regular configuration plugs no handle."""
    for path in (ROOT / "examples" / "pytest").glob("*.py"):
        text = path.read_text()
        faulty = text.replace("self.plugged, self.held = self.registered.copy(), set()", "self.held = set()")
        assert (faulty != text) == (path.stem == "small_plug")
        (tmp_path / path.name).write_text(faulty)
    done = inherited(tmp_path, "-k", "3-members-seed-0")
    assert done.returncode == 1, done.stdout
    assert re.search(r"differs  plugged\[h\d\]", done.stdout), done.stdout
    assert "3-members-seed-0" in done.stdout
