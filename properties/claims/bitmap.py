"""What a bit in the token says: PLUG-S2 to PLUG-S5. Each also holds of every late or duplicated token."""

from __future__ import annotations

from model.language.sets import Processor, Set, Truth, any_of, empty, every, exists, same, several, some, within
from model.language.sorts import Copy, Handle, Ring
from model.plug.state import PlugState
from properties.catalogue.claim import Least, claim


def in_any_token(now: PlugState, r: Ring) -> Set:
    """The members whose bit is set in the token of r or in a late copy of it."""
    return now.bits[r] | any_of(Copy, lambda c: now.copy[c, r])


S2 = claim(
    "PLUG-S2",
    least=Least(2, 1, 1),
    mutant="bit-at-install",
)


@S2.always
def whose_bit_is_set_is_done(now: PlugState) -> Truth:
    return every(Ring, lambda r: within(in_any_token(now, r), now.done[r]))


@S2.witnessed()
def a_bit_is_set_in_a_token(now: PlugState) -> Truth:
    return exists(Ring, lambda r: several(now.member[r]) & some(now.bits[r]))


S3 = claim(
    "PLUG-S3",
    least=Least(2, 1, 2),
    mutant="old-unplug-counts",
    correction="The history is carried by a ghost: `owes` holds the handles registered at the install and not released "
    "since. Stated of members that have the ring installed: only they set their bit (PLUG-S7).",
)


@S3.always
def whose_bit_is_set_owes_no_handle(now: PlugState) -> Truth:
    owes = any_of(Handle, lambda h: now.owes[h])
    return every(Ring, lambda r: empty(in_any_token(now, r) & now.installed[r] & owes))


@S3.witnessed()
def a_bit_is_set_by_a_member_that_unplugged_in_an_older_ring(now: PlugState) -> Truth:
    def unplugged_in(old: Ring, r: Ring) -> Truth:
        return some(now.bits[r] & now.installed[r] & now.done[old])

    return exists(Ring, Ring, lambda r, old: ~same(r, old) & several(now.member[r]) & unplugged_in(old, r))


S4 = claim(
    "PLUG-S4",
    least=Least(3, 1, 1),
    mutant="any-visitor-sets-its-bit",
    correction="In the machine a bit is the processor itself; the position map is a claim about the wire.",
)


@S4.always
def whose_bit_is_set_is_a_member(now: PlugState) -> Truth:
    return every(Ring, lambda r: within(in_any_token(now, r), now.member[r]))


@S4.witnessed(at="reject")
def a_token_with_a_bit_visits_a_stranger(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Truth:
    return some(now.bits[r]) & empty(p & now.member[r])


S5 = claim(
    "PLUG-S5",
    least=Least(2, 1, 1),
    mutant="open-member-forwards-zeros",
    covers_writers_of=("bits", "copy"),
    but=("form_ring", "duplicate", "duplicate_late"),
)


def adds_only(before: Set, after: Set, p: Set) -> Truth:
    """The bitmap grows by p's bit or not at all."""
    return within(before, after) & within(after - before, p)


@S5.at("visit", "sole_visit")
def the_token_gains_at_most_the_visited_bit(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Truth:
    return adds_only(now.bits[r], then.bits[r], p)


@S5.at("late_visit")
def a_late_token_gains_at_most_the_visited_bit(
    now: PlugState, then: PlugState, p: Processor, r: Ring, c: Copy
) -> Truth:
    return adds_only(now.copy[c, r], then.copy[c, r], p)


@S5.witnessed(at="visit")
def a_bit_is_added_to_others(now: PlugState, then: PlugState, r: Ring) -> Truth:
    return some(now.bits[r]) & some(then.bits[r] - now.bits[r])
