"""Claims about messages in parts (PART-S1 to -S4): who delivers one, of what, and what else is in the packet."""

from __future__ import annotations

from model.language.sets import (
    Processor,
    Processors,
    Set,
    Truth,
    empty,
    equal,
    every,
    exists,
    implies,
    same,
    several,
    some,
    within,
)
from model.language.sorts import Number, Ring
from model.machines import PARTS
from model.parts.changing import alike
from model.parts.state import PartsState
from properties.catalogue.claim import Least, auxiliary, claim

ENDS = ("send_rest", "send_rest_and_another")


def was_begun_elsewhere(now: PartsState, r: Ring, n: Number, whom: Set) -> Truth:
    """These have received the first part of n in another ring, too."""
    return exists(Ring, lambda x: ~same(x, r) & some(whom & now.first[n, x]))


PART_S1 = claim("PART-S1", least=Least(2, 1, 2), mutant="parts-as-in-corosync", machine=PARTS)


@PART_S1.always
def who_receives_the_rest_delivers_or_nobody_does(now: PartsState) -> Truth:
    return every(Number, Ring, lambda n, r: alike(now.rest[n, r], now.delivered[n, r]))


@PART_S1.at("change")
def who_come_along_have_delivered_the_same(now: PartsState, then: PartsState, members: Processors) -> Truth:
    return every(Ring, Number, lambda x, n: alike(members & now.installed[x], now.delivered[n, x]))


@PART_S1.witnessed(at="send_rest")
def several_deliver_what_one_had_begun_to_receive_in_another_ring(
    now: PartsState, then: PartsState, p: Processor, r: Ring, n: Number
) -> Truth:
    return several(then.delivered[n, r]) & was_begun_elsewhere(now, r, n, then.delivered[n, r])


PART_S2 = claim("PART-S2", least=Least(1, 1, 2), mutant="receiver-keeps-parts-across-a-change", machine=PARTS)


@PART_S2.always
def nobody_delivers_a_mixture(now: PartsState) -> Truth:
    return every(Number, lambda n: empty(now.mixed[n]))


@PART_S2.witnessed(at="send_rest")
def one_delivers_of_which_it_received_the_first_part_twice(
    now: PartsState, then: PartsState, r: Ring, n: Number
) -> Truth:
    return was_begun_elsewhere(now, r, n, then.delivered[n, r])


PART_S3 = claim("PART-S3", least=Least(1, 1, 2), mutant="sender-resumes-in-the-middle", machine=PARTS)


@PART_S3.always
def who_receives_the_rest_delivers(now: PartsState) -> Truth:
    return every(Number, Ring, lambda n, r: within(now.rest[n, r], now.delivered[n, r]))


@PART_S3.at(*ENDS)
def the_sender_is_among_them(now: PartsState, then: PartsState, p: Processor, r: Ring, n: Number) -> Truth:
    return within(p, then.delivered[n, r])


@PART_S3.witnessed(at="send_rest")
def a_sender_delivers_what_it_began_twice(now: PartsState, then: PartsState, p: Processor, r: Ring, n: Number) -> Truth:
    return was_begun_elsewhere(now, r, n, p & then.delivered[n, r])


PART_S4 = claim("PART-S4", least=Least(1, 2, 2), mutant="receiver-drops-the-packet", machine=PARTS)


@PART_S4.always
def who_receives_a_whole_message_delivers_it(now: PartsState) -> Truth:
    return every(Number, Ring, lambda n, r: within(now.whole[n, r], now.delivered[n, r]))


@PART_S4.witnessed(at="send_rest_and_another")
def one_is_behind_the_rest_of_a_message_that_was_begun_twice(
    now: PartsState, then: PartsState, p: Processor, r: Ring, n: Number
) -> Truth:
    return was_begun_elsewhere(now, r, n, p)


# What the proofs need besides -----------------------------------------------------------------------------------------


@auxiliary(needed_by="PART-S1", action="change", machine=PARTS)
def what_is_delivered_was_received(now: PartsState) -> Truth:
    return every(Number, Ring, lambda n, r: within(now.delivered[n, r], now.rest[n, r] | now.whole[n, r]))


@auxiliary(needed_by="PART-S3", action="send_rest", machine=PARTS)
def one_ring_is_installed(now: PartsState) -> Truth:
    return every(Ring, Ring, lambda r, x: same(r, x) | empty(now.installed[r] & now.installed[x]))


@auxiliary(needed_by="PART-S3", action="send_rest", machine=PARTS)
def who_waits_for_a_rest_keeps_the_first_part(now: PartsState) -> Truth:
    def waits(n: Number, r: Ring) -> Set:
        return now.installed[r] & now.first[n, r] - now.rest[n, r]

    return every(Number, Ring, lambda n, r: equal(waits(n, r), now.keeps[n, r]))


@auxiliary(needed_by="PART-S3", action="send_rest", machine=PARTS)
def one_message_is_half_sent(now: PartsState) -> Truth:
    return every(Number, Number, lambda n, k: same(n, k) | empty(now.half[n] & now.half[k]))


@auxiliary(needed_by="PART-S3", action="send_rest", machine=PARTS)
def a_message_that_is_begun_and_not_ended_in_a_ring_is_half_sent(now: PartsState) -> Truth:
    def begun(n: Number, r: Ring) -> Set:
        return now.sender[n] & now.installed[r] & now.first[n, r] - now.rest[n, r]

    return every(Number, Ring, lambda n, r: within(begun(n, r), now.half[n]))


@auxiliary(needed_by="PART-S3", action="send_rest", machine=PARTS)
def its_sender_has_what_others_have(now: PartsState) -> Truth:
    def has(n: Number, r: Ring) -> Truth:
        return implies(some(now.first[n, r]), within(now.sender[n], now.first[n, r]))

    return every(Number, Ring, has)


@auxiliary(needed_by="PART-S3", action="send_rest", machine=PARTS)
def who_sends_the_rest_is_its_sender(now: PartsState) -> Truth:
    return every(Number, lambda n: within(now.half[n], now.sender[n]))


@auxiliary(needed_by="its sender has what others have", action="begin_again", machine=PARTS)
def a_message_has_one_sender(now: PartsState) -> Truth:
    return every(Number, lambda n: ~several(now.sender[n]))


@auxiliary(needed_by="who waits for a rest keeps the first part", action="begin", machine=PARTS)
def the_rest_comes_behind_the_first_part(now: PartsState) -> Truth:
    return every(Number, Ring, lambda n, r: within(now.rest[n, r], now.first[n, r]))


@auxiliary(needed_by="who waits for a rest keeps the first part", action="change", machine=PARTS)
def what_was_received_in_a_ring_was_received_by_members(now: PartsState) -> Truth:
    return every(Number, Ring, lambda n, r: within(now.first[n, r] | now.installed[r], now.member[r]))
