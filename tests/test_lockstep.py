"""Lockstep: the reference follows the machine and the machine the reference; and whoever does not is found."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

import reference.plug.layer
from model.machines import MACHINES
from properties.catalogue.scopes import FEATURES, NamedScope
from properties.cli.main import cli
from properties.export import lockstep_tables
from properties.faults import patches
from properties.lockstep import faults
from properties.lockstep.adapter import ReferenceLayer
from properties.lockstep.cluster import MisstepError
from properties.lockstep.divergence import DivergedError, Divergence
from properties.lockstep.events import NEVER, OTHERS, PACKETS, QUEUES, STUTTER, TOKENS, Event, Kind
from properties.lockstep.follower import LEFT_OUT, Follower, ScopedMachine
from properties.lockstep.implementation import HIGH, LOW, MEDIUM, Observation, Packet, Starts, Visit
from properties.lockstep.refinement import REFINEMENT
from properties.lockstep.run import Plan, Run, run
from properties.lockstep.tours.coverage import SCOPES, TourCounts, graph_of, tour
from properties.lockstep.tours.transitions import Transitions
from properties.traces.trace import read_trace, replay, trace_machine, write_trace
from tests.command import ringplug

DOCUMENT = (Path(__file__).parent.parent / "docs" / "lockstep.md").read_text()


def started(members: int, start: Starts = ReferenceLayer) -> Follower:
    return Follower(ScopedMachine(members, 1, 3), start, 1)


def installed(members: int, start: Starts = ReferenceLayer) -> Follower:
    """All have installed ring 0 and unplugged."""
    follower = started(members, start)
    follower.take(Event(Kind.FORM, ring=0, members=tuple(range(members))))
    for p in range(members):
        follower.take(Event(Kind.INSTALL, p, 0))
        follower.take(Event(Kind.UNPLUG, p, handle=0))
    return follower


def rotate(follower: Follower, ring: int, count: int = 1) -> None:
    """The token of a ring goes round."""
    for _ in range(count * len(follower.cluster.rings[ring].members)):
        now = follower.cluster.rings[ring]
        follower.take(Event(Kind.TOKEN, now.due, ring, token=now.newest or b"", packet_count=1))


def change(follower: Follower, ring: int) -> None:
    members = tuple(range(follower.cluster.size))
    follower.take(Event(Kind.FORM, ring=ring, members=members))
    for p in members:
        follower.take(Event(Kind.LEAVE, p, ring - 1))
        follower.take(Event(Kind.INSTALL, p, ring))
        follower.take(Event(Kind.UNPLUG, p, handle=0))


def parted(follower: Follower, event: Event) -> Divergence:
    with pytest.raises(DivergedError) as caught:
        follower.take(event)
    return caught.value.divergence


# The tables.


def test_the_map_has_every_variable_and_says_what_is_left_out() -> None:
    declared = [*MACHINES["ordered"].state.declared]
    assert sorted(row.variable for row in REFINEMENT) == sorted(declared)
    assert all((row.value is None) == (row.source == "left out") for row in REFINEMENT)


def test_what_the_map_leaves_out_is_a_ghost_or_no_variable_that_an_implementation_has() -> None:
    left_out = {row.variable for row in REFINEMENT if row.value is None}
    state = MACHINES["ordered"].state.declared
    assert {name for name in left_out if not state[name].ghost} == {"turn", "copy", "seat", "between", "below"}
    assert {name for name, declared in state.items() if declared.ghost} <= left_out


def test_the_tables_of_events_name_every_action_that_is_driven() -> None:
    actions = {action.name for action in MACHINES["ordered"].record(FEATURES - LEFT_OUT).actions}
    packets = {action for actions in PACKETS.values() for action in actions}
    named = {*TOKENS.values(), *packets, *OTHERS.values(), *QUEUES.values()} - {STUTTER, NEVER}
    assert named == actions


@pytest.mark.parametrize(
    "table",
    [lockstep_tables.map_rows, lockstep_tables.event_rows, lockstep_tables.token_rows, lockstep_tables.fault_rows],
)
def test_the_document_has_the_tables(table: Callable[[], list[str]]) -> None:
    assert "\n".join(table()) in DOCUMENT


# The machine leads through small scopes.


@pytest.fixture(scope="module")
def graph() -> Transitions:
    return graph_of(SCOPES[0])


def test_every_class_at_two_members_and_two_rings_is_taken(
    graph: Transitions, capsys: pytest.CaptureFixture[str]
) -> None:
    shown(tour(graph, "classes", ReferenceLayer), capsys)


def test_every_class_at_three_members_and_one_ring_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    shown(tour(graph_of(SCOPES[1]), "classes", ReferenceLayer), capsys)


def shown(counts: TourCounts, capsys: pytest.CaptureFixture[str]) -> None:
    """Print the counts, and hold the document to them."""
    with capsys.disabled():
        print(f"\n{counts.words}")
    assert (counts.classes_taken, counts.classes_left_out) == (counts.classes, 0)
    assert counts.row in DOCUMENT


@pytest.mark.parametrize("name", ["destroy-forgets-the-plug", "half-sent-goes-first", "leftovers-count"])
def test_the_tour_finds_faults_too(name: str, graph: Transitions) -> None:
    with pytest.raises(DivergedError) as caught:
        tour(graph, "classes", faults.start_of(name))
    trace = read_trace(write_trace(caught.value.divergence.trace))
    assert len(list(replay(trace_machine(trace), trace.steps))) == len(trace.steps)


# Walks, either leading.


@pytest.mark.parametrize("members", [1, 2, 3, 5, 8, 9, 12])
def test_they_never_part(members: int) -> None:
    found = run(Plan(members, members, 1200), ReferenceLayer)
    assert found.divergence is None, "\n".join(found.divergence.lines())
    assert found.steps >= 1200


@pytest.mark.parametrize("lead", ["machine", "implementation"])
def test_a_seed_repeats_its_run(lead: str) -> None:
    first, second = (run(Plan(3, 5, 600, lead), ReferenceLayer) for _ in range(2))
    assert (first.events, first.classes) == (second.events, second.classes)


def test_the_scheduler_loses_duplicates_delays_and_crashes() -> None:
    """No leader asks for a packet: packets arrive beside the events (`tests/test_receiving.py`)."""
    events = run(Plan(3, 1, 3000, "implementation"), ReferenceLayer).events
    assert {kind.name.lower() for kind in Kind} - {"told", "between", "packet"} == set(events)


# Faults.


def faulty(name: str) -> Run:
    members, seed, _ = faults.found(name)
    return run(Plan(members, seed, 2000, fault=name), faults.start_of(name))


def test_there_are_faults() -> None:
    assert len(faults.fault_names()) >= 15


@pytest.mark.parametrize("name", faults.fault_names())
def test_a_fault_is_found_at_its_step_and_the_run_replays(name: str) -> None:
    found = faulty(name)
    assert found.divergence
    assert found.steps == found.divergence.step == faults.found(name)[2]
    trace = read_trace(write_trace(found.divergence.trace))
    assert len(list(replay(trace_machine(trace), trace.steps))) == len(trace.steps)
    assert found.divergence.differences or found.divergence.refusing or found.divergence.action == "no step"


def test_a_divergence_names_the_guard_part_that_refuses() -> None:
    divergence = faulty("half-sent-goes-first").divergence
    assert divergence
    assert divergence.action.startswith("finish_long")
    assert divergence.refusing == ["no recovery message is queued"]


def test_a_divergence_names_the_variable_and_both_values() -> None:
    divergence = faulty("first-token-has-a-bit").divergence
    assert divergence
    assert [(one.variable, one.machine) for one in divergence.differences] == [("bits[r0]", "{}")]
    assert divergence.differences[0].implementation != "{}"


@pytest.mark.parametrize("name", ["bit-after-sending", "create-plugs-at-once"])
def test_the_command_that_is_printed_repeats_the_divergence(name: str) -> None:
    """Also where an episode diverges before its first event."""
    first = faulty(name).divergence
    assert first
    command = first.command.split()[1:]
    again = CliRunner().invoke(cli, [*command, "--json"], standalone_mode=False)
    assert again.return_value == 1
    assert msgspec.json.decode(again.stdout)["divergence"] == msgspec.to_builtins(first)


def test_a_faulty_copy_leaves_the_reference_as_it_is() -> None:
    before = sys.modules["reference.plug.layer"]
    faults.start_of("opens-on-own-bit")
    assert sys.modules["reference.plug.layer"] is before is reference.plug.layer
    assert run(Plan(2, 1, 200), ReferenceLayer).divergence is None


def test_the_reference_has_no_fault_switch() -> None:
    names = set[str]()
    for path in Path(reference.plug.layer.__file__).parent.glob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        names |= {node.id for node in nodes if isinstance(node, ast.Name)}
        names |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    assert "state" in names
    assert not [name for name in names if "fault" in name and "default" not in name]


def test_a_patch_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("a = 1\n")
    with pytest.raises(patches.FaultError, match="fits 0 times"):
        patches.apply_patch("--- a/one.py\n+++ b/one.py\n@@ -1 +1 @@\n-b = 1\n+b = 2\n", tmp_path)
    with pytest.raises(patches.FaultError, match="no hunk"):
        patches.apply_patch("nothing\n", tmp_path)


# Implementations that err where no map looks.


class OpensAtQueue(ReferenceLayer):
    """Opens its gate in a stutter."""

    opened = False

    def queue(self, priority: int, packet_count: int) -> None:
        super().queue(priority, packet_count)
        self.opened = True

    def observe(self) -> Observation:
        seen = super().observe()
        return Observation(
            seen.installed, seen.pending, self.opened, seen.registered, seen.plugged, seen.recovery_waiting, seen.held
        )


class ForgetsAtRefusal(ReferenceLayer):
    """A refused token drops what is queued."""

    def token_received(self, token: bytes, packet_count: int) -> Visit:
        visit = super().token_received(token, packet_count)
        if visit.refused:
            self.gmi_forgets = True
        return visit

    gmi_forgets = False

    def observe(self) -> Observation:
        seen = super().observe()
        waiting = () if self.gmi_forgets else (None,)
        return Observation(
            seen.installed, seen.pending, seen.gate_open, seen.registered, seen.plugged, waiting, seen.held
        )


class Raises(ReferenceLayer):
    """Fails in a call."""

    def create(self) -> int:
        if self.observe().installed:
            raise ZeroDivisionError
        return super().create()


def test_a_variable_that_changes_in_a_stutter_is_a_divergence() -> None:
    divergence = parted(installed(2, OpensAtQueue), Event(Kind.QUEUE, 0, priority=HIGH, packet_count=1))
    assert divergence.action == STUTTER
    assert divergence.reason == "a variable changed in a stutter"
    assert [one.variable for one in divergence.differences] == ["gate"]


def test_a_refused_token_that_changes_its_receiver_is_a_divergence() -> None:
    follower = Follower(ScopedMachine(2, 1, 3), ReferenceLayer, 1)
    follower.take(Event(Kind.FORM, ring=0, members=(0, 1)))
    cluster = follower.cluster
    follower.live.layers[0] = ForgetsAtRefusal(0)
    cluster.seen[0] = follower.live.layers[0].observe()
    token = cluster.rings[0].newest or b""
    divergence = parted(follower, Event(Kind.TOKEN, 0, 0, token=token, packet_count=1))
    assert "RING-S4" in divergence.reason


def test_a_call_that_fails_is_a_divergence() -> None:
    follower = installed(1, Raises)
    follower.take(Event(Kind.DESTROY, 0, handle=0))
    assert "ZeroDivisionError" in parted(follower, Event(Kind.CREATE, 0, handle=0)).reason


# A message that starts again in another ring.


def half_sent_at_a_change(priority: int, start: Starts = ReferenceLayer) -> Follower:
    """Processor 0 has sent half of a message in ring 0, and has a high priority message in ring 1, the gate closed."""
    follower = installed(2, start)
    rotate(follower, 0, 2)
    follower.take(Event(Kind.QUEUE, 0, priority=priority, packet_count=2))
    rotate(follower, 0)
    assert follower.cluster.begun
    change(follower, 1)
    follower.take(Event(Kind.QUEUE, 0, priority=HIGH, packet_count=1))
    return follower


@pytest.mark.parametrize("priority", [HIGH, MEDIUM, LOW])
def test_a_message_that_starts_again_is_not_overtaken(priority: int) -> None:
    follower = half_sent_at_a_change(priority)
    rotate(follower, 1, 2)
    assert follower.cluster.begun
    rotate(follower, 1, 2)
    assert not follower.cluster.begun


def test_one_that_loses_its_place_is_a_divergence() -> None:
    follower = half_sent_at_a_change(LOW, faults.start_of("begun-message-loses-its-place"))
    with pytest.raises(DivergedError) as caught:
        rotate(follower, 1, 2)
    assert caught.value.divergence.action == "originate p0 r1"
    assert caught.value.divergence.refusing == ["no message is half sent"]


def test_one_that_goes_on_where_it_was_is_a_divergence() -> None:
    follower = half_sent_at_a_change(LOW, faults.start_of("half-sent-resumes-in-the-next-ring"))
    with pytest.raises(DivergedError) as caught:
        rotate(follower, 1, 2)
    assert "packet 1 of message 1, of which packet 0 is next in this ring" in caught.value.divergence.reason


def test_its_first_packet_waits_for_the_gate_and_for_recovery() -> None:
    """To the machine it is a stutter, so that it may go is asked beside it."""
    for gate_open, waiting, clause in ((False, (), "PLUG-S8"), (True, (None,), "PLUG-S10")):
        cluster = half_sent_at_a_change(LOW).cluster
        seen = msgspec.structs.replace(cluster.seen[0], gate_open=gate_open, recovery_waiting=waiting)
        packet = Packet(LOW, cluster.rings[0].name, 1, 0, 2)
        event = Event(Kind.TOKEN, 0, 1, token=cluster.rings[1].newest or b"", packet_count=1)
        visit = Visit(packets=(packet,), token=cluster.rings[1].newest)
        with pytest.raises(MisstepError, match=clause):
            cluster.token_arrives(event, visit, seen, ReferenceLayer(0).read_token)


def test_a_message_is_not_originated_twice() -> None:
    cluster = installed(1).cluster
    whole = Visit(packets=(Packet(LOW, cluster.rings[0].name, 1, 0, 1),))
    event = Event(Kind.ALONE, 0, 0, packet_count=1)
    cluster.sole_visit(event, whole, cluster.seen[0])
    with pytest.raises(MisstepError, match="originated whole before"):
        cluster.sole_visit(event, whole, cluster.seen[0])


def test_a_late_token_of_the_same_bytes_is_late() -> None:
    """Where tokens have no number, bytes do not tell; who drives knows."""
    follower = installed(2, faults.start_of("tokens-have-no-number"))
    rotate(follower, 0, 2)
    token = follower.cluster.rings[0].newest or b""
    follower.take(Event(Kind.TOKEN, 0, 0, token=token, packet_count=1))
    assert follower.cluster.rings[0].newest == token
    event = Event(Kind.TOKEN, 0, 0, token=token, packet_count=1, late=True)
    assert "a late token of a ring that is installed here was accepted" in parted(follower, event).reason


# The command.


def invoke(*words: str) -> tuple[int, str, str]:
    done = ringplug("lockstep", *words)
    return done.returncode, done.stdout, done.stderr


def test_the_command_says_that_nothing_diverged() -> None:
    code, out, _ = invoke("--members", "2", "--steps", "300", "--json")
    found = msgspec.json.decode(out)
    assert code == 0
    assert found["steps"] >= 300
    assert found["divergence"] is None
    assert found["steps_a_second"] > 0


def test_the_command_shows_a_divergence_and_writes_its_trace(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    code, out, _ = invoke("--members", "2", "--fault", "leave-keeps-the-gate-open", "--out", str(path))
    assert code == 1
    assert "differs  gate" in out
    assert "again    ringplug lockstep --members 2 --seed 1 --steps 58 --fault leave-keeps-the-gate-open" in out
    assert read_trace(path.read_bytes()).steps


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("begun-message-loses-its-place", "wrong-position-from-nine-on")
        else pytest.param(name, marks=pytest.mark.deep) for name in faults.fault_names()
    ],
)  # fmt: skip
def test_a_fault_by_its_name_alone_is_found(name: str) -> None:
    members, seed, step = faults.found(name)
    code, out, _ = invoke("--fault", name)
    assert code == 1
    assert f"again    ringplug lockstep --members {members} --seed {seed} --steps {max(step, 1)} --fault {name}" in out


def test_an_unknown_fault_is_bad_input() -> None:
    code, _, err = invoke("--fault", "no-such")
    assert code == 3
    assert "unknown fault 'no-such'" in err


# Deep.

QUEUED_WITHIN = {"ordered 2/1/2": 1392, "ordered 3/1/1": 1512, "2/1/2": 0}


@pytest.mark.deep
@pytest.mark.xdist_group("memory")
@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.name)
def test_every_transition_is_taken(scope: NamedScope, capsys: pytest.CaptureFixture[str]) -> None:
    counts = tour(graph_of(scope), "all", ReferenceLayer)
    shown(counts, capsys)
    assert counts.left_out == QUEUED_WITHIN[scope.name]
    assert counts.taken + counts.left_out == counts.transitions


@pytest.mark.deep
@pytest.mark.parametrize("members", range(1, 13))
def test_they_never_part_in_long_runs(members: int) -> None:
    assert run(Plan(members, 100 + members, 20_000), ReferenceLayer).divergence is None
