"""The catalogue of claims, filled: one room a subject.

A claim of one's own is stated by the `claim` that is imported from here, so the catalogue is filled before it.
"""

from __future__ import annotations

import re

from properties.catalogue.claim import AUXILIARY, REGISTERED, Claim, claim
from properties.claims import (
    auxiliary,
    barrier,
    bitmap,
    configuration,
    delivery,
    delivery_auxiliary,
    gate,
    handles,
    liveness,
    messages,
    ring,
    services,
    surprises,
)

__all__ = ["AUXILIARY", "CLAIMS", "ROOMS", "claim"]

ROOMS = (
    gate,
    bitmap,
    configuration,
    messages,
    handles,
    ring,
    liveness,
    barrier,
    services,
    delivery,
    delivery_auxiliary,
    surprises,
    auxiliary,
)
FAMILIES = ("PLUG-S", "PLUG-H", "PLUG-C", "PLUG-A", "CFG-S", "RING-S", "LIVE-", "BAR-", "CLM-S", "EVT-S", "EVS-", "N")


def _order(claim: Claim) -> tuple[int, int]:
    number = re.search(r"\d+$", claim.id)
    assert number, f"claim id {claim.id} has no number"
    return FAMILIES.index(claim.id[: number.start()]), int(number[0])


CLAIMS: dict[str, Claim] = {claim.id: claim for claim in sorted(REGISTERED.values(), key=_order)}
"""Every claim by id, in the order of the README's table."""
