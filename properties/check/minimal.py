"""What `check --minimal` says: of each auxiliary invariant, which obligations are not met without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from properties.claims import AUXILIARY, CLAIMS
from properties.symbolic.minimal import Needs, Obligation
from properties.words import counted


def labels(machine: str) -> list[str]:
    """The auxiliary invariants of a machine, in the catalogue's order."""
    return [one.part.label for one in AUXILIARY if one.machine == machine]


def is_unneeded(label: str, found: Needs) -> bool:
    """Whether every obligation that was asked is met without it."""
    return not found.needed.get(label) and not found.undecided.get(label)


def needs_record(machine: str, found: Needs) -> dict[str, object]:
    """What was found of a machine, as plain values."""
    return {
        "machine": machine, "obligations": len(found.asked), "open": sorted(found.open),
        "auxiliary": [
            {"invariant": label, "needed_by": sorted(found.needed.get(label, ())),
             "undecided": sorted(found.undecided.get(label, ()))}
            for label in labels(machine)
        ],
    }  # fmt: skip


def needs_lines(machine: str, found: Needs) -> Iterator[str]:
    """What was found of a machine, in words: a line for each auxiliary invariant."""
    mine = labels(machine)
    asked, assumed = counted(len(found.asked), "obligation"), counted(len(mine), "auxiliary invariant")
    yield f"{machine}: {asked}, {assumed}"
    width = max(map(len, mine))
    for label in mine:
        yield f"  {label:{width}}   {_words(label, found)}"
    if found.open:
        yield f"  {counted(len(found.open), 'obligation')} that z3 leaves open"


def all_are_needed(found: Mapping[str, Needs]) -> bool:
    """Whether no auxiliary invariant of these machines is needed by no obligation."""
    return not any(is_unneeded(label, one) for machine, one in found.items() for label in labels(machine))


def is_decided(found: Mapping[str, Needs]) -> bool:
    """Whether z3 left nothing open."""
    return not any(one.open or any(one.undecided.values()) for one in found.values())


def _words(label: str, found: Needs) -> str:
    """How many obligations need it, and whose they are; how many are undecided."""
    needed, undecided = found.needed.get(label, set[Obligation]()), found.undecided.get(label, set[Obligation]())
    said = [_of(needed)] if needed else []
    if undecided:
        said.append(f"undecided for {counted(len(undecided), 'obligation')}")
    return "; ".join(said) or "no obligation needs it"


def _of(needed: set[Obligation]) -> str:
    """How many, then the claims, with a number where one has several, and how many are of other invariants."""
    owners = Counter(one.owner for one in needed)
    claims = [f"{id} ({owners[id]})" if owners[id] > 1 else id for id in CLAIMS if id in owners]
    others = sum(number for owner, number in owners.items() if owner not in CLAIMS)
    of_others = [f"{others} of auxiliary invariants"] if others else []
    return f"{len(needed)}: {', '.join(claims + of_others)}" if claims else of_others[0]
