"""The machine leads through every transition of a scope, or through one of each class.

The implementation is copied as it stands at each state, so each transition is taken once, from the one way to its
state. A turn of the implementation is one call, but between a visit and what is originated in it the machine may take
other steps. Then the visit is taken without originating; and where the machine originates, it is taken again with it,
and what the processor was told since is told again: these steps do not touch what is sent. Only a recovery message that
is queued within the turn, where none waited, would be sent in it by the machine and cannot be by an implementation:
these transitions are left out and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import cast

import msgspec
import numpy as np

from model.language.ground import Step
from properties.explicit.columns import Mask
from properties.lockstep.abstraction import (
    SENDS,
    TURNS,
    abstraction,
    event_of,
    granted,
    is_for_nobody,
    message_before,
)  # fmt: skip
from properties.lockstep.cluster import FormedRing, MisstepError
from properties.lockstep.divergence import DivergedError, Divergence, difference
from properties.lockstep.events import Event, Kind
from properties.lockstep.follower import reason_of
from properties.lockstep.implementation import Copyable, Starts
from properties.lockstep.live import LiveCluster
from properties.lockstep.tours.transitions import NO_EDGE, Transitions
from properties.traces.trace import record_trace, show_step

SAY_EVERY = 10_000


@dataclass(frozen=True)
class OpenTurn:
    """A turn in which nothing is originated yet: the processor as it was before, the ring's token, what came since."""

    layer: Copyable
    ring: FormedRing
    event: Event
    counted: int
    """How many recovery messages of the ring waited."""
    since: tuple[Event, ...] = ()


@dataclass
class Tour:
    """What was taken."""

    transitions: Transitions
    start: Starts
    """Starts processors that can be copied as they stand (`Copyable`)."""
    taken: int = 0
    for_nobody: int = 0
    """Of these, calls and tokens at a processor that is down: there is nobody to take them."""
    left_out: int = 0
    classes: set[int] = field(default_factory=set[int])
    classes_left_out: set[int] = field(default_factory=set[int])

    def all(self, progress: Callable[[str], None] | None = None) -> None:
        """Take every transition."""
        self._take(np.ones(len(self.transitions.source), np.bool_), progress)
        self.classes_left_out -= self.classes

    def classwise(self) -> None:
        """Take one transition of every class: of those that can be taken, the one with the shortest way."""
        graph = self.transitions
        order = np.lexsort((graph.depth[graph.source], ~graph.directly_reached[graph.source]))
        _, first = np.unique(graph.class_of[order], return_index=True)
        wanted = np.zeros(len(graph.source), np.bool_)
        wanted[order[first]] = True
        for edge in order[first]:
            state = graph.source[edge]
            while (way := graph.parent[state]) != NO_EDGE and not wanted[way]:
                wanted[way] = True
                state = graph.source[way]
        self._take(wanted, None)
        self.classes_left_out -= self.classes

    def _take(self, wanted: Mask, progress: Callable[[str], None] | None) -> None:
        graph = self.transitions
        live = LiveCluster(graph.ground.scope.processors, _handles(graph), self.start).begin()
        stack: list[tuple[int, LiveCluster, dict[int, OpenTurn]]] = [(0, live, {})]
        while stack:
            state, live, turns = stack.pop()
            for edge in range(int(graph.first[state]), int(graph.first[state + 1])):
                if not wanted[edge]:
                    continue
                after = self._transition(edge, live, turns)
                target = int(graph.target[edge])
                if after and graph.parent[target] == edge:
                    stack.append((target, *after))
                if progress and self.taken % SAY_EVERY == 0:
                    progress(f"{self.taken:,} of {len(wanted):,} transitions")

    def _transition(
        self, edge: int, live: LiveCluster, turns: dict[int, OpenTurn]
    ) -> tuple[LiveCluster, dict[int, OpenTurn]] | None:
        graph = self.transitions
        step, number = graph.steps[int(graph.step[edge])], int(graph.class_of[edge])
        p = step.arguments.get("p", -1)
        if step.action.name == "send_recovery" and not turns[p].counted:
            self.left_out += 1
            self.classes_left_out.add(number)
            return None
        fork = live.fork()
        event, since = None, turns
        try:
            if step.action.name in SENDS:
                _turn_again(fork, turns[p], step)
            elif not is_for_nobody(live.cluster, step):
                event = event_of(live.cluster, step)
                _own_layers(fork, event)
                self._expect([step.action.name], fork, event)
                since = _told(turns, event)
            found = list(graph.machine.refinement.differences(fork.cluster, graph.state(int(graph.target[edge]))))
        except Exception as error:
            raise self._diverged(edge, reason_of(error)) from error
        if found:
            error = self._diverged(edge, "the states after the step differ")
            error.divergence.differences = [difference(graph.ground, *one) for one in found]
            raise error
        self.taken += 1
        self.for_nobody += is_for_nobody(live.cluster, step)
        self.classes.add(number)
        return fork, self._open(since, step, live, event, int(graph.target[edge]))

    @staticmethod
    def _expect(actions: list[str], live: LiveCluster, event: Event) -> None:
        came = [action for action, _ in abstraction(live.cluster, live.perform(event))]
        if came != actions:
            raise MisstepError(f"{', '.join(came) or 'nothing'} came of it, not {', '.join(actions)}")

    def _open(
        self, turns: dict[int, OpenTurn], step: Step, before: LiveCluster, event: Event | None, target: int
    ) -> dict[int, OpenTurn]:
        """The turns that are open after a step."""
        graph = self.transitions
        holders = int(graph.fields[graph.ground.slots["turn", ()], target])
        opened = {p: turn for p, turn in turns.items() if holders >> p & 1}
        if step.action.name in TURNS and event:
            p, ring = event.processor, before.cluster.rings[event.ring]
            counted = before.cluster.recovery_count(p, of_this_ring=True)
            opened[p] = OpenTurn(_copyable(before, p), ring, event, counted)
        return opened

    def _diverged(self, edge: int, reason: str) -> DivergedError:
        graph = self.transitions
        step = graph.steps[int(graph.step[edge])]
        run = [*graph.way(int(graph.source[edge])), step]
        shown = show_step(step)
        trace = record_trace(run, graph.ground, machine=graph.machine.name, shows=f"the run to: {shown}")
        return DivergedError(Divergence(shown, shown, reason, trace, step=self.taken + 1))


