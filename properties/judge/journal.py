"""The state of a judged history: its processes, rings and messages, and what of them is forgotten when.

A ring is closed, that is judged and forgotten, once none of its members can have a further event in it: each left it,
crashed in it, or is past it, which means that it installed a ring of at least its number (RING-S2). Forgotten is:

- of a closed ring: what was delivered in it;
- its messages: when each process that was in it is out of the next ring that it installed, too. A message that is sent
  or delivered again after that is taken for another one;
- of a ring that no process can install any more: its id and members.

With `remember` nothing is forgotten, and rings are judged at the end.
"""

from __future__ import annotations

from collections.abc import Callable

from properties.history.events import Ring as RingId
from properties.history.findings import Findings
from properties.history.views import Ending, Eyes, Message, Process, Ring, Stay


class Journal:
    """All that is known of a history so far; `at` is the place of the last event in the reading order."""

    def __init__(
        self,
        names: tuple[str, ...],
        eyes: Eyes,
        findings: Findings,
        settle: Callable[[Ring, int | None], None],
        *,
        remember: bool,
    ) -> None:
        self.eyes, self.findings, self.settle, self.remember = eyes, findings, settle, remember
        self.processes = {name: Process(name, 1 << i) for i, name in enumerate(names)}
        self.rings: dict[RingId, Ring] = {}
        self.retired: list[Ring] = []
        self.messages: dict[str, Message] = {}
        self.at = -1

    def message(self, id: str) -> Message:
        """The message of this id, a new one if it is unknown or forgotten."""
        message = self.messages.get(id)
        if message is None:
            message = self.messages[id] = Message(id)
        return message

    def close(self, stay: Stay, ending: Ending) -> None:
        """A stay ends at the present event."""
        if stay.ending is Ending.OPEN:
            stay.ending, stay.ended_at = ending, self.at
        self.no_longer_in(stay.process, stay.ring)

    def no_longer_in(self, process: Process, ring: Ring) -> None:
        """The process has no further event in the ring; if that is true of all, the ring is over."""
        ring.waiting.discard(process.name)
        if not ring.waiting and not self.remember and not ring.settled:
            self.close_ring(ring)

    def close_ring(self, ring: Ring) -> None:
        """Judge a ring, and forget what no later event can concern."""
        self.settle(ring, None)
        ring.settled = True
        self.retired.append(ring)
        self._forget_deliveries(ring)
        self.retired = [old for old in self.retired if not self._forgotten(old)]

    def _forget_deliveries(self, ring: Ring) -> None:
        seen = {id(m): m for stay in ring.stays for m in stay.sequence}
        seen |= {id(sent.message): sent.message for stay in ring.stays for sent in stay.sends}
        originated = self.eyes.basis == "originate"
        ring.messages = [m for m in seen.values() if m.home is ring or (m.home is None and originated)]
        for stay in ring.stays:
            stay.sequence, stay.sends, stay.queued, stay.lookups = [], [], [], []
            stay.views, stay.tables, stay.counts, stay.openings = [], [], [], []
            del stay.places[:]

    def _forgotten(self, ring: Ring) -> bool:
        if not all(stay.then and stay.then.settled for stay in ring.stays):
            return False
        for message in ring.messages:
            if self.messages.get(message.id) is message:
                del self.messages[message.id]
        ring.messages, ring.stays = [], []
        return True

    def forget_rings(self) -> None:
        """Forget settled rings that no process can install any more."""
        floor = min((p.ring[1] if p.ring else -1 for p in self.processes.values()), default=-1)
        gone = [id for id, ring in self.rings.items() if ring.settled and not ring.stays and id[1] <= floor]
        for id in gone:
            del self.rings[id]
        for process in self.processes.values():
            while len(process.installs) > 1 and process.installs[1][0] <= floor:
                del process.installs[0]

    def finish(self) -> int | None:
        """The input ends here: judge the rings that are left. Where the history became quiescent, if it did."""
        quiescent = all(
            process.incarnation >= 0 and (process.crashed_at is not None or process.quiescent)
            for process in self.processes.values()
        )
        if quiescent:
            for process in self.processes.values():
                if process.alive and process.stay:
                    process.stay.ending, process.stay.ended_at = Ending.QUIET, process.last_at
        quiescent_at = max((p.last_at for p in self.processes.values()), default=-1) if quiescent else None
        for ring in list(self.rings.values()):
            if not ring.settled:
                self.settle(ring, quiescent_at)
        return quiescent_at
