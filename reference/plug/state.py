"""The state of a processor's plug layer: frozen values, so that a step makes a new state or none.

`msgspec.to_builtins` gives all of it as plain values.
"""

from __future__ import annotations

import msgspec

from reference.plug.phases import Phase
from reference.plug.plugs import Plugs
from reference.plug.queues import Queue
from reference.plug.tokens import Token, TokenSeq
from reference.rings import Configuration, ProcessorId, RingId, RingSeq


class Ring(msgspec.Struct, frozen=True):
    """What a processor knows of a ring that is pending or installed at it.

    `accepted` is the number of the last token it accepted. Where it is the only member, `held` is the token that it
    counts as holding.

    Source: D7, D14
    """

    configuration: Configuration
    accepted: TokenSeq | None = None
    held: Token | None = None


class State(msgspec.Struct, frozen=True):
    """All that a processor remembers.

    `ring_seq` is that of the last ring it was told of, `queued_count` how many messages were ever queued.
    """

    me: ProcessorId
    installed: Ring | None = None
    pending: Ring | None = None
    gate_open: bool = False
    plugs: Plugs = Plugs()
    queue: Queue = ()
    ring_seq: RingSeq | None = None
    queued_count: int = 0

    @property
    def phase(self) -> Phase:
        """Which rings it has."""
        if self.installed:
            return Phase.INSTALLED_AND_PENDING if self.pending else Phase.INSTALLED
        return Phase.PENDING if self.pending else Phase.NO_RING

    @property
    def installed_id(self) -> RingId | None:
        """The ring that is installed."""
        return self.installed.configuration.ring_id if self.installed else None

    def __str__(self) -> str:
        pending = self.pending.configuration.ring_id if self.pending else "none"
        gate = "open" if self.gate_open else "closed"
        return f"processor {self.me}: installed {self.installed_id or 'none'}, pending {pending}, gate {gate}"
