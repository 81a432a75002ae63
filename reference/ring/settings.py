"""What may be set of a ring: how long a processor waits for what, and how much it sends and keeps at once.

Every processor of a ring should have the same settings; nothing that is promised depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass

from reference.errors import LocalProtocolError


@dataclass(frozen=True, slots=True)
class Settings:
    """Times in microseconds of the processor's own clock; the defaults are corosync's.

    Source: corosync.conf(5) (token, token_retransmits_before_loss_const, hold, join, consensus, merge, window_size,
    max_messages, fail_recv_const)
    """

    token_loss_us: int = 1_000_000
    """Without an accepted token for so long, the ring is left."""
    token_retransmission_us: int = 238_000
    """After so long without a newer token, the last one sent is sent again."""
    token_hold_us: int = 180_000
    """How long the representative keeps the token of a ring in which nothing happens; 0: it never does."""
    join_us: int = 50_000
    """How often a join is sent while the processors agree."""
    consensus_us: int = 1_200_000
    """Who has not agreed for so long counts as failed; longer than the token loss, for others may wait for that."""
    merge_us: int = 200_000
    """How often the representative says that its ring exists, for others to hear it."""
    window_packets: int = 50
    """How many packets all members multicast in one rotation."""
    fragment_bytes: int = 1384
    """How many bytes of a message a packet carries."""
    visit_packets: int = 17
    """How many packets a member originates at one visit."""
    outstanding_packets: int = 1024
    """Nothing is originated while so many packets are not yet received by all."""
    queue_packets: int = 256
    """How many packets may wait in one priority; the longest message has 190."""
    failed_to_receive_visits: int = 2500
    """After so many visits at which one's own missing packets hold all others up, the ring is left."""

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            least = 0 if name == "token_hold_us" else 1
            if getattr(self, name) < least:
                raise _wrong(f"setting {name} is {getattr(self, name)}, not at least {least}")
        if max(self.token_hold_us, self.token_retransmission_us) >= self.token_loss_us:
            raise _wrong("a token that is held or lost once is taken for lost for good")


def _wrong(what: str) -> LocalProtocolError:
    return LocalProtocolError("the ring", what, clause="Totem 1995 (timers)", state="no ring")
