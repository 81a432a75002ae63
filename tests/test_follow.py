"""What implementations log is held to the machine afterwards; test vectors; and logs that cannot be followed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from properties.conform.cases import CASES
from properties.conform.recorder import Recorder
from properties.conform.schema import VectorFile
from properties.conform.script import run_case
from properties.follow.following import Followed, follow_calls
from properties.follow.messages import NEEDS, Logged, read_calls
from properties.follow.order import in_one_order
from properties.lockstep import faults
from properties.lockstep.tours.coverage import graph_of
from properties.lockstep.tours.walks import SCOPE, Walks
from tests.command import RINGPLUG, refused, ringplug
from tests.log_lines import logged

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples" / "conform"
HEAD = '{"format":"ringplug-calls-2"}\n'


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """What the example logs: a file a processor."""
    folder = tmp_path_factory.mktemp("logged")
    names = [folder / f"p{i}.jsonl" for i in range(3)]
    subprocess.run([sys.executable, EXAMPLES / "logged.py", *names], check=True, timeout=60)
    return names


def test_what_the_example_logs_is_followed_in_whatever_order_its_files_are_named(example: list[Path]) -> None:
    for files in (example, example[::-1]):
        done = ringplug("follow", *files)
        assert (done.returncode, done.stdout.split(": ", 1)[1].splitlines()) == (
            0, ["conforms: 29 lines of 3 processors are followed",
                "  receiving is not looked at: no line tells of a packet that arrives"],
        )  # fmt: skip
    lines = [read_calls(path, path.name) for path in example]
    merged = in_one_order(lines)
    assert [[one for one in merged if one.file == path.name] for path in example] == lines


def changed(example: list[Path], which: int, line: int, old: str, new: str, folder: Path) -> Followed:
    """The example, with something else in one line."""
    texts = [path.read_text().splitlines(keepends=True) for path in example]
    assert old in texts[which][line - 1]
    texts[which][line - 1] = texts[which][line - 1].replace(old, new)
    paths = [folder / path.name for path in example]
    for path, text in zip(paths, texts, strict=True):
        path.write_text("".join(text))
    return follow_calls(in_one_order([read_calls(path, path.name) for path in paths]), "run")


@pytest.mark.parametrize(
    ("which", "line", "old", "new", "differs"),
    [
        (1, 9, '"gate_open": true', '"gate_open": false', ("gate", "{}", "{p1}")),
        (0, 6, '"plugged": []', '"plugged": [1]', ("plugged[h0]", "{p0}", "{}")),
        (1, 6, '"recovery_waiting": [[0, 1]]', '"recovery_waiting": [null]', ("queued", "{}", "{p1}")),
        (0, 7, '"positions": [0]', '"positions": []', ("bits[r0]", "{}", "{p0}")),
    ],
)
def test_a_divergence_says_where_what_and_what_else_was_tried(
    which: int, line: int, old: str, new: str, differs: tuple[str, str, str], example: list[Path], tmp_path: Path
) -> None:
    found = changed(example, which, line, old, new, tmp_path)
    assert found.divergence
    assert (found.verdict, found.at) == ("diverged", f"p{which}.jsonl:{line}")
    assert differs in [(one.variable, one.implementation, one.machine) for one in found.divergence.differences]
    assert 0 < found.matched < found.calls == 29
    assert re.fullmatch(r"p\d\.jsonl:\d+", found.last)
    assert len(found.tried) > 1
    assert {one.step for one in found.tried if not one.refuses and not one.differs} <= {"no step"}


def test_a_guard_part_that_refuses_is_shown(example: list[Path], tmp_path: Path) -> None:
    packet = '{"priority": 1, "queued_in": [0, 1], "message": 9, "index": 0, "count": 1}'
    found = changed(example, 0, 7, '"packets": []', f'"packets": [{packet}]', tmp_path)
    assert found.divergence
    assert (found.divergence.action, found.at) == ("originate p0 r0", "p0.jsonl:7")
    assert found.divergence.refusing
    tried = {one.step: one for one in found.tried}
    assert tried["pass_on p0 r0"].refuses == ["r is pending at p"]
    assert "  tried    pass_on p0 r0: refused, r is pending at p" in list(found.lines())


@pytest.mark.parametrize("case", [case for case in CASES if case.name != "nine-members"], ids=lambda case: case.name)
def test_what_the_reference_does_in_a_case_is_followed(case: Any) -> None:
    recorder = Recorder(faults.start_of(None))
    assert run_case(case, recorder) is None
    found = follow_calls(logged(recorder.taken()), case.name)
    first, *more = found.lines()
    processors = f"{case.members} processor{'s' * (case.members > 1)}"
    assert first == f"{case.name}: conforms: {found.calls} lines of {processors} are followed"
    assert more == [] if found.packets else ["  receiving is not looked at: no line tells of a packet that arrives"]


def received(name: str) -> tuple[list[Logged], list[int]]:
    """The calls of a case, and which of them are packets that make a message whole."""
    recorder = Recorder(faults.start_of(None))
    (case,) = (one for one in CASES if one.name == name)
    assert run_case(case, recorder) is None
    calls = logged(recorder.taken())
    whole = [
        i for i, one in enumerate(calls) if one.call.call == "packet_received" and b"sender" in bytes(one.call.answer)
    ]
    assert whole
    return calls, whole


def answering(call: Logged, answer: str) -> Logged:
    """The same call with another answer."""
    raw = msgspec.Raw(answer.encode())
    return Logged(call.file, call.line, msgspec.structs.replace(call.call, answer=raw))


@pytest.mark.parametrize("name", ["parts-of-two-rings", "received-one-beside-another"])
def test_a_message_that_is_whole_and_not_delivered_diverges(name: str) -> None:
    calls, whole = received(name)
    calls[whole[0]] = answering(calls[whole[0]], '{"delivered":null}')
    found = follow_calls(calls, name)
    assert (found.verdict, found.at, found.matched) == ("diverged", calls[whole[0]].place, whole[0])
    assert "delivers nothing at packet" in found.received
    assert any(line.startswith("  receives p") and line.endswith("is whole") for line in found.lines())


def test_parts_of_a_ring_that_was_left_are_not_put_together_with_others() -> None:
    """The first packet of a message that started again is taken out, as if the layer had kept the one before."""
    calls, whole = received("parts-of-two-rings")
    last = calls[whole[-1]]
    first = max(i for i in range(whole[-1]) if calls[i].call.call == "packet_received" and calls[i].call.index == 0
                and calls[i].call.processor == last.call.processor)  # fmt: skip
    found = follow_calls(calls[:first] + calls[first + 1 :], "run")
    assert (found.verdict, found.at) == ("diverged", last.place)
    assert "no message is whole by it" in found.received


def test_a_packet_that_changes_what_is_observed_diverges() -> None:
    calls, whole = received("received-one-beside-another")
    one = calls[whole[0]]
    assert one.call.after
    after = msgspec.structs.replace(one.call.after, gate_open=not one.call.after.gate_open)
    calls[whole[0]] = Logged(one.file, one.line, msgspec.structs.replace(one.call, after=after))
    assert "may lead to a delivery only" in follow_calls(calls, "run").received


SEEN = ("opens-on-own-bit", "tokens-have-no-number", "leftovers-count", "position-as-it-was-told")
"""Faults that show in what is logged of a case, one of each kind: gate, token, queue, position."""


@pytest.mark.parametrize(
    "fault", [pytest.param(one, marks=() if one in SEEN else pytest.mark.deep) for one in faults.fault_names()]
)
def test_what_a_faulty_layer_logs_diverges_where_driving_it_did(fault: str) -> None:
    recorder, found = Recorder(faults.start_of(fault)), list[str]()
    for case in CASES:
        driven = run_case(case, recorder)
        calls = logged(recorder.taken())
        followed = follow_calls(calls, case.name)
        if followed.divergence:
            assert driven, case.name
            found.append(case.name)
    assert found


def test_what_conform_logged_is_followed_and_written(tmp_path: Path) -> None:
    log, program = tmp_path / "talk.txt", [sys.executable, EXAMPLES / "plug.py"]
    driven = subprocess.run(
        [RINGPLUG, "conform", "--case", "crash-and-restart", "--log", log, "--", *program],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert driven.returncode == 0
    assert log.read_text().startswith("# case crash-and-restart\np0 > ")
    says = (
        "conforms: 33 lines of 2 processors are followed\n"
        "  receiving is not looked at: no line tells of a packet that arrives\n"
    )
    assert ringplug("follow", log, "--write", tmp_path / "runs").stdout == f"case crash-and-restart: {says}"
    (written,) = (tmp_path / "runs").iterdir()
    assert written.name == "01-case-crash-and-restart.jsonl"
    assert ringplug("follow", written).stdout == f"{written}: {says}"
    log.write_text(log.read_text().replace('"gate_open":true', '"gate_open":false').replace(": true", ": false"))
    done = ringplug("follow", log, "--json", "--out", tmp_path / "trace.json")
    (run,) = json.loads(done.stdout)["runs"]
    assert (done.returncode, run["verdict"]) == (1, "diverged")
    assert run["at"].startswith(f"{log}:")
    assert ringplug("replay", tmp_path / "trace.json").returncode == 0


SEEN_BEFORE = {
    "installed": None, "pending": None, "gate_open": False, "registered": [], "plugged": [], "recovery_waiting": [],
    "held": None,
}  # fmt: skip
AFTER = f'"after":{json.dumps(SEEN_BEFORE)}'
START = '{"processor":0,"call":"start"}\n'
TOLD = '{{"processor":0,"call":"ring_pending","ring":[0,1],"members":[0,1],"answer":{{"token":{}}},'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no call in it"),
        (START, ":1: the first line is to say the format, 'ringplug-calls-2'"),
        ('{"format":"ringplug-calls-3"}\n', ":1: format is 'ringplug-calls-3'; this version reads 'ringplug-calls-2'"),
        (HEAD, "no call in it"),
        (HEAD + "{", ":2: not JSON"),
        (HEAD + '{"processor":0,"call":"strat"}\n', ":2: not a call: Invalid enum value 'strat'"),
        (HEAD + '{"processor":0,"call":"start","handel":1}\n', "unknown field `handel`"),
        (HEAD + '{"processor":0,"call":"start","handle":1}\n', ":2: start: a field 'handle', which it has not"),
        (HEAD + START + '{"processor":0,"call":"queue","priority":1,"answer":{},' + AFTER + "}\n",
         ":3: queue: no field 'packet_count'"),
        (HEAD + START + '{"processor":0,"call":"create","answer":{},' + AFTER + "}\n",
         ":3: create: the answer has fields of the wrong shape"),
        (HEAD + '{"processor":0,"call":"create","answer":{"handle":1},' + AFTER + "}\n",
         ":2: a call of processor 0, which has not started"),
        (HEAD + START + TOLD.format('"a"') + AFTER + "}\n", ":3: ring_pending: no field 'sent', and a token is sent"),
        (HEAD + START + TOLD.format("null") + AFTER + "}\n", ":3: processor 1 is a member, and no file has its calls"),
    ],
)  # fmt: skip
def test_a_log_that_is_none_is_named(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(text)
    assert says in refused("follow", path)


def test_files_that_are_in_no_order_are_refused(example: list[Path], tmp_path: Path) -> None:
    texts = [path.read_text() for path in example]
    lines = texts[0].splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if '"token_received"' in line)
    formed = next(i for i, line in enumerate(lines) if '"ring_pending"' in line)
    lines.insert(formed, lines.pop(first + 1))
    for path, text in zip(example, ["".join(lines), *texts[1:]], strict=True):
        (tmp_path / path.name).write_text(text)
    assert "before it can have been made" in refused("follow", *(tmp_path / path.name for path in example))


def test_vectors_are_kept_by_the_example_and_not_by_a_layer_with_a_fault(tmp_path: Path) -> None:
    folder = tmp_path / "vectors"
    done = ringplug("conform", "--write", folder, "--members", "2", "--steps", "150", "--seed", "3")
    assert done.returncode == 0
    names = sorted(path.name for path in folder.glob("[0-9]*"))
    walks = [f"walk-{number}.json" for number in range(1, len(names) - len(CASES))]
    tour = Walks(graph_of(SCOPE))
    assert len(walks) == len(list(tour))
    figures = f"{len(walks)} walks that take {len(tour.taken)} of the {len(tour.graph.classes)} [classes"
    assert figures in (ROOT / "docs" / "conform.md").read_text()
    assert [name.split("-", 1)[1] for name in names] == [
        *(f"{case.name}.json" for case in CASES), "episode-1.json", *walks
    ]  # fmt: skip
    kept = vectors(EXAMPLES / "plug.py", folder, tmp_path / "right")
    assert (kept.returncode, kept.stdout) == (0, f"{len(names)} of {len(names)} vectors kept\n")
    source = (EXAMPLES / "plug.py").read_text()
    wrong = tmp_path / "plug.py"
    wrong.write_text(source.replace("len(positions) == len(ring.members)", "len(positions) > 0"))
    failed = vectors(wrong, folder, tmp_path / "wrong")
    assert failed.returncode == 1
    assert "gate-needs-every-bit.json, step" in failed.stdout
    assert re.search(r"walk-\d+\.json, step", failed.stdout)
    as_reference = tmp_path / "as_reference" / "plug.py"
    as_reference.parent.mkdir()
    as_reference.write_text(REFERENCE)
    kept = vectors(as_reference, folder, tmp_path / "reference")
    assert (kept.returncode, kept.stdout) == (0, f"{len(names)} of {len(names)} vectors kept\n"), kept.stderr
    the_schema_is_kept(folder, names)


def the_schema_is_kept(folder: Path, names: list[str]) -> None:
    """Every vector is as the schema says, which has all calls, and refuses a field that it has not."""
    schema = json.loads((folder / "schema.json").read_text())
    (steps,) = (one["steps"]["items"] for name, one in _properties(schema) if name == "VectorFile")
    assert set(steps["discriminator"]["mapping"]) == {*NEEDS, "packet_received"} - {"crash"}
    text = (folder / names[0]).read_bytes()
    assert msgspec.json.decode(text, type=VectorFile).format == "ringplug-vector-2"
    for wrong in (text.replace(b'"after"', b'"aftr"', 1), text.replace(b'"processors"', b'"members"')):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(wrong, type=VectorFile)


def _properties(schema: Any) -> list[tuple[str, Any]]:
    return [(name, one["properties"]) for name, one in schema["$defs"].items()]


REFERENCE = """
from properties.conform.recorder import delivered, observed, said, visited
from properties.lockstep.adapter import ReferenceLayer
from properties.lockstep.implementation import CallRefusedError, Packet, RingName


