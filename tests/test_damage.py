"""Any bytes in any file that a command reads: exit code 3 with the file and a reason within seconds, or a verdict."""

from __future__ import annotations

import re
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import msgspec
import pytest
from history_runs import SEEDS, examples
from hypothesis import given

from properties.conform.cases import CASES
from properties.conform.messages import AnswerError, ObserveAnswer, ReadTokenAnswer, read_answer, read_visit
from properties.conform.outcome import conform
from properties.conform.recorder import Recorder
from properties.conform.script import run_case
from properties.corosync.campaign import cases
from properties.corosync.laboratory.plan import Plan as CorosyncPlan
from properties.corosync.stored import UnreadableError, read_json, read_lines
from properties.follow.conversation import Run, written
from properties.lockstep.adapter import ReferenceLayer
from properties.lockstep.implementation import CallRefusedError
from properties.lockstep.run import Plan
from reference.simulator.script import ScriptError, parse
from tests.command import ringplug
from tests.damage import damaged, other_token
from tests.log_lines import logged

LONGEST_SECONDS = 20.0
"""A busy machine included; a whole file takes a tenth of a second."""
SCRIPT = b"""members 3
seed 1
lasts 300ms
delay 2ms to 5ms
clock 1 +16496ppm 5ms
at 10ms crash 2
at 50ms restart 2
loss 0.1 from 10ms to 200ms
at 30ms cut 1 -> 2
at 91ms heal
"""
TALK = """# case first-token
p0 > {"call":"start","format":"ringplug-conform-2","processor":0}
p0 < {"format":"ringplug-conform-2"}
p0 > {"call":"ring_pending","ring":[0,1],"members":[0]}
p0 < {"token":null}
p0 > {"call":"observe"}
p0 < {"installed":null,"pending":[0,1],"gate_open":false,"registered":[],"plugged":[],"recovery_waiting":[],"held":null}
"""
ANSWERS = (
    b'{"packets":[{"priority":0,"queued_in":[0,1],"message":0,"index":0,"count":1}],"token":"[[0,1],4,[1,2]]"}',
    b'{"installed":[0,1],"pending":null,"gate_open":false,"registered":[0],"plugged":[0],"recovery_waiting":[null],'
    b'"held":null}',
    b'{"ring":[0,1],"positions":[0,1]}',
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Whole files of every kind that commands read."""
    folder = tmp_path_factory.mktemp("whole")
    ringplug("trace", "PLUG-S1", "--variant", "open-on-own-bit", "--out", folder / "trace")
    ringplug("trace", "PLUG-S1", "--variant", "open-on-own-bit", "--format", "itf", "--out", folder / "itf")
    ringplug("services", "--members", "2", "--seconds", "0.1", "--out", folder / "history")
    (folder / "script").write_bytes(SCRIPT)
    (folder / "corosync").write_bytes((Path(__file__).parent / "corosync-a.log").read_bytes())
    recorder = Recorder(ReferenceLayer)
    run_case(CASES[0], recorder)
    (folder / "talk").write_text(TALK)
    (folder / "calls").write_bytes(written(Run("a case", logged(recorder.taken()))))
    return {file.name: file for file in folder.iterdir()}


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("history", ["judge"]),
        ("trace", ["replay"]),
        ("trace", ["replay", "--json"]),
        ("trace", ["explain"]),
        ("trace", ["explain", "--step", "2"]),
        ("trace", ["walk", "--from"]),
        ("itf", ["replay", "--format", "itf"]),
        ("corosync", ["judge", "--from", "corosync"]),
        ("calls", ["follow"]),
        ("talk", ["follow"]),
        ("script", ["simulate", "--no-reduce", "--script"]),
    ],
    ids=lambda one: "-".join(one) if isinstance(one, list) else one,
)
@pytest.mark.parametrize("count", [40, pytest.param(2_000, marks=pytest.mark.deep)])
def test_a_damaged_file_is_bad_input_or_read(
    count: int, kind: str, command: list[str], files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole, file = files[kind].read_bytes(), tmp_path_factory.mktemp("damaged") / kind

    @examples(count)
    @given(seed=SEEDS)
    def read(seed: int) -> None:
        content = damaged(Random(seed), whole)
        file.write_bytes(content if kind != "script" else refused_script(content))
        began = time.monotonic()
        done = ringplug(*command, file)
        assert time.monotonic() - began < LONGEST_SECONDS
        assert done.returncode in (0, 1, 2, 3)
        assert "Traceback" not in done.stderr
        if done.returncode == 3:
            assert re.match(rf"ringplug: {re.escape(str(file))}:( |\d+: )\S", done.stderr), done.stderr
            assert max(map(len, done.stderr.splitlines())) < 1_000

    read()


def refused_script(content: bytes) -> bytes:
    """A script that can be run is another run, and may be a long one: instead of it one that cannot."""
    with suppress(UnicodeDecodeError, ScriptError):
        parse(content.decode())
        return b"members 0\n"
    return content


@examples(200)
@given(seed=SEEDS)
def test_a_damaged_answer_is_refused_or_read(seed: int) -> None:
    random = Random(seed)
    line = damaged(random, random.choice(ANSWERS))
    with suppress(AnswerError, CallRefusedError):
        read_visit(line)
    for wanted in (ObserveAnswer, ReadTokenAnswer):
        with suppress(AnswerError, CallRefusedError):
            assert read_answer(line, wanted).plain


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(n, marks=pytest.mark.deep) for n in range(3, 60))])
def test_a_program_with_damaged_answers_is_driven_to_an_end(seed: int, tmp_path: Path) -> None:
    source = (Path(__file__).parent.parent / "examples" / "conform" / "plug.py").read_text()
    said = "print(json.dumps(answer), flush=True)"
    assert source.count(said) == 1
    program = tmp_path / "plug.py"
    program.write_text(source.replace(said, "say(json.dumps(answer).encode())").replace("\nmain()\n", SAYS % seed))
    began = time.monotonic()
    found = conform([sys.executable, str(program)], Plan(2, seed, 60), 2.0)
    assert time.monotonic() - began < LONGEST_SECONDS
    assert list(found.lines())


SAYS = f"""
import random
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from tests.damage import damaged
RANDOM = random.Random(%d)


def say(line):
    line = damaged(RANDOM, line) if RANDOM.random() < 0.05 else line
    sys.stdout.buffer.write(line + b"\\n")
    sys.stdout.buffer.flush()


main()
"""


CLIENT = b"""{"e":"start","node":1,"incarnation":1,"pid":30}
{"e":"ring","ring":[1,5],"members":[1]}
{"e":"group","members":[[1,30,0]],"left":[],"joined":[[1,30,1]]}
{"e":"send","n":1,"size":16,"refused":0,"code":1}
{"e":"deliver","m":[1,1,1],"from":[1,30],"size":16}
{"e":"end","why":"the run is over"}
"""


def test_a_damaged_recording_names_its_file(tmp_path: Path) -> None:
    file, plan = tmp_path / "file", msgspec.json.encode(cases(1, 1, ["calm"])[0].plan)
    lines = CLIENT * 20
    refusals = list[str]()
    for seed in range(100):
        with suppress(UnreadableError):
            file.write_bytes(damaged(Random(seed), plan))
            read_json(file, CorosyncPlan)
        file.write_bytes(other_token(Random(seed), lines))
        try:
            read_lines(file)
        except UnreadableError as error:
            refusals.append(str(error))
    assert len(refusals) > 30
    for one in refusals:
        assert re.match(rf"{re.escape(str(file))}:\d+: damaged: ", one)
