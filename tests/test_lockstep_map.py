"""Each variable that lockstep compares sees something that no other sees; and what no clause allows is refused.

The variables that are read of an implementation are held to one that lies about itself. Those that are kept of the
membership, the network and the order of the ring are held to a cluster that keeps them wrongly: no implementation says
them, so they guard lockstep itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from msgspec import structs

from properties.lockstep import refinement
from properties.lockstep.abstraction import event_of
from properties.lockstep.adapter import ReferenceLayer
from properties.lockstep.cluster import Cluster, FormedRing, MisstepError
from properties.lockstep.divergence import DivergedError
from properties.lockstep.events import Event, Kind
from properties.lockstep.follower import Follower, ScopedMachine
from properties.lockstep.implementation import HIGH, RECOVERY, CallRefusedError, Observation, Packet, Starts, Visit
from properties.lockstep.live import LiveCluster
from properties.lockstep.refinement import REFINEMENT
from tests.test_lockstep import rotate

Lie = Callable[[Observation], Observation]
Run = Callable[[Follower], None]
"""Events, of which only the last one may show the fault."""


class Liar(ReferenceLayer):
    """The reference, which says something else of itself from one of its calls on."""

    def __init__(self, processor: int, call: str, which: int, lie: Lie) -> None:
        super().__init__(processor)
        self.call, self.left, self.lie = call, which, lie

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and name == object.__getattribute__(self, "__dict__").get("call"):
            self.left -= 1
        return super().__getattribute__(name)

    def observe(self) -> Observation:
        seen = super().observe()
        return self.lie(seen) if self.left < 0 else seen


def lies(call: str, lie: Lie, *, which: int = 0, processor: int = 0) -> Starts:
    """One processor lies from the call of this name on: the first, the second, …; the others do not."""
    return partial(_start, processor, partial(Liar, call=call, which=which, lie=lie))


def _start(liar: int, lying: Callable[[int], ReferenceLayer], processor: int) -> ReferenceLayer:
    return lying(processor) if processor == liar else ReferenceLayer(processor)


def says(**other: Any) -> Lie:
    """An observation with something else in it."""
    return lambda seen: structs.replace(seen, **other)


# What happens.


def forms(follower: Follower) -> None:
    follower.take(Event(Kind.FORM, ring=0, members=(0, 1)))


def installs(follower: Follower) -> None:
    forms(follower)
    for p in (0, 1):
        follower.take(Event(Kind.INSTALL, p, 0))
        follower.take(Event(Kind.UNPLUG, p, handle=0))


def queues(*priorities: int) -> Run:
    def run(follower: Follower) -> None:
        installs(follower)
        for priority in priorities:
            follower.take(Event(Kind.QUEUE, 0, priority=priority, packet_count=1))

    return run


def queues_behind_an_open_gate(follower: Follower) -> None:
    installs(follower)
    rotate(follower, 0, 2)
    follower.take(Event(Kind.QUEUE, 0, priority=HIGH, packet_count=1))


def destroys(follower: Follower) -> None:
    installs(follower)
    follower.take(Event(Kind.DESTROY, 0, handle=0))


def unplugs(follower: Follower) -> None:
    forms(follower)
    follower.take(Event(Kind.INSTALL, 0, 0))
    follower.take(Event(Kind.UNPLUG, 0, handle=0))


def visits(follower: Follower) -> None:
    installs(follower)
    follower.take(Event(Kind.TOKEN, 0, 0, token=follower.cluster.rings[0].newest or b"", packet_count=0))


def leaves_with_a_message(follower: Follower) -> None:
    queues(RECOVERY)(follower)
    follower.take(Event(Kind.FORM, ring=1, members=(0, 1)))
    follower.take(Event(Kind.LEAVE, 0, 0))


def forms_again(follower: Follower) -> None:
    installs(follower)
    follower.take(Event(Kind.FORM, ring=1, members=(0, 1)))


def originates(packet_count: int) -> Run:
    def run(follower: Follower) -> None:
        installs(follower)
        rotate(follower, 0, 2)
        follower.take(Event(Kind.QUEUE, 0, priority=HIGH, packet_count=packet_count))
        token = follower.cluster.rings[0].newest or b""
        follower.take(Event(Kind.TOKEN, 0, 0, token=token, packet_count=1))

    return run


def crashes(follower: Follower) -> None:
    installs(follower)
    follower.take(Event(Kind.CRASH, 0))


def crashes_with_half_a_message(follower: Follower) -> None:
    originates(2)(follower)
    follower.take(Event(Kind.CRASH, 0))


# What a cluster may keep wrongly.

NOBODY = Observation(None, None, False, frozenset(), frozenset(), ())


def a_third_is_a_member(patched: pytest.MonkeyPatch) -> None:
    form = LiveCluster._form

    def forms_too_large(self: LiveCluster, event: Event) -> None:
        form(self, event)
        self.cluster.rings[-1] = structs.replace(self.cluster.rings[-1], members=(*event.members, 2))

    patched.setattr(LiveCluster, "_form", forms_too_large)


def who_crashed_is_up(patched: pytest.MonkeyPatch) -> None:
    crash = Cluster.crash

    def stays_up(self: Cluster, processor: int) -> None:
        crash(self, processor)
        self.seen[processor] = NOBODY

    patched.setattr(Cluster, "crash", stays_up)


def a_crash_keeps_what_was_begun(patched: pytest.MonkeyPatch) -> None:
    crash = Cluster.crash

    def keeps(self: Cluster, processor: int) -> None:
        begun = self.begun.copy()
        crash(self, processor)
        self.begun = begun

    patched.setattr(Cluster, "crash", keeps)


def what_is_originated_is_forgotten(patched: pytest.MonkeyPatch) -> None:
    case = Cluster._case

    def forgets(self: Cluster, *given: Any) -> Any:
        before, found = self.normal, case(self, *given)
        self.normal = before
        return found

    patched.setattr(Cluster, "_case", forgets)


def the_token_goes_back(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(FormedRing, "after", lambda _self, processor: processor)


def nothing_wrong(patched: pytest.MonkeyPatch) -> None:
    pass


@dataclass(frozen=True)
class Fault:
    """A faulty implementation, or a faulty cluster, and the events that show it in one variable alone."""

    variable: str
    run: Run
    start: Starts = ReferenceLayer
    wrong: Callable[[pytest.MonkeyPatch], None] = nothing_wrong


class SetsNothing(ReferenceLayer):
    """Its own position is never set in what is read of its tokens."""

    def read_token(self, token: bytes) -> Any:
        return structs.replace(super().read_token(token), positions=frozenset())


GATE_OPEN, GATE_CLOSED = says(gate_open=True), says(gate_open=False)
FAULTS = {
    "a third processor is a member": Fault("member", forms, wrong=a_third_is_a_member),
    "no ring is pending": Fault("pending", forms, lies("ring_pending", says(pending=None), processor=1)),
    "the second ring is not pending": Fault("pending", forms_again, lies("ring_pending", says(pending=None), which=1)),
    "no ring is installed": Fault("installed", queues(HIGH), lies("queue", says(installed=None))),
    "no position is set": Fault("bits", visits, SetsNothing),
    "a destroyed handle is registered": Fault("handles", destroys, lies("destroy", says(registered=frozenset({0})))),
    "no handle is registered": Fault("handles", queues(HIGH), lies("queue", says(registered=frozenset()))),
    "an unplugged handle is plugged": Fault("plugged", unplugs, lies("unplug", says(plugged=frozenset({0})))),
    "the gate opens by itself": Fault("gate", queues(HIGH), lies("queue", GATE_OPEN)),
    "the gate closes by itself": Fault("gate", queues_behind_an_open_gate, lies("queue", GATE_CLOSED)),
    "nothing is queued": Fault("queued", queues(RECOVERY), lies("queue", says(recovery_waiting=()))),
    "a second message is not queued": Fault(
        "queued_two", queues(RECOVERY, RECOVERY),
        lies("queue", lambda seen: structs.replace(seen, recovery_waiting=seen.recovery_waiting[:1]), which=1),
    ),
    "a message is not left over": Fault(
        "leftover", leaves_with_a_message, lies("transitional", says(recovery_waiting=()))
    ),
    "who crashed has begun": Fault("half", crashes_with_half_a_message, wrong=a_crash_keeps_what_was_begun),
    "who crashed is up": Fault("down", crashes, wrong=who_crashed_is_up),
    "nothing was originated": Fault("normal", originates(1), wrong=what_is_originated_is_forgotten),
}  # fmt: skip


def leave_out(variable: str | None, patched: pytest.MonkeyPatch) -> None:
    """Compare this variable no more."""
    rows = tuple(replace(row, value=None) if row.variable == variable else row for row in REFINEMENT)
    patched.setattr(refinement, "REFINEMENT", rows)


def differing(fault: Fault, *, left_out: str | None = None) -> list[str]:
    """The variables that differ when the fault shows; none if nothing shows."""
    with pytest.MonkeyPatch.context() as patched:
        leave_out(left_out, patched)
        fault.wrong(patched)
        try:
            fault.run(Follower(ScopedMachine(3, 1, 4), fault.start, 1))
        except DivergedError as error:
            return [one.variable.partition("[")[0] for one in error.divergence.differences] or [error.divergence.reason]
    return []


def test_every_variable_that_is_compared_has_a_fault() -> None:
    assert {fault.variable for fault in FAULTS.values()} | {"due"} == {row.variable for row in REFINEMENT if row.value}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_seen_in_one_variable_alone(name: str) -> None:
    fault = FAULTS[name]
    assert set(differing(fault)) == {fault.variable}
    assert differing(fault, left_out=fault.variable) == []


@pytest.mark.parametrize("name", FAULTS)
def test_without_the_fault_they_do_not_part(name: str) -> None:
    fault = replace(FAULTS[name], start=ReferenceLayer, wrong=nothing_wrong)
    assert differing(fault) == []


@pytest.mark.parametrize(("left_out", "differ"), [(None, {"due"}), ("due", set[str]())])
def test_to_whom_the_token_is_due_is_compared_where_the_machine_leads(
    left_out: str | None, differ: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the companion with a fixed order says it, and only tours drive that."""
    leave_out(left_out, monkeypatch)
    assert differing_when_led() == set()
    the_token_goes_back(monkeypatch)
    assert differing_when_led() == differ


