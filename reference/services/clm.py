"""The cluster membership service (clm): who the members are, by name, address and boot time.

After each regular configuration every member sends a nodejoin at recovery priority. A member has recovered when it has
delivered the nodejoin of every member, its own included: this is M4, read strictly, and more. Its table is then the
same everywhere, and its plug comes out. So a gate that opens opens on a whole table (CLM-S2) also where the ring takes
D12 as mailed, and no message that the plug holds back finds a member missing (CLM-S1).

Left out on purpose: nodes that are members of the ring and not of the cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from reference.plug.plugs import Handle
from reference.priorities import Priority
from reference.ring.effects import ConfigurationChange, Delivery, Kind
from reference.rings import ProcessorId, RingId
from reference.services.errors import Reason
from reference.services.executive import Executive, Function, function
from reference.services.executive_messages import Body, checked
from reference.services.nodes import Node, NodeTable, Text, TimeUs, digest
from reference.services.observations import Counted, Lookup, Recovered, Table


class NodeJoin(Body, frozen=True):
    """The node information of its sender, for one configuration.

    Source: mail M10; D13
    """

    ring_id: RingId
    boot_time_us: TimeUs
    name: Text
    address: Text


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """The cluster as all its members know it, and what has changed since the last time this was told.

    A node that has restarted is in `left` and in `joined`.
    """

    ring_id: RingId
    joined: tuple[Node, ...]
    left: tuple[Node, ...]
    current: tuple[Node, ...]


TrackFn = Callable[[MembershipChange], None]


class Clm:
    """The membership service of one processor."""

    name = "clm"
    deadline_us: int | None = None
    NODEJOIN_PRIORITY = Priority.RECOVERY
    _executive: Executive
    _table: NodeTable

    def __init__(self, node_name: str, address: str, boot_time_us: int) -> None:
        checked(Node(ProcessorId(0), boot_time_us, node_name, address), self.name)
        self._node_name, self._address, self._boot_time_us = node_name, address, boot_time_us
        self._handle: Handle | None = None
        self._joined: set[ProcessorId] = set()
        self._recovered = False
        self._told: Mapping[ProcessorId, Node] = {}
        self._trackers: dict[int, TrackFn] = {}
        self._tracked_count = 0

    # What programs and services call.

    def clm_get_by_nodeid(self, processor: ProcessorId, service: str = "clm") -> Node | None:
        """The node, or None if it is not known: then it is no member, or its nodejoin is still to come.

        Source: mail M10
        """
        found = self._table.get(processor)
        delivering = self._executive.delivering
        self._executive.observe(
            Lookup(service, processor, found is not None, delivering.message if delivering else None)
        )
        return found

    @property
    def mine(self) -> Node:
        """The processor's own node, which is always known."""
        return self._table.mine

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes that are known, in the order of their ids."""
        return tuple(self._table)

    @property
    def is_recovered(self) -> bool:
        """Whether every member of the installed ring is known."""
        return self._recovered

    def track(self, track_fn: TrackFn) -> Callable[[], None]:
        """Be told of every change, all of it at once, and of who is there now, if it is known. Returns what stops it.

        Source: SA Forum AIS (cluster membership, track); corosync 7fb24709 (joins told at once)
        """
        number = self._tracked_count = self._tracked_count + 1
        self._trackers[number] = track_fn
        if self._recovered and self._executive.ring_id:
            current = self.nodes
            track_fn(MembershipChange(self._executive.ring_id, current, (), current))
        return partial(self._stop_tracking, number)

    # What the executive calls.

    @property
    def functions(self) -> Mapping[str, Function]:
        """The functions whose messages this service handles."""
        return {"nodejoin": function(NodeJoin, self._nodejoin, (self.NODEJOIN_PRIORITY,))}

    def exec_init_fn(self, executive: Executive) -> None:
        """Create the plug, before the first configuration.

        Source: mail M3; openais clm.c:182
        """
        self._executive = executive
        self._table = NodeTable(Node(executive.me, self._boot_time_us, self._node_name, self._address))
        self._handle = executive.create_plug(self.name)

    def confchg_fn(self, change: ConfigurationChange) -> None:
        """Forget who did not come along, and send a nodejoin.

        Source: mail M10; openais clm.c:388
        """
        if change.kind is not Kind.REGULAR:
            return
        self._joined, self._recovered = set(), False
        self._table.keep(set(change.members) - set(change.joined))
        self._tell_table()
        join = NodeJoin(change.ring_id, self._boot_time_us, self._node_name, self._address)
        self._executive.send(self.name, "nodejoin", join, self.NODEJOIN_PRIORITY, bound_to=change.ring_id)

    def time_passed(self, now_us: int) -> None:
        """Nothing here is due at a time."""

    # Recovery.

    def _nodejoin(self, join: NodeJoin, delivery: Delivery) -> None:
        """Know the sender.

        Source: mail M10; D13; openais clm.c:431
        """
        if not self._counts(join.ring_id):
            raise self._executive.refusal(Reason.OLDER_CONFIGURATION, f"nodejoin of ring {join.ring_id}")
        sender, ring_id = delivery.message.sender, self._executive.ring_id
        if ring_id:
            self._executive.observe(Counted(self.name, delivery.message, ring_id))
        self._table.put(Node(sender, join.boot_time_us, join.name, join.address))
        self._joined.add(sender)
        self._tell_table()
        if not self._recovered and self._has_recovered(delivery):
            self._finish(join.ring_id)

    def _counts(self, ring_id: RingId) -> bool:
        """Whether recovery of this ring is recovery of the one that is installed.

        Source: D13
        """
        return ring_id == self._executive.ring_id

    def _has_recovered(self, delivery: Delivery) -> bool:
        """Whether every member's nodejoin of this configuration was delivered.

        Source: mail M4
        """
        change = self._executive.change
        return change is not None and self._joined >= set(change.members)

    def _finish(self, ring_id: RingId) -> None:
        self._recovered = True
        self._executive.observe(Recovered(self.name, ring_id))
        self._take_the_plug_out()
        now = self._table.snapshot()
        joined = tuple(node for node in self._table if self._told.get(node.processor) != node)
        left = tuple(self._told[p] for p in sorted(self._told) if now.get(p) != self._told[p])
        self._told = now
        for track_fn in [*self._trackers.values()] if joined or left else []:
            track_fn(MembershipChange(ring_id, joined, left, tuple(self._table)))

    def _take_the_plug_out(self) -> None:
        if self._handle is not None:
            self._executive.unplug(self.name, self._handle)

    def _stop_tracking(self, number: int) -> None:
        self._trackers.pop(number, None)

    def _tell_table(self) -> None:
        nodes = self.nodes
        self._executive.observe(Table(self.name, tuple(node.processor for node in nodes), digest(nodes)))
