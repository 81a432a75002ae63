"""The event service (evt) of one processor: what programs call, and what becomes of their messages.

Opens and unlinks are sent at high priority and closes at low, so that what is published in between is neither before
its open nor after its close. What a program holds is in `channel.py`, recovery in `recovering.py`.

Differs: in the SA Forum's service a channel that nobody has open lives until it is unlinked. Here it lives while it
retains an event. An event may be given twice to a processor whose clock ended its retention before another's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reference.priorities import Priority
from reference.ring.effects import ConfigurationChange, Delivery, Kind
from reference.rings import ProcessorId
from reference.services.clm import Clm
from reference.services.errors import Reason, program_error
from reference.services.evt import messages as told
from reference.services.evt.channel import Channel, ChannelPhase
from reference.services.evt.channels import Channels, Opening
from reference.services.evt.messages import OPENS_MAX, ChannelKey, Event, EventId, MessageName
from reference.services.evt.recovering import NAME, Recovering
from reference.services.executive import Executive, Function, function
from reference.services.executive_messages import checked
from reference.services.nodes import digest
from reference.services.observations import Table

HIGH, LOW = (Priority.HIGH,), (Priority.LOW,)
EVENT_PRIORITIES = (Priority.HIGH, Priority.MEDIUM, Priority.LOW)


def ignore(_: Channel) -> None:
    """Do nothing when a channel is open, or refused."""


class Evt:
    """The event service of one processor."""

    name = NAME
    RECOVERING = Recovering
    _executive: Executive
    _recovering: Recovering

    def __init__(self, clm: Clm) -> None:
        self._clm = clm
        self.channels = Channels()
        self._mine: dict[int, Channel] = {}
        self._opened_count = 0
        self._published_count = 0
        self.unretained_count = 0

    # What programs call.

    def open(self, name: str, opened_fn: Callable[[Channel], None] = ignore, *, create: bool = True) -> Channel:
        """Open a channel; `opened_fn` is told when it is open, or refused: nobody has it open and it is not created."""
        if len(self._mine) >= OPENS_MAX:
            raise self._wrong(f"more than {OPENS_MAX} open channels")
        opening = checked(told.Open(self._opened_count + 1, name, create), NAME)
        self._executive.send(NAME, "open", opening, Priority.HIGH)
        self._opened_count = opening.number
        self._mine[opening.number] = Channel(self, name, opening.number, opened_fn)
        return self._mine[opening.number]

    def unlink(self, name: str) -> None:
        """Take a channel's name away: it ends with its last close, and who opens that name next opens another one."""
        self._executive.send(NAME, "unlink", checked(told.Unlink(name), NAME), Priority.HIGH)

    def open_counts(self, name: str) -> Mapping[ProcessorId, int]:
        """How often each processor has the channel of that name open."""
        return self.channels.open_counts(ChannelKey(name))

    def retained(self, name: str) -> tuple[Event, ...]:
        """The events that the channel of that name retains."""
        return self.channels.retained_on(ChannelKey(name))

    @property
    def is_recovered(self) -> bool:
        """Whether the service has recovered in the installed configuration."""
        recovery = self._recovering.recovery
        return recovery is not None and recovery.done

    # What channels call.

    def make_event(self, data: bytes, patterns: Sequence[bytes], retention_us: int, publisher_name: str) -> Event:
        """Make an event with the next number; refused if a part of it is too long."""
        mine = self._clm.mine
        id = EventId(mine.processor, mine.boot_time_us, self._published_count + 1)
        return checked(Event(id, tuple(patterns), data, retention_us, publisher_name), NAME)

    def publish(self, channel: Channel, event: Event, priority: Priority) -> None:
        """Send an event."""
        key = self.channels.where((self._executive.me, channel.number))
        if event.retention_us and key and not self.channels.can_retain(key):
            raise self._wrong(f"{channel} retains {told.RETAINED_MAX} events")
        self._executive.send(NAME, "publish", told.Publish(channel.number, event), priority)
        self._published_count += 1

    def clear(self, channel: Channel, id: EventId) -> None:
        """Send that an event is retained no longer; behind what is published, so at low priority."""
        self._executive.send(NAME, "clear", told.Clear(channel.number, id), Priority.LOW)

    def close(self, channel: Channel) -> None:
        """Send that a channel is closed; behind what is published, so at low priority."""
        self._executive.send(NAME, "close", told.Close(channel.number), Priority.LOW)
        del self._mine[channel.number]

    def retained_on(self, channel: Channel) -> tuple[Event, ...]:
        """The events that this open channel retains."""
        key = self.channels.where((self._executive.me, channel.number))
        return self.channels.retained_on(key) if key else ()

    # What the executive calls.

    @property
    def functions(self) -> Mapping[str, Function]:
        """The functions whose messages this service handles."""
        return {
            **self._recovering.functions,
            "open": function(told.Open, self._open, HIGH),
            "close": function(told.Close, self._close, LOW),
            "unlink": function(told.Unlink, self._unlink, HIGH),
            "publish": function(told.Publish, self._publish, EVENT_PRIORITIES),
            "clear": function(told.Clear, self._clear, LOW),
        }

    @property
    def deadline_us(self) -> int | None:
        """When the retention of an event ends, or at once, when there is something to tell that depends on the time."""
        return 0 if self._recovering.has_to_hand_over else self.channels.deadline_us

    def exec_init_fn(self, executive: Executive) -> None:
        """Create the plug, before the first configuration.

        Source: mail M3; openais evt.c:2643
        """
        self._executive = executive
        self._recovering = self.RECOVERING(executive, self._clm, self.channels, self._give, self._tell_table)
        self._recovering.create_plug()

    def confchg_fn(self, change: ConfigurationChange) -> None:
        """Recover in a regular configuration.

        Source: mail M11
        """
        if change.kind is Kind.REGULAR:
            self._recovering.configuration_installed(change)

    def time_passed(self, now_us: int) -> None:
        """Retain no longer what was to be retained until now, and tell the others what is left, if it is to be told."""
        self.channels.time_passed(now_us)
        self._recovering.hand_over(now_us)

    # What is delivered.

    def _open(self, message: told.Open, delivery: Delivery) -> None:
        self._recovering.look_up_sender(delivery)
        key = ChannelKey(message.name)
        is_open = message.create or bool(self.channels.open_counts(key))
        if is_open:
            self.channels.open((delivery.message.sender, message.number), key)
            self._tell_table()
        if delivery.message.sender == self._executive.me:
            self._answer(message.number, is_open)

    def _answer(self, number: int, is_open: bool) -> None:
        channel = self._mine.get(number)
        if channel:
            channel.phase = ChannelPhase.OPEN if is_open else ChannelPhase.REFUSED
            if not is_open:
                del self._mine[number]
            channel.opened_fn(channel)

    def _close(self, message: told.Close, delivery: Delivery) -> None:
        self._recovering.look_up_sender(delivery)
        opening, _ = self._open_of(delivery, message.number)
        self.channels.close(opening)
        self._tell_table()

    def _unlink(self, message: told.Unlink, delivery: Delivery) -> None:
        self._recovering.look_up_sender(delivery)
        by = delivery.message
        self.channels.unlink(message.name, MessageName(by.sender, by.incarnation, by.number))
        self._tell_table()

    def _publish(self, message: told.Publish, delivery: Delivery) -> None:
        self._recovering.look_up_sender(delivery)
        _, key = self._open_of(delivery, message.number)
        event = message.event
        if event.id.publisher != delivery.message.sender:
            raise self._executive.refusal(Reason.WRONG_SENDER, f"an event of {event.id.publisher}")
        if event.retention_us:
            self._retain(key, event)
        self._give(key, event)

    def _retain(self, key: ChannelKey, event: Event) -> None:
        if self.channels.can_retain(key):
            self.channels.retain(key, event, event.retention_us)
        else:
            self.unretained_count += 1

    def _clear(self, message: told.Clear, delivery: Delivery) -> None:
        self._recovering.look_up_sender(delivery)
        self._open_of(delivery, message.number)
        self.channels.clear(message.id)

    def _open_of(self, delivery: Delivery, number: int) -> tuple[Opening, ChannelKey]:
        opening = delivery.message.sender, number
        key = self.channels.where(opening)
        if key is None:
            raise self._executive.refusal(Reason.UNKNOWN_OPEN, f"open {number}")
        return opening, key

    def _give(self, key: ChannelKey, event: Event) -> None:
        """Hand the event to this processor's subscriptions of the channel."""
        for channel in [*self._mine.values()]:
            if self.channels.where((self._executive.me, channel.number)) == key:
                for subscription in [*channel.subscriptions]:
                    subscription.give(event)

    def _tell_table(self) -> None:
        recovery = self._recovering.recovery
        nodes = sorted(recovery.nodes) if recovery else []
        self._executive.observe(Table(NAME, tuple(nodes), digest(self.channels.content())))

    def _wrong(self, what: str) -> Exception:
        return program_error(what, clause="SA Forum AIS, event service", state=str(self._executive))
