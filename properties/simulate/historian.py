"""A simulated run as a history: what was seen at each processor, in the words of `docs/history.md`.

What was seen is told apart by the names of its classes, so that a copy of the reference with a fault can be read, too.
The bit is read off the token that the plug layer sends on, the gate off the layer's state.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Protocol, cast

import msgspec

from properties.history.events import (
    FORMAT,
    Bit,
    Configuration,
    Crash,
    Deliver,
    End,
    Event,
    Facet,
    Gate,
    Meta,
    Originate,
    Plug,
    Queue,
    Ring,
    Start,
)
from properties.history.reader import Excerpt, Located

OBSERVES: tuple[Facet, ...] = (
    "regular", "transitional", "lists", "queue", "originate", "deliver", "sender", "priority", "level", "plug", "bit",
    "gate",
)  # fmt: skip
IN_MEMORY = "run"
PRIORITIES = ("recovery", "high", "medium", "low")


class Seen(Protocol):
    """What the simulator records; `reference.simulator.recording` has it."""

    @property
    def order(self) -> int: ...
    @property
    def time_us(self) -> int: ...
    @property
    def processor(self) -> int: ...
    @property
    def what(self) -> Any: ...


Handler = Callable[[Seen, Any], None]
"""Takes what was seen, and of that what it was."""


class Follower(ABC):
    """Follows a run: for each kind of what is seen there are some, or none, who take it."""

    @abstractmethod
    def handlers(self, kind: type[object]) -> list[Handler]:
        """Who takes what is of this kind; it is always the same ones."""

    def take(self, seen: Seen) -> None:
        """Take what was seen next."""
        for handle in self.handlers(cast("type[object]", type(seen.what))):
            handle(seen, seen.what)


def name_of(processor: int) -> str:
    """What a processor is called in a history."""
    return str(processor)


def ring_of(ring_id: Any) -> Ring:
    """A ring id."""
    return name_of(ring_id[0]), ring_id[1]


def message_of(message: Any) -> str:
    """What a message is called: its sender, which of its lives, and its number there."""
    return f"{message.sender}:{message.incarnation}:{message.number}"


class Historian(Follower):
    """Writes the history of one run, event by event."""

    def __init__(self, processors: tuple[int, ...]) -> None:
        self.processes = tuple(name_of(processor) for processor in processors)
        self.lines: list[Located] = []
        self._count = dict.fromkeys(processors, 0)
        self._gate = dict.fromkeys(processors, False)
        self._signed: dict[int, object] = {}
        """By processor, the ring in whose token it has set its bit last."""
        self._handlers: dict[str, Callable[[Seen, Any], Iterator[Event]]] = {
            "Started": self._started, "Crashed": self._crashed, "Ended": self._ended, "Queued": self._queued,
            "Origination": self._originated, "Delivery": self._delivered, "PlugCalled": self._plug,
            "ConfigurationChange": self._changed, "PlugStep": self._stepped,
        }  # fmt: skip

    def handlers(self, kind: type[object]) -> list[Handler]:
        """Who takes what is of this kind: none if it is no event."""
        events = self._handlers.get(kind.__name__) or (self._event if issubclass(kind, Event) else None)
        return [partial(self._write, events)] if events else []

    def _write(self, events: Callable[[Seen, Any], Iterator[Event]], seen: Seen, what: Any) -> None:
        for event in events(seen, what):
            self.lines.append(Located(IN_MEMORY, len(self.lines) + 2, event))

    def _event(self, seen: Seen, what: Event) -> Iterator[Event]:
        yield msgspec.structs.replace(what, **self._place(seen))

    def history(self) -> Excerpt:
        """What can be judged."""
        return Excerpt(self.processes, frozenset(OBSERVES), self.lines)

    def encoded(self, about: dict[str, str | int | float | bool | None]) -> bytes:
        """The history as a file."""
        meta = Meta(FORMAT, OBSERVES, self.processes, "ringplug simulate", about)
        return b"".join(msgspec.json.encode(one) + b"\n" for one in (meta, *(line.event for line in self.lines)))

    def _place(self, seen: Seen) -> dict[str, Any]:
        self._count[seen.processor] += 1
        return {
            "process": name_of(seen.processor),
            "seq": self._count[seen.processor],
            "time_ms": seen.time_us / 1000,
        }

    def _started(self, seen: Seen, what: Any) -> Iterator[Event]:
        self._gate[seen.processor] = False
        yield Start(incarnation=what.life, **self._place(seen))

    def _crashed(self, seen: Seen, what: Any) -> Iterator[Event]:
        yield Crash(**self._place(seen))

    def _ended(self, seen: Seen, what: Any) -> Iterator[Event]:
        yield End(quiescent=what.is_quiet, **self._place(seen))

    def _queued(self, seen: Seen, what: Any) -> Iterator[Event]:
        yield Queue(**self._message(what), **self._place(seen))

    def _originated(self, seen: Seen, what: Any) -> Iterator[Event]:
        yield Originate(ring=ring_of(what.ring_id), **self._message(what), **self._place(seen))

    def _delivered(self, seen: Seen, what: Any) -> Iterator[Event]:
        sender = name_of(what.message.sender)
        yield Deliver(ring=ring_of(what.ring_id), sender=sender, **self._message(what), **self._place(seen))

    def _message(self, what: Any) -> dict[str, Any]:
        return {
            "message": message_of(what.message),
            "priority": PRIORITIES[what.priority],
            "level": what.guarantee.value,
        }

    def _plug(self, seen: Seen, what: Any) -> Iterator[Event]:
        yield Plug(call=what.call, handle=str(what.handle), **self._place(seen))

    def _changed(self, seen: Seen, what: Any) -> Iterator[Event]:
        members, left, joined = (tuple(map(name_of, some)) for some in (what.members, what.left, what.joined))
        yield Configuration(
            kind=what.kind.value, ring=ring_of(what.ring_id), members=members, left=left, joined=joined,
            **self._place(seen),
        )  # fmt: skip

    def _stepped(self, seen: Seen, what: Any) -> Iterator[Event]:
        processor, state = seen.processor, what.state
        ring_id = state.installed.configuration.ring_id if state.installed else None
        if ring_id and self._signed.get(processor) != ring_id and _has_signed(what, processor):
            self._signed[processor] = ring_id
            yield Bit(**self._place(seen))
        if state.gate_open != self._gate[processor]:
            self._gate[processor] = state.gate_open
            yield Gate(open=state.gate_open, **self._place(seen))


def _has_signed(what: Any, processor: int) -> bool:
    """Whether the processor's bit is set in the token that the layer sends on, or holds alone."""
    installed = what.state.installed
    tokens = [effect.token for effect in what.effects if type(effect).__name__ == "SendToken"]
    position = sorted(installed.configuration.members).index(processor)
    for token in [*tokens, *([installed.held] if installed.held else [])]:
        if token.ring_id == installed.configuration.ring_id and token.bitmap[position // 8] >> position % 8 & 1:
            return True
    return False
