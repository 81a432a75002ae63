"""A ring is replaced by another: the commit token goes round twice, old messages are exchanged, the ring is installed.

Membership itself is an oracle: any live processors may be listed in a commit token at any time. A processor stores the
largest ring number it knows, and takes no commit token of a ring that is not numbered higher.

Left out on purpose: the token's rotations during recovery. Their outcome is one step, `settle`.
"""

from __future__ import annotations

from model.delivery.ring import deliver_in_order, is_of, misses
from model.delivery.state import DeliveryState
from model.language.machine import Guard
from model.language.sets import NOBODY, Processor, Processors, Set, any_of, at_most, empty, same, some, when, within
from model.language.sorts import Number, Ring, Seat


def before(now: DeliveryState, p: Processor) -> Set:
    """The processors that come before p in the order."""
    return any_of(Seat, lambda i: when(within(p, now.seat[i]), now.below[i]))


def representative(now: DeliveryState, members: Set) -> Set:
    """The lowest of these."""
    return any_of(Seat, lambda i: when(empty(members & now.below[i]), members & now.seat[i]))


def takes_the_commit_token(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring) -> None:
    """P puts its state into the commit token of r, stores r's number, and takes no more part in what it was in."""
    then.told[r] = now.told[r] | p
    then.came.each(lambda x, y: now.came[x, y] | when(same(y, r), p & now.installed[x]))
    then.knows.each(lambda x: now.knows[x] | when(at_most(x, r), p))
    then.pending.each(lambda x: (now.pending[x] - p) | when(same(x, r), p))
    then.recovers.each(lambda x: now.recovers[x] - p)
    forgets(now, then, p)


def forgets(now: DeliveryState, then: DeliveryState, p: Processor) -> None:
    """What p keeps for a token or a recovery that it gives up is gone."""
    then.last.each(lambda n: now.last[n] - p)
    then.owes.each(lambda n: now.owes[n] - p)
    then.heard.each(lambda n: now.heard[n] - p)
    then.lacks.each(lambda n: now.lacks[n] - p)


def create_commit_token(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring, members: Processors) -> Guard:
    """P, the lowest of some processors, creates the commit token of ring r, which lists them.

    It puts its own state in. A ring id is the representative's name and a number, so r is p's if it was ever used.
    Source: Totem 1995 (commit token, ring id); corosync 3675dace.
    """
    yield "p is the representative", within(p, representative(now, members))
    yield "r is numbered higher than any member knows", empty(members & now.knows[r])
    yield "r is no id of another", within(now.named[r], p)
    then.named[r] = p
    then.member[r] = members
    takes_the_commit_token(now, then, p, r)


def pass_commit_token(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring) -> Guard:
    """The commit token of ring r visits p for the first time: p tells its old ring and what it has.

    Source: Totem 1995 (commit token).
    """
    yield "p is a member that has not told", within(p, now.member[r] - now.told[r])
    yield "the members before p have told", within(now.member[r] & before(now, p), now.told[r])
    yield "r is numbered higher than p knows", ~within(p, now.knows[r])
    takes_the_commit_token(now, then, p, r)


def enter_recovery(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring) -> Guard:
    """The commit token of ring r visits p for the second time: p knows who comes along, and what they have.

    It has to send again what it holds and one that comes along misses.
    Source: Totem 1995 (recovery); EVS 1994.
    """
    yield "p waits for the commit token of r", within(p, now.pending[r])
    yield "every member has told", within(now.member[r], now.told[r])
    yield "the members before p are in recovery", within(now.member[r] & before(now, p), now.recovers[r])
    then.pending[r] = now.pending[r] - p
    then.recovers[r] = now.recovers[r] | p
    learns_of_the_others(now, then, p, r)


def learns_of_the_others(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring) -> None:
    """P owes each message of its old ring that it holds and that one that came along misses, as the token tells.

    The token also tells p what one that came along has delivered.
    """

    def owed(n: Number, x: Ring) -> Set:
        missed = is_of(now, n, x) & some(now.came[x, r] - now.has[n])
        return when(missed, p & now.installed[x] & (now.has[n] - now.freed[n]))

    def told(n: Number, x: Ring) -> Set:
        delivered = is_of(now, n, x) & some(now.came[x, r] & now.delivered[n])
        return when(delivered, p & now.installed[x])

    then.owes.each(lambda n: then.owes[n] | any_of(Ring, lambda x: owed(n, x)))
    then.heard.each(lambda n: then.heard[n] | any_of(Ring, lambda x: told(n, x)))


