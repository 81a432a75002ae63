"""The event service: channels, events, filters, retained events."""

from __future__ import annotations

import pytest

from reference.errors import LocalProtocolError
from reference.priorities import Priority
from reference.rings import ProcessorId
from reference.services.errors import Reason
from reference.services.evt.channel import Channel, ChannelPhase
from reference.services.evt.filters import PASS_ALL, Filter, all_pass, exact, prefix, suffix
from reference.services.evt.messages import DATA_BYTES_MAX, OPENS_MAX, RETAINED_MAX
from tests.cluster import Cluster


def whole(count: int) -> Cluster:
    cluster = Cluster(count)
    cluster.configure(range(1, count + 1))
    return cluster


def data(cluster: Cluster, number: int) -> list[bytes]:
    return [event.data for event in cluster.nodes[number].events]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_an_event_is_given_to_every_subscriber_in_one_order(count: int) -> None:
    cluster = whole(count)
    channels = [cluster.open(number) for number in range(1, count + 1)]
    for number, channel in enumerate(channels):
        channel.publish(f"{number}".encode(), publisher_name=f"program {number}")
    cluster.run()
    assert sorted(data(cluster, 1)) == [f"{number}".encode() for number in range(count)]
    assert {str(node.events) for node in cluster.nodes.values()} == {str(cluster.nodes[1].events)}
    assert {event.publisher_name for event in cluster.nodes[1].events} == {f"program {n}" for n in range(count)}


def test_events_of_another_channel_are_not_given() -> None:
    cluster = whole(2)
    cluster.open(1, "news")
    cluster.open(2, "other").publish(b"1")
    cluster.run()
    assert data(cluster, 1) == []


@pytest.mark.parametrize(
    ("filters", "patterns", "passes"),
    [
        ((), (b"disk", b"full"), True),
        ((prefix(b"di"),), (b"disk",), True),
        ((prefix(b"is"),), (b"disk",), False),
        ((suffix(b"sk"),), (b"disk",), True),
        ((suffix(b"di"),), (b"disk",), False),
        ((exact(b"disk"),), (b"disk",), True),
        ((exact(b"disk"),), (b"disks",), False),
        ((PASS_ALL, exact(b"full")), (b"disk", b"full"), True),
        ((PASS_ALL, exact(b"full")), (b"disk",), False),
        ((PASS_ALL, exact(b"")), (b"disk",), True),
        ((exact(b"disk"),), (b"disk", b"anything"), True),
        ((prefix(b""), suffix(b"")), (), True),
    ],
)
def test_filters(filters: tuple[Filter, ...], patterns: tuple[bytes, ...], passes: bool) -> None:
    assert all_pass(filters, patterns) is passes
    cluster = whole(1)
    cluster.open(1, filters=filters).publish(b"1", patterns=patterns)
    cluster.run()
    assert data(cluster, 1) == [b"1"] * passes


def test_a_subscription_that_is_cancelled_is_given_nothing_more() -> None:
    cluster = whole(1)
    channel = cluster.open(1)
    channel.subscriptions[0].cancel()
    channel.publish(b"1")
    cluster.run()
    assert data(cluster, 1) == []


def test_who_subscribes_later_is_given_what_is_retained() -> None:
    cluster = whole(2)
    channel = cluster.open(1)
    kept = channel.publish(b"kept", retention_us=10_000, patterns=[b"a"])
    channel.publish(b"gone")
    channel.publish(b"filtered", retention_us=10_000, patterns=[b"b"])
    cluster.run()
    cluster.open(2, filters=[exact(b"a")])
    assert data(cluster, 2) == [b"kept"]
    channel.clear(kept)
    cluster.run()
    assert [event.data for event in cluster.nodes[2].evt.retained("news")] == [b"filtered"]


def test_retention_ends_by_the_time_that_is_told() -> None:
    cluster = whole(2)
    cluster.open(1).publish(b"1", retention_us=500)
    cluster.run()
    due = cluster.executive(2).deadline_us
    assert due is not None
    cluster.executive(2).time_passed(due - 1)
    assert cluster.nodes[2].evt.retained("news")
    cluster.executive(2).time_passed(due)
    assert not cluster.nodes[2].evt.retained("news")
    assert cluster.executive(2).deadline_us is None


def test_a_channel_lives_while_it_retains_an_event() -> None:
    cluster = whole(1)
    channel = cluster.open(1, filters=None)
    channel.publish(b"1", retention_us=10_000)
    channel.close()
    cluster.run()
    assert cluster.nodes[1].evt.open_counts("news") == {}
    cluster.open(1)
    assert data(cluster, 1) == [b"1"]