LED = (("form_ring", 0b11), ("install", 0), ("install", 1), ("unplug", 0), ("visit", 0))
"""Actions, each with the processor or the members that it is about."""


def differing_when_led() -> set[str]:
    """The variables that differ after some step, where the machine leads."""
    machine = ScopedMachine(2, 1, 1, "ordered")
    live, state, found = LiveCluster(2, 1, ReferenceLayer).begin(), machine.ground.initial, set[str]()
    for action, about in LED:
        step = next(
            one for one in machine.ground.steps
            if one.action.name == action and about in one.arguments.values()
            and not machine.ground.refusals(one, state)
        )  # fmt: skip
        live.perform(event_of(live.cluster, step))
        state = machine.ground.after(step, state)
        found |= {slot[0] for slot, _, _ in machine.refinement.differences(live.cluster, state)}
    return found


# What no clause allows, whatever the variables say.


def arrives(follower: Follower, visit: Visit, *, granted: int = 1) -> None:
    """The newest token of ring 0 arrives at processor 0, and this comes of it."""
    cluster, layer = follower.cluster, follower.live.layers[0]
    token = cluster.rings[0].newest or b""
    event = Event(Kind.TOKEN, 0, 0, token=token, packet_count=granted)
    cluster.token_arrives(event, visit, layer.observe(), layer.read_token)


