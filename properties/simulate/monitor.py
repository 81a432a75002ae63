"""The monitor of a run: what is judged while it goes on, because only the world sees it: all processors at one moment.

RING-S5 needs the order of everything, PLUG-H3 the tag that a message carries, LIVE-3 the time since the last fault,
LIVE-T all visits of a token. The other claims are the history's (`properties/history`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from properties.judge.judgement import OK, OPEN, VIOLATED, JudgedClaim
from properties.simulate.historian import Follower, Handler, Seen, message_of
from properties.simulate.opening import Openings

MONITORED = ("RING-S5", "PLUG-H3", "LIVE-3", "LIVE-T", "STEP-1")
"""The claims that the monitor decides."""


class Received:
    """Which numbers of a ring a processor has received: all before the first missing one, and some beyond."""

    def __init__(self) -> None:
        self.first_missing = 1
        self.beyond: set[int] = set()

    def add(self, number: int) -> None:
        """One more."""
        if number > self.first_missing:
            self.beyond.add(number)
        elif number == self.first_missing:
            self.first_missing += 1
            while self.first_missing in self.beyond:
                self.beyond.remove(self.first_missing)
                self.first_missing += 1


@dataclass
class Monitor(Follower):
    """Follows a run."""

    met: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MONITORED, 0))
    broken: dict[str, str] = field(default_factory=dict[str, str])
    _members: dict[object, tuple[int, ...]] = field(default_factory=dict[object, tuple[int, ...]])
    _received: dict[tuple[object, int], Received] = field(default_factory=dict[tuple[object, int], Received])
    _freed: dict[tuple[object, int], int] = field(default_factory=dict[tuple[object, int], int])
    _queued_in: dict[object, object] = field(default_factory=dict[object, object])
    transitions: dict[tuple[str, str, str], int] = field(default_factory=dict[tuple[str, str, str], int])
    rings: set[object] = field(default_factory=set[object])
    openings: Openings = field(default_factory=Openings)
    deliveries: int = 0
    messages: int = 0
    steps: int = 0

    def __post_init__(self) -> None:
        self._handlers: dict[str, Handler] = {
            "Receipt": self._receipt, "Freeing": self._freeing, "ConfigurationChange": self._change,
            "PlugStep": self._plug_step, "Queued": self._queue, "Delivery": self._delivery, "Counted": self._count,
            "Raised": self._raise, "Transition": self._transition,
        }  # fmt: skip

    def handlers(self, kind: type[object]) -> list[Handler]:
        """Who takes what is of this kind."""
        handle = self._handlers.get(kind.__name__)
        return [*self.openings.handlers(kind), *([handle] if handle else [])]

    def ended(self, settled_us: int | None, bound_us: int, *, is_quiet: bool, error: str) -> list[JudgedClaim]:
        """What is said of each claim once the run has ended."""
        self.met["LIVE-T"] = self.openings.met
        if self.openings.broken:
            beyond, text = self.openings.broken
            self._violated("LIVE-T", text, beyond)
        if not error:
            self.met["STEP-1"] += 1
            self._live(settled_us, bound_us, is_quiet=is_quiet)
        return [self._judged(id) for id in MONITORED]

    def _live(self, settled_us: int | None, bound_us: int, *, is_quiet: bool) -> None:
        if settled_us is None:
            self._violated("LIVE-3", "a clique of processors is not one ring with open gates when patience ends")
        elif settled_us > bound_us:
            took, allowed = f"{settled_us / 1e6:.3f} s", f"{bound_us / 1e6:.3f} s"
            self._violated("LIVE-3", f"one ring with open gates only {took} after the last fault, not within {allowed}")
        elif not is_quiet:
            self._violated("LIVE-3", "something that was queued is not delivered when patience ends")
        else:
            self.met["LIVE-3"] += 1

    def _judged(self, id: str) -> JudgedClaim:
        if id in self.broken:
            return JudgedClaim(id, VIOLATED, self.met[id], reason=self.broken[id])
        if self.met[id]:
            return JudgedClaim(id, OK, self.met[id])
        return JudgedClaim(id, OPEN, reason="its premise does not occur")

    def _violated(self, id: str, text: str, seen: Seen | None = None) -> None:
        at = f"at {seen.time_us / 1e6:.6f} s (event {seen.order:,}): " if seen else ""
        self.broken.setdefault(id, at + text)

    # RING-S5.

    def _plug_step(self, seen: Seen, what: Any) -> None:
        self.steps += 1
        if what.call == "ring_pending":
            ring_id, members = what.arguments
            self._members[ring_id] = tuple(members)

    def _change(self, seen: Seen, what: Any) -> None:
        if what.kind.value == "regular":
            self._members[what.ring_id] = what.members
            self.rings.add(what.ring_id)

    def _receipt(self, seen: Seen, what: Any) -> None:
        key = (what.ring_id, seen.processor)
        run = self._received.get(key)
        if run is None:
            run = self._received[key] = Received()
        run.add(what.seq)

    def _freeing(self, seen: Seen, what: Any) -> None:
        key = (what.ring_id, seen.processor)
        if what.seq <= self._freed.get(key, 0):
            return
        self._freed[key] = what.seq
        self.met["RING-S5"] += 1
        for member in self._members[what.ring_id]:
            run = self._received.get((what.ring_id, member))
            has = run.first_missing - 1 if run else 0
            if has < what.seq:
                ring = f"{what.ring_id[0]}:{what.ring_id[1]}"
                text = f"{seen.processor} frees up to {what.seq} of ring {ring}, and {member} has no {has + 1}"
                self._violated("RING-S5", text, seen)

    # PLUG-H3.

    def _queue(self, seen: Seen, what: Any) -> None:
        self.messages += 1
        if what.priority == 0:
            self._queued_in[what.message] = what.ring_id

    def _delivery(self, seen: Seen, what: Any) -> None:
        self.deliveries += 1
        if what.priority != 0 or what.message not in self._queued_in:
            return
        queued_in = self._queued_in[what.message]
        if queued_in != what.ring_id:
            self.met["PLUG-H3"] += 1
        if (what.queued_in == what.ring_id) != (queued_in == what.ring_id):
            text = f"{message_of(what.message)} was queued in {_ring(queued_in)}, is delivered in {_ring(what.ring_id)}"
            self._violated("PLUG-H3", f"{text} and says {_ring(what.queued_in)}", seen)

    def _count(self, seen: Seen, what: Any) -> None:
        queued_in = self._queued_in.get(what.message)
        if queued_in != what.ring_id:
            text = f"{message_of(what.message)} was queued in {_ring(queued_in)} and counts in {_ring(what.ring_id)}"
            self._violated("PLUG-H3", text, seen)

    # The rest.

    def _raise(self, seen: Seen, what: Any) -> None:
        self._violated("STEP-1", f"processor {seen.processor}, {what.where}: {what.error}", seen)

    def _transition(self, seen: Seen, what: Any) -> None:
        key = (what.before, what.why, what.after)
        self.transitions[key] = self.transitions.get(key, 0) + 1


def _ring(ring_id: Any) -> str:
    return f"ring {ring_id[0]}:{ring_id[1]}" if ring_id else "no ring"
