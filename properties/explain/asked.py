"""What a caller asks about, by name: a claim, and a variant of its machine. What does not exist is an error."""

from __future__ import annotations

from model.machines import MACHINES
from model.variants.mutants import find_variant
from properties.catalogue.claim import REGISTERED, Claim
from properties.claims import CLAIMS
from properties.traces.trace import unknown_variant
from properties.words import unknown


def claim_named(claim: Claim | str) -> Claim:
    """The claim itself, or the one with this id, of the catalogue or the caller's own; ValueError if there is none."""
    if isinstance(claim, Claim):
        return claim
    if found := registered(claim):
        return found
    raise ValueError(unknown("claim", claim, CLAIMS | REGISTERED))


def registered(id: str | None) -> Claim | None:
    """The claim with this id, of the catalogue or the caller's own, if there is one."""
    return REGISTERED.get(id or "")


def check_variant(name: str | None, *machines: str) -> None:
    """Refuse a variant that does not exist, or that leaves one of the machines as it is; None is the protocol."""
    if name is None:
        return
    variant = find_variant(name)
    if variant is None:
        raise ValueError(unknown_variant(name))
    for machine in machines:
        if not variant.suits(MACHINES[machine]):
            raise ValueError(f"variant {name!r} edits no action of the machine {machine}")
