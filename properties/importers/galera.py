"""Galera's log as events: the views of MariaDB, MySQL and Percona XtraDB Cluster.

A view is a block of lines, `memb`, `joined`, `left` and `partitioned`, in two layouts. The group layer says `REG` and
`TRANS` (logged with `evs.info_log_mask=0x1`). The layer above prints a transitional view as `NON_PRIM` with the id of
the view that it comes out of, but not always; and a regular one as `PRIM`, or as `NON_PRIM` with a new id. A name is of
one start of a node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from properties.history.events import Configuration, Event, Primary
from properties.importers.logs import Place
from properties.importers.reader import OWN, Kind, Lives, LogFacts

WANTED = re.compile(rb"view ?\(\(?(?:view_id|empty)|listening at ")
BEGINS = re.compile(
    r"(?<!=)view ?\(view_id\((?P<kind>PRIM|NON_PRIM|REG|TRANS),(?P<who>[0-9a-f-]{8,36}),(?P<number>\d{1,18})\)"
)
"""A view; behind `=` it is the present one in a dump of states, which tells of no new one."""
EMPTY = re.compile(r"view ?\(\(empty\)\)")
LISTENS = re.compile(r"\((?P<who>[0-9a-f]{8}(?:-[0-9a-f]{4})?), '\S+'\) listening at ")
SECTION = re.compile(r"\b(memb|joined|left|partitioned) \{")
MEMBER = re.compile(r"(?:^|[\s\"])([0-9a-f]{8}(?:-[0-9a-f]{4})?),\d+\s*\W*$")
ENDS = re.compile(r"(?:^|[\s\"])\}?\)\W*$")
ESCAPES = (("\\n", "\n"), ("\\t", "\t"), ("#012", "\n"), ("#011", "\t"))
"""How syslog and JSON write ends of lines and tabs."""


class GaleraReader:
    """One node's log, of one start after the other."""

    wanted = WANTED

    def __init__(self) -> None:
        self.facts = LogFacts()
        self.lives = Lives(self.facts)
        self.own = OWN
        self.inside = False
        self.head: tuple[re.Match[str], str, Place] | None = None
        self.section = ""
        self.members: list[str] = []
        self.transitional: tuple[tuple[str, ...], str] | None = None
        """A transitional view of the group layer that no regular one has followed yet: members, note."""

    def take(self, line: str, place: Place) -> Iterator[Event]:
        """The events of a line, which may be a whole block."""
        text = line
        for escaped, plain in ESCAPES:
            text = text.replace(escaped, plain)
        for part in text.split("\n"):
            yield from self._part(part, line, place)

    def _part(self, part: str, line: str, place: Place) -> Iterator[Event]:
        if found := LISTENS.search(part):
            yield from self._listens(found["who"], line, place)
        elif EMPTY.search(part):
            self._drop()
            yield from self.lives.end(self.own, place.note(line))
        elif found := BEGINS.search(part):
            self._drop()
            self.head, self.section, self.inside = (found, line, place), "", True
            self._within(part[found.end() :])
        elif self.inside:
            if self.section == "partitioned" and ENDS.search(part):
                head, self.head = self.head, None
                yield from self._ends(*head) if head else ()
            else:
                self._within(part)

    def _drop(self) -> None:
        """A block that did not end is no view."""
        if self.head:
            self.facts.left_out["a view that is cut"] += 1
        self.head, self.inside, self.members = None, False, []

    def _within(self, part: str) -> None:
        if found := SECTION.search(part):
            self.section = found[1]
        elif self.section == "memb" and (found := MEMBER.search(part)):
            self.members.append(found[1])

    def _listens(self, who: str, line: str, place: Place) -> Iterator[Event]:
        if who != self.own:
            yield from self.lives.end(self.own, place.note(f"another start: {line}"))
            self.own, self.transitional = who, None
            yield from self.lives.begin(who, place.note(line))

    def _ends(self, head: re.Match[str], line: str, place: Place) -> Iterator[Event]:
        """A view is whole."""
        members = tuple(sorted(self.members))
        self.inside, self.members = False, []
        ring = head["who"], int(head["number"])
        if head["kind"] == "TRANS":
            self.transitional = members, place.note(line)
        elif head["kind"] == "NON_PRIM" and self.lives.rings.get(self.own) == ring:
            yield from self.lives.comes_out(self.own, members, place, line)
        else:
            yield from self._regular(head["kind"], ring, members, line, place)

    def _regular(
        self, kind: str, ring: tuple[str, int], members: tuple[str, ...], line: str, place: Place
    ) -> Iterator[Event]:
        before = self.lives.rings.get(self.own)
        if kind == "REG":
            self.facts.seen["transitional"] += 1
            if self.transitional and before and before != ring:
                told, note = self.transitional
                yield Configuration(self.own, 0, kind="transitional", ring=ring, members=told, note=note)
            self.transitional = None
        elif before and before != ring:
            self.facts.lacking["transitional"] += 1
        alone = ring[1] == 1 and members == (self.own,)
        yield from self.lives.install(self.own, ring, members, place, line, bootstrap=alone)
        if kind != "REG":
            self.facts.seen["primary"] += 1
            yield Primary(self.own, 0, inside=kind == "PRIM", note=place.note(line))

    def finish(self) -> Iterator[Event]:
        """A block that is cut is left out."""
        self._drop()
        self.facts.lacking["primary"] += bool(self.facts.seen["transitional"] and not self.facts.seen["primary"])
        yield from ()


GALERA = Kind(
    "galera",
    "what nodes of Galera logged",
    GaleraReader,
    facets=("regular", "transitional", "primary"),
    optional=frozenset({"transitional", "primary"}),
    says=(
        "Members are sorted: that they are told in one order everywhere (RING-S3) is not looked at.",
        "A view that is the first of all, of one node, begins another cluster: it follows on no primary view (CFG-S5).",
        "Where only the layer above the group layer is logged, not all transitional views are: they decide little.",
        "Each start of a node is another process: that numbers grow (RING-S2) is not judged across starts.",
    ),
)
