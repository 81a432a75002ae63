"""The theorem of the mail: under which decisions a lookup never fails (mail M12).

Decides a claim of the services for sets of decisions, and which sets are minimal. What holds with some decisions taken
holds with more (`model.services.theorem`), and a counterexample is one of every smaller set, where it is replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from model.language.ground import GroundMachine
from model.services.actions import RECOVERY_ADD_NODE
from model.services.theorem import GIVEN_UP
from properties.catalogue.claim import Claim
from properties.catalogue.probe import Probe, claim_probes
from properties.catalogue.scopes import NamedScope
from properties.claims import CLAIMS
from properties.explain.endings import endings
from properties.explicit.compiled import begin
from properties.explicit.exhaustive import explore
from properties.explicit.search import Found, Search
from properties.explicit.shortest import shortest_run
from properties.explicit.slicing import SlicedMachine
from properties.shrink import shrink
from properties.traces.trace import Played, Trace, TraceError, machine_text, record_trace, replay, trace_machine
from properties.variants import record
from properties.variants.cases import ALL, EVERY_SET, NORMAL, RECOVERY, Decisions, names
from properties.variants.results import Beside, SetVerdict, Table

MACHINE = "services"
SMALLEST = NamedScope(2, 1, 2, frozenset(), MACHINE)
"""Where all sets of decisions are compared."""
CONFIRMING = (NamedScope(3, 1, 1, frozenset(), MACHINE), NamedScope(2, 1, 3, frozenset(), MACHINE))
"""Where the minimal sets are tried as well. What is left half sent in one ring, finished in the next and delivered on
the way to the third needs three rings, and so does an unplug that is older than the last ring."""
DEEP = (NamedScope(3, 1, 2, frozenset(), MACHINE),)
MINIMAL = record.minimal()
"""The result, as `ringplug theorem --compute` computes it: it tries these sets first, and believes none of them."""

SURPRISES = ("N1", "N2", "N5")
NO_PLUG = "no-plug"

UNGUARDED_BY = {
    "CLM-S1": frozenset({"turn", "asked"}),
    "CLM-S2": frozenset({"turn"}),
    "CLM-S4": frozenset({"turn", "asked"}),
    "EVT-S1": frozenset({"turn", "asked", "gate", "bits", "plugged", "half", "owed"}),
}
"""By claim, the variables whose guard parts a search leaves out at first: what is sent, in which order and past which
gate should matter, not when; and for whether its sender is found, not even the gate."""

MEMORY_GIB = 12.0
"""What a search may use."""


@dataclass(frozen=True)
class Searched:
    """A search for a violation of a claim under some decisions: the trace of a shortest one, or all states visited."""

    trace: Trace | None
    states: int
    scope: NamedScope
    replayed: dict[Decisions, bool] = field(default_factory=dict[Decisions, bool])
    """Of which other sets the trace is a counterexample, as far as that was tried."""


Progress = Callable[[str], None]


@dataclass
class Case:
    """A claim, with add-nodes of one priority; remembers what was searched."""

    claim: Claim
    add_node: str = NORMAL
    deep: bool = False
    progress: Progress | None = None
    searched: dict[Decisions, Searched] = field(default_factory=dict[Decisions, Searched])
    planned: int = 0
    """About how many searches there will be, if that is known."""
    begun: int = 0
    """How many were begun."""

    @property
    def title(self) -> str:
        """Claim and priority."""
        return f"{self.claim.id}, add-node {self.add_node}"

    @property
    def scopes(self) -> list[NamedScope]:
        """Where a set must hold to suffice, the smallest first."""
        return [SMALLEST, *CONFIRMING, *(DEEP if self.deep else ())]

    def run(self, progress: Progress | None = None) -> Table:
        """Every set's verdict; a shortest counterexample of each minimal set with one decision less.

        Deep, of every set that is smaller than a minimal one.
        """
        self.progress = progress
        for expected in MINIMAL.get((self.add_node, self.claim.id), ()):
            self.holds(frozenset(expected))
        minimal = self.minimal()
        for taken in reversed(EVERY_SET):
            less = [one for one in minimal if taken < one and (self.deep or len(taken) == len(one) - 1)]
            if less and taken not in self.searched:
                self.searched[taken] = self.search(taken, self.scopes)
        sets = [self.verdict(taken) for taken in reversed(EVERY_SET)]
        scopes = [scope.name for scope in self.scopes]
        return Table(self.claim.id, self.add_node, scopes, [names(one) for one in minimal], sets)

    def minimal(self) -> list[Decisions]:
        """The sets of decisions that suffice in every scope, with none within them that does."""
        confirmed = dict[Decisions, Searched]()
        while True:
            found = self.candidates()
            confirmed |= {taken: self.search(taken, self.scopes) for taken in found if taken not in confirmed}
            wrong = {taken: confirmed[taken] for taken in found if confirmed[taken].trace}
            held = {taken: one for taken, one in self.searched.items() if not any(taken <= other for other in wrong)}
            self.searched = {**held, **confirmed}
            if not wrong:
                return sorted(found, key=lambda one: (len(one), names(one)))

    def candidates(self) -> list[Decisions]:
        """The minimal sets that suffice where all are compared, as far as no counterexample elsewhere is known."""
        found = list[Decisions]()
        for taken in EVERY_SET:
            if not any(known <= taken for known in found) and self.holds(taken):
                found.append(self.shrink(taken))
        return found

    def shrink(self, taken: Decisions) -> Decisions:
        """A minimal set within one that suffices."""
        return frozenset(shrink(names(taken)[::-1], lambda left: self.holds(frozenset(left)), at_once=1))

    def holds(self, taken: Decisions) -> bool:
        """Whether the claim holds with these decisions taken, as far as is known from other sets or the first scope."""
        known = self.known(taken)
        if known is None:
            self.searched[taken] = self.search(taken, [SMALLEST])
            known = taken
        return self.searched[known].trace is None

    def known(self, taken: Decisions) -> Decisions | None:
        """A set that was searched and decides this one."""
        for other, one in self.searched.items():
            if other <= taken if one.trace is None else taken <= other and self.replays(one, taken):
                return other
        return None

    def replays(self, one: Searched, taken: Decisions) -> bool:
        """Whether a counterexample is one with these decisions too; remembered."""
        if taken not in one.replayed:
            one.replayed[taken] = one.trace is not None and self.replays_now(one.trace, taken)
        return one.replayed[taken]

    def replays_now(self, trace: Trace, taken: Decisions) -> bool:
        """Whether the steps are enabled with these decisions, and the last violates the claim."""
        given = msgspec.structs.replace(trace, features=sorted(given_up(taken, self.add_node)))
        ground = trace_machine(given)
        try:
            played = list(replay(ground, given.steps))
        except TraceError:
            return False
        return violates(self.claim, ground, played)

    def search(self, taken: Decisions, scopes: Sequence[NamedScope]) -> Searched:
        """Visit states of one scope after the other, until the claim is violated."""
        states = 0
        self.begun += 1
        for scope in scopes:
            found = search(self.claim, scope, given_up(taken, self.add_node), self._say)
            states += found.states
            if found.trace:
                return found
        return Searched(None, states, scopes[-1])

    def _say(self, words: str) -> None:
        """Which search it is, and what it has visited."""
        if self.progress:
            of = f" of about {self.planned}" if self.begun <= self.planned else ""
            self.progress(f"search {self.begun}{of}: {words}")

    def verdict(self, taken: Decisions) -> SetVerdict:
        """What is known of one set."""
        other = self.known(taken)
        if other is None:
            raise AssertionError(f"the set {names(taken)} was left out")
        one = self.searched.get(taken)
        if one is None:
            return SetVerdict(names(taken), self.searched[other].trace is None, names(other))
        if one.trace:
            return SetVerdict(names(taken), False, names(taken), len(one.trace.steps), one.scope.name)
        return SetVerdict(names(taken), True, names(taken), states=one.states)


def beside() -> list[Beside]:
    """What no decision helps against (N1, N2, N5), and what was before the mail: runs of all decisions taken."""
    runs = [Beside(id, CLAIMS[id].sentence, _witness_length(CLAIMS[id]), f"ringplug trace {id}") for id in SURPRISES]
    before = search(CLAIMS["CLM-S1"], SMALLEST, given_up(ALL, NORMAL), variant=NO_PLUG)
    if before.trace is None:
        raise AssertionError("without the plug no lookup fails")
    says, length = "Without the plug, as before the mail, a lookup finds nothing.", len(before.trace.steps)
    return [*runs, Beside("CLM-S1", says, length, f"ringplug trace CLM-S1 --variant {NO_PLUG}")]


def _witness_length(claim: Claim) -> int:
    scope = NamedScope(claim.least.processors, claim.least.handles, claim.least.rings, claim.least.features, MACHINE)
    witness = (
        explore(machine_text(MACHINE, None).record(scope.features), scope.ground, [claim]).outcomes[claim.id].witness
    )
    if witness is None:
        raise AssertionError(f"{claim.id} has no run")
    return witness.length


def given_up(taken: Decisions, add_node: str) -> frozenset[str]:
    """The machine's features when these decisions are taken, and no others."""
    form = [RECOVERY_ADD_NODE] if add_node == RECOVERY else []
    return frozenset([*(feature for one, feature in GIVEN_UP.items() if one not in taken), *form])


