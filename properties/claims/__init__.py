"""The catalogue of claims, filled: one room a subject.

A claim of one's own is stated by the `claim` that is imported from here, so the catalogue is filled before it.
"""

from __future__ import annotations

from properties.catalogue.claim import AUXILIARY, REGISTERED, Claim, claim
from properties.catalogue.register import REGISTER
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
    parts,
    ring,
    services,
    services_auxiliary,
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
    services_auxiliary,
    delivery,
    delivery_auxiliary,
    parts,
    auxiliary,
)
CLAIMS: dict[str, Claim] = {id: REGISTERED[id] for id in REGISTER if id in REGISTERED}
"""Every claim by id, in the order of the register."""
