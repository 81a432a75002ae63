"""LIVE-1 for any number: the count that its proof rests on, and what breaks the bound fails the proof."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.language.sets import Truth, equal, exists, several, some
from model.language.sorts import Ring
from model.machines import MACHINES
from model.plug.ordered import ROTATIONS, OrderedState
from properties.catalogue.claim import Part
from properties.catalogue.scopes import NamedScope, proof_features
from properties.check.job import Job
from properties.check.verdict import Open, Proved
from properties.claims import AUXILIARY, CLAIMS
from properties.explicit.exhaustive import explore
from properties.variants import record

SCOPE = NamedScope(2, 1, 1, frozenset({ROTATIONS, "recovery-queue"}), "ordered")
LIVE_1 = CLAIMS["LIVE-1"]


def all_places_are_filled(now: OrderedState) -> Truth:
    return exists(Ring, lambda r: several(now.member[r]) & some(now.counted[r]) & equal(now.opened[r], now.member[r]))


def test_what_is_proved_of_the_count_holds_in_a_scope_and_is_not_vacuous() -> None:
    assert LIVE_1.bound
    parts = [*LIVE_1.bound.proved, *(one.part for one in AUXILIARY if one.machine == "ordered")]
    assert len(parts) == 10 + 10
    counted = replace(LIVE_1, parts=parts, bound=None, witness=Part("all places are filled", all_places_are_filled))
    outcome = explore(MACHINES["ordered"].record(SCOPE.features), SCOPE.ground, [counted]).outcomes[LIVE_1.id]
    assert outcome.violation is None
    assert outcome.witness


BREAKING = {
    name: one.length
    for name, tried in record.variants().variants.items()
    for one in tried.broken
    if one.claim == LIVE_1.id
}
"""By variant: the length of a run that needs more visits; None if all that is wrong is that no run needs so many."""


def proof(variant: str) -> Proved | Open:
    features = proof_features(LIVE_1)
    (verdict,) = Job(claims=(LIVE_1.id,), machine="ordered", variant=variant, features=features).run()
    assert isinstance(verdict, Proved | Open)
    return verdict


@pytest.mark.deep
@pytest.mark.parametrize("variant", [name for name, length in BREAKING.items() if length])
def test_what_needs_more_visits_in_a_search_fails_the_proof(variant: str) -> None:
    assert isinstance(proof(variant), Open)
