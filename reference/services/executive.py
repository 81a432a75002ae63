"""The executive: runs the services on one processor, in the order in which they are registered.

It calls every `exec_init_fn`, hands each configuration change to every service in that order, and routes executive
messages to the function that they name. What a service keeps, and when it has recovered, is the service's business.

A message that cannot be read, or that a function refuses, is counted and changes nothing. Time is told, not looked up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

import msgspec

from reference.errors import LocalProtocolError
from reference.plug.plugs import Handle
from reference.priorities import Priority
from reference.ring.effects import ConfigurationChange, Delivery, Guarantee, Kind
from reference.rings import ProcessorId, RingId
from reference.services.errors import Reason, RefusedMessageError, TryAgainError
from reference.services.executive_messages import Body, ExecutiveMessage, decode, encode
from reference.services.interface import PAYLOAD_BYTES_MAX, GroupMessaging
from reference.services.observations import Observe, PlugCall, Refusal, nobody_looks
from reference.services.outbox import Outbox, Waiting

RETRY_US = 1_000
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
B = TypeVar("B", bound=Body)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a service: how its message is read, and at which priorities it may come. Made by `function`."""

    prepare: Callable[[msgspec.Raw, Delivery], Callable[[], None]]
    priorities: Collection[Priority]


def function(
    takes: type[B], handler: Callable[[B, Delivery], None], priorities: Collection[Priority] = tuple(Priority)
) -> Function:
    """The function that takes such a body; the handler refuses a message, or does all of it."""
    decoder = msgspec.msgpack.Decoder(takes)
    return Function(lambda body, delivery: partial(handler, decoder.decode(body), delivery), priorities)


class Service(Protocol):
    """What the executive runs."""

    @property
    def name(self) -> str: ...

    @property
    def functions(self) -> Mapping[str, Function]: ...

    @property
    def deadline_us(self) -> int | None:
        """When `time_passed` wants to be called next."""
        ...

    def exec_init_fn(self, executive: Executive) -> None:
        """Begin; create is called here, before there is a configuration (mail M3)."""

    def confchg_fn(self, change: ConfigurationChange) -> None:
        """Take a configuration change; here nothing may be looked up (mail M10)."""

    def time_passed(self, now_us: int) -> None:
        """Do what is due."""