def installed() -> Follower:
    follower = Follower(ScopedMachine(3, 1, 4), ReferenceLayer, 1)
    installs(follower)
    return follower


def test_no_more_packets_are_originated_than_are_granted() -> None:
    follower = installed()
    token, name = follower.cluster.rings[0].newest, follower.cluster.rings[0].name
    packets = tuple(Packet(RECOVERY, name, number, 0, 1) for number in (1, 2))
    with pytest.raises(MisstepError, match="2 packets originated, 1 granted"):
        arrives(follower, Visit(packets=packets, token=token))


def test_the_token_that_is_sent_on_is_of_the_ring_it_came_from() -> None:
    follower = installed()
    follower.take(Event(Kind.FORM, ring=1, members=(0, 1)))
    with pytest.raises(MisstepError, match="sent a token of ring"):
        arrives(follower, Visit(token=follower.cluster.rings[1].newest))


def test_a_refused_token_leads_to_nothing() -> None:
    with pytest.raises(MisstepError, match="a token was refused, and something is sent"):
        arrives(installed(), Visit(refused="no", token=b"x"))
    with pytest.raises(MisstepError, match="a token was accepted, and none is sent on"):
        arrives(installed(), Visit())


class Forgiving(ReferenceLayer):
    """A call with a destroyed handle is no error."""

    def unplug(self, handle: int) -> None:
        with suppress(CallRefusedError):
            super().unplug(handle)


def test_a_call_with_a_destroyed_handle_is_an_error_to_the_caller() -> None:
    follower = Follower(ScopedMachine(3, 1, 4), Forgiving, 1)
    destroys(follower)
    with pytest.raises(DivergedError, match="a call with a destroyed handle was no error"):
        follower.take(Event(Kind.UNPLUG, 0, handle=0))


def test_where_the_machine_leads_its_step_must_come() -> None:
    with pytest.raises(DivergedError, match="the machine can take unplug here, the implementation did not"):
        installed().take(Event(Kind.QUEUE, 0, priority=HIGH, packet_count=1), "unplug")


def test_a_step_that_the_machine_refuses_is_not_taken() -> None:
    follower = installed()
    with pytest.raises(DivergedError, match="the machine does not allow this step"):
        follower.execution.take(Event(Kind.LEAVE, 0, 0), ("leave", {"p": 0, "r": 0}))
