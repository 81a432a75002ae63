"""The executive: registration order, routing, refusal, room."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from reference.errors import LocalProtocolError
from reference.priorities import Priority
from reference.ring.effects import ConfigurationChange, Delivery, Guarantee, MessageId
from reference.ring.gmi import GroupMessagingInterface
from reference.ring.processor import Processor
from reference.rings import ProcessorId, RingId, RingSeq
from reference.services.clm import NodeJoin
from reference.services.errors import Reason, TryAgainError
from reference.services.executive import Executive, Function, function
from reference.services.executive_messages import Body, encode
from reference.services.interface import GroupMessaging
from reference.services.observations import PlugCall, Queued
from reference.services.outbox import WAITING_MAX
from tests.cluster import Cluster
from tests.total_order import Member, TotalOrder


class Word(Body, frozen=True):
    """A message of the test."""

    text: str


class Echo:
    """A service that writes down what it is told."""

    deadline_us: int | None = None

    def __init__(self, name: str, log: list[str]) -> None:
        self.name = name
        self.log = log

    @property
    def functions(self) -> Mapping[str, Function]:
        return {"say": function(Word, self._say)}

    def exec_init_fn(self, executive: Executive) -> None:
        self.executive = executive
        self.log.append(f"{self.name} init")

    def confchg_fn(self, change: ConfigurationChange) -> None:
        self.log.append(f"{self.name} {change.kind.value}")

    def time_passed(self, now_us: int) -> None:
        pass

    def say(self, text: str, priority: Priority = Priority.MEDIUM) -> None:
        self.executive.send(self.name, "say", Word(text), priority)

    def _say(self, word: Word, delivery: Delivery) -> None:
        self.log.append(f"{self.name} {word.text} from {delivery.message.sender}")


def one_processor(*names: str, recovery_granted: tuple[str, ...] = ()) -> tuple[TotalOrder, list[Echo], list[str]]:
    log: list[str] = []
    services = [Echo(name, log) for name in names]
    bus = TotalOrder()
    bus.start(1, lambda gmi: Executive(gmi, services, recovery_granted=recovery_granted))
    bus.configure([1])
    return bus, services, log


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_services_are_told_in_the_order_of_registration(names: tuple[str, str]) -> None:
    _, _, log = one_processor(*names)
    told = ("init", "transitional", "regular")
    assert log == [f"{name} {what}" for what in told for name in names]


def test_two_services_of_one_name_are_the_callers_fault() -> None:
    with pytest.raises(LocalProtocolError, match="two services have one name"):
        one_processor("a", "a")


def test_a_message_goes_to_its_own_service() -> None:
    bus, (a, b), log = one_processor("a", "b")
    a.say("hello")
    b.say("hello")
    bus.run()
    assert log[-2:] == ["a hello from 1", "b hello from 1"]


def test_recovery_priority_has_to_be_granted() -> None:
    _, (a,), _ = one_processor("a")
    with pytest.raises(LocalProtocolError, match="a: it was not granted recovery priority"):
        a.say("hello", Priority.RECOVERY)
    _, (a,), _ = one_processor("a", recovery_granted=("a",))
    a.say("hello", Priority.RECOVERY)


def delivery(payload: bytes, priority: Priority = Priority.RECOVERY) -> Delivery:
    ring_id = RingId(ProcessorId(1), RingSeq(4))
    message = MessageId(ProcessorId(2), RingSeq(1), 1)
    return Delivery(message, ring_id, priority, Guarantee.AGREED, ring_id, payload)


JOIN = NodeJoin(RingId(ProcessorId(1), RingSeq(4)), 7, "node", "address")
BAD = {
    "nothing": (b"", Reason.MALFORMED),
    "no array": (b"\xc0", Reason.MALFORMED),
    "cut off": (encode("clm", "nodejoin", JOIN)[:-1], Reason.MALFORMED),
    "more": (encode("clm", "nodejoin", JOIN) + b"\x00", Reason.MALFORMED),
    "text that is none": (b"\x93\xa3\xff\xff\xff\xa1x\x90", Reason.MALFORMED),
    "deep": (b"\x93\xa3clm\xa8nodejoin" + b"\x91" * 100_000, Reason.MALFORMED),
    "another service": (encode("nobody", "nodejoin", JOIN), Reason.UNKNOWN_SERVICE),
    "another function": (encode("clm", "nothing", JOIN), Reason.UNKNOWN_FUNCTION),
    "another body": (encode("clm", "nodejoin", Word("x")), Reason.BAD_BODY),
    "a field less": (b"\x93\xa3clm\xa8nodejoin\x93\x92\x01\x04\x07\xa1x", Reason.BAD_BODY),
    "a field more": (b"\x93\xa3clm\xa8nodejoin\x95\x92\x01\x04\x07\xa1x\xa1y\x01", Reason.BAD_BODY),
    "a long name": (encode("clm", "nodejoin", msgspec.structs.replace(JOIN, name="x" * 256)), Reason.BAD_BODY),
    "another priority": (encode("clm", "nodejoin", JOIN), Reason.WRONG_PRIORITY),
    "another configuration": (
        encode("clm", "nodejoin", msgspec.structs.replace(JOIN, ring_id=RingId(ProcessorId(1), RingSeq(3)))),
        Reason.OLDER_CONFIGURATION,
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_message_is_refused_and_counted_and_changes_nothing(what: str) -> None:
    cluster = Cluster(1)
    cluster.configure([1])
    payload, reason = BAD[what]
    before = cluster.nodes[1].clm.nodes, cluster.gmi(1).sent_count, len(cluster.nodes[1].seen)
    (deliver_fn, _) = cluster.gmi(1).joined[0]
    deliver_fn(delivery(payload, Priority.LOW if reason is Reason.WRONG_PRIORITY else Priority.RECOVERY))
    assert cluster.executive(1).refused == {reason: 1}
    assert (cluster.nodes[1].clm.nodes, cluster.gmi(1).sent_count, len(cluster.nodes[1].seen) - 1) == before


def test_what_finds_no_room_waits_in_order() -> None:
    bus, (a, b), log = one_processor("a", "b")
    bus.members[ProcessorId(1)].room = 1
    for text in ("1", "2", "3"):
        a.say(text)
        b.say(text)
    assert bus.executives[ProcessorId(1)].waiting_count == 5
    assert bus.executives[ProcessorId(1)].deadline_us is not None
    bus.run()
    assert log[6:] == [f"{name} {text} from 1" for text in "123" for name in "ab"]
    assert bus.executives[ProcessorId(1)].deadline_us is None


def test_a_program_is_told_to_try_again_when_too_much_waits() -> None:
    bus, (a,), log = one_processor("a")
    bus.members[ProcessorId(1)].room = 0
    for number in range(WAITING_MAX):
        a.say(str(number))
    with pytest.raises(TryAgainError, match="too many messages wait at priority MEDIUM"):
        a.say("more")
    a.say("high", Priority.HIGH)
    bus.members[ProcessorId(1)].room = 1_000_000
    bus.run()
    assert log[3] == "a high from 1"
    assert len(log) == 3 + 1 + WAITING_MAX


def test_a_message_that_is_too_long_is_the_services_fault() -> None:
    _, (a,), _ = one_processor("a")
    with pytest.raises(LocalProtocolError, match="a: a message of 262157 bytes"):
        a.say("x" * 262_144)


def test_an_unplug_counts_when_what_the_executive_holds_back_is_sent() -> None:
    """D11 holds of what waits in the executive, too."""
    cluster = Cluster(1)
    cluster.gmi(1).room = 0
    cluster.configure([1])
    calls = [one.call for one in cluster.nodes[1].seen if isinstance(one, PlugCall)]
    assert calls == ["create", "create"]
    assert not cluster.bus.gate_open(1)
    cluster.gmi(1).room = 1
    cluster.run()
    assert cluster.bus.gate_open(1)


def test_an_unplug_waits_for_the_recovery_messages_of_every_service() -> None:
    """D11, also where the service that unplugs has sent nothing."""
    bus, (_, b), _ = one_processor("a", "b", recovery_granted=("a", "b"))
    executive, member = bus.executives[ProcessorId(1)], bus.members[ProcessorId(1)]
    handle = executive.create_plug("a")
    bus.configure([1])
    member.room = 0
    b.say("first", Priority.RECOVERY)
    executive.unplug("a", handle)
    executive.time_passed(bus.now_us)
    assert member.plugged[handle]
    member.room = 1
    bus.run()
    assert not member.plugged[handle]


def test_recovery_that_waits_is_dropped_when_its_configuration_is_over() -> None:
    """D13, and nothing else is dropped."""
    cluster = Cluster(1)
    cluster.gmi(1).room = 0
    cluster.configure([1])
    cluster.nodes[1].evs.attach(lambda *_: None).mcast(b"kept", ["group"])
    cluster.configure([1])
    assert cluster.executive(1).dropped == {"clm": 1, "evt": 2}
    cluster.gmi(1).room = 1
    cluster.run()
    sent = [one.function for one in cluster.nodes[1].seen if isinstance(one, Queued)]
    assert sorted(sent) == sorted(["nodejoin", "add-node", "check-in", "done", "mcast"])


def test_an_unplug_asked_for_in_an_older_configuration_does_not_count() -> None:
    """D4: what was delivered last in the old ring finishes its recovery, and the next ring is there at once."""
    cluster = Cluster(2)
    cluster.configure([1], [2], run=False)
    member = cluster.gmi(1)
    while member.queue:
        cluster.bus.visit(member.me)
        cluster.bus.deliver_all(member.me)
    assert cluster.nodes[1].clm.is_recovered
    assert not cluster.bus.gate_open(1)
    cluster.bus.configure([1, 2])
    cluster.executive(1).time_passed(1)
    assert all(member.plugged.values())


def test_time_never_goes_back() -> None:
    executive = one_processor("a")[0].executives[ProcessorId(1)]
    executive.time_passed(5)
    executive.time_passed(3)
    assert executive.now_us == 5


def test_the_interface_of_the_tests_is_that_of_the_ring() -> None:
    interfaces: list[GroupMessaging] = [
        Member(ProcessorId(1)),
        GroupMessagingInterface(Processor(ProcessorId(1))),
    ]
    assert [gmi.me for gmi in interfaces] == [1, 1]
