"""Variants of the machine of delivery: when a message is freed, when a ring number is stored, what recovery sends."""

from __future__ import annotations

from model.delivery.membership import in_the_transitional, learns_of_the_others
from model.delivery.ring import deliver_in_order, is_of
from model.delivery.state import DeliveryState
from model.language.machine import Guard
from model.language.sets import Processor, Set, any_of, at_most, every, implies, same, several, some, when, within
from model.language.sorts import Ring
from model.variants.variant import edits


@edits("token_again")
def free_before_the_token_is_accepted(now: DeliveryState, then: DeliveryState, p: Processor) -> None:
    """A member frees what a token says all have before it rejects that token, so one token counts twice.

    Source: corosync 79c60fd0, b8878d2e, 40d636e9 (a rejected token still had effects).
    """
    then.freed.each(lambda n: now.freed[n] | (p & now.has[n] & now.last[n]))


@edits("pass_token")
def free_at_one_rotation(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring) -> None:
    """A member frees at the all-received-up-to of one visit.

    Source: against Totem 1995 (two rotations).
    """
    then.freed.each(lambda n: now.freed[n] | when(is_of(now, n, r), p & now.has[n] & now.aru[n]))


@edits("stop_and_start")
def representative_reloads_its_old_number(now: DeliveryState, then: DeliveryState, p: Processor) -> None:
    """A processor starts again with the number from before it formed its last ring, and may form it once more.

    Source: corosync 3675dace, d99fba72.
    """

    def formed_last(x: Ring) -> Set:
        higher = every(Ring, lambda y: implies(~at_most(y, x), ~within(p, now.knows[y])))
        return when(within(p, now.named[x]) & higher, p)

    then.knows.each(lambda x: now.knows[x] - formed_last(x))


@edits("create_first_token", without=("p is in recovery for r", "every member is in recovery for r", "r has no token"))
def first_token_is_created_twice(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring) -> Guard:
    """The representative creates the first token again whenever the commit token arrives once more.

    Source: corosync 4ee84c51 (a duplicate commit token).
    """
    yield "p is in recovery for r, or has installed it", within(p, now.recovers[r] | now.installed[r])
    recover = within(now.member[r], now.recovers[r])
    yield "every member is in recovery for r, or r has a token", recover | some(now.due[r])


@edits("pass_commit_token")
def recovery_after_the_first_rotation(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring) -> None:
    """A member enters recovery when the commit token visits it first, with what the members before it have told.

    Source: against Totem 1995 (the commit token goes round twice).
    """
    then.pending.each(lambda x: now.pending[x] - p)
    then.recovers.each(lambda x: (now.recovers[x] - p) | when(same(x, r), p))
    learns_of_the_others(now, then, p, r)


@edits("enter_recovery")
def recovery_skips_what_one_alone_holds(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring) -> None:
    """A message that only one of those who come along holds is not sent again.

    Source: against EVS 1994 (specification 4).
    """
    along = any_of(Ring, lambda x: now.came[x, r])
    then.owes.each(lambda n: then.owes[n] - when(~several(along & now.has[n] - now.freed[n]), p))


@edits("install_ring")
def what_was_missed_is_delivered_in_transition(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring) -> None:
    """A member delivers what it gets in recovery in the transitional configuration, whoever delivered it before.

    Source: against EVS 1994 (specification 4).
    """
    then.delivered.keep()
    deliver_in_order(now, then, p, r)
    then.late.each(
        lambda n: now.late[n] | any_of(Ring, lambda x: in_the_transitional(now, p, r, n, x) - now.delivered[n])
    )
