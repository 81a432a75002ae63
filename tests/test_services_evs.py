"""The extended virtual synchrony service: groups and configurations, straight to a program."""

from __future__ import annotations

import pytest

from reference.errors import LocalProtocolError
from reference.priorities import Priority
from reference.ring.effects import ConfigurationChange, Guarantee, Kind
from reference.rings import ProcessorId
from reference.services.evs import Evs, Program
from reference.services.executive import Executive
from tests.cluster import Cluster
from tests.total_order import TotalOrder

Said = tuple[ProcessorId, tuple[str, ...], bytes]


def test_a_message_is_given_to_the_programs_in_its_groups() -> None:
    cluster = Cluster(2)
    cluster.configure([1, 2])
    given: dict[str, list[Said]] = {"red": [], "blue": [], "both": []}
    programs = {name: cluster.nodes[2].evs.attach(lambda *said, to=to: to.append(said)) for name, to in given.items()}
    programs["red"].join("red")
    programs["blue"].join("blue")
    programs["both"].join("red", "blue")
    sender = cluster.nodes[1].evs.attach(lambda *_: None)
    sender.mcast(b"1", ["red"])
    sender.mcast(b"2", ["red", "blue"], guarantee=Guarantee.SAFE)
    cluster.run()
    one, two = (ProcessorId(1), ("red",), b"1"), (ProcessorId(1), ("blue", "red"), b"2")
    assert given == {"red": [one, two], "blue": [two], "both": [one, two]}


def test_who_leaves_or_closes_is_given_nothing_more() -> None:
    cluster = Cluster(1)
    cluster.configure([1])
    given: list[bytes] = []
    program = cluster.nodes[1].evs.attach(lambda sender, groups, payload: given.append(payload))
    program.join("red", "blue")
    program.mcast(b"1")
    cluster.run()
    program.leave("red")
    assert program.groups == {"blue"}
    program.mcast(b"2", ["red"])
    cluster.run()
    program.close()
    program.close()
    cluster.nodes[1].evs.attach(lambda *_: None).mcast(b"3", ["blue"])
    cluster.run()
    assert given == [b"1"]


def test_configurations_are_told_as_the_ring_tells_them() -> None:
    cluster = Cluster(2)
    told: list[ConfigurationChange] = []
    program = cluster.nodes[1].evs.attach(lambda *_: None, told.append)
    assert program.membership is None
    cluster.configure([1, 2])
    assert [(change.kind, [*change.members], [*change.joined]) for change in told] == [
        (Kind.TRANSITIONAL, [1], []),
        (Kind.REGULAR, [1, 2], [2]),
    ]
    assert program.membership == told[-1]


def test_evs_holds_no_ring() -> None:
    bus = TotalOrder()
    bus.start(1, lambda gmi: Executive(gmi, [Evs()]))
    bus.configure([1])
    bus.run()
    assert bus.gate_open(1)


def programs_with(recovery_granted: tuple[str, ...]) -> tuple[TotalOrder, Program, list[bytes]]:
    bus, evs, given = TotalOrder(), Evs(), list[bytes]()
    bus.start(1, lambda gmi: Executive(gmi, [evs], recovery_granted=recovery_granted))
    program = evs.attach(lambda sender, groups, payload: given.append(payload))
    program.join("red")
    bus.configure([1])
    return bus, program, given


def test_recovery_priority_only_if_it_is_granted() -> None:
    bus, program, given = programs_with(("evs",))
    program.mcast(b"1", priority=Priority.RECOVERY)
    bus.run()
    assert given == [b"1"]
    bus, program, given = programs_with(())
    with pytest.raises(LocalProtocolError, match="evs: it was not granted recovery priority"):
        program.mcast(b"1", priority=Priority.RECOVERY)
    assert not given


@pytest.mark.parametrize(
    "groups", [[], [""], ["x" * 33], [str(n) for n in range(33)]], ids=["0", "empty", "long", "33"]
)
def test_wrong_groups_are_the_programs_fault(groups: list[str]) -> None:
    with pytest.raises(LocalProtocolError, match="a program: no GroupMessage"):
        Evs().attach(lambda *_: None).join(*groups)
