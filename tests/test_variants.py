"""The matrix of variants and claims is pinned: which break, and in how many steps in the claim's least scope."""

from __future__ import annotations

import pytest

from model.variants import VARIANTS
from properties.claims import CLAIMS
from properties.matrix import breaks

MATRIX: dict[str, dict[str, int | None]] = {
    "open-on-own-bit": {"PLUG-S1": 4, "PLUG-H1": 7, "PLUG-A1": 4, "PLUG-A2": 5, "LIVE-1": None, "BAR-1": 4},
    "bit-at-install": {
        "PLUG-S1": 3,
        "PLUG-S2": 2,
        "PLUG-S3": 2,
        "PLUG-S7": 2,
        "RING-S1": 2,
        "LIVE-1": None,
        "BAR-1": 3,
    },
    "old-unplug-counts": {"PLUG-S3": 3, "PLUG-S6": 2, "BAR-1": 2, "N4": None},
    "any-visitor-sets-its-bit": {"PLUG-S1": 3, "PLUG-S2": 2, "PLUG-S3": 3, "PLUG-S4": 2, "PLUG-S7": 2, "BAR-1": 3},
    "plug-step-while-pending": {"PLUG-S1": 3, "PLUG-S2": 2, "PLUG-S3": 3, "PLUG-S7": 2, "BAR-1": 3},
    "open-member-forwards-zeros": {"PLUG-S5": 8, "PLUG-C3": 8, "PLUG-A1": 9, "PLUG-A2": 8, "RING-S1": 8, "LIVE-2": 8},
    "leave-keeps-gate-open": {"PLUG-S6": 6},
    "install-before-leaving": {"PLUG-S3": 6, "PLUG-H3": 5, "CFG-S1": 4},
    "unplug-asks-again": {"PLUG-S9": 5, "PLUG-C2": 5, "BAR-1": 5},
    "create-plugs-at-once": {"PLUG-C1": 2},
    "destroy-forgets-the-plug": {"PLUG-C2": 3, "PLUG-C3": 4},
    "bit-needs-an-unplug": {"PLUG-C3": 4},
    "judge-only-when-setting": {"PLUG-A2": 7, "LIVE-1": 5, "LIVE-2": 1},
    "rest-passes-a-closed-gate": {"PLUG-S8": 10},
    "half-sent-goes-first": {"PLUG-S10": 7},
    "bit-ignores-the-queue": {"PLUG-S11": 5, "PLUG-H1": 9},
    "leftovers-count": {"PLUG-H3": 5},
    "rejected-token-gives-the-turn": {"RING-S4": 2},
    "accept-the-last-number-again": {"PLUG-A1": 8, "RING-S1": 4},
    "all-gates-open-together": {"LIVE-1": None, "BAR-1": 7, "N3": None},
    "bit-every-other-visit": {"PLUG-C3": 4, "RING-S1": 4, "LIVE-1": 5, "N3": None},
    "bit-after-sending": {},
    "originate-keeps-the-turn": {"PLUG-S12": 5},
    "crash-keeps-what-is-pending": {"CFG-S2": 2},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_breaks_just_what_is_pinned(name: str) -> None:
    assert {one.claim: one.length for one in breaks(name)} == MATRIX[name]


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_that_breaks_nothing_says_why(name: str) -> None:
    assert bool(MATRIX[name]) == (VARIANTS[name].sound is None)


@pytest.mark.parametrize("id", CLAIMS)
def test_every_claim_is_broken_by_its_mutant(id: str) -> None:
    assert id in MATRIX[CLAIMS[id].mutant]
