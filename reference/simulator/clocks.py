"""Clocks: each processor has one of its own, which runs at its own rate and began at its own time."""

from __future__ import annotations

from dataclasses import dataclass

PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Clock:
    """A processor's clock. It never goes back; the world's time is what it is measured against."""

    rate_ppm: int = 0
    """How much faster than the world's time, in millionths."""
    offset_us: int = 0
    """What it shows when the world begins."""

    def shows(self, world_us: int) -> int:
        """What the clock shows at a moment of the world."""
        return self.offset_us + world_us * (PPM + self.rate_ppm) // PPM

    def moment(self, clock_us: int) -> int:
        """The first moment of the world at which the clock shows so much."""
        return -((self.offset_us - clock_us) * PPM // (PPM + self.rate_ppm))
