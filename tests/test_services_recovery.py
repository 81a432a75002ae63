"""How the event service recovers: check-ins, one leader, retained events, open counts."""

from __future__ import annotations

import pytest

from reference.priorities import Priority
from reference.ring.effects import Guarantee
from reference.rings import ProcessorId, RingId, RingSeq
from reference.services.errors import Reason
from reference.services.evt import messages as told
from reference.services.evt.recovering import Recovering
from reference.services.evt.service import Evt
from reference.services.executive_messages import Body, encode
from reference.services.observations import Queued, Recovered
from tests.cluster import Cluster


def data(cluster: Cluster, number: int, name: str = "news") -> set[bytes]:
    return {event.data for event in cluster.nodes[number].evt.retained(name)}


def sent(cluster: Cluster, number: int, function: str) -> int:
    return sum(isinstance(one, Queued) and one.function == function for one in cluster.nodes[number].seen)


def keep(cluster: Cluster, number: int, what: bytes) -> None:
    cluster.open(number).publish(what, retention_us=1_000_000)
    cluster.run()


def test_a_ring_of_one_recovers() -> None:
    cluster = Cluster(1)
    cluster.configure([1])
    assert cluster.nodes[1].evt.is_recovered
    assert cluster.bus.gate_open(1)
    keep(cluster, 1, b"1")
    cluster.configure([1])
    assert data(cluster, 1) == {b"1"}
    assert sent(cluster, 1, "retained") == 0


def test_who_joins_is_told_what_is_open_and_retained() -> None:
    cluster = Cluster(3)
    cluster.configure([1, 2], [3])
    keep(cluster, 2, b"1")
    subscriber = cluster.nodes[3]
    cluster.open(3)
    cluster.configure([1, 2, 3])
    assert [data(cluster, number) for number in (1, 2, 3)] == [{b"1"}] * 3
    assert [event.data for event in subscriber.events] == [b"1"]
    assert all(node.evt.open_counts("news") == {2: 1, 3: 1} for node in cluster.nodes.values())
    assert [sent(cluster, number, "retained") for number in (1, 2, 3)] == [1, 0, 0]


@pytest.mark.parametrize("boot_times_us", [(1, 2, 3), (3, 2, 1), (2, 1, 3), (5, 5, 5)])
def test_the_oldest_member_leads(boot_times_us: tuple[int, ...]) -> None:
    """EVT-S2: the oldest by boot time, then the smallest id; nobody else says done."""
    cluster = Cluster(3, boot_time_us=lambda number: boot_times_us[number - 1])
    cluster.configure([1, 2, 3])
    oldest = min((1, 2, 3), key=lambda number: (boot_times_us[number - 1], number))
    assert [sent(cluster, number, "done") for number in (1, 2, 3)] == [int(number == oldest) for number in (1, 2, 3)]


def test_done_waits_for_the_check_in_of_every_member() -> None:
    """EVT-S3: of members of this configuration, made in it; leftovers do not count."""
    cluster = Cluster(3)
    cluster.configure([1], [2], [3], run=False)
    cluster.configure([1, 2, 3], run=False)
    silent = cluster.gmi(3)
    waiting, silent.queue = silent.queue, []
    cluster.run()
    assert sum(sent(cluster, number, "done") for number in (1, 2, 3)) == 0
    assert not cluster.bus.gate_open(1)
    silent.queue = waiting
    cluster.run()
    assert [sent(cluster, number, "done") for number in (1, 2, 3)] == [1, 0, 0]
    assert all(cluster.bus.gate_open(number) for number in (1, 2, 3))


def test_events_of_both_sides_survive_a_merge() -> None:
    cluster = Cluster(4)
    cluster.configure([1, 2], [3, 4])
    keep(cluster, 2, b"left")
    keep(cluster, 4, b"right")
    cluster.configure([1, 2, 3, 4])
    assert [data(cluster, number) for number in (1, 2, 3, 4)] == [{b"left", b"right"}] * 4
    assert [sent(cluster, number, "retained") for number in (1, 2, 3, 4)] == [1, 0, 1, 0]


