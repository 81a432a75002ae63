"""What is judged of the event service's recovery while a run is watched: EVT-S2 and EVT-S3.

Both are about what evt's messages mean, so their bodies are read here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from properties.history.judging import OK, OPEN, VIOLATED, JudgedClaim
from properties.simulation.histories import Seen
from reference.services.evt.messages import CheckIn, Done
from reference.services.executive_messages import decode

SENTENCES = {
    "EVT-S2": "In a ring at most one member says that the event service has recovered, and no member refuses it.",
    "EVT-S3": "That is said only by who has delivered the check-in of every member, made in this ring.",
}


@dataclass
class Recoveries:
    """Follows a run."""

    leaders: dict[Any, set[int]] = field(default_factory=dict[Any, Any])
    members: dict[Any, tuple[int, ...]] = field(default_factory=dict[Any, Any])
    checked_in: dict[tuple[int, Any], set[int]] = field(default_factory=dict[Any, Any])
    """By processor and ring, the members whose check-in it has delivered."""
    ring: dict[int, Any] = field(default_factory=dict[Any, Any])
    known: dict[Any, frozenset[int]] = field(default_factory=dict[Any, Any])
    """Who had checked in where a recovery message was queued, and when."""
    broken: dict[str, str] = field(default_factory=dict[Any, Any])
    met: int = 0

    def take(self, seen: Seen) -> None:
        """Take what was seen next."""
        tellers: dict[str, Callable[[Seen, Any], None]] = {
            "ConfigurationChange": self._changed, "Queued": self._queued, "Delivery": self._delivered,
            "Refusal": self._refused,
        }  # fmt: skip
        if tell := tellers.get(type(seen.what).__name__):
            tell(seen, seen.what)

    def judged(self) -> list[JudgedClaim]:
        """What is said of both claims."""
        return [
            JudgedClaim(
                id,
                VIOLATED if id in self.broken else OK if self.met else OPEN,
                self.met,
                reason=self.broken.get(id, ""),
            )
            for id in SENTENCES
        ]

    def _changed(self, seen: Seen, what: Any) -> None:
        if what.kind.value == "regular":
            self.members[what.ring_id] = what.members
            self.ring[seen.processor] = what.ring_id

    def _queued(self, seen: Seen, what: Any) -> None:
        if what.priority == 0:
            here = (seen.processor, self.ring.get(seen.processor))
            self.known[what.message] = frozenset(self.checked_in.get(here, ()))

    def _delivered(self, seen: Seen, what: Any) -> None:
        if what.priority != 0:
            return
        message = decode(what.payload)
        if (message.service, message.function) == ("evt", "check-in"):
            ring_id = msgspec.msgpack.decode(message.body, type=CheckIn).ring_id
            self.checked_in.setdefault((seen.processor, ring_id), set()).add(what.message.sender)
        elif (message.service, message.function) == ("evt", "done"):
            self._done(msgspec.msgpack.decode(message.body, type=Done).ring_id, what.message)

    def _done(self, ring_id: Any, message: Any) -> None:
        self.met += 1
        self.leaders.setdefault(ring_id, set()).add(message.sender)
        ring = f"ring {ring_id[0]}:{ring_id[1]}"
        if len(self.leaders[ring_id]) > 1:
            self.broken.setdefault("EVT-S2", f"{sorted(self.leaders[ring_id])} say so in {ring}")
        missing = set(self.members[ring_id]) - self.known[message]
        if missing:
            self.broken.setdefault(
                "EVT-S3", f"{message.sender} says so in {ring} without a check-in of {sorted(missing)}"
            )

    def _refused(self, seen: Seen, what: Any) -> None:
        if what.reason.name == "NOT_THE_LEADER":
            self.broken.setdefault("EVT-S2", f"{seen.processor} refuses a message: {what.why}")
