"""Which observations of a simulated run are which steps of delivery's machine.

What a step does is read off what processors send where that tells it: a token that goes on was accepted, a commit token
has the number of its hop. A token or commit token that is sent again as it was is no step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from properties.simulate.historian import Seen
from reference.ring.datagrams import CommitToken, RingToken
from reference.ring.wire import decode


@dataclass(frozen=True)
class ObservedStep:
    """A step of the model that was seen: of whom (nobody's if all take it), in which ring, on which message."""

    seen: Seen
    action: str
    ring: Any = None
    number: int | None = None
    members: tuple[int, ...] = ()
    freed: int = 0
    """Up to which number the processor frees in it."""

    def __str__(self) -> str:
        return SAYS[self.action].format(ring=_ring(self.ring), number=self.number, members=_names(self.members)) + (
            f", and frees up to {self.freed}" if self.freed else ""
        )


SAYS = {
    "create_commit_token": "creates the commit token of ring {ring} for {members}",
    "pass_commit_token": "has the commit token of ring {ring} the first time",
    "enter_recovery": "has the commit token of ring {ring} the second time",
    "create_first_token": "creates the first token of ring {ring}",
    "settle": "finds that all of ring {ring} have what was sent again",
    "install_ring": "installs ring {ring}",
    "multicast": "sends packet {number} of ring {ring}",
    "pass_token": "sends the token of ring {ring} on",
    "token_again": "refuses the token of ring {ring} that it has accepted",
    "stop_and_start": "starts again",
}


@dataclass
class _Life:
    """What was seen of a processor since it started."""

    said: set[bytes] = field(default_factory=set[bytes])
    installed: Any = None
    onward: Any = None
    """The token that it sends on after its last visit, as the plug layer made it."""
    forming: list[Seen] = field(default_factory=list[Seen])
    """Its last moves in the membership."""
    freed: int = 0
    """Up to which number it has freed since its last visit."""

    def frees(self) -> int:
        """Up to which number it has freed in this step, if it has."""
        freed, self.freed = self.freed, 0
        return freed


class Steps:
    """Reads a run."""

    def __init__(self) -> None:
        self.lives: dict[int, _Life] = {}
        self.settled = set[Any]()
        self._handlers: dict[str, Callable[[Seen, _Life], Iterator[ObservedStep]]] = {
            "Send": self._sends, "Transition": self._moves, "PlugStep": self._plug, "Freeing": self._frees,
            "ConfigurationChange": self._changes,
        }  # fmt: skip

    def of(self, run: list[Seen]) -> Iterator[ObservedStep]:
        """All steps, in their order."""
        for seen in run:
            kind = type(seen.what).__name__
            if kind == "Started":
                if seen.processor in self.lives:
                    yield ObservedStep(seen, "stop_and_start")
                self.lives[seen.processor] = _Life()
            elif handle := self._handlers.get(kind):
                yield from handle(seen, self.lives[seen.processor])

    def _sends(self, seen: Seen, life: _Life) -> Iterator[ObservedStep]:
        datagram = seen.what.datagram
        said = decode(datagram)
        if datagram in life.said:
            return
        life.said.add(datagram)
        if isinstance(said, CommitToken):
            count = len(said.members)
            action = "pass_commit_token" if said.hop <= count else "enter_recovery"
            yield ObservedStep(
                seen, "create_commit_token" if said.hop == 1 else action, said.ring_id, members=said.members
            )
        elif isinstance(said, RingToken):
            ring_id = said.token.ring_id
            if life.onward is None or life.onward.token_seq != said.token.token_seq:
                yield ObservedStep(seen, "create_first_token", ring_id)
            elif life.installed == ring_id:
                yield ObservedStep(seen, "pass_token", ring_id, freed=life.frees())

    def _moves(self, seen: Seen, life: _Life) -> Iterator[ObservedStep]:
        life.forming = [*life.forming[-1:], seen]
        yield from ()

    def _plug(self, seen: Seen, life: _Life) -> Iterator[ObservedStep]:
        what = seen.what
        if what.call == "ring_pending" and len(what.arguments[1]) == 1:
            ring_id, members = what.arguments
            yield ObservedStep(life.forming[0], "create_commit_token", ring_id, members=tuple(members))
            yield ObservedStep(life.forming[1], "enter_recovery", ring_id)
            yield ObservedStep(seen, "create_first_token", ring_id)
        for effect in what.effects if what.call == "token_received" else ():
            match type(effect).__name__:
                case "Originated":
                    yield ObservedStep(seen, "multicast", effect.packet.ring_id, effect.packet.seq)
                case "SendToken":
                    life.onward = effect.token
                case "TokenRefused":
                    freed, is_again = life.frees(), effect.refusal.name == "DUPLICATE"
                    if is_again:
                        yield ObservedStep(seen, "token_again", what.arguments[0].ring_id, freed=freed)
                case _:
                    pass

    def _frees(self, seen: Seen, life: _Life) -> Iterator[ObservedStep]:
        life.freed = seen.what.seq
        yield from ()

    def _changes(self, seen: Seen, life: _Life) -> Iterator[ObservedStep]:
        ring_id = seen.what.ring_id
        if seen.what.kind.value == "regular":
            if ring_id not in self.settled:
                self.settled.add(ring_id)
                yield ObservedStep(seen, "settle", ring_id)
            life.installed, life.freed = ring_id, 0
            yield ObservedStep(seen, "install_ring", ring_id)


def observed_steps(run: list[Seen]) -> list[ObservedStep]:
    """The steps of the model that a run is seen to take."""
    return list(Steps().of(run))


def _ring(ring_id: Any) -> str:
    return f"{ring_id[0]}:{ring_id[1]}" if ring_id else ""


def _names(members: tuple[int, ...]) -> str:
    return ", ".join(map(str, members))
