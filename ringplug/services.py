"""The services of the mail on the group messaging interface: executive, membership, events, and groups.

docs/services.md has a whole program.
"""

from __future__ import annotations

from reference.services.clm import Clm, MembershipChange
from reference.services.errors import RefusedMessageError, TryAgainError
from reference.services.evs import Evs
from reference.services.evt.channel import Channel, Subscription
from reference.services.evt.filters import Filter, exact, prefix, suffix
from reference.services.evt.messages import Event
from reference.services.evt.service import Evt
from reference.services.executive import Executive, Service
from reference.services.interface import GroupMessaging
from reference.services.nodes import Node

__all__ = [
    "Channel",
    "Clm",
    "Event",
    "Evs",
    "Evt",
    "Executive",
    "Filter",
    "GroupMessaging",
    "MembershipChange",
    "Node",
    "RefusedMessageError",
    "Service",
    "Subscription",
    "TryAgainError",
    "exact",
    "prefix",
    "suffix",
]