class Executive:
    """The services of one processor on its group messaging interface."""

    def __init__(
        self,
        gmi: GroupMessaging,
        services: Sequence[Service],
        *,
        recovery_granted: Collection[str] = ("clm", "evt"),
        observe: Observe = nobody_looks,
    ) -> None:
        self._gmi = gmi
        self._services = {service.name: service for service in services}
        self._recovery_granted = frozenset(recovery_granted)
        self._outbox = Outbox(gmi, observe)
        self._unplugs: dict[Handle, str] = {}
        self.observe = observe
        self.now_us = 0
        self.change: ConfigurationChange | None = None
        self.delivering: Delivery | None = None
        self.refused: Counter[Reason] = Counter()
        if len(self._services) < len(services):
            raise self._wrong("the executive", "two services have one name", "executive (registration)")
        gmi.gmi_join(self._deliver_fn, self._confchg_fn)
        for service in services:
            service.exec_init_fn(self)
        self._functions = {service.name: service.functions for service in services}

    # What the world calls.

    @property
    def deadline_us(self) -> int | None:
        """When `time_passed` wants to be called next; None if nothing is waited for."""
        due = [service.deadline_us for service in self._services.values()]
        due += [self.now_us] if self._unplugs and self._outbox.recovery_is_sent else []
        due += [self.now_us + RETRY_US] if self.waiting_count else []
        return min((one for one in due if one is not None), default=None)

    def time_passed(self, now_us: int) -> None:
        """Tell the time: before anything is dispatched, and when the deadline has come."""
        self.now_us = max(self.now_us, now_us)
        for service in self._services.values():
            service.time_passed(self.now_us)
        self._outbox.flush()
        self._unplug_who_asked()

    # What services call.

    @property
    def me(self) -> ProcessorId:
        """The processor that they run on."""
        return self._gmi.me

    @property
    def ring_id(self) -> RingId | None:
        """The ring whose regular configuration was told last."""
        return self.change.ring_id if self.change else None

    @property
    def waiting_count(self) -> int:
        """How many messages wait for room in the group messaging interface."""
        return len(self._outbox)

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many recovery messages of each service were dropped unsent, when their configuration was over."""
        return self._outbox.dropped

    def send(
        self,
        service: str,
        function: str,
        body: Body,
        priority: Priority,
        *,
        guarantee: Guarantee = Guarantee.AGREED,
        bound_to: RingId | None = None,
    ) -> None:
        """Send a message to the same service on every member, in order.

        With `bound_to` it is recovery of that configuration: it always finds room, and means nothing in another one.
        """
        if priority is Priority.RECOVERY and service not in self._recovery_granted:
            raise self._wrong(service, "it was not granted recovery priority", "mail M1")
        payload = encode(service, function, body)
        if len(payload) > PAYLOAD_BYTES_MAX:
            raise self._wrong(service, f"a message of {len(payload)} bytes, at most {PAYLOAD_BYTES_MAX}", "gmi_mcast")
        if bound_to is None and not self._outbox.has_room(priority):
            raise TryAgainError(service, f"too many messages wait at priority {priority.name}", state=str(self))
        self._outbox.put(Waiting(service, function, payload, priority, guarantee, bound_to))
        self._outbox.flush()

    def create_plug(self, service: str) -> Handle:
        """Register a handle of the plug.

        Source: mail M2, M3
        """
        handle = self._gmi.gmi_recovery_plug_create()
        self.observe(PlugCall(service, "create", handle))
        return handle

    def unplug(self, service: str, handle: Handle) -> None:
        """Say that the service has recovered. It counts when no recovery message waits here, and if it is still so.

        The plug is called when time passes next, not at once: what was delivered just now may be the end of an older
        configuration, whose recovery does not count in the next.

        Source: mail M4; D4, D11
        """
        self._unplugs[handle] = service

    # What the group messaging interface calls.

    def _deliver_fn(self, delivery: Delivery) -> None:
        self.delivering = delivery
        try:
            self._route(delivery)
        except RefusedMessageError as error:
            self.refused[error.reason] += 1
            self.observe(Refusal(delivery.message, error.reason, str(error)))
        finally:
            self.delivering = None
        self._outbox.flush()

    def _confchg_fn(self, change: ConfigurationChange) -> None:
        self._unplugs.clear()
        if change.kind is Kind.REGULAR:
            self.change = change
            self._outbox.configuration_installed(change.ring_id)
        for service in self._services.values():
            service.confchg_fn(change)
        self._outbox.flush()

    def _route(self, delivery: Delivery) -> None:
        message = self._read(delivery)
        functions = self._functions.get(message.service)
        if functions is None:
            raise self.refusal(Reason.UNKNOWN_SERVICE, message.service)
        function = functions.get(message.function)
        if function is None:
            raise self.refusal(Reason.UNKNOWN_FUNCTION, f"{message.service} has no {message.function}")
        if delivery.priority not in function.priorities:
            raise self.refusal(Reason.WRONG_PRIORITY, f"{message.function} at {delivery.priority.name}")
        try:
            handle = function.prepare(message.body, delivery)
        except UNREADABLE as error:
            raise self.refusal(Reason.BAD_BODY, f"{message.service} {message.function}: {error}") from error
        handle()

    def _read(self, delivery: Delivery) -> ExecutiveMessage:
        try:
            return decode(delivery.payload)
        except UNREADABLE as error:
            raise self.refusal(Reason.MALFORMED, str(error)) from error

    def _unplug_who_asked(self) -> None:
        while self._unplugs and self._outbox.recovery_is_sent:
            handle = next(iter(self._unplugs))
            self.observe(PlugCall(self._unplugs.pop(handle), "unplug", handle))
            self._gmi.gmi_recovery_plug_unplug(handle)

    def refusal(self, reason: Reason, what: str) -> RefusedMessageError:
        """The error that refuses the message that is being delivered, to be raised by its handler."""
        sender = self.delivering.message.sender if self.delivering else "nobody"
        return RefusedMessageError(reason, f"{what} (from {sender})", state=str(self))

    def _wrong(self, who: str, what: str, clause: str) -> LocalProtocolError:
        return LocalProtocolError(who, what, clause=clause, state=str(self))

    def __str__(self) -> str:
        return f"executive of {self.me}, ring {self.ring_id or 'none'}, {self.waiting_count} messages waiting"
