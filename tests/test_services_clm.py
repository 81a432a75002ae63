"""The membership service: nodejoin, lookup, table, tracking."""

from __future__ import annotations

import pytest

from reference.errors import LocalProtocolError
from reference.rings import ProcessorId
from reference.services.clm import Clm, MembershipChange
from reference.services.observations import Lookup, Table
from tests.cluster import Cluster, Node


def ids(node: Node) -> list[int]:
    return [int(one.processor) for one in node.clm.nodes]


def tables(node: Node) -> list[Table]:
    return [one for one in node.seen if isinstance(one, Table) and one.service == "clm"]


def said(change: MembershipChange) -> tuple[list[int], list[int], list[int]]:
    """Who joined, who left, who is there."""
    lists = change.joined, change.left, change.current
    joined, left, current = ([int(node.processor) for node in one] for one in lists)
    return joined, left, current


def test_a_missing_node_is_a_value() -> None:
    """Mail M10: in a configuration change nothing but one's own node is there."""
    cluster = Cluster(2)
    cluster.configure([1, 2], run=False)
    clm = cluster.nodes[1].clm
    assert clm.clm_get_by_nodeid(ProcessorId(2)) is None
    assert clm.clm_get_by_nodeid(ProcessorId(1)) == clm.mine
    assert cluster.nodes[1].seen[-2:] == [
        Lookup("clm", ProcessorId(2), False, None),
        Lookup("clm", ProcessorId(1), True, None),
    ]


def test_after_recovery_every_member_is_known_everywhere() -> None:
    cluster = Cluster(3)
    cluster.configure([1, 2, 3])
    for node in cluster.nodes.values():
        assert [(one.processor, one.name, one.address, one.boot_time_us) for one in node.clm.nodes] == [
            (number, f"node{number}", f"10.0.0.{number}", number) for number in (1, 2, 3)
        ]
    assert len({tables(node)[-1].digest for node in cluster.nodes.values()}) == 1


def test_the_gate_opens_after_every_change() -> None:
    cluster = Cluster(3)
    for rings in ([[1], [2], [3]], [[1, 2, 3]], [[1, 2], [3]], [[1], [2, 3]], [[1, 2, 3]]):
        cluster.configure(*rings)
        assert all(cluster.bus.gate_open(number) for number in (1, 2, 3))


def test_a_plug_stays_in_until_the_last_nodejoin_is_there() -> None:
    """M4, read strictly: without the nodejoin of another member, the table is not recovered."""
    cluster = Cluster(2)
    cluster.bus.held.add(ProcessorId(1))
    cluster.configure([1, 2])
    assert cluster.nodes[2].clm.is_recovered
    assert not cluster.nodes[1].clm.is_recovered
    assert not cluster.bus.gate_open(2)
    cluster.bus.held.clear()
    cluster.run()
    assert cluster.bus.gate_open(2)


def test_who_left_is_forgotten() -> None:
    """CLM-S3: no ghosts."""
    cluster = Cluster(3)
    cluster.configure([1, 2, 3])
    cluster.stop(3)
    cluster.configure([1, 2])
    assert ids(cluster.nodes[1]) == ids(cluster.nodes[2]) == [1, 2]


def test_a_node_that_restarts_is_not_taken_for_its_former_self() -> None:
    cluster = Cluster(2, boot_time_us=lambda number: number + 10)
    cluster.configure([1, 2])
    cluster.stop(2)
    cluster.start(2)
    cluster.configure([1, 2], run=False)
    assert ids(cluster.nodes[1]) == [1]
    cluster.run()
    assert ids(cluster.nodes[1]) == [1, 2]


def test_a_nodejoin_of_an_older_configuration_counts_for_nothing() -> None:
    """D13: its tag says so, and it neither adds a node nor takes a plug out."""
    cluster = Cluster(2)
    cluster.configure([1], [2], run=False)
    cluster.configure([1, 2], run=False)
    assert len(cluster.gmi(1).queue) == 6
    cluster.run()
    assert [int(count) for count in cluster.executive(1).refused.values()] == [6]
    assert all(cluster.bus.gate_open(number) for number in (1, 2))


def test_changes_are_told_at_once_and_alike() -> None:
    """corosync 7fb24709: after a merge everybody is told of the same members, in one piece."""
    cluster = Cluster(4)
    cluster.configure([1, 2], [3, 4])
    cluster.configure([1, 2, 3, 4])
    assert [said(change) for change in cluster.nodes[1].changes] == [
        ([1, 2], [], [1, 2]),
        ([3, 4], [], [1, 2, 3, 4]),
    ]
    cluster.stop(4)
    cluster.configure([1, 2, 3])
    assert {str(said(node.changes[-1])) for node in cluster.nodes.values()} == {"([], [4], [1, 2, 3])"}


def test_a_restart_that_nobody_saw_is_told_as_left_and_joined() -> None:
    boots = iter([1, 2, 3])
    cluster = Cluster(2, boot_time_us=lambda _: next(boots))
    cluster.configure([1, 2])
    cluster.stop(2)
    cluster.start(2)
    cluster.configure([1, 2])
    assert said(cluster.nodes[1].changes[-1]) == ([2], [2], [1, 2])


def test_who_tracks_later_is_told_who_is_there_and_may_stop() -> None:
    cluster = Cluster(2)
    cluster.configure([1, 2])
    changes: list[MembershipChange] = []
    stop = cluster.nodes[1].clm.track(changes.append)
    assert [said(change) for change in changes] == [([1, 2], [], [1, 2])]
    stop()
    stop()
    cluster.configure([1], [2])
    assert len(changes) == 1


@pytest.mark.parametrize(
    ("name", "boot_time_us"),
    [("x" * 256, 0), ("x", -1), ("x", 2**63), ("\udcff", 0)],
    ids=["long", "-1", "2^63", "half"],
)
def test_a_node_that_nobody_could_read_is_the_programs_fault(name: str, boot_time_us: int) -> None:
    with pytest.raises(LocalProtocolError, match="a program: no Node"):
        Clm(name, "address", boot_time_us)
