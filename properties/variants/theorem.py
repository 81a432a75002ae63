"""The theorem of the mail: under which decisions a lookup never fails (mail M12).

Decides a claim of the services for every set of decisions. What holds with some decisions taken holds with more, since
giving one up only adds runs (`model.services.theorem`); so a few sets decide all. Of each minimal set that suffices
there is a proof, for any number of processors, handles and rings; of each maximal set that does not, a shortest run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

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
from properties.symbolic.induction import prove, proved
from properties.traces.trace import Played, Trace, machine_text, record_trace, replay
from properties.variants import record
from properties.variants.cases import ALL, EVERY_SET, NORMAL, RECOVERY, Decisions, names
from properties.variants.results import Beside, SetVerdict, Table

MACHINE = "services"
SMALLEST = NamedScope(2, 1, 2, frozenset(), MACHINE)
"""Where runs are looked for first."""
SCOPES = (SMALLEST, NamedScope(3, 1, 1, frozenset(), MACHINE), NamedScope(2, 1, 3, frozenset(), MACHINE))
"""Where runs are looked for. What is left half sent in one ring, finished in the next and delivered on the way to the
third needs three rings, and so does an unplug that is older than the last ring."""
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


Progress = Callable[[str], None]


class UndecidedError(Exception):
    """A set of decisions is neither proved to suffice nor shown not to."""


@dataclass
class Case:
    """A claim, with add-nodes of one priority; remembers what was proved and what was searched."""

    claim: Claim
    add_node: str = NORMAL
    progress: Progress | None = None
    proofs: dict[Decisions, int] = field(default_factory=dict[Decisions, int])
    """How many obligations there are with these decisions; 0 if one of the claim's is not met."""
    runs: dict[Decisions, Searched] = field(default_factory=dict[Decisions, Searched])

    @property
    def title(self) -> str:
        """Claim and priority."""
        return f"{self.claim.id}, add-node {self.add_node}"

    def run(self, progress: Progress | None = None) -> Table:
        """Every set's verdict."""
        self.progress = progress
        minimal, maximal = self.decide()
        sets = [self._verdict(taken, minimal, maximal) for taken in reversed(EVERY_SET)]
        return Table(self.claim.id, self.add_node, [one.name for one in SCOPES], [names(one) for one in minimal], sets)

    def decide(self) -> tuple[list[Decisions], list[Decisions]]:
        """The minimal sets that suffice, all proved, and the maximal ones that do not, each with a run.

        UndecidedError, if a set has neither proof nor run.
        """
        known = [frozenset(one) for one in MINIMAL.get((self.add_node, self.claim.id), ())]
        minimal = [one for one in known if self.proves(one)]
        while more := next(filter(self.proves, without_any_of(minimal)), None):
            found = self.shrink(more)
            minimal = [*(one for one in minimal if not found < one), found]
        maximal = without_any_of(minimal)
        for taken in maximal:
            if self.search(taken).trace is None:
                raise UndecidedError(f"{self.title}, with {', '.join(names(taken))}: no proof, and no run")
        return in_order(minimal), in_order(maximal)

    def shrink(self, taken: Decisions) -> Decisions:
        """A minimal set within one that suffices."""
        return frozenset(shrink(names(taken)[::-1], lambda left: self.proves(frozenset(left)), at_once=1))

    def proves(self, taken: Decisions) -> bool:
        """Whether the claim is proved with these decisions, for any number."""
        if taken not in self.proofs:
            self._say(f"proof with {', '.join(names(taken)) or 'no decision'}")
            proof = prove(machine_text(MACHINE, None).record(given_up(taken, self.add_node)), MACHINE)
            self.proofs[taken] = sum(proof.obligations.values()) if proved(proof, self.claim) else 0
        return self.proofs[taken] > 0

    def search(self, taken: Decisions) -> Searched:
        """Visit states of one scope after the other, until the claim is violated."""
        if taken not in self.runs:
            self.runs[taken] = self._search(taken)
        return self.runs[taken]

    def _search(self, taken: Decisions) -> Searched:
        states, features = 0, given_up(taken, self.add_node)
        for scope in SCOPES:
            found = search(self.claim, scope, features, self._say)
            states += found.states
            if found.trace:
                return found
        return Searched(None, states, SCOPES[-1])

    def _say(self, words: str) -> None:
        if self.progress:
            self.progress(words)

    def _verdict(self, taken: Decisions, minimal: Sequence[Decisions], maximal: Sequence[Decisions]) -> SetVerdict:
        """What a proved set within this one, or a larger one with a run, says of it."""
        enough = next((one for one in minimal if one <= taken), None)
        if enough is not None:
            obligations = self.proofs[taken] if enough == taken else None
            return SetVerdict(names(taken), True, names(enough), obligations=obligations)
        larger = next(one for one in maximal if taken <= one)
        if larger != taken:
            return SetVerdict(names(taken), False, names(larger))
        found = self.runs[taken]
        length = len(found.trace.steps) if found.trace else None
        return SetVerdict(names(taken), False, names(taken), length, found.scope.name)


def without_any_of(minimal: Sequence[Decisions]) -> list[Decisions]:
    """The maximal sets that contain none of these."""
    left = [taken for taken in EVERY_SET if not any(one <= taken for one in minimal)]
    return [taken for taken in left if not any(taken < other for other in left)]


def in_order(sets: Sequence[Decisions]) -> list[Decisions]:
    """The smallest first."""
    return sorted(sets, key=lambda one: (len(one), names(one)))


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
