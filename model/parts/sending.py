"""A message in parts: its sender begins it, begins it again in another ring, and sends the rest where it has begun."""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import NOBODY, Processor, Processors, Set, Truth, any_of, empty, same, some, when, within
from model.language.sorts import Number, Ring
from model.parts.state import PartsState

BEGUN = "p has begun n in r"


def is_unused(now: PartsState, n: Number) -> Truth:
    """Nothing was ever sent as message n."""
    return empty(now.sender[n] | any_of(Ring, lambda r: now.first[n, r] | now.whole[n, r]))


def is_of(now: PartsState, k: Number, p: Processor) -> Truth:
    """P is the sender of message k."""
    return some(now.sender[k] & p)


def in_order(now: PartsState, p: Processor, r: Ring) -> Set:
    """Who has received all that p has sent in ring r."""

    def behind(k: Number) -> Set:
        without_first = when(some(now.first[k, r]), ~now.first[k, r])
        return without_first | when(some(now.rest[k, r]), ~now.rest[k, r])

    return now.installed[r] - any_of(Number, lambda k: when(is_of(now, k, p), behind(k)))


def receivers(now: PartsState, p: Processor, r: Ring, lost: Processors) -> Set:
    """Who receives what p sends in ring r: p itself, and who is not behind, but for those where it is lost."""
    return p | (in_order(now, p, r) - lost)


def kept_beside(now: PartsState, p: Processor, n: Number, y: Ring) -> Set:
    """Who keeps another part of p's than the first one of n as it was sent in y."""

    def other(k: Number, z: Ring) -> Set:
        return when(is_of(now, k, p) & ~(same(k, n) & same(z, y)), now.keeps[k, z])

    return any_of(Number, Ring, other)


def completes(now: PartsState, p: Processor, n: Number) -> Set:
    """Who has message n of p's with the rest of it: what it keeps of p is the first part of n, once."""
    return any_of(Ring, lambda y: now.keeps[n, y] - kept_beside(now, p, n, y))


def keeps_something(now: PartsState, p: Processor) -> Set:
    """Who keeps any part of p's."""
    return any_of(Number, Ring, lambda k, z: when(is_of(now, k, p), now.keeps[k, z]))


def first_part(now: PartsState, then: PartsState, p: Processor, r: Ring, n: Number, lost: Processors) -> None:
    """The first part of n goes out in ring r; who receives it puts it behind what it keeps of p."""
    got = receivers(now, p, r, lost)
    then.first[n, r] = now.first[n, r] | got
    then.keeps[n, r] = now.keeps[n, r] | got


def begin(now: PartsState, then: PartsState, p: Processor, r: Ring, n: Number, lost: Processors) -> Guard:
    """P sends the first part of message n in ring r; whoever it is lost at receives nothing more of p there.

    Source: openais gmi.c:1494; D10.
    """
    yield "p has installed r", within(p, now.installed[r])
    yield "nothing is half sent by p", ~within(p, any_of(Number, lambda k: now.half[k]))
    yield "n is no message yet", is_unused(now, n)
    yield "it is lost at others that are not behind", within(lost, in_order(now, p, r) - p)
    then.sender[n] = p
    then.half[n] = p
    first_part(now, then, p, r, n, lost)


def begin_again(now: PartsState, then: PartsState, p: Processor, r: Ring, n: Number, lost: Processors) -> Guard:
    """P sends the first part of message n once more, in a ring in which it has not begun n.

    Source: D10.
    Differs: corosync goes on in the middle.
    """
    yield "p has installed r", within(p, now.installed[r])
    yield "n is half sent by p", within(p, now.half[n])
    yield "p has not begun n in r", ~within(p, now.first[n, r])
    yield "it is lost at others that are not behind", within(lost, in_order(now, p, r) - p)
    first_part(now, then, p, r, n, lost)


def may_send_the_rest(now: PartsState, p: Processor, r: Ring, n: Number, lost: Processors) -> Guard:
    """When p may send the rest of n in ring r."""
    yield "p has installed r", within(p, now.installed[r])
    yield "n is half sent by p", within(p, now.half[n])
    yield BEGUN, within(p, now.first[n, r])
    yield "it is lost at others that are not behind", within(lost, in_order(now, p, r) - p)


def the_rest(now: PartsState, then: PartsState, p: Processor, r: Ring, n: Number, lost: Processors) -> None:
    """Who receives the rest of n delivers what it keeps of p with it, if it keeps anything, and keeps nothing then."""
    got, whole = receivers(now, p, r, lost), completes(now, p, n)
    then.half[n] = NOBODY
    then.rest[n, r] = now.rest[n, r] | got
    then.delivered[n, r] = now.delivered[n, r] | (got & whole)
    then.mixed[n] = now.mixed[n] | ((got & keeps_something(now, p)) - whole)
    then.keeps.each(lambda k, z: now.keeps[k, z] - when(is_of(now, k, p), got))


def send_rest(now: PartsState, then: PartsState, p: Processor, r: Ring, n: Number, lost: Processors) -> Guard:
    """P sends the rest of message n in ring r, where it has begun it; whoever it is lost at receives no more of p.

    Source: D10; openais gmi.c:1533.
    """
    yield from may_send_the_rest(now, p, r, n, lost)
    the_rest(now, then, p, r, n, lost)


def send_rest_and_another(
    now: PartsState, then: PartsState, p: Processor, r: Ring, n: Number, m: Number, lost: Processors
) -> Guard:
    """P sends the rest of message n, and in the same packet, behind it, message m, whole.

    Source: D10; corosync totempg.c (packing without gaps).
    """
    yield from may_send_the_rest(now, p, r, n, lost)
    yield "m is no message yet", is_unused(now, m)
    the_rest(now, then, p, r, n, lost)
    got = receivers(now, p, r, lost)
    then.sender[m] = p
    then.whole[m, r] = now.whole[m, r] | got
    then.delivered[m, r] = now.delivered[m, r] | got
