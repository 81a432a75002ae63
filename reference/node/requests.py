"""What is said over a node's local socket: JSON, one object a line, each way; bytes in base64."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

LINE_BYTES_MAX = 1 << 20


class Publish(msgspec.Struct, tag_field="do", tag="publish", forbid_unknown_fields=True):
    """Publish an event. The answer comes when the node has taken it, which may have to wait for room."""

    channel: str
    data: bytes
    patterns: tuple[bytes, ...] = ()
    priority: Literal["high", "medium", "low"] = "medium"
    retention_us: Annotated[int, Meta(ge=0)] = 0
    publisher: str = ""


class Send(msgspec.Struct, tag_field="do", tag="send", forbid_unknown_fields=True):
    """Send a message to the programs of some groups, at every member; if `safe`, only once every member has it."""

    groups: tuple[str, ...]
    data: bytes
    priority: Literal["high", "medium", "low"] = "medium"
    safe: bool = False


class Watch(msgspec.Struct, tag_field="do", tag="watch", forbid_unknown_fields=True):
    """Be given the events of a channel from now on, those that are retained first."""

    channel: str
    prefix: bytes = b""
    """Of the first pattern, if it is not empty."""


class State(msgspec.Struct, tag_field="do", tag="state", forbid_unknown_fields=True):
    """What is to be seen of the node."""


class Hear(msgspec.Struct, tag_field="do", tag="hear", forbid_unknown_fields=True):
    """Hear only these peers, and send to them only; null for all."""

    only: tuple[int, ...] | None


class End(msgspec.Struct, tag_field="do", tag="end", forbid_unknown_fields=True):
    """End the record, not the node."""

    quiescent: bool


Request = Publish | Send | Watch | State | Hear | End


class Answer(msgspec.Struct, omit_defaults=True):
    """What comes back: of each request one answer, and of a watch events besides."""

    error: str = ""
    published: tuple[int, int, int] | None = None
    waiting: int = 0
    """After what is published or sent: how many messages still wait at the node for room in the ring."""
    waited_us: int = 0
    """Of what is published or sent: how long the node had no room for it."""
    watching: str = ""
    event: Event | None = None
    lost: int = 0
    """So many events were not given to this watcher, because it did not read those before."""
    state: dict[str, Any] | None = None
    done: bool = False


class Event(msgspec.Struct, omit_defaults=True):
    """An event of a channel."""

    channel: str
    publisher: int
    number: int
    data: bytes
    patterns: tuple[bytes, ...] = ()
    publisher_name: str = ""
    boot_time_us: int = 0