def test_a_recovery_that_is_interrupted_begins_again() -> None:
    """Nothing of what the first one told is lost, and nobody takes half of it for all."""
    cluster = Cluster(4)
    cluster.configure([1, 2], [3, 4])
    keep(cluster, 2, b"left")
    keep(cluster, 4, b"right")
    for steps in range(40):
        cluster.configure([1, 2], [3, 4], run=False)
        cluster.configure([1, 2, 3, 4], run=False)
        for _ in range(steps):
            cluster.bus.step()
        cluster.configure([1, 3], [2, 4], run=False)
        cluster.configure([1, 2, 3, 4])
        assert [data(cluster, number) for number in (1, 2, 3, 4)] == [{b"left", b"right"}] * 4
        assert all(node.evt.open_counts("news") == {2: 1, 4: 1} for node in cluster.nodes.values())


def test_opens_of_who_left_are_forgotten_and_its_events_are_not() -> None:
    cluster = Cluster(3)
    cluster.configure([1, 2, 3])
    keep(cluster, 3, b"last words")
    cluster.open(1)
    cluster.stop(3)
    cluster.configure([1, 2])
    assert all(node.evt.open_counts("news") == {1: 1} for node in cluster.nodes.values())
    assert data(cluster, 1) == data(cluster, 2) == {b"last words"}


def test_what_remains_of_a_retention_is_told() -> None:
    cluster = Cluster(2)
    cluster.configure([1], [2])
    keep(cluster, 1, b"1")
    cluster.bus.now_us += 400_000
    cluster.configure([1, 2])
    due = [cluster.executive(number).deadline_us for number in (1, 2)]
    assert None not in due
    assert abs((due[0] or 0) - (due[1] or 0)) < 1_000


def test_an_unlink_on_one_side_takes_no_name_away_on_the_other() -> None:
    cluster = Cluster(2)
    cluster.configure([1, 2])
    cluster.open(1)
    cluster.open(2)
    cluster.configure([1], [2])
    cluster.nodes[1].evt.unlink("news")
    cluster.run()
    cluster.configure([1, 2])
    assert all(node.evt.open_counts("news") == {2: 1} for node in cluster.nodes.values())


def test_more_channels_than_there_is_room_for_are_told_all_the_same() -> None:
    """corosync 3226edf8: recovery must not stop where a queue is full."""
    cluster = Cluster(2)
    cluster.configure([1], [2])
    for number in range(40):
        cluster.nodes[1].evt.open(f"channel {number}")
    cluster.run()
    cluster.gmi(1).room = 2
    cluster.configure([1, 2])
    assert all(cluster.nodes[2].evt.open_counts(f"channel {number}") == {1: 1} for number in range(40))
    assert cluster.bus.gate_open(1)


@pytest.mark.parametrize("ring", ["this", "older"])
@pytest.mark.parametrize(
    "message", [told.Done, told.Handed, lambda ring_id: told.Retained(ring_id, told.ChannelKey("news"), EVENT, 9)]
)
def test_who_does_not_lead_says_nothing(message: type[told.Done], ring: str) -> None:
    """No check of sender, configuration or phase was made in 2004 (openais evt.c:3197)."""
    cluster = Cluster(2)
    cluster.configure([1, 2], run=False)
    now = cluster.executive(1).ring_id
    assert now is not None
    body: Body = message(now if ring == "this" else RingId(ProcessorId(1), RingSeq(1)))
    function = {told.Done: "done", told.Handed: "handed"}.get(message, "retained")
    cluster.gmi(2).gmi_mcast(Priority.RECOVERY, encode("evt", function, body), Guarantee.AGREED)
    cluster.run()
    reason = Reason.NOT_THE_LEADER if ring == "this" else Reason.OLDER_CONFIGURATION
    assert [cluster.executive(number).refused for number in (1, 2)] == [{reason: 1}] * 2
    assert data(cluster, 1) == set()
    assert [one.service for one in cluster.nodes[1].seen if isinstance(one, Recovered)] == ["clm", "evt"]


EVENT = told.Event(told.EventId(ProcessorId(2), 2, 1), (), b"forged", 9, "")


class AsMailed(Recovering):
    """The add-node as the mail has it: a message that the plug holds back."""

    ADD_NODE_PRIORITY = Priority.HIGH


class AsMailedEvt(Evt):
    """An evt that recovers so."""

    RECOVERING = AsMailed


def test_an_add_node_as_mailed_finds_its_node_too() -> None:
    cluster = Cluster(3, evt=AsMailedEvt)
    for rings in ([[1], [2], [3]], [[1, 2, 3]], [[1, 2], [3]], [[1, 2, 3]]):
        cluster.configure(*rings)
        assert all(cluster.bus.gate_open(number) for number in (1, 2, 3))
    assert not [miss for node in cluster.nodes.values() for miss in node.misses]
