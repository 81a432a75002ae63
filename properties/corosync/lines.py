"""What one line of a corosync log says, in each of its layouts and versions.

The text behind the subsystem's tag is what counts; what stands before it, times and hosts, is not read. A ring id is
written in three ways: `1.1b0` is hexadecimal, `1:14908` and `192.0.2.6:74` are decimal. Everything here is about lines;
what they come to is in `logs.py` for our own runs, and in `properties/importers/corosync.py` for anybody's logs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

WANTED = re.compile(
    rb"\[[A-Z]+ *\] .*?(?:"
    rb"new membership|Sync (?:members|joined|left)\[|Members\[\d|"
    rb"Completed service sync|Committing synchronization for |"
    rb"call init for locally|joinlist_messages\[|got procjoin message|node id: \d+ us: |"
    rb"Corosync Cluster Engine|lowest node id|exiting|"
    rb"within the (?:non-)?primary component|"
    rb"CLM CONFIGURATION CHANGE|New Configuration:|Members Left:|Members Joined:|r\(0\) ip\()"
)
"""Lines that say something to an importer; the others are foreign, or say what is not asked there."""
TAG = re.compile(r"\[([A-Z]+) *\] (.*)$", re.DOTALL)
FORMED = re.compile(r"A new membership \((\S+)\) was formed\.(?P<rest>.*)$")
OLD_FORMED = re.compile(r"A processor joined or left the membership and a new membership(?: \((\S+)\))? was formed\.")
HEXADECIMAL = re.compile(r"([0-9a-f]{1,16})\.([0-9a-f]{1,15})")
DECIMAL = re.compile(r"(.{1,100}):(\d{1,18})")
LISTS = re.compile(r"\s*Members(?P<joined> joined:(?: \d+)*)?(?P<left> left:(?: \d+)*)?\s*")
LISTED = re.compile(r"(Sync members|Sync joined|Sync left|Members)\[(\d{1,9})\]:((?: \d{1,20})*)")
COMMIT = re.compile(r"Committing synchronization for (.*?)\s*$")
COUNTED = re.compile(r"joinlist_messages\[\d+\] group:.*, ip:(.*?)\s*, pid:(\d{1,18})")
PROCESS_JOINED = re.compile(r"got procjoin message from cluster node (\d{1,20}) \((.*?)\s*\) for pid \d+")
OURSELVES = re.compile(r"(?:lowest|highest) node id: \d+ us: (\d{1,20})")
TRANSITIONAL = re.compile(r"TRANS \[\d+\] member (\d{1,20}):")
STARTED = re.compile(
    r"Corosync Cluster Engine (?:\S+\s+)?starting up|Corosync Cluster Engine \(.*\): started and ready"
)
STOPPED = re.compile(r"Corosync Cluster Engine exiting")

CHANGE, NEW, LEFT, JOINED = HEADINGS = (
    "CLM CONFIGURATION CHANGE",
    "New Configuration:",
    "Members Left:",
    "Members Joined:",
)
OLD_MEMBER = re.compile(r"r\(0\) ip\(([^)]{1,100})\)")

COMPONENT = re.compile(r"This node is within the (non-)?primary component")
MOST_DIGITS = 20
Id = tuple[str, int]


@dataclass(frozen=True)
class Formed:
    """A ring was formed: its id if it can be read, and who joined and left if the line says so."""

    id: Id | None
    joined: tuple[str, ...] | None = None
    left: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Listed:
    """Some or all of a list, and how long the whole is."""

    of: str
    """`Sync members`, `Sync joined`, `Sync left` or `Members`."""
    count: int
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class Quorum:
    """The node comes into the primary component, or out of it."""

    inside: bool


@dataclass(frozen=True)
class Phase:
    """A phase of synchronization."""

    phase: Literal["start", "commit", "complete"]
    service: str = ""


@dataclass(frozen=True)
class Counted:
    """A list of a client's group memberships is applied: the address of its node, and its number there."""

    address: str
    process: int


@dataclass(frozen=True)
class Address:
    """A node has this address."""

    node: str
    address: str


@dataclass(frozen=True)
class Recovering:
    """The ring is agreed on, and its messages are recovered: the lines of who comes along follow."""


