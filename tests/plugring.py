"""The published plugring benchmark model, in the set language: its state counts are known from many other tools.

N processors stand on a fixed ring, with H plug handles each. There are at most C configuration changes, and at most T
token visits in a configuration. A number is a family of sets that are everybody at the number itself and nobody
elsewhere; the numbers of tokens begin with element 0, which is token number 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from model.language.ground import GroundMachine, Scope
from model.language.machine import Edit, Guard, Kind, Rule, Text
from model.language.sets import EVERYBODY, NOBODY, Processor, Set, Truth, any_of, empty, some, when, within
from model.language.sorts import Handle, Index
from model.language.state import State, constant, family, single


class Number(Index):
    """The number of a token in its configuration, up to T + 1."""


class Configuration(Index):
    """A configuration, by its ring id: the number of changes before it."""


FIRST_NUMBER = Number.element(0)
FIRST_CONFIGURATION = Configuration.element(0)


def visited_by(scope: Scope, s: int) -> int:
    """Go round the ring: token number 1 visits the first processor, and the last number nobody."""
    return 1 << s % scope.processors if s + 1 < scope.sizes[Number] else 0


def one_after(scope: Scope, y: int, x: int) -> int:
    """Give everybody if y comes right after x, else nobody."""
    return scope.everybody if y == x + 1 else 0


def not_before(scope: Scope, y: int, x: int) -> int:
    """Give everybody if y is x or comes after it, else nobody."""
    return scope.everybody if y >= x else 0


class RingState(State):
    """Variables of the machine, after the order of numbers and of configurations as constant families."""

    destination = constant(Number, means="the processor that token number s visits; nobody if s > T", table=visited_by)
    follows = constant(Number, Number, means="everybody if number t follows s", table=one_after)
    reaches = constant(Number, Number, means="everybody if number t is s or greater", table=not_before)
    succeeds = constant(Configuration, Configuration, means="everybody if d follows configuration c", table=one_after)

    plugged = family(Handle, means="the processors at which handle h is plugged")
    gate = single(means="the processors whose gate is open")
    sent = single(means="the processors that have sent a normal message")
    accepted = family(Number, means="the processors whose greatest accepted token number is s")
    configuration = family(Configuration, means="everybody if c is the current configuration")
    live = single(means="everybody if the current token is in flight, nobody if it is lost")
    number = family(Number, means="everybody if s is the number of the current token")
    bits = single(means="the bitmap in the current token")
    copy_configuration = family(Configuration, means="everybody if there is an old copy, of configuration c")
    copy_number = family(Number, means="everybody if there is an old copy, of number s")
    copy_bits = single(means="the bitmap in the old copy")


def begin(then: RingState) -> None:
    """Begin a configuration: everything is plugged, and token number 1 is in flight with no bits."""
    then.plugged.each(lambda h: EVERYBODY)
    then.gate = NOBODY
    then.sent = NOBODY
    then.accepted.each(lambda s: NOBODY)
    then.live = EVERYBODY
    then.number.each(lambda s: NOBODY)
    then.number[FIRST_NUMBER] = EVERYBODY
    then.bits = NOBODY


def initial(then: RingState) -> None:
    """Begin the first configuration, with no old copy."""
    begin(then)
    then.configuration[FIRST_CONFIGURATION] = EVERYBODY


def in_flight(now: RingState) -> Truth:
    """Say that the current token is in flight to somebody: its number is at most T."""
    return some(now.live & any_of(Number, lambda s: now.number[s] & now.destination[s]))


def of_this_configuration(now: RingState) -> Truth:
    """Say that the old copy is of the current configuration."""
    return some(any_of(Configuration, lambda c: now.copy_configuration[c] & now.configuration[c]))


def is_news(now: RingState, s: Number) -> Truth:
    """Say that the destination of token number s has accepted neither it nor a greater one."""
    not_less = any_of(Number, lambda t: now.accepted[t] & now.reaches[t, s])
    return ~within(now.destination[s], not_less)


def accept(now: RingState, then: RingState, s: Number, bits: Set) -> None:
    """Accept token number s, with these bits, at its destination, which sends the next one on."""
    p = now.destination[s]
    sent_on = bits | (p - any_of(Handle, lambda h: now.plugged[h]))
    then.gate = now.gate | when(within(EVERYBODY, sent_on), p)
    then.accepted.each(lambda t: now.accepted[t] - p)
    then.accepted[s] = now.accepted[s] | p
    then.live = EVERYBODY
    then.number.each(lambda t: now.follows[t, s])
    then.bits = sent_on


def keep_copy(now: RingState, then: RingState, kept: Set) -> None:
    """Keep the old copy if `kept` is everybody; if it is nobody, the copy goes."""
    then.copy_configuration.each(lambda c: now.copy_configuration[c] & kept)
    then.copy_number.each(lambda s: now.copy_number[s] & kept)
    then.copy_bits = now.copy_bits & kept


def unplug(now: RingState, then: RingState, p: Processor, h: Handle) -> Guard:
    """Unplug handle h at p."""
    yield "h is plugged at p", within(p, now.plugged[h])
    then.plugged[h] = now.plugged[h] - p


def token_visit(now: RingState, then: RingState, s: Number) -> Guard:
    """Let the current token, of number s, visit its destination."""
    yield "s has a destination", some(now.destination[s])
    yield "the token's number is s", some(now.number[s])
    yield "the token is in flight", some(now.live)
    accept(now, then, s, now.bits)


def lose(now: RingState, then: RingState) -> Guard:
    """Lose the current token."""
    yield "the token is in flight to somebody", in_flight(now)
    then.live = NOBODY


def retransmit_lost(now: RingState, then: RingState) -> Guard:
    """Send the lost token again."""
    yield "the token is lost", empty(now.live)
    then.live = EVERYBODY


def retransmit_copy(now: RingState, then: RingState) -> Guard:
    """Send the current token again while it is in flight: there is a copy of it."""
    yield "the token is in flight to somebody", in_flight(now)
    yield "there is no copy", empty(any_of(Number, lambda s: now.copy_number[s]))
    then.copy_configuration.each(lambda c: now.configuration[c])
    then.copy_number.each(lambda s: now.number[s])
    then.copy_bits = now.bits


def copy_accepted(now: RingState, then: RingState, s: Number) -> Guard:
    """Accept the copy, of number s, as the token; if the original was still in flight, it is now the old copy."""
    yield "s has a destination", some(now.destination[s])
    yield "the copy's number is s", some(now.copy_number[s])
    yield "the copy is of this configuration", of_this_configuration(now)
    yield "s is news to its destination", is_news(now, s)
    accept(now, then, s, now.copy_bits)
    keep_copy(now, then, now.live)


def copy_dropped(now: RingState, then: RingState, s: Number) -> Guard:
    """Drop the copy, of number s, that arrives in another configuration or too late."""
    yield "s has a destination", some(now.destination[s])
    yield "the copy's number is s", some(now.copy_number[s])
    yield "the copy is not accepted", ~(of_this_configuration(now) & is_news(now, s))
    keep_copy(now, then, NOBODY)


def config_change(now: RingState, then: RingState, c: Configuration) -> Guard:
    """Change from configuration c to the next one; the old copy survives."""
    yield "c is not the last", some(any_of(Configuration, lambda d: now.succeeds[d, c]))
    yield "c is the current configuration", some(now.configuration[c])
    begin(then)
    then.configuration.each(lambda d: now.succeeds[d, c])


def send_normal(now: RingState, then: RingState, p: Processor) -> Guard:
    """Send a normal message from p, the first in this configuration."""
    yield "p's gate is open", within(p, now.gate)
    yield "p has not sent", ~within(p, now.sent)
    then.sent = now.sent | p


PLUGRING = Text(
    RingState,
    initial,
    (
        Rule(unplug, Kind.SERVICE),
        Rule(token_visit, Kind.PROTOCOL),
        Rule(lose, Kind.ENVIRONMENT),
        Rule(retransmit_lost, Kind.PROTOCOL),
        Rule(retransmit_copy, Kind.PROTOCOL),
        Rule(copy_accepted, Kind.PROTOCOL),
        Rule(copy_dropped, Kind.PROTOCOL),
        Rule(config_change, Kind.ENVIRONMENT),
        Rule(send_normal, Kind.SERVICE),
    ),
)


def too_late(now: RingState, then: RingState, s: Number) -> Guard:
    """Drop a copy only if it comes too late: the bug's other half."""
    yield "s is no news to its destination", ~is_news(now, s)


ANY_RING_ACCEPTED = replace(
    PLUGRING,
    edits=(
        Edit("copy_accepted", without=("the copy is of this configuration",)),
        Edit("copy_dropped", without=("the copy is not accepted",), write=too_late),
    ),
)
"""The published bug, mut=1: a copy is accepted whatever its ring id."""


def sent_while_plugged(now: RingState) -> Truth:
    """Say that somebody has sent while something is plugged: the violation."""
    return some(now.sent) & some(any_of(Handle, lambda h: now.plugged[h]))


@dataclass(frozen=True)
class Size:
    """A published size: processors, handles at each, configuration changes, token visits in a configuration."""

    processors: int
    handles: int
    changes: int
    visits: int

    def __str__(self) -> str:
        return f"{self.processors} {self.handles} {self.changes} {self.visits}"

    def ground(self, text: Text) -> GroundMachine:
        """Write the machine out in the scope of this size."""
        sizes = {Handle: self.handles, Number: self.visits + 1, Configuration: self.changes + 1}
        return GroundMachine(text.record(), Scope(self.processors, sizes))