def _handles(graph: Transitions) -> int:
    return 1 + max(step.arguments.get("h", 0) for step in graph.steps)


def _own_layers(live: LiveCluster, event: Event) -> None:
    """Copy the layers that an event calls, so that they are this cluster's own."""
    called: Iterable[int] = event.members if event.kind is Kind.FORM else [event.processor]
    for p in called:
        if p in live.layers:
            live.layers[p] = _copyable(live, p).copy()


def _copyable(live: LiveCluster, processor: int) -> Copyable:
    return cast("Copyable", live.layers[processor])


def _told(turns: dict[int, OpenTurn], event: Event) -> dict[int, OpenTurn]:
    """The open turns, of which some were told of this event."""
    told = event.members if event.kind is Kind.FORM else (event.processor,)
    return {p: replace(turn, since=(*turn.since, event)) if p in told else turn for p, turn in turns.items()}


def _turn_again(live: LiveCluster, turn: OpenTurn, step: Step) -> None:
    """Take the turn again, with what the machine originates in it; then tell what was told since."""
    p, r, sends = turn.event.processor, turn.event.ring, step.action.name
    layer = turn.layer.copy()
    live.layers[p], live.cluster.seen[p], live.cluster.rings[r] = layer, layer.observe(), turn.ring
    for message in message_before(p, sends):
        live.perform(message)
    event = msgspec.structs.replace(turn.event, packet_count=granted(live.cluster, p, sends))
    came = [action for action, _ in abstraction(live.cluster, live.perform(event))]
    if came[1:] != [sends]:
        raise MisstepError(f"{', '.join(came[1:]) or 'nothing'} was originated, not {sends}")
    for told in turn.since:
        _tell(live, layer, told)
    live.cluster.seen[p] = layer.observe()


def _tell(live: LiveCluster, layer: Copyable, event: Event) -> None:
    """Tell a processor again what it was told, without the answer."""
    p = event.processor
    match event.kind:
        case Kind.FORM:
            ring = live.cluster.rings[event.ring]
            layer.ring_pending(ring.name, ring.members)
        case Kind.TOKEN:
            layer.token_received(event.token, event.packet_count)
        case Kind.QUEUE:
            layer.queue(event.priority, event.packet_count)
        case Kind.CREATE:
            live.cluster.created(p, event.handle, layer.create())
        case Kind.UNPLUG | Kind.DESTROY:
            handle = live.cluster.handle(p, event.handle)
            if handle is not None and handle in layer.observe().registered:
                call = layer.unplug if event.kind is Kind.UNPLUG else layer.destroy
                call(handle)
        case _:
            raise AssertionError(f"{event} within a turn")
