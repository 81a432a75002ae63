"""The state of a judged history: its processes, rings and messages, and what of them is forgotten when.

A ring is closed, that is judged and forgotten, once none of its members can have a further event in it: each left it,
crashed in it, or is past it, which means that it installed a ring of at least its number (RING-S2). Forgotten is:

- of a closed ring: what was delivered in it;
- its messages: when each process that was in it is out of the next ring that it installed, too. Of each name a digest
  is kept; if it comes again, the history is read again with nothing forgotten;
- of a ring that no process can install any more: its id and members.

With `remember` nothing is forgotten, and rings are judged at the end.
"""

from __future__ import annotations

from collections.abc import Callable

from properties.history.events import Ring as RingId
from properties.history.findings import Findings
from properties.history.names import ForgottenNames
from properties.history.views import Ending, Message, Observability, Process, Ring, View


class Journal:
    """All that is known of a history so far; `at` is the place of the last event in the reading order."""

    def __init__(
        self,
        names: tuple[str, ...],
        observability: Observability,
        findings: Findings,
        judge_ring: Callable[[Ring, int | None], None],
        *,
        remember: bool,
    ) -> None:
        self.observability, self.findings, self.judge_ring, self.remember = (
            observability,
            findings,
            judge_ring,
            remember,
        )
        self.processes = {name: Process(name, 1 << i) for i, name in enumerate(names)}
        self.rings: dict[RingId, Ring] = {}
        self.closed: list[Ring] = []
        self.messages: dict[str, Message] = {}
        self.forgotten = ForgottenNames()
        self.primaries: dict[RingId, tuple[int, tuple[str, ...]]] = {}
        """Rings that are told to be primary: where first, and the members as they are told there."""
        self.unlisted = set(names)
        """Processes that no configuration has listed yet."""
        self.at = -1

    def message(self, id: str) -> Message:
        """The message of this id, a new one if it is unknown or forgotten."""
        message = self.messages.get(id)
        if message is None:
            message = self.messages[id] = Message(id)
            if id in self.forgotten:
                self.findings.suspicious = True
        return message

    def list_members(self, members: tuple[str, ...]) -> None:
        """A configuration lists these: what they did outside of their configurations counts from now on."""
        for name in self.unlisted.intersection(members) if self.unlisted else ():
            process = self.processes[name]
            process.listed_at = self.at
            self.unlisted.discard(name)
            for claim, text, at in process.outside:
                self.findings.violated(claim, text, at, due_at=self.at)

    def outside(self, process: Process, claim: str, text: str) -> None:
        """A process is told a configuration that it is not in, which an observer may be."""
        if process.listed_at is None:
            process.outside.append((claim, text, self.at))
        else:
            self.findings.violated(claim, text, self.at, due_at=process.listed_at)

    def close(self, view: View, ending: Ending) -> None:
        """A view ends at the present event."""
        if view.ending is Ending.OPEN:
            view.ending, view.ended_at = ending, self.at
        self.no_longer_in(view.process, view.ring)

    def no_longer_in(self, process: Process, ring: Ring) -> None:
        """The process has no further event in the ring; if that is true of all, the ring is over."""
        ring.waiting.discard(process.name)
        if not ring.waiting and not self.remember and not ring.closed:
            self.close_ring(ring)

    def close_ring(self, ring: Ring) -> None:
        """Judge a ring, and forget what no later event can concern."""
        self.judge_ring(ring, None)
        ring.closed = True
        self.closed.append(ring)
        self._forget_deliveries(ring)
        self.closed = [old for old in self.closed if not self._forgotten(old)]

    def _forget_deliveries(self, ring: Ring) -> None:
        seen = {id(m): m for view in ring.views for m in view.sequence}
        seen |= {id(sent.message): sent.message for view in ring.views for sent in view.sends}
        originated = self.observability.basis == "originate"
        ring.messages = [m for m in seen.values() if m.ring is ring or (m.ring is None and originated)]
        for view in ring.views:
            view.sequence, view.sends, view.queued, view.lookups = [], [], [], []
            view.groups, view.tables, view.counts, view.openings, view.glimpses = [], [], [], [], []
            del view.places[:]

    def _forgotten(self, ring: Ring) -> bool:
        if not all(view.then and view.then.closed for view in ring.views):
            return False
        for message in ring.messages:
            if self.messages.get(message.id) is message:
                del self.messages[message.id]
                self.forgotten.add(message.id)
        ring.messages, ring.views = [], []
        return True

    def forget_rings(self) -> None:
        """Forget closed rings that no process can install any more."""
        floor = min((p.ring[1] if p.ring else -1 for p in self.processes.values()), default=-1)
        gone = [id for id, ring in self.rings.items() if ring.closed and not ring.views and id[1] <= floor]
        for id in gone:
            del self.rings[id]
        for process in self.processes.values():
            while len(process.installs) > 1 and process.installs[1][0] <= floor:
                del process.installs[0]

    def finish(self) -> int | None:
        """The input ends here: judge the rings that are left. Where the history became quiescent, if it did."""
        rest = [process.at_rest for process in self.processes.values()]
        quiescent_at = max((at for at in rest if at is not None), default=-1) if None not in rest else None
        for process in self.processes.values():
            if quiescent_at is not None and process.alive and process.view:
                process.view.ending, process.view.ended_at = Ending.QUIET, process.last_at
        for ring in list(self.rings.values()):
            if not ring.closed:
                self.judge_ring(ring, quiescent_at)
        return quiescent_at