def name(ring):
    return RingName(*ring) if ring else None


class Plug:
    def __init__(self, processor):
        self.layer = ReferenceLayer(processor)
        for call in ("queue", "unplug", "destroy"):
            setattr(self, call, getattr(self.layer, call))

    def ring_pending(self, ring, members):
        token = self.layer.ring_pending(name(ring), members)
        return {"token": token.hex() if token else None}

    def transitional(self, ring, members):
        self.layer.transitional(name(ring), members)

    def regular(self, ring, members):
        self.layer.regular(name(ring), members)

    def token_received(self, token, packet_count):
        return visited(self.layer.token_received(bytes.fromhex(token), packet_count), "token_received")

    def visit_alone(self, packet_count):
        return visited(self.layer.visit_alone(packet_count), "visit_alone")

    def packet_received(self, ring, seq, sender, queued_in, **fields):
        packet = Packet(queued_in=name(queued_in), **fields)
        return {"delivered": delivered(self.layer.packet_received(name(ring), seq, sender, packet))}

    def create(self):
        return {"handle": self.layer.create()}

    def observe(self):
        return observed(self.layer.observe())

    def read_token(self, token):
        return said(self.layer.read_token(bytes.fromhex(token)))
"""
"""The reference behind the calls of the example's runner, which has nothing of ringplug."""


def vectors(plug: Path, folder: Path, place: Path) -> subprocess.CompletedProcess[str]:
    """The example's runner, with this layer."""
    place.mkdir()
    for path in (plug, EXAMPLES / "vectors.py"):
        (place / path.name).write_bytes(path.read_bytes())
    return subprocess.run(
        [sys.executable, place / "vectors.py", folder],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def test_vectors_or_a_program_one_of_them(tmp_path: Path) -> None:
    assert "Missing argument" in refused("conform")
    assert "--write drives nothing" in refused("conform", "--write", tmp_path, "--", "true")
