"""Delta debugging: the part still fails, and no single item of it can be left out."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from properties.shrink import shrink


def no_item_can_go(part: Sequence[int], still_fails: Callable[[Sequence[int]], bool]) -> bool:
    return not any(still_fails([*part[:i], *part[i + 1 :]]) for i in range(len(part)))


@pytest.mark.parametrize("seed", range(50))
@pytest.mark.parametrize("at_once", [None, 1, 3])
def test_what_is_left_fails_and_is_minimal(seed: int, at_once: int | None) -> None:
    """A part fails if it has any of three sets whole, and not an odd number of one kind: so not every superset does."""
    rng = random.Random(seed)
    items = list(range(rng.randrange(6, 40)))
    causes = [frozenset(rng.sample(items, rng.randrange(1, 6))) for _ in range(3)]
    spoilt = frozenset(rng.sample(items, 3)) - causes[0]

    def still_fails(part: Sequence[int]) -> bool:
        return any(cause <= set(part) for cause in causes) and len(spoilt & set(part)) % 2 == len(spoilt) % 2

    left = shrink(items, still_fails, at_once=at_once)
    assert still_fails(left)
    assert left == sorted(left)
    assert no_item_can_go(left, still_fails)


def test_only_smaller_parts_are_tried_and_few_of_them() -> None:
    tried = list[int]()

    def still_fails(part: Sequence[int]) -> bool:
        tried.append(len(part))
        return {100, 900} <= set(part)

    assert shrink(range(1000), still_fails) == [100, 900]
    assert max(tried) < 1000
    assert len(tried) < 100


def test_nothing_may_be_enough() -> None:
    assert shrink("abc", lambda part: True) == []
    assert shrink("", lambda part: True) == []
