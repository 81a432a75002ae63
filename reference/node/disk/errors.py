"""Why a node does not start, or stops: one line that says what is wrong, and where."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class NodeError(Exception):
    """The node cannot go on: its configuration, its key, its disk or its network is at fault."""


def disk_error(what: str, error: OSError) -> NodeError:
    """The disk refuses something: `state/ring.json: cannot be written: No space left on device`."""
    return NodeError(f"{what}: {error.strerror or error}")


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """`unknown key 'adress'; did you mean 'address'?`."""
    near = get_close_matches(name, [*known], 1)
    return f"unknown {what} {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")
