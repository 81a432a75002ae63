"""A run as a history: what the clients wrote, and beside it what only the daemons' logs say.

A node's daemon and client are one process of the history. The client's own order is kept, with two exceptions that
are no loss: its notice of a ring goes before the group changes that it was told in the same moment, and a ring told
twice counts once. What comes from the log carries it as a note. Its place among the deliveries is not seen; it is put
where the sources of corosync say it happens: a ring that the client was never told, before the next that it was.
Who left and who joined is made from the transitional members in the log. Left out on purpose: rings before the client
had joined its group, and transitional configurations, since nothing shows which deliveries belong to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from properties.corosync.laboratory.configuration import log_file
from properties.corosync.laboratory.namespaces import LaboratoryError
from properties.corosync.laboratory.node import raw_file
from properties.corosync.laboratory.plan import Plan
from properties.corosync.logs import LoggedLife, LoggedRing, SyncLine, read_log
from properties.corosync.stored import read_lines
from properties.history.events import (
    FORMAT,
    Configuration,
    Crash,
    Deliver,
    End,
    Event,
    Facet,
    Group,
    Identity,
    Meta,
    Queue,
    Start,
    Sync,
)  # fmt: skip

OBSERVES: tuple[Facet, ...] = ("regular", "lists", "group", "queue", "deliver", "sender", "sync")
NODE_DOWN, NODE_UP = 3, 4
SENT = 1
Raw = dict[str, Any]
Identities = Mapping[tuple[int, int], Identity]
"""Processes by node and process id."""


def name(node: int) -> str:
    """A node in a history."""
    return f"n{node}"


def names(nodes: Iterable[int]) -> tuple[str, ...]:
    """Nodes in a history."""
    return tuple(map(name, nodes))


def message_name(node: int, incarnation: int, number: int) -> str:
    """A message in a history."""
    return f"{name(node)}.{incarnation}:{number}"


def history_of(plan: Plan, out: Path, *, settled: bool, versions: Mapping[str, str]) -> list[msgspec.Struct]:
    """The history of the run in this directory."""
    lives = dict(_lives(plan, out))
    identities = _identities(lives)
    delivered = {tuple(one["m"]) for raw in lives.values() for one in raw if one["e"] == "deliver"}
    events: list[msgspec.Struct] = [_meta(plan, versions, settled=settled)]
    for node in plan.node_ids:
        with log_file(out, node).open(errors="replace") as log:
            logged = {life.incarnation: life for life in read_log(log)}
        for incarnation in sorted(one for other, one in lives if other == node):
            life = logged.get(incarnation, LoggedLife(incarnation))
            translator = Translator(
                node, incarnation, life, log_file(out, node).name, identities, delivered, settled=settled
            )
            events += translator.events(lives[node, incarnation])
    return events


def _meta(plan: Plan, versions: Mapping[str, str], *, settled: bool) -> Meta:
    about: dict[str, str | int | float | bool | None] = {
        "scenario": plan.scenario, "nodes": plan.nodes, "seed": plan.seed, "load": plan.load,
        "transport": plan.transport, "wire": plan.wire, "settled": settled, **versions,
    }  # fmt: skip
    source = "corosync: a libcpg client at each node, with rings and synchronization from the daemon's log"
    return Meta(FORMAT, OBSERVES, names(plan.node_ids), source, about)


def _lives(plan: Plan, out: Path) -> Iterator[tuple[tuple[int, int], list[Raw]]]:
    for node in plan.node_ids:
        incarnation = 1
        while (path := raw_file(out, node, incarnation)).exists():
            yield (node, incarnation), read_lines(path)
            incarnation += 1


def _identities(lives: Mapping[tuple[int, int], Sequence[Raw]]) -> Identities:
    return {
        (node, raw["pid"]): (name(node), incarnation)
        for (node, incarnation), raws in lives.items()
        for raw in raws
        if raw["e"] == "start"
    }


class HistoryError(LaboratoryError):
    """The clients and the logs of a run do not fit together."""


class Translator:
    """Tells one incarnation as events."""

    def __init__(
        self, node: int, incarnation: int, life: LoggedLife, log: str, identities: Identities, delivered: set[Any], *,
        settled: bool,
    ) -> None:  # fmt: skip
        self.node, self.incarnation, self.log, self.identities = node, incarnation, log, identities
        self.rings, self.delivered, self.settled = list(life.rings), delivered, settled
        self.process, self.seq = name(node), 0
        self.block: list[Group] = []
        self.ring: tuple[int, int] | None = None
        self.before: tuple[int, ...] = ()

    def events(self, raws: Sequence[Raw]) -> list[Event]:
        """Everything from its start to its crash, its end, or its last line."""
        started = [index for index, raw in enumerate(raws) if raw["e"] == "start"]
        if not started:
            return []
        events: list[Event] = [Start(self.process, 0, incarnation=self.incarnation)]
        for raw in self._joined(raws):
            events += self._event(raw)
        events += self._flush()
        for seq, event in enumerate(events, 1):
            event.seq = seq
        return events

    def _joined(self, raws: Sequence[Raw]) -> Iterator[Raw]:
        """With the ring that it found when it joined put where it joined: before that it could deliver nothing."""
        found: Raw | None = None
        joined = False
        for raw in raws:
            if joined:
                yield raw
            elif raw["e"] == "ring":
                found = raw
            elif raw["e"] == "group" and any(self._identity(one) == self._mine for one in raw["members"]):
                joined = True
                found = found or next((one for one in raws if one["e"] == "ring"), None)
                if found:
                    yield {**found, "attached": True}
                yield raw
            else:
                yield raw

    @property
    def _mine(self) -> Identity:
        return self.process, self.incarnation

    def _identity(self, member: Sequence[int]) -> Identity:
        node, pid = member[0], member[1]
        return self.identities.get((node, pid), (name(node), 0))

    def _event(self, raw: Raw) -> Iterator[Event]:
        if raw["e"] == "ring":
            yield from self._ring(raw)
        elif raw["e"] == "group":
            told = self._group(raw)
            if any(one[2] == NODE_DOWN for one in raw["left"]) or any(one[2] == NODE_UP for one in raw["joined"]):
                self.block.append(told)
            else:
                yield from self._flush()
                yield told
        else:
            yield from self._flush()
            yield from self._other(raw)

    def _flush(self) -> Iterator[Event]:
        """Group changes that no ring followed at once."""
        yield from self.block
        self.block = []

    def _group(self, raw: Raw) -> Group:
        members, left, joined = (tuple(map(self._identity, raw[key])) for key in ("members", "left", "joined"))
        return Group(self.process, 0, members=members, left=left, joined=joined)

    def _other(self, raw: Raw) -> Iterator[Event]:
        match raw["e"]:
            case "send" if raw["code"] == SENT or (self.node, self.incarnation, raw["n"]) in self.delivered:
                yield Queue(self.process, 0, message=message_name(self.node, self.incarnation, raw["n"]))
            case "deliver":
                yield Deliver(self.process, 0, message=message_name(*raw["m"]), sender=name(raw["from"][0]))
            case "mangled":
                head = f"mangled:{self.process}.{self.incarnation}:{raw['head']}"
                yield Deliver(self.process, 0, message=head, sender=name(raw["from"][0]), note="not what was sent")
            case "end" if raw["why"] == "the daemon is gone":
                yield from (event for ring in self.rings for event in self._logged_only(ring))
                yield Crash(self.process, 0)
            case "end":
                yield End(self.process, 0, quiescent=self.settled)
            case _:
                pass

    def _ring(self, raw: Raw) -> Iterator[Event]:
        """A ring that the client was told, and first those before it that it was not."""
        ring = (raw["ring"][0], raw["ring"][1])
        if ring == self.ring:
            return
        self.ring = ring
        at = next((index for index, one in enumerate(self.rings) if one.ring == ring), None)
        if at is None:
            where = f"{self.process}.{self.incarnation}.raw:{raw['line']}" if "line" in raw else self.process
            raise HistoryError(f"{where}: the client was told ring {ring}, and {self.log} has no ring of that id")
        skipped, here, self.rings = self.rings[:at], self.rings[at], self.rings[at + 1 :]
        attached = bool(raw.get("attached"))
        if attached:
            self.before = skipped[-1].members if skipped else ()
        else:
            yield from (event for one in skipped for event in self._logged_only(one))
        yield self._configuration(here, self._note(here), attached=attached)
        phases = [] if attached else list(self._phases(here))
        told = next((at + 1 for at, one in enumerate(phases) if one.service == "cpg"), len(phases))
        yield from phases[:told]
        yield from self._flush()
        yield from phases[told:]

    def _logged_only(self, ring: LoggedRing) -> Iterator[Event]:
        yield self._configuration(ring, f"{self._note(ring)}; never told to the client")
        yield from self._phases(ring)

    def _configuration(self, ring: LoggedRing, note: str, *, attached: bool = False) -> Configuration:
        """The ring as told; who left the one before and who joined, by the transitional members of the log."""
        left = [node for node in self.before if node not in ring.transitional]
        joined = [node for node in ring.members if node not in ring.transitional]
        self.before = ring.members
        return Configuration(
            self.process, 0, kind="regular", ring=(name(ring.ring[0]), ring.ring[1]), members=names(ring.members),
            left=names(left), joined=names(joined), attached=attached, note=note,
        )  # fmt: skip

    def _note(self, ring: LoggedRing) -> str:
        return f"{self.log}:{ring.line}: transitional members {' '.join(names(ring.transitional))}"

    def _phases(self, ring: LoggedRing) -> Iterator[Sync]:
        for one in ring.sync:
            yield Sync(self.process, 0, phase=one.phase, service=one.service, note=self._line(one))

    def _line(self, one: SyncLine) -> str:
        return f"{self.log}:{one.line}: {one.text}"
