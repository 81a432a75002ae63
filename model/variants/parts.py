"""Variants of messages in parts: what senders and receivers do when the configuration changes between two parts."""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import Processor, Processors, Set, Truth, any_of, empty, same, some, when
from model.language.sorts import NewRing, Number, Ring
from model.parts.sending import BEGUN, completes, is_of, receivers
from model.parts.state import PartsState
from model.variants.variant import VARIANTS, Argument, Harmless, Variant, edits, name_of, together


def _comes_along(now: PartsState, members: Processors, n: Number) -> Set:
    """Who comes along with the sender of n from the ring that it has installed."""

    def along(x: Ring) -> Set:
        return when(some(now.sender[n] & members & now.installed[x]), members & now.installed[x])

    return any_of(Ring, along)


def _keeps_across(now: PartsState, then: PartsState, members: Processors) -> None:
    then.keeps.each(lambda n, x: now.keeps[n, x] - (members - _comes_along(now, members, n)))


@edits("change")
def receiver_keeps_parts_across_a_change(now: PartsState, then: PartsState, r: NewRing, members: Processors) -> None:
    """A receiver keeps what it has of senders that come along, and what they send in the next ring is put behind it.

    Source: corosync totempg.c (assembly); against D10.
    """
    _keeps_across(now, then, members)


@edits("send_rest", "send_rest_and_another", without=(BEGUN,))
def sender_resumes_in_the_middle(now: PartsState, then: PartsState) -> None:
    """A sender that has sent the first part of a message goes on in the next ring with the rest.

    Source: corosync totempg.c (fragments are queued before their ring is known); against D10.
    """


@edits("begin_again", of="sender-resumes-in-the-middle")
def it_never_begins_again(now: PartsState, then: PartsState, p: Processor) -> Guard:
    """A message is begun once."""
    yield "p begins no message again", empty(p)


@edits("send_rest_and_another", without=(BEGUN,))
def receiver_drops_the_packet(
    now: PartsState, then: PartsState, p: Processor, r: Ring, n: Number, m: Number, lost: Processors
) -> None:
    """A receiver that cannot complete the message with whose rest a packet begins drops what else is in the packet.

    The sender goes on in the middle of a message, else no receiver is ever without the first part.
    Source: corosync totempg.c (fragmented continuation is not equal).
    """
    then.delivered[m, r] = now.delivered[m, r] | (receivers(now, p, r, lost) & completes(now, p, n))


CHANGES = (receiver_keeps_parts_across_a_change, sender_resumes_in_the_middle, receiver_drops_the_packet)
PARTS_AS_IN_COROSYNC = together(
    Variant(
        "parts-as-in-corosync",
        "Receivers keep parts, senders go on in the middle, and a packet whose beginning does not fit is dropped.",
        "corosync totempg.c",
    ),
    [VARIANTS[name_of(write)] for write in CHANGES],
)
VARIANTS[PARTS_AS_IN_COROSYNC.id] = PARTS_AS_IN_COROSYNC


@edits(
    "change",
    argument=Argument(
        Harmless.SOUND,
        "what is kept from before is replaced before a rest is put behind it, for no rest comes without its beginning.",
    ),
)
def first_part_replaces_what_is_kept(now: PartsState, then: PartsState, r: NewRing, members: Processors) -> None:
    """A receiver keeps parts across a change, and drops what it keeps of a sender when that begins a message.

    Source: another way to keep D10.
    """
    _keeps_across(now, then, members)


@edits("begin", "begin_again", of="first-part-replaces-what-is-kept")
def it_begins_anew(now: PartsState, then: PartsState, p: Processor, r: Ring, n: Number, lost: Processors) -> None:
    """Whoever receives the first part of n keeps nothing else of p."""
    got = receivers(now, p, r, lost)

    def kept(k: Number, z: Ring) -> Set:
        return when(_is(k, n, z, r), now.keeps[k, z] | got) | when(
            ~_is(k, n, z, r), now.keeps[k, z] - _of(now, k, p, got)
        )

    then.keeps.each(kept)


def _is(k: Number, n: Number, z: Ring, r: Ring) -> Truth:
    return same(k, n) & same(z, r)


def _of(now: PartsState, k: Number, p: Processor, got: Set) -> Set:
    return when(is_of(now, k, p), got)
