"""Seats: the fixed order of the processors, as tables of constants, and what proofs take for granted of them."""

from __future__ import annotations

from typing import Protocol

from model.language.ground import Scope
from model.language.sets import EVERYBODY, Truth, any_of, empty, every, same, several, within
from model.language.sorts import Seat
from model.language.state import Family


def seated(scope: Scope, i: int) -> int:
    """The processor in seat i, in every machine that has seats."""
    return 1 << i


def sits_between(scope: Scope, i: int, j: int) -> int:
    """Going round from seat i to seat j: who sits strictly between; from i to i: everybody else."""
    steps = (j - i - 1) % scope.processors
    return sum(1 << (i + 1 + k) % scope.processors for k in range(steps))


def sits_below(scope: Scope, i: int) -> int:
    """Who sits in a seat lower than i."""
    return (1 << i) - 1


# What is so in these tables, for any number of processors -------------------------------------------------------------


class Seated(Protocol):
    """A state with seats."""

    @property
    def seat(self) -> Family:
        """The processor in a seat."""
        ...


class Round(Seated, Protocol):
    """A state where one can go round."""

    @property
    def between(self) -> Family:
        """The processors strictly between two seats."""
        ...


def seats_are_places(now: Seated) -> Truth:
    """Everybody sits in one seat, and in each seat at most one."""
    one = every(Seat, lambda i: ~several(now.seat[i]))
    apart = every(Seat, Seat, lambda i, j: same(i, j) | empty(now.seat[i] & now.seat[j]))
    return one & apart & within(EVERYBODY, any_of(Seat, lambda i: now.seat[i]))


def seats_go_round(now: Round) -> Truth:
    """Between a seat and itself, going round, is everybody else."""
    return every(Seat, lambda i: within(EVERYBODY, now.between[i, i] | now.seat[i]))


def between_two_seats_is_what_is_between_them_and_a_third(now: Round) -> Truth:
    """Who sits between i and k sits between i and j, or in j, or between j and k."""
    return every(
        Seat, Seat, Seat, lambda i, j, k: within(now.between[i, k], now.between[i, j] | now.seat[j] | now.between[j, k])
    )


def the_next_seat_is_one(now: Round) -> Truth:
    """Of two seats one comes first, going round from a third."""

    def first(i: Seat, j: Seat, k: Seat) -> Truth:
        return within(now.seat[j], now.between[i, k]) | within(now.seat[k], now.between[i, j])

    return every(Seat, Seat, Seat, lambda i, j, k: same(j, k) | first(i, j, k))


PLACES = (seats_are_places,)
"""Of a state with seats."""
GOING_ROUND = (
    *PLACES, seats_go_round, between_two_seats_is_what_is_between_them_and_a_third, the_next_seat_is_one,
)  # fmt: skip
"""Of a state where one can go round."""
