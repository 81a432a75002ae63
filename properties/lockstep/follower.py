"""One run in lockstep: an event happens to the cluster, the machine takes the step that it means, both are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter

from model.language.compiled import Choice, CompiledMachine
from model.language.ground import Bitmaps, GroundMachine, plug_scope
from model.language.machine import Text
from model.machines import MACHINES, PLUG
from properties.catalogue.scopes import FEATURES
from properties.lockstep.abstraction import SENDS, NamedStep, abstraction
from properties.lockstep.classes import Classes, Code
from properties.lockstep.cluster import Cluster, MisstepError, Outcome
from properties.lockstep.divergence import DivergedError, Divergence, difference
from properties.lockstep.events import STUTTER, Event, Kind
from properties.lockstep.implementation import CallRefusedError, Starts
from properties.lockstep.live import LiveCluster
from properties.lockstep.receiving import SOURCE, Receiving
from properties.lockstep.refinement import Refinement
from properties.traces.trace import Trace, record_trace, show_step

LEFT_OUT = frozenset({"late-copies"})
"""Features that no implementation is driven with: it refuses late tokens of its ring (D14)."""


def reason_of(error: Exception) -> str:
    """Why an implementation is at fault for an error: it took a wrong step, refused a call, or failed in it."""
    return str(error) if isinstance(error, MisstepError | CallRefusedError) else f"the call failed: {error!r}"


class ScopedMachine:
    """The machine in the scope of a run, with the steps that were needed so far. Ghosts are left out."""

    def __init__(self, members: int, handles: int, rings: int, machine: str = PLUG, text: Text | None = None) -> None:
        """`text`: how the machine is written, if not as it is."""
        self.name = machine
        self.title = f"{machine} {members}/{handles}/{rings}"
        text = replace(text or MACHINES[machine], ghosts=())
        self.ground = GroundMachine(
            text.record((FEATURES & text.features) - LEFT_OUT), plug_scope(members, handles, rings)
        )
        self.actions = {action.name: action for action in self.ground.machine.actions}
        self.compiled = CompiledMachine(self.ground)
        self.refinement = Refinement(self.ground)
        self.classes = Classes(self.ground)
        self._taken = {name: itemgetter(*action.parameters) for name, action in self.actions.items()}
        self._steps: dict[tuple[str, object], Choice] = {}

    def step(self, action: str, given: Mapping[str, int]) -> Choice:
        """The action with those of the given arguments that it takes."""
        key = action, self._taken[action](given)
        found = self._steps.get(key)
        if found is None:
            one = self.actions[action]
            found = self._steps[key] = Choice(one, {name: given[name] for name in one.parameters})
        return found


class Execution:
    """What the machine has done: its state, and the steps that led there from the initial one."""

    def __init__(self, machine: ScopedMachine) -> None:
        self.machine, self.ground = machine, machine.ground
        self.state = self.ground.initial
        self.run: list[Choice] = []

    def take(self, event: Event, named: NamedStep) -> Choice:
        """Take a step that an event is; DivergedError if its guard refuses."""
        step = self.machine.step(*named)
        if refusing := self.machine.compiled.refusals(step, self.state):
            raise self.diverged(event, show_step(step), "the machine does not allow this step", refusing)
        self.state = self.machine.compiled.after(step, self.state)
        self.run.append(step)
        return step

    def turn_before(self, cluster: Cluster, named: NamedStep) -> Iterator[NamedStep]:
        """The machine originates one message a visit: for each further one of a turn the token comes once more."""
        action, given = named
        if action in SENDS and not self.state[self.ground.slots["turn", ()]] >> given["p"] & 1:
            alone = len(cluster.rings[given["r"]].members) == 1
            yield "sole_visit" if alone else "visit", given

    def compare(self, cluster: Cluster, event: Event, steps: Sequence[NamedStep], said: str = "") -> None:
        """DivergedError if the cluster and the machine are not in the same state after these steps.

        `said`: what the error calls them, if not by their names.
        """
        try:
            found = list(self.machine.refinement.differences(cluster, self.state))
        except MisstepError as error:
            raise self.diverged(event, said or self.shown(steps), str(error)) from error
        if found:
            changed = "the states after the step differ" if said or steps else "a variable changed in a stutter"
            divergence = self.diverged(event, said or self.shown(steps), changed).divergence
            divergence.differences = [difference(self.ground, *one) for one in found]
            raise DivergedError(divergence)

    def shown(self, steps: Sequence[NamedStep]) -> str:
        """Steps in words."""
        return ", then ".join(show_step(self.machine.step(*named)) for named in steps) or STUTTER

    def diverged(self, event: Event, action: str, reason: str, refusing: list[str] | None = None) -> DivergedError:
        """The error that they part here."""
        trace = self.trace(f"the run to: {event}")
        return DivergedError(Divergence(str(event), action, reason, trace, refusing=refusing or []))

    def trace(self, shows: str) -> Trace:
        """The steps so far."""
        return record_trace(self.run, self.ground, machine=self.machine.name, shows=shows)


class Follower:
    """A live cluster and the machine, from the initial state on."""

    def __init__(self, machine: ScopedMachine, start: Starts, handles: int) -> None:
        self.machine, self.ground, self.execution = machine, machine.ground, Execution(machine)
        self.live = LiveCluster(self.ground.scope.processors, handles, start)
        self.cluster = self.live.cluster
        self.receiving = Receiving(self.live)
        self.events: Counter[str] = Counter()
        self.classes: set[Code] = set()
        try:
            self.live.begin()
        except Exception as error:
            raise self.execution.diverged(Event(Kind.RESTART), "the initial state", reason_of(error)) from error
        self.execution.compare(self.cluster, Event(Kind.RESTART), (), "the initial state")

    @property
    def state(self) -> Bitmaps:
        """The machine's state."""
        return self.execution.state

    def take(self, event: Event, expected: str | None = None, lost_at: Collection[int] = ()) -> Outcome:
        """The event happens, and the machine follows; DivergedError if it cannot, or if a delivery is wrong then.

        `expected` is the action that must come of it, where the machine leads. What is originated is lost at `lost_at`.
        """
        self.events[event.kind.name.lower()] += 1
        try:
            outcome = self.live.perform(event)
            steps = abstraction(self.cluster, outcome)
        except Exception as error:
            raise self.execution.diverged(event, "no step", reason_of(error)) from error
        try:
            self._follow(event, steps, expected)
        except DivergedError as error:
            error.divergence.source = error.divergence.source or self._source(steps)
            raise
        self._receive(outcome, lost_at)
        return outcome

    def _receive(self, outcome: Outcome, lost_at: Collection[int]) -> None:
        """Packets arrive, which the machine does not have."""
        try:
            self.receiving.after(outcome, lost_at)
        except Exception as error:
            diverged = self.execution.diverged(self.receiving.under_way or outcome.event, STUTTER, reason_of(error))
            diverged.divergence.source = SOURCE
            raise diverged from error

    def _follow(self, event: Event, steps: Sequence[NamedStep], expected: str | None) -> None:
        for named in steps:
            for one in (*self.execution.turn_before(self.cluster, named), named):
                before = self.state
                step = self.execution.take(event, one)
                self.classes.add(self.machine.classes.code(step, before, self.state))
        if expected and expected not in [action for action, _ in steps]:
            wanted = f"the machine can take {expected} here, the implementation did not"
            raise self.execution.diverged(event, self.execution.shown(steps), wanted)
        self.execution.compare(self.cluster, event, steps)

    def _source(self, steps: Sequence[NamedStep]) -> str:
        """What the actions of these steps cite."""
        cited = [self.machine.actions[action].rule.source for action, _ in steps]
        return "; ".join(dict.fromkeys(one for one in cited if one))
