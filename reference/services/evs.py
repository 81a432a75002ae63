"""The extended virtual synchrony service (evs): groups of programs, straight on the ring.

A program joins groups on its own processor, is given what is sent to them and every configuration change, as the ring
tells them. There is no plug, since evs has nothing to recover; it sends at recovery priority only if the executive
grants that. Which programs are in a group elsewhere is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Annotated

from msgspec import Meta

from reference.priorities import Priority
from reference.ring.effects import ConfigurationChange, Delivery, Guarantee
from reference.rings import ProcessorId
from reference.services.executive import Executive, Function, function
from reference.services.executive_messages import Body, checked
from reference.services.interface import PAYLOAD_BYTES_MAX

GROUPS_MAX = 32
GROUP_LENGTH_MAX = 32
GroupName = Annotated[str, Meta(min_length=1, max_length=GROUP_LENGTH_MAX)]


class GroupMessage(Body, frozen=True):
    """A message to some groups."""

    groups: Annotated[tuple[GroupName, ...], Meta(min_length=1, max_length=GROUPS_MAX)]
    payload: Annotated[bytes, Meta(max_length=PAYLOAD_BYTES_MAX)]


DeliverFn = Callable[[ProcessorId, tuple[str, ...], bytes], None]
ConfchgFn = Callable[[ConfigurationChange], None]


class Program:
    """One program's connection: its groups, and what it is told."""

    def __init__(self, evs: Evs, deliver_fn: DeliverFn, confchg_fn: ConfchgFn | None) -> None:
        self._evs = evs
        self.deliver_fn = deliver_fn
        self.confchg_fn = confchg_fn
        self._groups: frozenset[str] = frozenset()

    @property
    def groups(self) -> frozenset[str]:
        """The groups that the program is in."""
        return self._groups

    @property
    def membership(self) -> ConfigurationChange | None:
        """The last configuration change that was told, None before the first."""
        return self._evs.membership

    def join(self, *groups: str) -> None:
        """Be given what is delivered to these groups from now on.

        Source: openais evs.c (evs_join)
        """
        self._groups |= _checked(groups)

    def leave(self, *groups: str) -> None:
        """Be given it no longer.

        Source: openais evs.c (evs_leave)
        """
        self._groups -= frozenset(groups)

    def mcast(
        self,
        payload: bytes,
        groups: Collection[str] | None = None,
        *,
        priority: Priority = Priority.MEDIUM,
        guarantee: Guarantee = Guarantee.AGREED,
    ) -> None:
        """Send to these groups, or to all that the program is in. `TryAgainError` if there is no room now.

        Source: openais evs.c:357, 395 (evs_mcast_joined, evs_mcast_groups)
        """
        to = _checked(self._groups if groups is None else groups)
        self._evs.send(GroupMessage(tuple(sorted(to)), payload), priority, guarantee)

    def close(self) -> None:
        """Be given nothing more."""
        self._evs.detach(self)


class Evs:
    """The service of one processor: its programs."""

    name = "evs"
    deadline_us: int | None = None
    _executive: Executive

    def __init__(self) -> None:
        self._programs: list[Program] = []
        self.membership: ConfigurationChange | None = None

    def attach(self, deliver_fn: DeliverFn, confchg_fn: ConfchgFn | None = None) -> Program:
        """Connect a program.

        Source: openais evs.c (evs_initialize)
        """
        program = Program(self, deliver_fn, confchg_fn)
        self._programs.append(program)
        return program

    def detach(self, program: Program) -> None:
        """Disconnect a program."""
        if program in self._programs:
            self._programs.remove(program)

    def send(self, message: GroupMessage, priority: Priority, guarantee: Guarantee) -> None:
        """Send a program's message, as it is."""
        self._executive.send(self.name, "mcast", message, priority, guarantee=guarantee)

    @property
    def functions(self) -> Mapping[str, Function]:
        """The functions whose messages this service handles."""
        return {"mcast": function(GroupMessage, self._mcast)}

    def exec_init_fn(self, executive: Executive) -> None:
        """Begin; there is no plug."""
        self._executive = executive

    def confchg_fn(self, change: ConfigurationChange) -> None:
        """Pass it on."""
        self.membership = change
        for program in [*self._programs]:
            if program in self._programs and program.confchg_fn:
                program.confchg_fn(change)

    def time_passed(self, now_us: int) -> None:
        """Nothing here is due at a time."""

    def _mcast(self, message: GroupMessage, delivery: Delivery) -> None:
        for program in [*self._programs]:
            if program in self._programs and program.groups & {*message.groups}:
                program.deliver_fn(delivery.message.sender, message.groups, message.payload)


def _checked(groups: Collection[str]) -> frozenset[str]:
    return frozenset(checked(GroupMessage(tuple(groups), b""), Evs.name).groups)
