"""A service that takes its time to recover, to be watched: its plug comes out so long after each configuration."""

from __future__ import annotations

from collections.abc import Mapping

from reference.plug.plugs import Handle
from reference.ring.effects import ConfigurationChange, Kind
from reference.services.executive import Executive, Function

AT_ONCE_US = 0


class Slow:
    """Holds a plug, and has nothing to recover."""

    name = "slow"

    def __init__(self, recovery_us: int) -> None:
        self._recovery_us = recovery_us
        self._executive: Executive | None = None
        self._handle: Handle | None = None
        self._is_new = False
        self._due_us: int | None = None

    @property
    def functions(self) -> Mapping[str, Function]:
        """None: it sends nothing."""
        return {}

    @property
    def deadline_us(self) -> int | None:
        """When the plug comes out; at once after a configuration, to learn what time it is."""
        return AT_ONCE_US if self._is_new else self._due_us

    def exec_init_fn(self, executive: Executive) -> None:
        """Create the plug.

        Source: mail M3
        """
        self._executive, self._handle = executive, executive.create_plug(self.name)

    def confchg_fn(self, change: ConfigurationChange) -> None:
        """Begin anew."""
        self._is_new, self._due_us = change.kind is Kind.REGULAR, None

    def time_passed(self, now_us: int) -> None:
        """Take the plug out when it is time.

        Source: mail M4
        """
        if self._is_new:
            self._is_new, self._due_us = False, now_us + self._recovery_us
        if self._due_us is not None and self._due_us <= now_us:
            self._due_us = None
            if self._executive and self._handle is not None:
                self._executive.unplug(self.name, self._handle)
