"""Claims about the machine of delivery: ring ids, freeing and numbers (RING-S2, -S3, -S5, -S6), recovery (EVS-4)."""

from __future__ import annotations

from collections.abc import Callable

from model.delivery.ring import is_of
from model.delivery.state import DeliveryState
from model.language.sets import (
    Processor,
    Set,
    Truth,
    any_of,
    at_most,
    empty,
    every,
    exists,
    implies,
    same,
    several,
    some,
    within,
)
from model.language.sorts import Number, Ring
from model.machines import DELIVERY
from properties.catalogue.claim import Least, claim

RING_S2 = claim(
    "RING-S2",
    least=Least(1, 1, 2, frozenset({"crash"})),
    mutant="representative-reloads-its-old-number",
    machine=DELIVERY,
    correction="By how much a number grows is not said: a number here is a place in an order.",
    covers_writers_of=("installed",),
    but=("stop_and_start",),
)


@RING_S2.at("install_ring")
def the_ring_is_numbered_higher_than_all_before(
    now: DeliveryState, then: DeliveryState, p: Processor, r: Ring
) -> Truth:
    return every(Ring, lambda x: implies(at_most(r, x), ~within(p, now.reached[x])))


@RING_S2.witnessed(at="install_ring")
def a_processor_that_started_again_installs_a_ring_again(
    now: DeliveryState, then: DeliveryState, p: Processor, r: Ring
) -> Truth:
    has_none = ~within(p, any_of(Ring, lambda x: now.installed[x]))
    return has_none & exists(Ring, lambda x: within(p, now.reached[x]))


RING_S3 = claim(
    "RING-S3",
    least=Least(1, 1, 2, frozenset({"crash"})),
    mutant="representative-reloads-its-old-number",
    machine=DELIVERY,
    correction="The part that does not need positions: that all members list the ring in the same order is fixed here.",
)


@RING_S3.at("create_commit_token")
def no_ring_of_this_id_was_formed(now: DeliveryState, then: DeliveryState, r: Ring) -> Truth:
    return empty(now.member[r])


@RING_S3.each_step
def a_member_list_that_is_there_stays(now: DeliveryState, then: DeliveryState) -> Truth:
    return every(Ring, lambda r: implies(some(now.member[r]), within(now.member[r], then.member[r])))


@RING_S3.witnessed(at="create_commit_token")
def a_representative_that_started_again_forms_a_ring(now: DeliveryState, then: DeliveryState, p: Processor) -> Truth:
    formed = exists(Ring, lambda x: within(p, now.named[x] & now.reached[x]))
    return formed & every(Ring, lambda x: empty(p & (now.installed[x] | now.pending[x] | now.recovers[x])))


RING_S5 = claim(
    "RING-S5",
    least=Least(3, 1, 1),
    mutant="free-at-one-rotation",
    machine=DELIVERY,
    correction="While the ring is installed: what is left of an old ring is dropped when the next is installed, and "
    "members that are gone may not have it.",
)


@RING_S5.always
def what_is_freed_was_received_by_every_member(now: DeliveryState) -> Truth:
    return every(
        Ring, Number, lambda r, n: implies(is_of(now, n, r) & some(now.freed[n]), within(now.member[r], now.has[n]))
    )


@RING_S5.witnessed(at="pass_token")
def a_member_frees_what_several_others_have(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring) -> Truth:
    return several(now.member[r] - p) & exists(Number, lambda n: within(p, then.freed[n] - now.freed[n]))


RING_S6 = claim(
    "RING-S6",
    least=Least(2, 2, 1),
    mutant="first-token-is-created-twice",
    machine=DELIVERY,
    correction="Added: what RING-S1, one token, is for.",
)


@RING_S6.always
def the_token_is_at_one_member(now: DeliveryState) -> Truth:
    return every(Ring, lambda r: ~several(now.due[r]))


@RING_S6.at("multicast")
def the_number_is_new(now: DeliveryState, then: DeliveryState, r: Ring, n: Number) -> Truth:
    return implies(several(now.member[r]), empty(now.by[n, r]))


@RING_S6.witnessed(at="multicast")
def another_member_gave_a_number_before(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring) -> Truth:
    return exists(Number, lambda k: some(now.by[k, r] - p))


EVS_4 = claim(
    "EVS-4",
    least=Least(2, 1, 2),
    mutant="recovery-skips-what-one-alone-holds",
    machine=DELIVERY,
    correction="Stated of those that have installed the second ring: the regular configuration of the first and the "
    "transitional one after it, each apart.",
)


def of_those_who_moved(now: DeliveryState, delivered: Callable[[Number], Set]) -> Truth:
    """Of those who moved from r to x, all have delivered a message of r, or none."""

    def alike(r: Ring, x: Ring, n: Number) -> Truth:
        moved = now.came[r, x] & now.reached[x]
        return implies(is_of(now, n, r), empty(moved & delivered(n)) | within(moved, delivered(n)))

    return every(Ring, Ring, Number, alike)


@EVS_4.always
def they_deliver_the_same_in_the_regular_configuration(now: DeliveryState) -> Truth:
    return of_those_who_moved(now, lambda n: now.delivered[n])


@EVS_4.always
def they_deliver_the_same_in_the_transitional_configuration(now: DeliveryState) -> Truth:
    return of_those_who_moved(now, lambda n: now.late[n])


@EVS_4.witnessed(at="install_ring")
def one_that_moves_with_another_delivers_what_it_had_missed(
    now: DeliveryState, then: DeliveryState, p: Processor, r: Ring
) -> Truth:
    def moves(x: Ring, n: Number) -> Truth:
        return within(p, now.came[x, r] & then.delivered[n] - now.delivered[n]) & several(now.came[x, r])

    return exists(Ring, Number, lambda x, n: is_of(now, n, x) & ~same(x, r) & moves(x, n))
