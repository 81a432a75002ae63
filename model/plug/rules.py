"""The registries of actions: what the protocol and its services do, and what the adversary may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from model.language.machine import Edit, Ghost, Guard, Kind, Rule

PROTOCOL: list[Rule] = []
"""Steps of a processor: of the protocol itself, and of its services calling the plug interface."""
ENVIRONMENT: list[Rule] = []
"""Steps of the adversary."""
EXTENSIONS: list[Edit] = []
"""What a feature adds to an action."""
GHOSTS: list[Ghost] = []
"""What the claims remember."""

W = TypeVar("W", bound=Callable[..., Guard])
G = TypeVar("G", bound=Callable[..., None])


def protocol(*, feature: str | None = None) -> Callable[[W], W]:
    """Register a step that the protocol takes."""
    return _register(PROTOCOL, Kind.PROTOCOL, feature)


def service(*, feature: str | None = None) -> Callable[[W], W]:
    """Register a call that a service makes when it likes."""
    return _register(PROTOCOL, Kind.SERVICE, feature)


def environment(*, feature: str | None = None) -> Callable[[W], W]:
    """Register a step that the adversary may take at any time."""
    return _register(ENVIRONMENT, Kind.ENVIRONMENT, feature)


def extends(action: str, *, feature: str) -> Callable[[G], G]:
    """Register what an action also does while a feature is on."""

    def register(write: G) -> G:
        EXTENSIONS.append(Edit(action, write=write, feature=feature))
        return write

    return register


def ghost(
    *, after: tuple[str, ...] = (), watches: tuple[str, ...] = (), feature: str | None = None
) -> Callable[[G], G]:
    """Register the rule of a history variable: it follows the named actions, or all that write what it watches."""

    def register(write: G) -> G:
        GHOSTS.append(Ghost(write, after, watches, feature))
        return write

    return register


def _register(rules: list[Rule], kind: Kind, feature: str | None) -> Callable[[W], W]:
    def register(write: W) -> W:
        rules.append(Rule(write, kind, feature))
        return write

    return register
