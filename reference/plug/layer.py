"""The plug layer of one processor: what the membership, the ring and the services call, and what it answers.

A call either takes one step and returns its effects, or raises `LocalProtocolError` and changes nothing. Of what comes
from peers nothing raises: a token that is not accepted is counted, and otherwise changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from reference.errors import LocalProtocolError, Refusal, RemoteProtocolError, Stage
from reference.plug import configuration_changes, plugs, visits
from reference.plug.effects import Effect, SendToken, TokenRefused
from reference.plug.plugs import Handle
from reference.plug.queues import Message, Waiting
from reference.plug.state import State
from reference.plug.token_codec import decode
from reference.plug.tokens import Token
from reference.plug.visits import Allowance
from reference.priorities import Priority
from reference.rings import PROCESSOR_MAX, ProcessorId, RingId

# Source: openais gmi.c:1757 (at most 19 new packets a visit); gmi.c (1384 bytes a fragment)
PACKETS_A_VISIT = 19
FRAGMENT_BYTES = 1384


class PlugLayer:
    """One processor's recovery plug, under any token ring."""

    def __init__(
        self, me: ProcessorId, *, packets_a_visit: int = PACKETS_A_VISIT, fragment_bytes: int = FRAGMENT_BYTES
    ) -> None:
        self._state = State(me)
        if not 0 <= me <= PROCESSOR_MAX:
            raise self._wrong("the ring", f"processor {me} is not in 0 to {PROCESSOR_MAX}", "D9")
        if packets_a_visit < 1 or fragment_bytes < 1:
            raise self._wrong("the ring", f"{packets_a_visit} packets of {fragment_bytes} bytes a visit", "mail M1")
        self._packets_a_visit = packets_a_visit
        self._fragment_bytes = fragment_bytes
        self.accepted_count = 0
        self.refused: Counter[Refusal] = Counter()

    @property
    def state(self) -> State:
        """All that the processor remembers, as frozen values."""
        return self._state

    @property
    def reached(self) -> Mapping[Stage, int]:
        """How many tokens reached each stage of reading."""
        return {
            stage: self.accepted_count + sum(n for refusal, n in self.refused.items() if refusal.stage >= stage)
            for stage in Stage
        }

    # What the membership calls.

    def ring_pending(self, ring_id: RingId, members: Iterable[ProcessorId]) -> tuple[Effect, ...]:
        """Say that the processors have agreed on a ring that this one may now install.

        Said to the representative last, since this makes it send the first token.

        Source: D8
        """
        self._state, token = configuration_changes.ring_pending(self._state, ring_id, members)
        return (SendToken(token),) if token else ()

    def transitional_configuration(self, ring_id: RingId, members: Iterable[ProcessorId]) -> None:
        """Say that the installed ring is left, with the members that come along from it.

        Source: EVS 1994; CFG-S1
        """
        self._state = configuration_changes.transitional(self._state, ring_id, members)

    def regular_configuration(self, ring_id: RingId, members: Iterable[ProcessorId]) -> None:
        """Say that the pending ring is installed.

        Source: mail M8, M9; EVS 1994
        """
        self._state = configuration_changes.regular(self._state, ring_id, members)

    # What the ring calls.

    def datagram_received(self, datagram: bytes, *, packets: int | None = None) -> tuple[Effect, ...]:
        """Take a datagram that should be a token; the flow control may grant fewer packets than a visit's allowance.

        Source: D14
        """
        allowance = self._allowance(packets)
        try:
            token = decode(datagram)
        except RemoteProtocolError as error:
            return self._refuse(error)
        return self._visit(token, allowance)

    def token_received(self, token: Token, *, packets: int | None = None) -> tuple[Effect, ...]:
        """Take a token that the ring has decoded.

        Source: D8, D14
        """
        return self._visit(token, self._allowance(packets))

    def visit_alone(self, *, packets: int | None = None) -> tuple[Effect, ...]:
        """Take the turn of a ring of one, which has no token; at any moment, until it has no effects.

        Source: D7
        """
        ring = self._state.installed
        if ring is None or ring.held is None:
            raise self._wrong("the ring", "a visit without a token outside a ring of one", "D7")
        self._state, effects = visits.visit_alone(self._state, ring, ring.held, self._allowance(packets))
        return effects

    # What the services call.

    def gmi_mcast(self, priority: int, payload: bytes) -> int:
        """Queue a message, to be originated when its priority may go; the sender's number of it.

        Source: mail M1; D13
        """
        state = self._state
        if priority not in list(Priority):
            raise self._wrong("a service", f"priority {priority} is none of the four", "mail M1")
        number = state.queued_count + 1
        message = Message(state.me, number, Priority(priority), state.installed_id, payload)
        self._state = replace(state, queue=(*state.queue, Waiting(message)), queued_count=number)
        return number

    def gmi_recovery_plug_create(self) -> Handle:
        """Register a handle, which holds back messages from the next regular configuration on.

        Source: mail M2, M3; D1
        """
        after, handle = plugs.create(self._state.plugs)
        self._state = replace(self._state, plugs=after)
        return handle

    def gmi_recovery_plug_destroy(self, handle: Handle) -> None:
        """Destroy a handle.

        Source: mail M2; D2, D6
        """
        self._check_handle(handle)
        self._state = replace(self._state, plugs=plugs.destroy(self._state.plugs, handle))

    def gmi_recovery_plug_unplug(self, handle: Handle) -> None:
        """Say that the service has recovered in the installed configuration.

        Source: mail M2, M4; D5, D6
        """
        self._check_handle(handle)
        self._state = replace(self._state, plugs=plugs.unplug(self._state.plugs, handle))

    def _visit(self, token: Token, allowance: Allowance) -> tuple[Effect, ...]:
        try:
            self._state, effects = visits.token_visit(self._state, token, allowance)
        except RemoteProtocolError as error:
            return self._refuse(error)
        self.accepted_count += 1
        return effects

    def _refuse(self, error: RemoteProtocolError) -> tuple[Effect, ...]:
        self.refused[error.refusal] += 1
        return (TokenRefused(error.refusal, str(error)),)

    def _allowance(self, packets: int | None) -> Allowance:
        granted = self._packets_a_visit if packets is None else packets
        if not 0 <= granted <= self._packets_a_visit:
            raise self._wrong("the ring", f"{granted} packets granted, not 0 to {self._packets_a_visit}", "Totem 1995")
        return Allowance(granted, self._fragment_bytes)

    def _check_handle(self, handle: Handle) -> None:
        if handle not in self._state.plugs.registered:
            raise self._wrong("a service", f"handle {handle} is not registered", "D6")

    def _wrong(self, who: str, what: str, clause: str) -> LocalProtocolError:
        return LocalProtocolError(who, what, clause=clause, state=str(self._state))
