"""What the membership may tell a processor, and when: the transition table of configuration changes."""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType


class Phase(Enum):
    """Which rings a processor has: one installed, one pending, both, or none."""

    NO_RING = "no ring"
    PENDING = "a ring pending"
    INSTALLED = "a ring installed"
    INSTALLED_AND_PENDING = "a ring installed, another pending"


class Call(Enum):
    """What the membership tells."""

    RING_PENDING = "a ring is pending"
    TRANSITIONAL = "transitional configuration change"
    REGULAR = "regular configuration change"


# Source: D8 (pending, installed); EVS 1994 and CFG-S1 (transitional, then regular; only a pending ring is installed).
# What is not in the table is an error of the membership.
NEXT = MappingProxyType(
    {
        (Phase.NO_RING, Call.RING_PENDING): Phase.PENDING,
        (Phase.PENDING, Call.RING_PENDING): Phase.PENDING,  # instead of the one that was pending
        (Phase.PENDING, Call.REGULAR): Phase.INSTALLED,
        (Phase.INSTALLED, Call.RING_PENDING): Phase.INSTALLED_AND_PENDING,
        (Phase.INSTALLED, Call.TRANSITIONAL): Phase.NO_RING,
        (Phase.INSTALLED_AND_PENDING, Call.RING_PENDING): Phase.INSTALLED_AND_PENDING,
        (Phase.INSTALLED_AND_PENDING, Call.TRANSITIONAL): Phase.PENDING,
    }
)
