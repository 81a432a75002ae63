"""The handles that services registered, and which of them are plugged.

A handle's number is never given out again, so a destroyed handle stays unknown. Whether a processor whose plugs are all
out may set its bit is decided in `visits.py`.
"""

from __future__ import annotations

from typing import NewType

import msgspec
from msgspec.structs import replace

Handle = NewType("Handle", int)


class Plugs(msgspec.Struct, frozen=True):
    """The registered handles, those of them that are plugged, and how many were ever created."""

    registered: frozenset[Handle] = frozenset()
    plugged: frozenset[Handle] = frozenset()
    created_count: int = 0

    @property
    def are_out(self) -> bool:
        """Whether no handle is plugged; so it is where there is no handle.

        Source: mail M9; D3
        """
        return not self.plugged


def create(plugs: Plugs) -> tuple[Plugs, Handle]:
    """Register a new handle. It is not plugged before the next regular configuration.

    Source: mail M2, M3; D1
    """
    handle = Handle(plugs.created_count)
    registered = plugs.registered | {handle}
    return replace(plugs, registered=registered, created_count=plugs.created_count + 1), handle


def unplug(plugs: Plugs, handle: Handle) -> Plugs:
    """Take the plug of a handle out; if it is out, nothing changes.

    Source: mail M4; D5
    """
    return replace(plugs, plugged=plugs.plugged - {handle})


def destroy(plugs: Plugs, handle: Handle) -> Plugs:
    """Forget a handle; if it was plugged, this counts as its unplug.

    Source: mail M2; D2
    """
    return replace(plugs, registered=plugs.registered - {handle}, plugged=plugs.plugged - {handle})


def plug_all(plugs: Plugs) -> Plugs:
    """Plug every registered handle: what was unplugged before a regular configuration does not count in it.

    Source: mail M9; D4
    """
    return replace(plugs, plugged=plugs.registered)
