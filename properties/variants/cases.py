"""What the theorem decides: claims, for every set of decisions."""

from __future__ import annotations

from itertools import combinations

from model.services.theorem import GIVEN_UP

NORMAL, RECOVERY = "normal", "recovery"
"""The priority of evt's add-node: as mailed, and as it was built."""
CASES = ((NORMAL, "CLM-S1"), (NORMAL, "CLM-S2"), (NORMAL, "CLM-S4"), (NORMAL, "EVT-S1"), (RECOVERY, "EVT-S1"))
"""What `ringplug theorem` decides."""
DEEP_CASES = ((RECOVERY, "CLM-S1"), (RECOVERY, "CLM-S2"), (RECOVERY, "CLM-S4"))
"""That the claims of clm do not depend on the priority of what evt sends."""

Decisions = frozenset[str]
ALL: Decisions = frozenset(GIVEN_UP)
EVERY_SET = [frozenset(chosen) for size in range(len(ALL), -1, -1) for chosen in combinations(GIVEN_UP, size)]
"""The largest first."""


def names(taken: Decisions) -> list[str]:
    """Decisions in their order."""
    return [one for one in GIVEN_UP if one in taken]
