"""What a node shows of itself: the ring, how far it has recovered, and counts of what went through it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from reference.plug import bitmaps
from reference.plug.effects import SendToken
from reference.ring.effects import Delivery, Effect, Origination, PlugStep, Refused
from reference.rings import Configuration, RingId


class Meter:
    """Counts effects. Nothing here grows with time."""

    def __init__(self) -> None:
        self.visits = self.refused = 0
        self.delivered: Counter[str] = Counter()
        self.originated: Counter[str] = Counter()
        self.plugged = 0
        self._token: tuple[Configuration, bytes] | None = None

    def take(self, effect: Effect) -> None:
        """Count an effect."""
        match effect:
            case PlugStep():
                self._stepped(effect)
            case Delivery():
                self.delivered[effect.priority.name.lower()] += 1
            case Origination():
                self.originated[effect.priority.name.lower()] += 1
            case Refused():
                self.refused += 1
            case _:
                pass

    def done(self, ring_id: RingId | None) -> list[int]:
        """The members of this ring whose bits were set in its token when it was last here."""
        if self._token is None or self._token[0].ring_id != ring_id:
            return []
        ring, bitmap = self._token
        return [ring.members[position] for position in sorted(bitmaps.positions(bitmap))]

    def record(self) -> dict[str, Any]:
        """The counts."""
        return {
            "visits": self.visits, "plugs_in": self.plugged, "delivered": self.delivered,
            "originated": self.originated, "refused_by_the_protocol": self.refused,
        }  # fmt: skip

    def _stepped(self, step: PlugStep) -> None:
        ring = step.state.installed
        self.plugged = len(step.state.plugs.plugged)
        sent = [effect.token for effect in step.effects if isinstance(effect, SendToken)]
        self.visits += bool(sent) and step.call == "token_received"
        for token in [*sent, *([ring.held] if ring and ring.held else [])]:
            if ring and token.ring_id == ring.configuration.ring_id:
                self._token = ring.configuration, token.bitmap
