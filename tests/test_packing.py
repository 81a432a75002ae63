"""States as words: nothing is lost, whatever the number of processors and sets, and different states stay different."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest

from model.language.ground import GroundMachine, Scope
from model.language.machine import Guard
from model.language.sets import EVERYBODY, Processor, some
from model.language.sorts import Seat
from model.language.state import State, constant, single
from properties.explicit import numbering
from properties.explicit.columns import Column, Packing, Word
from properties.explicit.exhaustive import explore
from properties.explicit.numbering import StateIndex, distinct
from properties.explicit.search import Search
from tests.tiny import anything, claim, machine, nothing, registered, scope

SHAPES = [(1, 1), (2, 9), (3, 7), (3, 33), (5, 13), (8, 8), (8, 64), (4, 17)]
"""Processors and sets: one word or several, one byte of sets or several, with room left or none."""
STATES = 200


@pytest.fixture(params=SHAPES, ids=lambda shape: "x".join(map(str, shape)))
def packing(request: pytest.FixtureRequest) -> Packing:
    return Packing(*request.param)


def fields_of(packing: Packing, seed: int = 0) -> Column:
    """Random states, of shape (sets, states); with them nobody everywhere, everybody everywhere, and single bits."""
    rng = random.Random(seed)
    all_bits = (1 << packing.processors) - 1
    states = [[rng.randint(0, all_bits) for _ in range(packing.slots)] for _ in range(STATES)]
    states += [[0] * packing.slots, [all_bits] * packing.slots]
    for slot in range(packing.slots):
        for p in range(packing.processors):
            states.append([1 << p if other == slot else 0 for other in range(packing.slots)])
    return np.array(states, np.uint8).T


def rows(words: list[Word]) -> list[tuple[int, ...]]:
    """Each state as a tuple of its words."""
    return list(zip(*(word.tolist() for word in words), strict=True))


def test_nothing_is_lost(packing: Packing) -> None:
    fields = fields_of(packing)
    words = packing.pack(fields)
    assert (packing.unpack(words) == fields).all()
    assert len(set(rows(words))) == len({tuple(column) for column in fields.T.tolist()})


def test_a_change_is_the_change_and_what_did_not_move_is_known(packing: Packing) -> None:
    fields = fields_of(packing)
    words, chosen = packing.pack(fields), np.arange(0, fields.shape[1], 3)
    for p in range(packing.processors):
        for slot in {0, packing.slots // 2, packing.slots - 1}:
            flip = np.where(fields[slot] % 2 == p % 2, np.uint8(1 << p), np.uint8(0))
            after, moved = packing.change(words, chosen, {slot: flip})
            expected = fields.copy()
            expected[slot] ^= flip
            assert (packing.unpack(after) == expected[:, chosen]).all()
            assert moved.tolist() == [bool(one) for one in flip[chosen]]


def test_two_flips_that_cancel_out_move_nothing(packing: Packing) -> None:
    fields = fields_of(packing)
    nothing = np.zeros(fields.shape[1], np.uint8)
    _, moved = packing.change(packing.pack(fields), np.arange(fields.shape[1]), {0: nothing})
    assert not moved.any()


def renamed(packing: Packing, fields: Column, seed: int) -> Column:
    """Each state with its processors renamed at random, all sets alike."""
    rng = random.Random(seed)
    other = np.zeros_like(fields)
    for state in range(fields.shape[1]):
        names = rng.sample(range(packing.processors), packing.processors)
        for i, to in enumerate(names):
            other[:, state] |= ((fields[:, state] >> i) & 1) << to
    return other


def lanes(packing: Packing, fields: Column) -> list[list[tuple[int, ...]]]:
    """Of each state which sets each processor is in, whoever it is."""
    return [
        sorted(tuple(bitmap >> p & 1 for bitmap in column) for p in range(packing.processors))
        for column in fields.T.tolist()
    ]


def test_states_are_one_if_they_differ_in_names_and_not_otherwise(packing: Packing) -> None:
    fields = fields_of(packing)
    ours = packing.canonical(packing.pack(fields))
    theirs = packing.canonical(packing.pack(renamed(packing, fields, 1)))
    assert rows(ours) == rows(theirs)
    assert lanes(packing, packing.unpack(ours)) == lanes(packing, fields)
    assert len(set(rows(ours))) == len({tuple(one) for one in lanes(packing, fields)})


def test_the_index_tells_all_states_apart(packing: Packing) -> None:
    words = distinct(packing.pack(fields_of(packing)))
    assert sorted(rows(words)) == sorted(set(rows(packing.pack(fields_of(packing)))))
    half = [word[::2] for word in words]
    index = StateIndex(packing.words)
    index.add(half)
    assert index.size == len(half[0])
    assert sorted(rows(index.unknown(words))) == sorted(set(rows(words)) - set(rows(half)))
    index.add(words)
    found = index.numbers(words)
    assert sorted(found.tolist()) == list(range(len(words[0])))
    assert [rows(index.rows(n, n + 1))[0] for n in found.tolist()] == rows(words)


def test_what_was_not_found_has_no_number() -> None:
    index = StateIndex(1)
    index.add([np.array([3, 5], np.uint64)])
    with pytest.raises(ValueError, match="was not found"):
        index.numbers([np.array([4], np.uint64)])


def colliding(words: list[Word]) -> Word:
    return words[0]


def test_two_states_with_one_key_end_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never a count that is too low."""
    monkeypatch.setattr(numbering, "keys_of", colliding)
    one, other = ([np.array([7], np.uint64), np.array([second], np.uint64)] for second in (1, 2))
    index = StateIndex(2)
    index.add(one)
    with pytest.raises(RuntimeError, match="the same 64-bit key"):
        index.find(other)
    with pytest.raises(RuntimeError, match="the same 64-bit key"):
        distinct([np.concatenate(pair) for pair in zip(one, other, strict=True)])


# Who may not be renamed.


def first(scope: Scope, i: int) -> int:
    return 1 << i


class Seated(State):
    """Processors have seats."""

    a = single(means="a set")
    b = single(means="a set that never changes")
    seat = constant(Seat, means="who sits there", table=first)


def stand(now: Seated, then: Seated, p: Processor) -> Guard:
    yield "somebody is there", some(p)
    then.a = now.a | p


class Alike(State):
    """Nothing tells processors apart."""

    a = single(means="a set")
    b = single(means="a set that never changes")


def full(now: Alike) -> None:
    now.a, now.b = EVERYBODY, EVERYBODY


@pytest.mark.parametrize("start", [nothing, full])
def test_where_nothing_tells_processors_apart_they_may_be_renamed(start: Callable[..., None]) -> None:
    ground = GroundMachine(machine(stand, state=Alike, initial=start).record(), scope(3).ground)
    assert ground.is_symmetric
    assert Search(ground, symmetry=True).symmetry


def test_seats_tell_them_apart() -> None:
    ground = GroundMachine(machine(stand, state=Seated).record(), scope(3).ground)
    assert not ground.is_symmetric
    with pytest.raises(ValueError, match="tells processors apart"):
        Search(ground, symmetry=True)
    with registered(machine(stand, state=Seated)):
        found = explore(ground.machine, ground.scope, [claim(anything)])
    assert (found.search.symmetry, found.report.states) == (False, 8)


def test_the_start_tells_them_apart() -> None:
    ground = GroundMachine(machine(stand, state=Alike).record(), scope(3).ground)
    ground.initial = (2, *ground.initial[1:])
    assert not ground.is_symmetric