def test_opens_are_counted_on_every_member() -> None:
    cluster = whole(2)
    first = cluster.open(1)
    cluster.open(1)
    cluster.open(2)
    for node in cluster.nodes.values():
        assert node.evt.open_counts("news") == {1: 2, 2: 1}
    first.close()
    cluster.run()
    for node in cluster.nodes.values():
        assert node.evt.open_counts("news") == {1: 1, 2: 1}


def test_what_is_published_before_the_close_is_delivered() -> None:
    cluster = whole(2)
    cluster.open(2)
    channel = cluster.open(1)
    channel.publish(b"1", priority=Priority.LOW)
    channel.close()
    cluster.run()
    assert data(cluster, 2) == [b"1"]
    assert data(cluster, 1) == []
    with pytest.raises(LocalProtocolError, match="publish on a channel that is not open"):
        channel.publish(b"2")


def test_an_open_that_creates_nothing_is_refused_where_nobody_has_it_open() -> None:
    cluster = whole(2)
    opened: list[Channel] = []
    channel = cluster.nodes[1].evt.open("news", opened.append, create=False)
    with pytest.raises(LocalProtocolError, match="not open"):
        channel.publish(b"1")
    cluster.run()
    assert opened == [channel]
    assert channel.phase is ChannelPhase.REFUSED
    cluster.open(2)
    again = cluster.nodes[1].evt.open("news", create=False)
    cluster.run()
    assert again.phase is ChannelPhase.OPEN


def test_a_channel_that_is_unlinked_goes_on_without_its_name() -> None:
    cluster = whole(2)
    old = cluster.open(1)
    cluster.open(2)
    cluster.nodes[1].evt.unlink("news")
    cluster.run()
    new = cluster.open(1, filters=None)
    old.publish(b"old", retention_us=10_000)
    new.publish(b"new")
    cluster.run()
    assert data(cluster, 2) == [b"old"]
    assert cluster.nodes[2].evt.open_counts("news") == {1: 1}
    assert cluster.nodes[2].evt.retained("news") == ()


def test_what_is_published_on_an_open_that_nobody_knows_is_refused() -> None:
    cluster = whole(2)
    channel = cluster.open(1)
    channel.number = 7
    channel.publish(b"1")
    cluster.run()
    assert cluster.executive(2).refused == {Reason.UNKNOWN_OPEN: 1}


def test_an_event_of_somebody_else_is_refused() -> None:
    cluster = whole(2)
    evt = cluster.nodes[1].evt
    channel = cluster.open(1)
    event = evt.make_event(b"1", (), 0, "")
    evt.publish(channel, type(event)(event.id._replace(publisher=ProcessorId(2)), (), b"1", 0, ""), Priority.LOW)
    cluster.run()
    assert cluster.executive(2).refused == {Reason.WRONG_SENDER: 1}
    assert data(cluster, 1) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"data": b"x" * (DATA_BYTES_MAX + 1)},
        {"patterns": [b"x" * 256]},
        {"patterns": [b"x"] * 17},
        {"retention_us": -1},
        {"retention_us": 2**63},
        {"publisher_name": "x" * 256},
        {"priority": Priority.RECOVERY},
    ],
    ids=str,
)
def test_what_nobody_could_read_is_the_programs_fault(wrong: dict[str, object]) -> None:
    channel = whole(1).open(1)
    with pytest.raises(LocalProtocolError, match="a program"):
        channel.publish(**{"data": b"", **wrong})  # pyright: ignore[reportArgumentType]


def test_names_and_numbers_are_bounded() -> None:
    cluster = whole(1)
    evt = cluster.nodes[1].evt
    for name in ("", "x" * 256):
        with pytest.raises(LocalProtocolError, match="a program: no Open"):
            evt.open(name)
        with pytest.raises(LocalProtocolError, match="a program: no Unlink"):
            evt.unlink(name)
    for _ in range(OPENS_MAX):
        evt.open("news")
    with pytest.raises(LocalProtocolError, match="more than 1024 open channels"):
        evt.open("news")


def test_a_channel_retains_so_many_and_no_more() -> None:
    cluster = whole(1)
    channel = cluster.open(1)
    for number in range(RETAINED_MAX):
        channel.publish(str(number).encode(), retention_us=10_000_000)
    cluster.run()
    with pytest.raises(LocalProtocolError, match="retains 1024 events"):
        channel.publish(b"more", retention_us=1)
    channel.publish(b"more")
    cluster.run()
    assert data(cluster, 1)[-1] == b"more"
