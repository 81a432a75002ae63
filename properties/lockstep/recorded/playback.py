"""A recorded run as a cluster: each event was a call, and what it answered and led to is read.

`pending` is the one variable where a recorded processor and the machine may rightly differ for a while, since a ring
forms in one step of the machine. `taken` says what is pending meanwhile, and `docs/recorded.md` when.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from properties.lockstep.adapter import reading
from properties.lockstep.cluster import Cluster, FormedRing, MisstepError, Outcome
from properties.lockstep.events import Event, Kind
from properties.lockstep.implementation import Observation, RingName, TokenReading, Visit
from properties.lockstep.recorded.calls import NOTHING
from properties.lockstep.recorded.formations import Formation

NO_RING = FormedRing(RingName(-1, -1), (), None, -1)
"""A place for a ring that has none."""


class RecordedCluster:
    """The processors of a recorded run. Rings are in places, used again when nobody has a ring there any more."""

    def __init__(self, size: int, handle_count: int, read: Callable[[bytes], TokenReading] = reading) -> None:
        self.cluster, self.read = Cluster(size, handle_count), read
        self.answer, self.observed = Visit(), NOTHING
        """Of the call that is the next event: what it answered, and what was observed after it."""

    def called(self, processor: int, answer: Visit, observed: Observation) -> None:
        """The next event is a call of this processor; MisstepError if it is down."""
        if not self.cluster.is_up(processor):
            raise MisstepError(f"p{processor} is called while it is down")
        self.answer, self.observed = answer, observed

    def formed(self, place: int, formation: Formation) -> None:
        """A ring is formed in a free place: pending at its members, whatever they were told so far."""
        cluster = self.cluster
        ring = FormedRing(formation.ring, formation.members, formation.token, formation.members[0])
        cluster.rings += [NO_RING] * (place + 1 - len(cluster.rings))
        cluster.rings[place] = replace(ring, positions=self.read(ring.newest).positions if ring.newest else frozenset())
        cluster.normal -= {place}
        for member in formation.members:
            self._settle(member, formation.ring)

    def _settle(self, processor: int, formed: RingName) -> None:
        """A formed ring is pending at a member: it says so itself, or is taken to, having been told of another."""
        cluster = self.cluster
        if cluster.is_up(processor) and cluster.seen[processor].pending != formed:
            cluster.taken[processor] = formed
        else:
            cluster.taken.pop(processor, None)

    def perform(self, event: Event) -> Outcome:
        """Read what came of the event; MisstepError if no clause allows it."""
        p, cluster = event.processor, self.cluster
        match event.kind:
            case Kind.TOLD:
                self._told(event)
            case Kind.INSTALL | Kind.ALONE if event.ring < 0:
                raise MisstepError("no first token of this ring was ever sent (D8)")
            case Kind.TOKEN:
                return self._token(event) if event.ring >= 0 else self._token_of_nobody(event)
            case Kind.ALONE:
                return cluster.sole_visit(event, self.answer, self.observed)
            case Kind.CREATE | Kind.UNPLUG | Kind.DESTROY:
                self._plug_call(event)
            case Kind.CRASH:
                cluster.crash(p)
            case Kind.RESTART:
                cluster.handles.pop(p, None)
                cluster.observe(p, NOTHING)
            case Kind.INSTALL:
                cluster.taken.pop(p, None)
            case _:
                pass
        if event.kind not in (Kind.FORM, Kind.CRASH, Kind.RESTART):
            cluster.observe(p, self.observed)
        return Outcome(event)

    def _told(self, event: Event) -> None:
        """A processor is told of a ring; if it is not formed yet, what was pending is taken to be so until it is."""
        p, cluster = event.processor, self.cluster
        before, sent, told = cluster.pending_at(p), self.answer.token, self.observed.pending
        if (sent is not None) != (p == min(event.members) and len(event.members) > 1):
            raise MisstepError(f"p{p} {'created a' if sent else 'did not create the'} first token (D8)")
        if cluster.number_of(told) < 0:
            if before:
                cluster.taken.setdefault(p, before)
        elif before and told and before.seq <= told.seq:
            cluster.taken.pop(p, None)

    def _token(self, event: Event) -> Outcome:
        """A token arrives; at a processor that is between two rings, what it does with either's is no step."""
        p, cluster = event.processor, self.cluster
        said, taken = cluster.seen[p].pending, cluster.taken.get(p)
        outcome = cluster.token_arrives(event, self.answer, self.observed, self.read)
        name = cluster.rings[event.ring].name
        between = taken and (name == said if outcome.accepted else name == taken)
        return replace(outcome, event=replace(event, kind=Kind.BETWEEN)) if between else outcome

    def _token_of_nobody(self, event: Event) -> Outcome:
        """A token of a ring that has no place: dead, or never formed."""
        if self.answer.refused is None:
            raise MisstepError("a token was accepted of a ring that was never formed, or is nobody's any more (D8)")
        self.cluster.refused_token_changes_nothing(event, self.observed, accepted=False)
        return Outcome(replace(event, kind=Kind.LOSE))

    def _plug_call(self, event: Event) -> None:
        p, cluster = event.processor, self.cluster
        if event.kind is Kind.CREATE:
            created = self.observed.registered - cluster.seen[p].registered
            if len(created) != 1:
                raise MisstepError(f"create registered {len(created)} handles (mail M2)")
            cluster.created(p, event.handle, next(iter(created)))
        elif not cluster.registered(p, event.handle):
            raise MisstepError("a call with a handle that is not registered was no error to the caller (D6)")
