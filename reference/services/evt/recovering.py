"""How the event service of one processor recovers in a configuration.

Every member adds its node, tells its opens and checks in; then each group's events are told; then the leader says done,
which takes the plugs out. All of it is sent at recovery priority, and names its configuration: in another one it is
refused. Who leads, and what a group is, is in `recovery.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reference.plug.plugs import Handle
from reference.priorities import Priority
from reference.ring.effects import ConfigurationChange, Delivery
from reference.rings import RingId
from reference.services.clm import Clm
from reference.services.errors import Reason
from reference.services.evt import messages as told
from reference.services.evt.channels import Channels
from reference.services.evt.messages import ChannelKey, Event
from reference.services.evt.recovery import Recovery
from reference.services.executive import Executive, Function, function
from reference.services.executive_messages import Body
from reference.services.nodes import Node
from reference.services.observations import Counted, Recovered

NAME = "evt"
GiveFn = Callable[[ChannelKey, Event], None]


class Recovering:
    """The recovery of the event service, configuration after configuration."""

    ADD_NODE_PRIORITY = Priority.RECOVERY

    def __init__(
        self, executive: Executive, clm: Clm, channels: Channels, give_fn: GiveFn, tell_table: Callable[[], None]
    ) -> None:
        self._executive = executive
        self._clm = clm
        self._channels = channels
        self._give_fn = give_fn
        self._tell_table = tell_table
        self._handle: Handle | None = None
        self.recovery: Recovery | None = None

    @property
    def functions(self) -> Mapping[str, Function]:
        """The functions of recovery."""
        recovery = (Priority.RECOVERY,)
        return {
            "add-node": function(told.AddNode, self._add_node, (self.ADD_NODE_PRIORITY,)),
            "open-count": function(told.OpenCount, self._open_count, recovery),
            "check-in": function(told.CheckIn, self._check_in, recovery),
            "retained": function(told.Retained, self._retained, recovery),
            "handed": function(told.Handed, self._handed, recovery),
            "done": function(told.Done, self._done, recovery),
        }

    def create_plug(self) -> None:
        """Hold back what other services send, from the first configuration on.

        Source: mail M3; openais evt.c:2643
        """
        self._handle = self._executive.create_plug(NAME)

    def configuration_installed(self, change: ConfigurationChange) -> None:
        """Begin to recover. Nothing is looked up here (mail M10).

        Source: mail M11; openais evt.c:2466
        """
        came_along = {*change.members} - {*change.joined} | {self._executive.me}
        group = self.recovery.next_group(came_along) if self.recovery else frozenset((self._executive.me,))
        self.recovery = Recovery(change.ring_id, frozenset(change.members), group)
        self._channels.keep(came_along)
        self._tell_table()
        self.evt_add_node(change.ring_id)
        self._tell_opens(change.ring_id)

    def evt_add_node(self, ring_id: RingId) -> None:
        """Send the executive message whose handler adds the node.

        Source: mail M11
        """
        self._send("add-node", told.AddNode(ring_id), self.ADD_NODE_PRIORITY)

    def look_up_sender(self, delivery: Delivery) -> Node:
        """The sender's node; the message is refused if clm does not know it.

        Source: mail M11, M12; openais evt.c:2999
        """
        node = self._clm.clm_get_by_nodeid(delivery.message.sender, NAME)
        if node is None:
            raise self._executive.refusal(Reason.UNKNOWN_NODE, f"node {delivery.message.sender}")
        return node

    # What is delivered.

    def _add_node(self, message: told.AddNode, delivery: Delivery) -> None:
        """Do what evt_add_node did before the mail.

        Source: mail M11
        """
        recovery = self._current(message.ring_id, "add-node")
        self._add(recovery, self.look_up_sender(delivery))

    def _add(self, recovery: Recovery, node: Node) -> None:
        recovery.nodes[node.processor] = node
        self._tell_table()

    def _open_count(self, message: told.OpenCount, delivery: Delivery) -> None:
        self._current(message.ring_id, "open-count")
        self.look_up_sender(delivery)
        for number in message.numbers:
            self._channels.open((delivery.message.sender, number), message.channel)
        self._tell_table()

    def _check_in(self, message: told.CheckIn, delivery: Delivery) -> None:
        """Count the member.

        Source: EVT-S3; openais evt.c:3179
        """
        recovery = self._current(message.ring_id, "check-in")
        self._add(recovery, self.look_up_sender(delivery))
        recovery.checked_in.setdefault(delivery.message.sender, message)

    def _retained(self, message: told.Retained, delivery: Delivery) -> None:
        recovery = self._current(message.ring_id, "retained")
        self.look_up_sender(delivery)
        self._from_a_spokesman(recovery, delivery)
        if self._channels.retain(message.channel, message.event, message.remaining_us):
            self._give_fn(message.channel, message.event)

    def _handed(self, message: told.Handed, delivery: Delivery) -> None:
        recovery = self._current(message.ring_id, "handed")
        self.look_up_sender(delivery)
        self._from_a_spokesman(recovery, delivery)
        recovery.handed.add(delivery.message.sender)
        self._say_done(recovery)

    def _done(self, message: told.Done, delivery: Delivery) -> None:
        """Recovered: the plug comes out.

        Source: mail M4; openais evt.c:3197
        """
        recovery = self._current(message.ring_id, "done")
        self.look_up_sender(delivery)
        if delivery.message.sender != recovery.leader:
            raise self._executive.refusal(Reason.NOT_THE_LEADER, f"done, and {recovery.leader} leads")
        recovery.done = True
        self._executive.observe(Recovered(NAME, recovery.ring_id))
        self._take_the_plug_out()

    # What is sent.

    def _tell_opens(self, ring_id: RingId) -> None:
        for key, numbers in self._channels.opens_of(self._executive.me).items():
            self._send("open-count", told.OpenCount(ring_id, key, tuple(numbers)))
        group = tuple(sorted(self.recovery.group)) if self.recovery else (self._executive.me,)
        self._send("check-in", told.CheckIn(ring_id, group, sum(1 for _ in self._channels.retained())))

    @property
    def has_to_hand_over(self) -> bool:
        """Whether all have checked in, and nothing was said since."""
        return self.recovery is not None and self.recovery.all_checked_in and not self.recovery.handed_over

    def hand_over(self, now_us: int) -> None:
        """Tell what the group retains, and for how long, if it is for this member to do.

        Source: openais evt.c:1064
        """
        recovery = self.recovery
        if recovery is None or not self.has_to_hand_over:
            return
        recovery.handed_over = True
        if self._executive.me in recovery.spokesmen:
            for key, one in self._channels.retained():
                remaining_us = max(0, (one.expires_at_us or now_us) - now_us)
                self._send("retained", told.Retained(recovery.ring_id, key, one.event, remaining_us))
            self._send("handed", told.Handed(recovery.ring_id))
        self._say_done(recovery)

    def _say_done(self, recovery: Recovery) -> None:
        may = recovery.handed_over and recovery.all_handed and not recovery.done_sent
        if may and recovery.leader == self._executive.me:
            recovery.done_sent = True
            self._send("done", told.Done(recovery.ring_id))

    def _send(self, name: str, body: Body, priority: Priority = Priority.RECOVERY) -> None:
        bound_to = self.recovery.ring_id if self.recovery else None
        self._executive.send(NAME, name, body, priority, bound_to=bound_to)

    def _take_the_plug_out(self) -> None:
        if self._handle is not None:
            self._executive.unplug(NAME, self._handle)

    # What is refused.

    def _current(self, ring_id: RingId, what: str) -> Recovery:
        """The recovery that the message belongs to, which has to be this one.

        Source: D13; PLUG-H3
        """
        if self.recovery is None or not self._counts(ring_id):
            raise self._executive.refusal(Reason.OLDER_CONFIGURATION, f"{what} of ring {ring_id}")
        delivering = self._executive.delivering
        if delivering:
            self._executive.observe(Counted(NAME, delivering.message, self.recovery.ring_id))
        return self.recovery

    def _counts(self, ring_id: RingId) -> bool:
        return self.recovery is not None and ring_id == self.recovery.ring_id

    def _from_a_spokesman(self, recovery: Recovery, delivery: Delivery) -> None:
        if delivery.message.sender not in recovery.spokesmen:
            raise self._executive.refusal(Reason.NOT_THE_LEADER, f"{delivery.message.sender} speaks for no group")