@dataclass(frozen=True)
class CameAlong:
    """A node comes along from the ring before."""

    node: str


@dataclass(frozen=True)
class LetOut:
    """Messages other than those of synchronization are let out again."""


@dataclass(frozen=True)
class Ourselves:
    """The node whose log this is."""

    node: str


@dataclass(frozen=True)
class Life:
    """The daemon starts or stops."""

    starts: bool


@dataclass(frozen=True)
class OldLine:
    """A line of a configuration change as version 1 tells it: a heading, or a member."""

    heading: str
    member: str


Said = (
    OldLine | Formed | Listed | Quorum | Phase | Counted | Address | Recovering | CameAlong | LetOut | Ourselves | Life
)


def said(line: str) -> Said | None:
    """What a line says; None if it says nothing that is asked."""
    tag = TAG.search(line)
    if tag is None or "message repeated" in line[: tag.start()]:
        return None
    text = tag[2].rstrip()
    for read in BY_TAG.get(tag[1], ()):
        if found := read(text):
            return found
    return None


def text_of(line: str) -> str:
    """What a line says behind the subsystem's tag; the whole line if it has none."""
    tag = TAG.search(line)
    return (tag[2] if tag else line).rstrip()


def ring_id(text: str) -> Id | None:
    """A ring id in any of its three ways to be written; None if it is none of them."""
    if found := HEXADECIMAL.fullmatch(text):
        return str(int(found[1], 16)), int(found[2], 16)
    if found := DECIMAL.fullmatch(text):
        return found[1], int(found[2])
    return None


def _formed(text: str) -> Formed | None:
    if found := FORMED.search(text):
        lists = LISTS.fullmatch(found["rest"])
        if lists is None:
            return Formed(ring_id(found[1]))
        return Formed(ring_id(found[1]), _nodes(lists["joined"]), _nodes(lists["left"]))
    if found := OLD_FORMED.search(text):
        return Formed(ring_id(found[1]) if found[1] else None)
    return None


def _ring_protocol(text: str) -> Recovering | CameAlong | LetOut | None:
    if found := TRANSITIONAL.match(text):
        return CameAlong(found[1])
    return RING_PROTOCOL.get(text)


def _nodes(words: str | None) -> tuple[str, ...]:
    return tuple(word for word in (words or "").split() if word.isdigit() and len(word) <= MOST_DIGITS)


def _listed(text: str) -> Listed | None:
    found = LISTED.search(text)
    return Listed(found[1], int(found[2]), _nodes(found[3])) if found else None


def _quorum(text: str) -> Quorum | None:
    found = COMPONENT.search(text)
    return Quorum(inside=not found[1]) if found else None


def _phase(text: str) -> Phase | None:
    if found := COMMIT.search(text):
        return Phase("commit", found[1])
    return Phase("start") if "call init for locally known services" in text else None


def _main(text: str) -> Phase | Life | None:
    if "Completed service synchronization" in text:
        return Phase("complete")
    if STARTED.search(text):
        return Life(starts=True)
    return Life(starts=False) if STOPPED.search(text) else None


def _group(text: str) -> Counted | Address | None:
    if found := COUNTED.search(text):
        return Counted(found[1], int(found[2]))
    found = PROCESS_JOINED.search(text)
    return Address(found[1], found[2]) if found else None


def _votes(text: str) -> Ourselves | None:
    found = OURSELVES.search(text)
    return Ourselves(found[1]) if found else None


def _old(text: str) -> OldLine | None:
    """Of openais and corosync 1: a configuration change is told in many lines."""
    heading = next((one for one in HEADINGS if one in text), "")
    found = OLD_MEMBER.search(text)
    return OldLine(heading, found[1] if found else "") if heading or found else None


RING_PROTOCOL = {"entering RECOVERY state.": Recovering(), "waiting_trans_ack changed to 0": LetOut()}
BY_TAG = {"TOTEM": (_formed, _ring_protocol), "QUORUM": (_listed, _quorum), "SYNC": (_phase,), "MAIN": (_main,),
          "CPG": (_group,), "VOTEQ": (_votes,), "CLM": (_old,)}  # fmt: skip
