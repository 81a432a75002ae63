"""Executive messages on the wire: a MessagePack array of the service, its function, and what the function takes.

One array with the fields in the order of the type, nothing missing and nothing more. Who sent it, and where it is in
the order, the group messaging interface tells.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from reference.services.errors import program_error

NAME_LENGTH_MAX = 32
Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]


class Body(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a function of a service takes. A message type is a subclass of this."""


B = TypeVar("B", bound=Body)


class ExecutiveMessage(Body, frozen=True):
    """A message from a service to the same service on every member."""

    service: Name
    function: Name
    body: msgspec.Raw


_decoder = msgspec.msgpack.Decoder(ExecutiveMessage)


def encode(service: str, function: str, body: Body) -> bytes:
    """The message as it is sent."""
    return msgspec.msgpack.encode(ExecutiveMessage(service, function, msgspec.Raw(msgspec.msgpack.encode(body))))


def decode(payload: bytes) -> ExecutiveMessage:
    """Read a message up to its body; `msgspec.MsgspecError` if it is none."""
    return _decoder.decode(payload)


def checked(body: B, state: str) -> B:
    """The body, if the other side would take it; if not, the program that made it is at fault."""
    try:
        return msgspec.msgpack.decode(msgspec.msgpack.encode(body), type=type(body))
    except (msgspec.MsgspecError, TypeError, OverflowError, UnicodeEncodeError) as error:
        raise program_error(
            f"no {type(body).__name__}: {error}", clause="layout of its message", state=state
        ) from error
