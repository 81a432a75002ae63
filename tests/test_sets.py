"""The set language: recorded values cannot be asked, and equal graphs are one object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from model.language.sets import (
    EVERYBODY,
    FALSE,
    NOBODY,
    TRUE,
    Processor,
    Set,
    any_of,
    empty,
    equal,
    every,
    exists,
    same,
    several,
    when,
    within,
)
from model.language.sorts import Handle, Ring
from model.language.terms import those, variable

P, GATE = Processor.named("p"), variable("gate", ())


@pytest.mark.parametrize(
    "ask",
    [
        lambda: bool(GATE),
        lambda: bool(within(P, GATE)),
        lambda: P == GATE,
        lambda: cast(Any, P) < GATE,
        lambda: P in [GATE],
    ],
)
def test_a_recorded_value_cannot_be_asked(ask: Callable[[], object]) -> None:
    with pytest.raises(TypeError):
        ask()


def test_equal_graphs_are_one_object() -> None:
    def plugged() -> object:
        return P - any_of(Handle, lambda h: variable("plugged", (h,)))

    assert plugged() is plugged()
    assert any_of(Handle, lambda h: variable("a", (h,))) is not any_of(Handle, lambda h: variable("b", (h,)))


def test_quantifiers_of_different_depth_do_not_capture() -> None:
    pairs = every(Ring, lambda r: every(Ring, lambda q: same(r, q) | empty(variable("a", (r,)) & variable("a", (q,)))))
    assert pairs is every(
        Ring, lambda q: every(Ring, lambda r: same(q, r) | empty(variable("a", (q,)) & variable("a", (r,))))
    )
    assert pairs is not TRUE


def test_a_quantifier_over_several_sorts_is_one_within_the_other() -> None:
    def a(r: Ring, h: Handle) -> Set:
        return variable("a", (r, h))

    assert any_of(Ring, Handle, a) is any_of(Ring, lambda r: any_of(Handle, lambda h: a(r, h)))
    assert every(Ring, Handle, lambda r, h: empty(a(r, h))) is every(
        Ring, lambda r: every(Handle, lambda h: empty(a(r, h)))
    )
    assert exists(Ring, Handle, lambda r, h: empty(a(r, h))) is exists(
        Ring, lambda r: exists(Handle, lambda h: empty(a(r, h)))
    )


@pytest.mark.parametrize(
    ("term", "simple"),
    [
        (GATE | NOBODY, GATE), (GATE & EVERYBODY, GATE), (GATE - GATE, NOBODY), (those(6) - those(2), those(4)),
        (when(TRUE, GATE), GATE), (when(FALSE, GATE), NOBODY), (within(NOBODY, GATE), TRUE), (several(P), FALSE),
        (several(those(5)), TRUE), (equal(those(1), NOBODY), FALSE),
        (within(those(2), those(6)), TRUE), (within(those(6), those(2)), FALSE), (within(those(4), those(3)), FALSE),
        (those(6) & those(3), those(2)), (those(6) | those(1), those(7)), (equal(those(3), those(3)), TRUE),
        (~~within(P, GATE), within(P, GATE)),
    ],
)  # fmt: skip
def test_what_is_known_is_simplified(term: object, simple: object) -> None:
    assert term is simple
