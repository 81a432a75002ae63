"""One processor of a ring, driven by the world around it and called by the services on it.

**The idea.** A processor is a value that takes steps. It has no socket, clock, thread or random number: the world gives
it datagrams and the time, and a step gives back what it wants done (`effects.py`), in the order in which to do it. So a
simulator, a test and a daemon drive the same code, and a run is repeated by repeating its calls. A life is one
`Processor`; a restart is another one, which is given the ring number that was stored last.

**Where things are.** This file only finds out what a step is about. What is done is in the rules: `membership.py` and
`forming.py` on the way to a ring, `recovering.py` between two, `visits.py` in one, `delivering.py` for what services
get. They are functions on one `ProcessorState`, which has everything that a processor is between two steps, and they
append to its effects. Phases change by the table in `transitions.py` and in no other way. The plug layer
(`reference/plug/`) decides whether a token is accepted, what may be originated, and when the gate opens; the ring
numbers, orders, keeps and delivers.

What can be relied on:

- A step is whole. It has taken all its decisions before its first effect is acted upon, and what a service calls
  meanwhile is a step of its own, after the whole list.
- What peers send never raises, whatever the bytes: it is taken, or refused with a reason and a clause (`Refused`). A
  wrong call of the world or of a service raises `LocalProtocolError`, which names caller, state and clause, and changes
  nothing.
- `Store` comes before what may be sent once it is on stable storage, so that no ring number is used twice.
- The old ring is left in one step, with the transitional configuration and what is delivered in it; whatever comes next
  is a step that first installs the new ring. So what services do in between belongs to no ring (D4, D13).
- Time never goes back. Called early or late, `time_passed` does what is due and no more.

Left out on purpose: encryption and authentication, several networks, a member that lies, and how long to wait for what
(`settings.py` has numbers to choose).
"""

from __future__ import annotations

from collections.abc import Callable

from reference.errors import LocalProtocolError
from reference.plug.plugs import Handle
from reference.ring import forming, holding, membership, recovering, visits
from reference.ring.datagrams import CommitToken, Datagram, Join, MergeDetect, Multicast, RingToken, Wake
from reference.ring.effects import Effect, Guarantee, MessageId
from reference.ring.plugging import ObservedPlug
from reference.ring.settings import Settings
from reference.ring.state import ProcessorState
from reference.ring.timers import Timer
from reference.ring.transitions import Event, Phase
from reference.ring.wire import DatagramError, decode
from reference.rings import ProcessorId, RingId, RingSeq

MESSAGE_BYTES_MAX = 256 * 1024
NOTHING_STORED = RingSeq(0)
DEFAULT = Settings()


