"""One run in lockstep: an event happens to the cluster, the machine takes the step that it means, both are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from model.language.ground import GroundMachine, Step, plug_scope
from model.machines import MACHINES, PLUG
from properties.catalogue.scopes import FEATURES
from properties.lockstep.abstraction import NamedStep, abstraction
from properties.lockstep.classes import Class, Classes
from properties.lockstep.cluster import Cluster, MisstepError, Outcome
from properties.lockstep.divergence import DivergedError, Divergence, difference
from properties.lockstep.events import STUTTER, Event, Kind
from properties.lockstep.implementation import CallRefusedError, Starts
from properties.lockstep.refinement import Refinement
from properties.traces.trace import Trace, record_trace, show_step

LEFT_OUT = frozenset({"late-copies"})
"""Features that no implementation is driven with: it refuses late tokens of its ring (D14)."""


def reason_of(error: Exception) -> str:
    """Why an implementation is at fault for an error: it took a wrong step, refused a call, or failed in it."""
    return str(error) if isinstance(error, MisstepError | CallRefusedError) else f"the call failed: {error!r}"


class ScopedMachine:
    """The machine in the scope of a run, with the steps that were needed so far. Ghosts are left out."""

    def __init__(self, members: int, handles: int, rings: int, machine: str = PLUG) -> None:
        self.name = machine
        self.title = f"{machine} {members}/{handles}/{rings}"
        text = replace(MACHINES[machine], ghosts=())
        self.ground = GroundMachine(
            text.record((FEATURES & text.features) - LEFT_OUT), plug_scope(members, handles, rings)
        )
        self.actions = {action.name: action for action in self.ground.machine.actions}
        self.refinement = Refinement(self.ground)
        self.classes = Classes(self.ground)
        self._steps: dict[tuple[str, tuple[int, ...]], Step] = {}

    def step(self, action: str, given: Mapping[str, int]) -> Step:
        """The action with those of the given arguments that it takes."""
        parameters = self.actions[action].parameters
        key = action, tuple(given[name] for name in parameters)
        if key not in self._steps:
            self._steps[key] = self.ground.step(self.actions[action], {name: given[name] for name in parameters})
        return self._steps[key]


class Follower:
    """A cluster and the machine, from the initial state on."""

    def __init__(self, machine: ScopedMachine, start: Starts, handles: int) -> None:
        self.machine, self.ground = machine, machine.ground
        self.cluster = self._cluster(start, handles)
        self.state = self.ground.initial
        self.run: list[Step] = []
        self.events: Counter[str] = Counter()
        self.classes: set[Class] = set()
        self._begin()

    def _cluster(self, start: Starts, handles: int) -> Cluster:
        return Cluster(self.ground.scope.processors, handles, start)

    def _begin(self) -> None:
        """Bring both to where the run begins."""
        try:
            self.cluster.begin()
        except Exception as error:
            raise self._diverged(Event(Kind.RESTART), "the initial state", reason_of(error)) from error
        self._compare(Event(Kind.RESTART), "the initial state")

    def take(self, event: Event, expected: str | None = None) -> None:
        """The event happens, and the machine follows; DivergedError if it cannot.

        `expected` is the action that must come of it, where the machine leads.
        """
        self.events[event.kind.name.lower()] += 1
        try:
            outcome = self.cluster.perform(event)
            steps = self._steps(outcome)
        except Exception as error:
            raise self._diverged(event, "no step", reason_of(error)) from error
        for named in steps:
            self._follow(event, named)
        shown = ", then ".join(show_step(self.machine.step(*named)) for named in steps) or STUTTER
        if expected and expected not in [action for action, _ in steps]:
            raise self._diverged(event, shown, f"the machine can take {expected} here, the implementation did not")
        self._compare(event, shown)

    def _steps(self, outcome: Outcome) -> list[NamedStep]:
        """The machine's steps that this is."""
        return abstraction(self.cluster, outcome)

    def _follow(self, event: Event, named: NamedStep) -> None:
        step = self.machine.step(*named)
        if refusing := self.ground.refusals(step, self.state):
            raise self._diverged(event, show_step(step), "the machine does not allow this step", refusing)
        after = self.ground.after(step, self.state)
        self.classes.add(self.machine.classes.of(step, self.state, after))
        self.state = after
        self.run.append(step)

    def _compare(self, event: Event, shown: str) -> None:
        try:
            found = list(self.machine.refinement.differences(self.cluster, self.state))
        except MisstepError as error:
            raise self._diverged(event, shown, str(error)) from error
        if found:
            changed = "a variable changed in a stutter" if shown == STUTTER else "the states after the step differ"
            divergence = self._diverged(event, shown, changed).divergence
            divergence.differences = [difference(self.ground, *one) for one in found]
            raise DivergedError(divergence)

    def _diverged(self, event: Event, action: str, reason: str, refusing: list[str] | None = None) -> DivergedError:
        trace = self.trace(f"the run to: {event}")
        return DivergedError(Divergence(str(event), action, reason, trace, refusing=refusing or []))

    def trace(self, shows: str) -> Trace:
        """The steps of the machine so far."""
        return record_trace(self.run, self.ground, machine=self.machine.name, shows=shows)
