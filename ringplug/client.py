"""Programs at a node on a real network: publish events, watch channels, look at its state.

docs/node.md has what is said over a node's socket.
"""

from __future__ import annotations

from reference.node.client import Client, ClientError, Lost, Published
from reference.node.requests import Event

__all__ = ["Client", "ClientError", "Event", "Lost", "Published"]
