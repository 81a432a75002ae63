"""A history looked at from all sides, with no care for cost, to find the places where a mutant can bite."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from properties.history.events import (
    Configuration,
    Crash,
    Deliver,
    End,
    Event,
    Facet,
    Group,
    Message,
    Originate,
    Queue,
    Start,
)  # fmt: skip


@dataclass(eq=False)
class Life:
    """An incarnation: its events by their places."""

    name: str
    number: int
    first: bool
    at: list[int] = field(default_factory=list[int])
    ended: str = "open"


@dataclass(eq=False)
class View:
    """From one regular configuration to the next."""

    life: Life
    install: int
    at: list[int]
    ending: str
    next: int | None

    @property
    def name(self) -> str:
        return self.life.name

    @property
    def who(self) -> tuple[str, int]:
        return self.life.name, self.life.number


class Past:
    """A history, looked at from all sides."""

    def __init__(self, events: Sequence[Event], observes: frozenset[Facet], names: Sequence[str]) -> None:
        self.events, self.observes, self.names = events, observes, names
        self.basis = Originate if "originate" in observes else Queue if "queue" in observes else None
        self.lives = list(self._lives())
        self.quiet = all(self._last_life(name) and self._last_life(name).ended in ("crash", "quiet") for name in names)  # pyright: ignore
        self.views = [view for life in self.lives for view in self._views(life)]

    def _lives(self) -> Iterator[Life]:
        for name in self.names:
            life: Life | None = None
            for at, event in enumerate(self.events):
                if event.process != name:
                    continue
                if isinstance(event, Start):
                    if life:
                        yield life
                    life = Life(name, event.incarnation, life is None)
                assert life
                life.at.append(at)
                if isinstance(event, Crash):
                    life.ended = "crash"
                if isinstance(event, End) and life.ended != "crash":
                    life.ended = "quiet" if event.quiescent else "open"
            if life:
                yield life

    def _last_life(self, name: str) -> Life | None:
        return next((life for life in reversed(self.lives) if life.name == name), None)

    def _views(self, life: Life) -> Iterator[View]:
        starts = [at for at in life.at if self.regular(at)]
        for at, after in itertools.zip_longest(starts, starts[1:]):
            inside = [i for i in life.at if i >= at and (after is None or i < after)]
            ending = "next" if after is not None else "open"
            if after is None and life.ended == "quiet" and self.quiet and life is self._last_life(life.name):
                ending = "quiet"
            if any(isinstance(self.events[i], Crash) for i in inside):
                ending = "crash"
            yield View(life, at, inside, ending, after)

    def conf(self, at: int) -> Configuration:
        event = self.events[at]
        assert isinstance(event, Configuration)
        return event

    def regular(self, at: int) -> bool:
        event = self.events[at]
        return isinstance(event, Configuration) and event.kind == "regular"

    def text(self, at: int) -> str:
        event = self.events[at]
        assert isinstance(event, Message)
        return event.message

    # Of a view.

    def ring(self, view: View):
        return self.conf(view.install).ring

    def members(self, view: View) -> tuple[str, ...]:
        return self.conf(view.install).members

    def transition(self, view: View) -> int | None:
        return next((i for i in view.at if isinstance(self.events[i], Configuration) and not self.regular(i)), None)

    def deliveries(self, view: View) -> list[int]:
        return [i for i in view.at if isinstance(self.events[i], Deliver)]

    def regular_part(self, view: View) -> list[int]:
        transition = self.transition(view)
        return [i for i in self.deliveries(view) if transition is None or i < transition]

    def delivered(self, view: View) -> list[str]:
        return [self.text(i) for i in self.deliveries(view)]

    def sends(self, view: View) -> list[int]:
        return [i for i in view.at if self.basis and isinstance(self.events[i], self.basis)]

    def follows(self, view: View):
        """Ring and members of the transitional configuration after it."""
        transition = self.transition(view)
        if transition is not None:
            return self.conf(transition).ring, frozenset(self.conf(transition).members)
        if view.ending != "next" or view.next is None:
            return None
        new = self.conf(view.next)
        if "transitional" in self.observes:
            return new.ring, frozenset(new.members)
        if new.left is None or new.joined is None:
            return None
        return new.ring, frozenset(self.members(view)) - set(new.left)

    def came(self, view: View) -> frozenset[str] | None:
        before = next((s for s in self.views if s.life is view.life and s.next == view.install), None)
        if before is None:
            return None
        new = self.conf(view.install)
        transition = self.transition(before)
        if "transitional" in self.observes:
            return frozenset(self.conf(transition).members if transition is not None else new.members)
        if new.left is None or new.joined is None:
            return None
        return frozenset(self.members(before)) - set(new.left)

    # Of the whole.

    @cached_property
    def rings(self):
        return sorted({self.ring(view) for view in self.views})

    def views_in(self, ring: object) -> list[View]:
        return [view for view in self.views if self.ring(view) == ring]

    def first_install(self, ring: object) -> int:
        return min(view.install for view in self.views_in(ring))

    def all_sends(self, message: str) -> list[int]:
        return [i for i, event in enumerate(self.events)
                if self.basis and isinstance(event, self.basis) and event.message == message]  # fmt: skip

    def all_deliveries(self, message: str) -> list[int]:
        return [i for i, e in enumerate(self.events) if isinstance(e, Deliver) and e.message == message]

    def view_of(self, at: int) -> View | None:
        return next((view for view in self.views if at in view.at), None)

    def ring_of(self, at: int):
        view = self.view_of(at)
        return self.ring(view) if view else None

    def home(self, message: str):
        return next((self.ring_of(i) for i in self.all_deliveries(message) if self.ring_of(i)), None)

    def said(self, message: str) -> str | None:
        for i in self.all_deliveries(message):
            event = self.events[i]
            assert isinstance(event, Deliver)
            if event.sender is not None:
                return event.sender
        return None

    def sender(self, message: str) -> str | None:
        sends = self.all_sends(message)
        return self.events[sends[0]].process if sends else self.said(message)

    def is_recovery(self, message: str) -> bool:
        return any(isinstance(e, Message) and e.message == message and e.priority == "recovery" for e in self.events)

    def is_safe(self, message: str) -> bool:
        return any(isinstance(e, Message) and e.message == message and e.level == "safe" for e in self.events)

    def sent_in(self, message: str, ring: object) -> bool:
        sends = self.all_sends(message)
        return not sends or self.basis is not Originate or any(self.ring_of(i) == ring for i in sends)

    def group(self, view: View, at: int) -> frozenset[tuple[str, int]]:
        told = [self.events[i] for i in view.life.at if i < at and isinstance(self.events[i], Group)]
        last = told[-1] if told else None
        return frozenset(last.members) if isinstance(last, Group) else frozenset()

    def audience(self, ring: object, message: str) -> frozenset[tuple[str, int]] | None:
        groups = [self.group(s, i) for s in self.views_in(ring) for i in self.deliveries(s) if self.text(i) == message]
        return frozenset.intersection(*groups) if groups else None

    def hears(self, view: View, message: str) -> bool:
        if "group" not in self.observes:
            return not self.conf(view.install).attached
        audience = self.audience(self.ring(view), message)
        return audience is not None and view.who in audience

    def past(self, ring: tuple[str, int], name: str) -> tuple[bool, bool]:
        """Whether a process that has no view in the ring will never have one; and whether it crashed on the way."""
        mine = [i for i, e in enumerate(self.events) if e.process == name]
        beyond = next((i for i in mine if self.regular(i) and self.conf(i).ring[1] >= ring[1]), None)
        if beyond is None:
            life = self._last_life(name)
            return self.quiet, life is not None and life.ended == "crash"
        since = max((i for i in mine if self.regular(i) and i < beyond), default=-1)
        restarts = {life.at[0] for life in self.lives if life.name == name and not life.first}
        return True, any(since < i < beyond and (i in restarts or isinstance(self.events[i], Crash)) for i in mine)