def create_first_token(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring) -> Guard:
    """The commit token of ring r is back at its representative p the second time, which creates the first token.

    Source: Totem 1995 (commit token); corosync 4ee84c51.
    """
    yield "p is the representative of r", within(p, now.named[r])
    yield "p is in recovery for r", within(p, now.recovers[r])
    yield "every member is in recovery for r", within(now.member[r], now.recovers[r])
    yield "r has no token", empty(now.due[r])
    then.due[r] = p
    then.lowered[r] = NOBODY
    then.given.each(lambda n: now.given[n] - when(is_of(now, n, r), now.given[n]))
    then.aru.each(lambda n: now.aru[n] - when(is_of(now, n, r), now.aru[n]))


def companions(now: DeliveryState, p: Processor, r: Ring) -> Set:
    """Who comes along with p from its old ring to r."""
    return any_of(Ring, lambda x: when(within(p, now.installed[x]), now.came[x, r]))


def send_again(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring, n: Number, lost: Processors) -> Guard:
    """P sends message n of its old ring again in ring r; those who came along receive it but for where it is lost.

    They know from the token that it was sent. Nobody has to send it once more.
    Source: Totem 1995 (recovery); EVS 1994.
    """
    yield "p is in recovery for r", within(p, now.recovers[r])
    yield "r has a token", some(now.due[r])
    yield "p has to send n", within(p, now.owes[n])
    yield "it is lost at some that miss it", within(lost, (companions(now, p, r) & now.recovers[r]) - now.has[n])
    along = companions(now, p, r) & now.recovers[r]
    then.owes[n] = now.owes[n] - along
    then.has[n] = now.has[n] | (along - lost)
    then.lacks[n] = (now.lacks[n] - along) | lost


def catch_up(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring, n: Number) -> Guard:
    """Message n, which was sent again in ring r and lost at p, arrives there: a member has sent it once more.

    Source: Totem 1995 (recovery, retransmission).
    """
    yield "p is in recovery for r", within(p, now.recovers[r])
    yield "p misses n", within(p, now.lacks[n])
    then.has[n] = now.has[n] | p
    then.lacks[n] = now.lacks[n] - p


def settle(now: DeliveryState, then: DeliveryState, r: Ring) -> Guard:
    """The token of ring r has gone round with nothing left to send again, and all received: recovery is at its end.

    Source: Totem 1995 (recovery, retrans_flg and install_seq).
    """
    yield "r has a token", some(now.due[r])
    yield "every member is in recovery for r", within(now.member[r], now.recovers[r])
    yield "nobody has to send, or misses, an old message", empty(now.member[r] & _unfinished(now))
    then.settled[r] = now.member[r]


def _unfinished(now: DeliveryState) -> Set:
    return any_of(Number, lambda n: now.owes[n] | now.lacks[n])


def install_ring(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring) -> Guard:
    """P delivers what is left of its old ring, and installs ring r.

    In the old regular configuration it delivers what one that came along has delivered there; in the transitional one
    the rest, behind a message that it misses only those of senders that came along.
    Source: EVS 1994 (specification 6.3); Totem 1995 (recovery to operational).
    """
    yield "p is in recovery for r", within(p, now.recovers[r])
    yield "recovery is at its end", within(p, now.settled[r])
    then.installed.each(lambda x: (now.installed[x] - p) | when(same(x, r), p))
    then.recovers[r] = now.recovers[r] - p
    then.heard.each(lambda n: now.heard[n] - p)
    deliver_in_order(now, then, p, r)
    then.delivered.each(lambda n: then.delivered[n] | (p & now.has[n] & now.heard[n]))
    then.late.each(
        lambda n: now.late[n] | any_of(Ring, lambda x: in_the_transitional(now, p, r, n, x) - then.delivered[n])
    )


def in_the_transitional(now: DeliveryState, p: Processor, r: Ring, n: Number, x: Ring) -> Set:
    """P, if it has message n of x and no lower one is missing, or else n's sender came along."""
    sender_is_gone = ~within(now.by[n, x], now.came[x, r])
    received = when(is_of(now, n, x), p & now.installed[x] & now.has[n])
    return received - when(sender_is_gone, misses(now, n, x))


def stop_and_start(now: DeliveryState, then: DeliveryState, p: Processor) -> Guard:
    """P stops, with all that it held in memory, and starts again in no ring. Its ring number is in stable storage.

    Source: EVS 1994 (fail events); Totem 1995 (ring id in stable storage).
    """
    yield (
        "p is in a ring, or waits for one",
        within(p, any_of(Ring, lambda r: now.installed[r] | now.pending[r] | now.recovers[r])),
    )
    then.installed.each(lambda x: now.installed[x] - p)
    then.pending.each(lambda x: now.pending[x] - p)
    then.recovers.each(lambda x: now.recovers[x] - p)
    forgets(now, then, p)


def has_reached(now: DeliveryState, then: DeliveryState) -> None:
    """Who has installed r has reached it, also when it has left it again."""
    then.reached.each(lambda r: now.reached[r] | (then.installed[r] - now.installed[r]))
