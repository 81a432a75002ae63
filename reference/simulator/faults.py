"""What can be done to the processors and their network, as values: a fault script is a list of these.

Each says when. `script.py` says how they are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reference.rings import ProcessorId

Groups = tuple[tuple[ProcessorId, ...], ...]


@dataclass(frozen=True, slots=True)
class Partition:
    """From now on a processor hears only those of its own group; one in no group is alone."""

    at_us: int
    groups: Groups


@dataclass(frozen=True, slots=True)
class MovingPartition:
    """A partition whose borders move: every so often each processor takes the next one's place."""

    at_us: int
    groups: Groups
    every_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Heal:
    """From now on everybody hears everybody: no partition, nothing cut, nobody deaf."""

    at_us: int


@dataclass(frozen=True, slots=True)
class Cut:
    """From now on nothing gets from one processor to another; the other way is as it was."""

    at_us: int
    sender: ProcessorId
    receiver: ProcessorId


@dataclass(frozen=True, slots=True)
class Deaf:
    """From now on nothing that is multicast gets to a processor; what is sent to it alone does."""

    at_us: int
    processor: ProcessorId


@dataclass(frozen=True, slots=True)
class Crash:
    """A processor stops and forgets all but what it stored.

    `halfway`: in the middle of the next step that wants several things done, of which only some are.
    """

    at_us: int
    processor: ProcessorId
    halfway: bool = False


@dataclass(frozen=True, slots=True)
class Restart:
    """A processor that is down begins its next life; `amnesic` if it has lost the number that it stored."""

    at_us: int
    processor: ProcessorId
    amnesic: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """A processor does nothing for a while; datagrams for it wait, as many as it has room for."""

    at_us: int
    processor: ProcessorId


@dataclass(frozen=True, slots=True)
class Resume:
    """A processor that was paused goes on."""

    at_us: int
    processor: ProcessorId


@dataclass(frozen=True, slots=True)
class Weather:
    """For a while every datagram fares badly with this probability, each copy of a multicast for itself.

    lost; there twice; after others that were sent later; or late by so long, when nobody waits for it any more.
    """

    at_us: int
    until_us: int
    kind: Literal["loss", "duplication", "reordering", "lateness"]
    probability: float
    by_us: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """A service of a processor sends a message, if it is up and may."""

    at_us: int
    processor: ProcessorId
    priority: int
    size_bytes: int
    is_safe: bool = False


Fault = Partition | MovingPartition | Heal | Cut | Deaf | Crash | Restart | Pause | Resume | Weather | Message
