"""Primary components as logs tell them: what is told when it changes, what goes on, and two at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.history.events import Primary
from tests.log_lines import LISTENING, A, B, Logs, block, configurations, places, ring, verdicts


@pytest.fixture
def corosync(tmp_path: Path) -> Logs:
    return Logs("corosync", tmp_path)


@pytest.fixture
def galera(tmp_path: Path) -> Logs:
    return Logs("galera", tmp_path)


def quorum(inside: bool) -> str:
    """What corosync logs where it comes into the primary component, or out of it, after the ring's own line."""
    says = "primary component and will provide" if inside else "non-primary component and will NOT provide any"
    return f"Jul 04 09:56:59 p0 corosync[100]:   [QUORUM] This node is within the {says} service.\n"


DAEMON = "Jul 04 09:56:01 p0 corosync[100]:   [MAIN  ] Corosync Cluster Engine 3.1.6 starting up\n"


def test_the_primary_component_goes_on_until_it_is_said_to_end(corosync: Logs) -> None:
    corosync.write("p0.log", DAEMON + ring("1.4", "1") + quorum(inside=True) + ring("1.8", "1 2", joined="2")
                   + ring("1.c", "1", left="2") + quorum(inside=False) + ring("1.10", "1 2", joined="2"))  # fmt: skip
    found = corosync.read(f"1={corosync.directory}/p0.log")
    told = [event.inside for event in found.history.events() if isinstance(event, Primary)]
    assert told == [True, True, True, False]
    assert verdicts(found)["CFG-S5"] == "ok"


def test_whether_it_is_primary_is_not_guessed_before_any_line_says_it(corosync: Logs) -> None:
    corosync.write("p0.log", ring("1.4", "1 2") + ring("1.8", "1", left="2") + quorum(inside=False))
    assert "primary" not in corosync.read(f"1={corosync.directory}/p0.log").history.observes


def test_two_halves_that_both_provide_service_are_found(corosync: Logs) -> None:
    """As with `two_node: 1`, where fencing has to see to it that only one goes on."""
    start = DAEMON + ring("1.4", "1 2", joined="1 2") + quorum(inside=True)
    corosync.write("p1.log", start + ring("1.8", "1", left="2") + ring("1.c", "1 2", joined="2"))
    corosync.write("p2.log", start + ring("2.8", "2", left="1") + ring("1.c", "1 2", joined="1"))
    found = corosync.read(*(f"{one}={corosync.directory}/p{one}.log" for one in (1, 2)))
    assert verdicts(found)["CFG-S5"] == "violated"
    assert places(found, "CFG-S5") == ["p1.log:12", "p2.log:12"]


def test_both_parts_of_a_galera_cluster_that_go_on_as_primary_are_found(galera: Logs) -> None:
    start = block("PRIM", f"{A},1", A)
    both = block("PRIM", f"{A},2", f"{A} {B}")
    galera.write("a.log", LISTENING + start + both + block("PRIM", f"{A},3", A, gone=B))
    galera.write("b.log", LISTENING.replace(A, B) + both + block("PRIM", f"{B},3", B, gone=A))
    found = galera.read("a.log", "b.log")
    assert verdicts(found)["CFG-S5"] == "violated"
    assert places(found, "CFG-S5") == ["b.log:9", "a.log:15"]
    galera.write("b.log", LISTENING.replace(A, B) + both + block("NON_PRIM", f"{B},3", B, gone=A))
    assert verdicts(galera.read("a.log", "b.log"))["CFG-S5"] == "ok"


def test_a_galera_cluster_that_begins_anew_follows_on_nothing(galera: Logs) -> None:
    old = block("PRIM", f"{A},1", A) + block("PRIM", f"{A},2", f"{A} {B}")
    again, both = "aaaaaaaa-0002", "bbbbbbbb-0002"
    new = block("PRIM", f"{again},1", again) + block("PRIM", f"{again},2", f"{again} {both}")
    galera.write("p0.log", LISTENING + old + LISTENING.replace(A, again) + new)
    found = galera.read("p0.log", quiescent=True)
    assert [one.bootstrap for one in configurations(found, again)] == [True, False]
    assert verdicts(found)["CFG-S5"] == "ok"