def search(
    claim: Claim,
    scope: NamedScope,
    features: frozenset[str],
    progress: Progress | None = None,
    variant: str | None = None,
) -> Searched:
    """Look for a violation of the claim with these features on; its trace is replayed on the whole machine.

    First without the guard parts that the claim should not need: where nothing is found then, nothing is there.
    """
    machine = machine_text(MACHINE, variant).record(features)
    whole = GroundMachine(machine, scope.ground)
    probes = [probe for probe in claim_probes(claim, machine) if not probe.premise]
    dropped = UNGUARDED_BY[claim.id]
    weaker = [_visited(whole, alike, dropped, progress) for alike in needing_the_same(whole, probes, dropped)]
    if not any(done.report.found for done in weaker):
        return Searched(None, sum(done.report.states for done in weaker), scope)
    done = _visited(whole, probes, frozenset(), progress)
    first = min(done.report.found.values(), key=lambda one: one.length, default=None)
    return Searched(_trace(done, first, whole, claim, variant) if first else None, done.report.states, scope)


def needing_the_same(
    whole: GroundMachine, probes: Sequence[Probe], unguarded_by: frozenset[str]
) -> Sequence[Sequence[Probe]]:
    """The probes in groups that depend on the same sets: what one needs and another does not is searched apart."""
    groups = dict[frozenset[int], list[Probe]]()
    for probe in probes:
        groups.setdefault(SlicedMachine(whole, [probe], unguarded_by=unguarded_by).needed, []).append(probe)
    return list(groups.values())


def _visited(
    whole: GroundMachine, probes: Sequence[Probe], unguarded_by: frozenset[str], progress: Progress | None
) -> Search:
    """A search of what the probes depend on, to its end or to the first that is found."""
    done = begin(SlicedMachine(whole, probes, unguarded_by=unguarded_by), symmetry=False, memory_gib=MEMORY_GIB)
    done.run(probes, (lambda counts: progress(counts.words)) if progress else None, until_any=True)
    return done


def violates(claim: Claim, ground: GroundMachine, played: Sequence[Played]) -> bool:
    """Whether a run ends in a violation of the claim."""
    return any(one.violates for one in endings(claim, ground, played))


def _trace(done: Search, first: Found, whole: GroundMachine, claim: Claim, variant: str | None) -> Trace:
    run = shortest_run(done, first)
    trace = record_trace(run, whole, machine=MACHINE, variant=variant, claim=claim.id, shows=first.probe.label)
    if not violates(claim, whole, list(replay(whole, trace.steps))):
        raise AssertionError("the trace does not violate the claim on the whole machine: the slice is unsound")
    return trace