class Processor:
    """A processor with its plug layer. A step is whole; what it wants done comes back as effects, in their order."""

    def __init__(
        self, me: ProcessorId, *, stored_ring_seq: RingSeq = NOTHING_STORED, settings: Settings = DEFAULT
    ) -> None:
        self.me = me
        self.settings = settings
        self.incarnation = RingSeq(stored_ring_seq + 1)
        seen: list[Effect] = []
        plug = ObservedPlug(
            me, seen.append, packets_a_visit=settings.visit_packets, fragment_bytes=settings.fragment_bytes
        )
        self._p = ProcessorState(me, self.incarnation, settings, plug, seen)
        self._is_started = False

    def __str__(self) -> str:
        return str(self._p)

    # Looking.

    @property
    def phase(self) -> str:
        """The state of the membership."""
        return self._p.phase.value

    @property
    def ring_id(self) -> RingId | None:
        """The ring that was installed last."""
        return self._p.installed.ring_id if self._p.installed else None

    @property
    def members(self) -> tuple[ProcessorId, ...]:
        """Its members."""
        return self._p.installed.members if self._p.installed else ()

    @property
    def gate_open(self) -> bool:
        """Whether messages of every priority go out."""
        return self._p.plug.state.gate_open

    @property
    def deadline_us(self) -> int | None:
        """When `time_passed` wants to be called."""
        return self._p.timers.deadline_us

    # What the world calls.

    def started(self, now_us: int) -> tuple[Effect, ...]:
        """Begin, once."""
        if self._is_started:
            raise self._wrong("the world", "started twice", "Totem 1995")
        self._is_started = True
        return self._step(now_us, lambda: membership.start(self._p))

    def datagram_received(self, datagram: bytes, now_us: int) -> tuple[Effect, ...]:
        """Take a datagram from the network, whatever it is.

        Source: D14
        """
        return self._step(now_us, lambda: self._received(datagram))

    def time_passed(self, now_us: int) -> tuple[Effect, ...]:
        """Do what is due."""
        return self._step(now_us, self._due)

    def _step(self, now_us: int, act: Callable[[], None]) -> tuple[Effect, ...]:
        """One step; if the old ring was just left, the next one is installed first."""
        p = self._p
        if not self._is_started or now_us < p.now_us:
            raise self._wrong("the world", f"called at {now_us}, last at {p.now_us}", "Totem 1995")
        p.now_us = now_us
        if p.forming and p.has_left:
            p.timers.stop(Timer.AT_ONCE)
            recovering.install(p, p.forming)
        act()
        effects = tuple(p.effects)
        p.effects.clear()
        return effects

    def _received(self, datagram: bytes) -> None:
        try:
            said = decode(datagram)
        except DatagramError as error:
            self._p.refuses(error.reason, error.clause)
            return
        self._heard(said)

    def _heard(self, said: Datagram) -> None:
        p = self._p
        match said:
            case RingToken():
                self._token_received(said)
            case Multicast():
                self._multicast_received(said)
            case Join():
                membership.join_received(p, said)
            case CommitToken():
                forming.commit_token_received(p, said)
            case MergeDetect():
                membership.merge_detect_received(p, said)
            case Wake():
                holding.woken(p, said)

    def _token_received(self, token: RingToken) -> None:
        """Take a token only of the ring that is installed or formed, and not after leaving it.

        Source: Totem 1995 (token in each state); corosync d99fba72
        """
        p = self._p
        ring_id = token.token.ring_id
        if p.phase is Phase.OPERATIONAL and p.installed and p.installed.ring_id == ring_id:
            visits.visit(p, p.installed, token)
            if p.installed.stuck_count > p.settings.failed_to_receive_visits:
                membership.failed_to_receive(p)
        elif p.phase is Phase.RECOVERY and p.forming and p.forming.order.ring_id == ring_id:
            recovering.visit(p, p.forming, token)
        else:
            p.refuses(f"token of ring {ring_id}", "D8")

    def _multicast_received(self, said: Multicast) -> None:
        """Take packets of the installed ring, also after leaving it, until the next one is formed.

        Source: Totem 1995 (message in each state)
        """
        p = self._p
        if p.forming and p.forming.order.ring_id == said.ring_id:
            for packet in said.packets:
                recovering.packet_received(p, p.forming, packet)
        elif p.installed and p.installed.ring_id == said.ring_id and not p.forming:
            visits.packets_received(p, p.installed, said.packets)
        elif p.forming:
            p.refuses(f"packets of ring {said.ring_id}", "Totem 1995 (recovery)")
        else:
            membership.foreign(p, said.transmitter, said.ring_id, Event.FOREIGN)

    def _due(self) -> None:
        while not self._p.has_left and (timer := self._p.timers.next_due(self._p.now_us)):
            match timer:
                case Timer.AT_ONCE:
                    self._turn()
                case Timer.TOKEN_LOSS:
                    membership.token_lost(self._p)
                case Timer.CONSENSUS:
                    membership.consensus_due(self._p)
                case Timer.TOKEN_RETRANSMISSION:
                    self._p.sends_again()
                case Timer.TOKEN_HOLD:
                    holding.release(self._p)
                case Timer.JOIN:
                    membership.join_due(self._p)
                case Timer.MERGE:
                    membership.merge_due(self._p)

    def _turn(self) -> None:
        """Take the turn of a ring of one, until nothing is left to do; in a larger one, ask for the token.

        Source: D7
        """
        p = self._p
        if p.installed and p.is_alone:
            if visits.visit_alone(p, p.installed):
                p.starts(Timer.AT_ONCE, 0)
        elif p.installed and p.phase is Phase.OPERATIONAL:
            holding.ask_for_token(p, p.installed)

    # What services call.

    def gmi_mcast(self, priority: int, payload: bytes, guarantee: Guarantee = Guarantee.AGREED) -> MessageId:
        """Queue a message for all members, oneself included.

        Source: mail M1; Totem 1995 (agreed, safe)
        """
        if not self.gmi_send_ok(priority, len(payload)):
            what = f"a message of {len(payload)} bytes at priority {priority}, for which gmi_send_ok is false"
            raise self._wrong("a service", what, "Totem 1995 (flow control)")
        number = self._p.plug.gmi_mcast(priority, payload)
        self._p.guarantees[number] = guarantee
        self._called()
        return MessageId(self.me, self.incarnation, number)

    def gmi_send_ok(self, priority: int, payload_bytes: int) -> bool:
        """Whether a message of so many bytes may be queued now: its priority has room for its packets.

        Source: openais gmi.c (gmi_send_ok)
        """
        needed = max(1, -(-payload_bytes // self.settings.fragment_bytes))
        room = self.settings.queue_packets - self._p.plug.queued_packets(priority)
        return 0 <= payload_bytes <= MESSAGE_BYTES_MAX and needed <= room

    def gmi_recovery_plug_create(self) -> Handle:
        """Register a plug, which holds from the next regular configuration on.

        Source: mail M2, M3; D1
        """
        return self._p.plug.create()

    def gmi_recovery_plug_destroy(self, handle: Handle) -> None:
        """Destroy a plug; this counts as its unplug.

        Source: mail M2; D2, D6
        """
        self._p.plug.destroy(handle)
        self._called()

    def gmi_recovery_plug_unplug(self, handle: Handle) -> None:
        """Say that the service has recovered in this configuration.

        Source: mail M2, M4; D5, D6
        """
        self._p.plug.unplug(handle)
        self._called()

    def _called(self) -> None:
        p = self._p
        if p.is_alone or (p.phase is Phase.OPERATIONAL and p.installed and p.installed.idle_count):
            p.starts(Timer.AT_ONCE, 0)

    def _wrong(self, who: str, what: str, clause: str) -> LocalProtocolError:
        return LocalProtocolError(who, what, clause=clause, state=str(self._p))
