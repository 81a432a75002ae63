"""All that a processor is between two steps, and the few things that every rule does to it.

The rules are functions in `membership.py`, `forming.py`, `recovering.py`, `visits.py` and `delivering.py`. They append
to `effects`, which the step gives back.
"""

from __future__ import annotations

from dataclasses import dataclass

from reference.plug.tokens import MessageSeq
from reference.ring.agreement import Agreement, begun
from reference.ring.datagrams import CommitToken, Datagram, Fragment
from reference.ring.effects import Effect, Guarantee, Refused, Send, Store, Transition
from reference.ring.order import Order
from reference.ring.plugging import ObservedPlug
from reference.ring.settings import Settings
from reference.ring.timers import Timer, Timers
from reference.ring.transitions import NEXT, Event, Phase
from reference.ring.wire import DatagramError, encode
from reference.rings import ProcessorId, RingSeq


@dataclass(slots=True)
class Forming:
    """A ring that is formed: its order so far, and what is recovered on it.

    Source: Totem 1995 (recovery)
    """

    order: Order
    movers: tuple[ProcessorId, ...]
    """The members that come from the same old ring."""
    delivered_by_some: MessageSeq
    """Some mover has delivered all packets of the old ring up to this number."""
    movers_obligations: frozenset[ProcessorId]
    to_recover: dict[MessageSeq, Fragment]
    """Packets of the old ring that this processor has still to send."""
    flag_is_mine: bool = False
    clear_count: int = 0
    """At how many visits in a row the retransmission flag was clear."""
    install_seq: MessageSeq | None = None
    """All that is recovered has a number up to this one."""
    complete_count: int = 0
    """At how many visits in a row all had all of that."""
    last_to_send: Send | None = None
    """The token, while the old ring is left and the new one not yet installed."""


class ProcessorState:
    """What a processor remembers; `installed` is the old ring until the next one is installed.

    Source: Totem 1995; corosync 107ef199 (what is known of the old ring is kept once, not at each attempt)
    """

    def __init__(
        self, me: ProcessorId, incarnation: RingSeq, settings: Settings, plug: ObservedPlug, effects: list[Effect]
    ) -> None:
        self.me = me
        self.incarnation = incarnation
        self.settings = settings
        self.plug = plug
        self.phase = Phase.GATHER
        self.ring_seq = incarnation
        self.agreement: Agreement = begun(me, ())
        self.commit: CommitToken | None = None
        self.forming: Forming | None = None
        self.installed: Order | None = None
        self.guarantees: dict[int, Guarantee] = {}
        self.timers = Timers()
        self.last_sent: Send | None = None
        self.held: Send | None = None
        self.now_us = 0
        self.effects = effects
        """What this step wants done so far; what services called since the last step is seen first."""

    def __str__(self) -> str:
        ring = self.installed.ring_id if self.installed else "none"
        return f"processor {self.me}: {self.phase.value}, ring {ring}, number {self.ring_seq}"

    @property
    def is_alone(self) -> bool:
        """Whether it is in a ring of one.

        Source: D7
        """
        return self.phase is Phase.OPERATIONAL and self.installed is not None and self.installed.members == (self.me,)

    @property
    def has_left(self) -> bool:
        """Whether the old ring is left and the new one not yet installed: that is the next step's beginning."""
        return self.forming is not None and self.timers.runs(Timer.AT_ONCE)

    def goes(self, event: Event) -> None:
        """Move as the table says."""
        before, self.phase = self.phase, NEXT[self.phase, event]
        self.effects.append(Transition(before.value, self.phase.value, event.value))

    def multicasts(self, datagram: Datagram) -> None:
        """Send to all who can hear."""
        self.effects.append(Send(None, encode(datagram)))

    def refuses(self, what: str, clause: str) -> None:
        """Say that a datagram has changed nothing, and which clause it is against.

        Source: D14; RING-S4
        """
        self.effects.append(Refused(str(DatagramError(what, clause=clause, state=str(self)))))

    def stores(self, ring_seq: RingSeq) -> None:
        """Have a ring number on stable storage before anything else is sent.

        Source: Totem 1995 (ring id on stable storage); RING-S2
        """
        self.ring_seq = ring_seq
        self.effects.append(Store(ring_seq))

    def passes_on(self, token: Send) -> None:
        """Send a token, and again if none comes after it in time.

        Source: Totem 1995 (token retransmission, token loss)
        """
        self.last_sent = token
        self.effects.append(token)
        self.starts(Timer.TOKEN_RETRANSMISSION, self.settings.token_retransmission_us)

    def sends_again(self) -> None:
        """Send the token again as it was.

        Source: Totem 1995 (token retransmission); RING-S1 (the same token)
        """
        if self.last_sent:
            self.passes_on(self.last_sent)

    def waits_for_token(self) -> None:
        """Give the token its time anew: only one that is accepted does.

        Source: Totem 1995 (token loss); corosync 79c60fd0
        """
        self.starts(Timer.TOKEN_LOSS, self.settings.token_loss_us)

    def starts(self, timer: Timer, after_us: int) -> None:
        """Start a timer from now."""
        self.timers.start(timer, self.now_us + after_us)

    def successor(self, members: tuple[ProcessorId, ...]) -> ProcessorId:
        """Who gets the token from this processor.

        Source: Totem 1995 (the ring is in the order of the member list); D9
        """
        return members[(members.index(self.me) + 1) % len(members)]
