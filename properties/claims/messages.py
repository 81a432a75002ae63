"""What is sent when: PLUG-S8, PLUG-S10, PLUG-S11, PLUG-H1, PLUG-H3."""

from __future__ import annotations

from model.language.sets import Processor, Set, Truth, any_of, empty, equal, every, implies, some, within
from model.language.sorts import Copy, Ring
from model.plug.messages import recovery_messages
from model.plug.state import PlugState
from properties.catalogue.claim import Least, claim
from properties.claims.bitmap import in_any_token

S8 = claim(
    "PLUG-S8",
    least=Least(1, 1, 2, frozenset({"long-message"})),
    mutant="rest-passes-a-closed-gate",
    covers_writers_of=("normal",),
)


@S8.at("originate", "begin_long", "finish_long")
def the_gate_is_open_in_the_ring_of_the_originator(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Truth:
    return within(p, now.gate & now.installed[r])


@S8.witnessed()
def a_holder_with_a_half_sent_message_has_a_closed_gate(now: PlugState) -> Truth:
    return some(now.turn & now.half - now.gate)


S10 = claim(
    "PLUG-S10",
    least=Least(1, 1, 2, frozenset({"long-message", "recovery-queue"})),
    mutant="half-sent-goes-first",
    covers_writers_of=("normal",),
)


@S10.enables("send_recovery")
def who_may_send_and_has_a_message_queued_can_send_it(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Truth:
    return within(p, now.installed[r] & now.turn & now.queued - now.leftover)


@S10.enables("send_leftover")
def who_may_send_and_has_a_leftover_can_send_it(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Truth:
    return within(p, now.installed[r] & now.turn & now.leftover)


@S10.at("originate", "begin_long", "finish_long")
def normal_messages_wait_for_recovery_messages(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return empty(p & recovery_messages(now))


@S10.witnessed(at="send_recovery")
def a_recovery_message_overtakes_a_half_sent_one(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return within(p, now.half - now.gate)


S11 = claim(
    "PLUG-S11",
    least=Least(2, 1, 1, frozenset({"recovery-queue"})),
    mutant="bit-ignores-the-queue",
)


@S11.each_step
def who_sets_its_bit_has_nothing_queued(now: PlugState, then: PlugState) -> Truth:
    return every(Ring, lambda r: empty((then.bits[r] - now.bits[r]) & then.queued))


@S11.each_step
def whose_bit_is_first_set_in_a_late_token_has_nothing_queued(now: PlugState, then: PlugState) -> Truth:
    def late(r: Ring) -> Set:
        return any_of(Copy, lambda c: then.copy[c, r])

    return every(Ring, lambda r: empty((late(r) - in_any_token(now, r)) & then.queued))


@S11.at("late_visit")
def who_sets_its_bit_in_a_late_token_has_nothing_queued(now: PlugState, then: PlugState, r: Ring, c: Copy) -> Truth:
    return empty((then.copy[c, r] - now.copy[c, r]) & now.queued)


@S11.witnessed(at="visit")
def a_queue_of_two_is_all_that_holds_back_the_bit(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Truth:
    return within(p, now.queued_two & now.done[r])


H1 = claim(
    "PLUG-H1",
    least=Least(2, 1, 1, frozenset({"recovery-queue"})),
    mutant="bit-ignores-the-queue",
    correction="The history is carried by two ghosts: `early` holds who still has such a message queued, `normal` the "
    "rings in which a normal message was originated.",
)


@H1.always
def no_early_message_is_left_when_normal_ones_are_originated(now: PlugState) -> Truth:
    return every(Ring, lambda r: implies(some(now.early & now.installed[r]), empty(now.normal[r])))


@H1.witnessed(at="originate")
def a_normal_message_is_originated_while_a_later_recovery_message_waits(
    now: PlugState, then: PlugState, p: Processor, r: Ring
) -> Truth:
    return some(now.queued & now.installed[r] - p) & some(then.normal[r])


H3 = claim(
    "PLUG-H3",
    least=Least(1, 1, 2, frozenset({"recovery-queue", "leftovers"})),
    mutant="leftovers-count",
    correction="The history is carried by the ghost `stale`: who has a message queued that would count in a "
    "configuration other than its own.",
)


@H3.always
def nothing_stale_would_count(now: PlugState) -> Truth:
    return empty(now.stale)


@H3.always
def what_is_queued_belongs_to_an_installed_ring(now: PlugState) -> Truth:
    return within(now.queued, any_of(Ring, lambda r: now.installed[r])) & within(now.queued_two, now.queued)


@H3.at("queue_between")
def who_queues_for_no_configuration_has_none(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return empty(p & any_of(Ring, lambda r: now.installed[r]))


@H3.witnessed(at="send_leftover")
def a_leftover_is_sent_in_a_later_ring_before_what_was_queued_there(
    now: PlugState, then: PlugState, p: Processor
) -> Truth:
    return within(p, now.queued & any_of(Ring, lambda old: now.done[old] - now.installed[old]))


H4 = claim(
    "PLUG-H4",
    least=Least(1, 1, 2, frozenset({"recovery-queue", "leftovers"})),
    mutant="leftover-is-overtaken",
    correction="Added: without it a leftover could be forgotten, repeated or overtaken, and nothing said so. The "
    "history is carried by the ghost `kept`. That a leftover can be sent is PLUG-S10.",
)


@H4.always
def a_leftover_is_what_was_kept(now: PlugState) -> Truth:
    return equal(now.leftover, now.kept)


@H4.at("send_leftover")
def what_is_sent_was_kept(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return within(p, now.kept)


@H4.at("send_recovery")
def nothing_overtakes_what_was_kept(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return empty(p & now.kept)


@H4.witnessed(at="leave")
def a_ring_is_left_with_a_message_queued_behind_a_leftover(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return within(p, now.queued & now.leftover)


SENDING = ("originate", "begin_long", "finish_long", "send_recovery", "send_leftover")

S12 = claim(
    "PLUG-S12",
    least=Least(1, 1, 1),
    mutant="originate-keeps-the-turn",
    correction="Added: without it nothing says that the token is needed to send.",
    covers_writers_of=("normal",),
)


@S12.always
def who_may_send_has_installed_a_ring(now: PlugState) -> Truth:
    return within(now.turn, any_of(Ring, lambda r: now.installed[r]))


@S12.at(*SENDING)
def the_sender_holds_the_token_of_its_ring(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Truth:
    return within(p, now.turn & now.installed[r])


@S12.at(*SENDING)
def sending_ends_the_turn(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return empty(p & then.turn)


@S12.at("originate", "begin_long", "finish_long")
def every_member_is_addressed(now: PlugState, then: PlugState, r: Ring) -> Truth:
    return within(now.member[r], then.normal[r])


@S12.at("visit", "pass_on")
def who_held_the_token_before_holds_it_no_more(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Truth:
    return within(then.turn & now.installed[r], p)


@S12.witnessed(at="originate")
def a_message_is_originated(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return within(p, now.turn)


S13 = claim(
    "PLUG-S13",
    least=Least(1, 1, 2, frozenset({"long-message"})),
    mutant="rest-is-forgotten",
    correction="Added: the machine's part of D10. The history is carried by the ghost `begun`. That the message is "
    "whole at its receivers is decided on the wire.",
)
BETWEEN_THE_HALVES = ("originate", "begin_long")


@S13.always
def a_half_sent_message_is_one_that_was_begun(now: PlugState) -> Truth:
    return equal(now.half, now.begun)


@S13.at("finish_long")
def what_is_finished_was_begun(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return within(p, now.begun)


@S13.at(*BETWEEN_THE_HALVES)
def no_other_message_comes_between(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return empty(p & now.begun)


@S13.enables("finish_long")
def the_rest_can_be_sent_through_an_open_gate(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Truth:
    return within(p, now.installed[r] & now.turn & now.gate & now.begun - recovery_messages(now))


@S13.witnessed(at="finish_long")
def the_rest_is_sent_in_a_later_ring(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return within(p, any_of(Ring, lambda old: now.done[old] - now.installed[old]))


S14 = claim(
    "PLUG-S14",
    least=Least(1, 1, 1, frozenset({"recovery-queue"})),
    mutant="sending-empties-the-queue",
    correction="Added: what is lost or sent twice before its sender is ready was noticed by no claim.",
)


@S14.at("send_recovery")
def what_is_sent_was_queued(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return within(p, now.queued)


@S14.at("send_recovery")
def sending_takes_one_off_the_queue(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return equal(p & then.queued, p & now.queued_two) & empty(p & then.queued_two)


@S14.at("queue_recovery")
def queueing_adds_one(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return empty(p & now.queued_two) & within(p, then.queued) & equal(p & then.queued_two, p & now.queued)


@S14.each_step
def a_queue_shrinks_only_at_who_may_send(now: PlugState, then: PlugState) -> Truth:
    lost = (now.queued - then.queued) | (now.queued_two - then.queued_two)
    return every(Ring, lambda r: within(lost & now.installed[r] & then.installed[r], now.turn))


@S14.witnessed(at="send_recovery")
def the_first_of_two_is_sent(now: PlugState, then: PlugState, p: Processor) -> Truth:
    return within(p, now.queued_two)
