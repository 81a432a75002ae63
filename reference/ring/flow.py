"""Flow control: how many packets a member may multicast at one visit, so that receivers are not overrun.

A window bounds what all multicast in one rotation; who has more waiting gets more of it.
"""

from __future__ import annotations

import msgspec

from reference.ring.datagrams import RingToken
from reference.ring.settings import Settings

COUNT_MAX = 2**31


class Flow(msgspec.Struct, frozen=True):
    """What a member added to the token's counts at its last visit, which it takes back at the next.

    Source: Totem 1995 (my_trc, my_pbl)
    """

    multicast_count: int = 0
    backlog: int = 0


NOTHING_SENT = Flow()


def room(flow: Flow, token: RingToken, settings: Settings) -> int:
    """How much of the window the others have left in this rotation.

    Source: Totem 1995 (fcc, window size)
    """
    by_others = max(0, token.multicast_count - flow.multicast_count)
    return max(0, settings.window_packets - by_others)


def allowance(flow: Flow, token: RingToken, settings: Settings, *, backlog: int, answered_count: int) -> int:
    """How many new packets may be multicast; what is sent again goes first, and counts too.

    Source: Totem 1995 (fcc, backlog); corosync totemsrp.c (fcc_calculate, fcc_rtr_limit)
    """
    free = room(flow, token, settings) - answered_count
    waiting = token.backlog - flow.backlog + backlog
    share = settings.window_packets * backlog // waiting if waiting > 0 else settings.window_packets
    outstanding = token.token.seq - token.aru
    if outstanding >= settings.outstanding_packets:
        return 0
    return max(0, min(settings.visit_packets, free, max(1, share)))


def counted(flow: Flow, token: RingToken, after: Flow) -> tuple[int, int]:
    """The token's counts after this visit: what was added at the last visit is taken back.

    Source: Totem 1995 (fcc, backlog)
    """
    multicast_count = token.multicast_count - flow.multicast_count + after.multicast_count
    backlog = token.backlog - flow.backlog + after.backlog
    return min(max(0, multicast_count), COUNT_MAX), min(max(0, backlog), COUNT_MAX)
