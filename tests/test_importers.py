"""Logs that people have, as histories: which versions and layouts are read, and what is not guessed."""

from __future__ import annotations

import gzip
import json
import lzma
from pathlib import Path

import pytest

from properties.corosync.lines import Formed, ring_id, said
from properties.history.events import Configuration, Crash, Primary, Start, Sync
from properties.importers.naming import ImportFaultError
from tests.command import refused, ringplug
from tests.log_lines import LISTENING, A, B, Logs, barrier, block, configurations, debug_ring, places, ring, verdicts

REAL = sorted(Path(__file__).parent.glob("corosync-?.log"))
"""Of real daemons: partitions and merges; some other lines are left out."""
SERVICES = ("corosync configuration map access", "corosync cluster quorum service v0.1", "corosync vote quorum service")


@pytest.fixture
def corosync(tmp_path: Path) -> Logs:
    return Logs("corosync", tmp_path)


@pytest.fixture
def jgroups(tmp_path: Path) -> Logs:
    return Logs("jgroups", tmp_path)


@pytest.fixture
def galera(tmp_path: Path) -> Logs:
    return Logs("galera", tmp_path)


def test_logs_of_real_daemons_are_judged(corosync: Logs) -> None:
    found = corosync.read(*REAL, quiescent=True)
    assert found.history.processes == ("1", "2", "3")
    assert found.history.observes == {"regular", "lists", "sync", "primary"}
    assert verdicts(found) == {
        "EVS-1.2": "not observable", "LIVE-2": "ok", "EVS-2.1": "ok", "EVS-2.2": "ok", "RING-S2": "ok", "RING-S3": "ok",
        "CFG-S1": "ok", "CFG-S5": "ok",
    }  # fmt: skip
    assert set(barrier(found).values()) == {"ok"}
    assert not found.unsynchronized


def test_a_log_at_the_usual_level_decides_less(corosync: Logs) -> None:
    for path in REAL:
        lines = [line for line in path.read_text().splitlines(keepends=True) if " debug " not in line]
        corosync.write(path.name, "".join(lines))
    found = corosync.read(*(path.name for path in REAL))
    assert verdicts(found)["EVS-2.1"] == "open"
    assert verdicts(found)["CFG-S1"] == "ok"
    assert barrier(found) == {
        "PLUG-S1": "ok", "PLUG-S6": "not observable", "PLUG-S9": "ok", "PLUG-H3": "not observable",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("1.1b0", ("1", 432)),
        ("c0000206.2e0", ("3221225990", 736)),
        ("1:14908", ("1", 14908)),
        ("192.0.2.6:74", ("192.0.2.6", 74)),
        ("2001:db8::1:74", ("2001:db8::1", 74)),
        ("new", None),
    ],
)
def test_a_ring_id_is_read_in_each_way_that_it_is_written(text: str, id: tuple[str, int] | None) -> None:
    assert ring_id(text) == id


LAYOUTS = (
    "Jul 04 09:56:59 p0 corosync[100]:   [TOTEM ] {}",
    "Oct 05 20:54:04 [101] p4 corosync notice  [TOTEM ] {}",
    "2024-07-04T09:56:59.123456+02:00 p0 corosync[100]: [TOTEM ] {}",
    "Oct 05 20:54:04 p4 corosync[101]:   [TOTEM ] totemsrp.c:2067 Oct 05 20:54:04 {}",
    "[TOTEM ] {}",
)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_stands_before_the_text_does_not_matter(layout: str) -> None:
    formed = said(layout.format("A new membership (1.1b0) was formed. Members joined: 3 left: 2"))
    assert formed == Formed(("1", 432), ("3",), ("2",))


def test_nothing_behind_members_means_that_nobody_came_or_went() -> None:
    assert said("[TOTEM ] A new membership (1.1b0) was formed. Members") == Formed(("1", 432), (), ())


def test_a_log_of_corosync_2_has_its_members_behind_the_ring(corosync: Logs) -> None:
    corosync.write("p0.log", """
Jul 04 09:56:01 p0 corosync[100]:  [MAIN  ] Corosync Cluster Engine ('2.4.2'): started and ready to provide service.
Jul 04 09:56:02 p0 corosync[100]:  [TOTEM ] A new membership (192.0.2.6:74) was formed. Members joined: 16
Jul 04 09:56:02 p0 corosync[100]:  [QUORUM] Members[1]: 16
Jul 04 09:56:02 p0 corosync[100]:  [MAIN  ] Completed service synchronization, ready to provide service.
Jul 04 09:56:03 p0 pmxcfs[12]: [dcdb] notice: members: 16/100
Jul 04 09:56:04 p0 corosync[100]:  [TOTEM ] A new membership (192.0.2.4:78) was formed. Members joined: 12
Jul 04 09:56:04 p0 corosync[100]:  [QUORUM] Members[2]: 16 12
Jul 04 09:56:04 p0 corosync[100]:  [MAIN  ] Completed service synchronization, ready to provide service.
""")  # fmt: skip
    found = corosync.read("p0.log")
    first, second = configurations(found, "16")
    assert (first.ring, first.members, first.joined, first.left) == (("192.0.2.6", 74), ("16",), ("16",), ())
    assert (second.ring, second.members, second.joined) == (("192.0.2.4", 78), ("12", "16"), ("12",))
    assert (found.logs[0].line_count, found.logs[0].used_count) == (8, 7)
    assert second.note.endswith("p0.log:6: Jul 04 09:56:04 p0 corosync[100]:  [TOTEM ] A new membership "
                                "(192.0.2.4:78) was formed. Members joined: 12")  # fmt: skip


def test_a_log_without_lists_does_not_decide_what_needs_them(corosync: Logs) -> None:
    corosync.write("p0.log", """
02 corosync[100]:  [QUORUM] Members[1]: 1
02 corosync[100]:  [TOTEM ] A processor joined or left the membership and a new membership (192.0.2.82:1680) was formed.
02 corosync[100]:  [MAIN  ] Completed service synchronization, ready to provide service.
04 corosync[100]:  [TOTEM ] A processor joined or left the membership and a new membership (192.0.2.82:1684) was formed.
04 corosync[100]:  [QUORUM] Members[2]: 1 2
04 corosync[100]:  [MAIN  ] Completed service synchronization, ready to provide service.
""")  # fmt: skip
    found = corosync.read("p0.log")
    assert found.history.observes == {"regular", "sync"}
    assert [one.members for one in configurations(found)] == [("1",), ("1", "2")]
    assert {one.joined for one in configurations(found)} == {None}
    assert "CFG-S1" not in verdicts(found)


def change(members: str, *, left: str = "", joined: str = "") -> str:
    """A configuration as version 1 tells it."""
    tag = "Jul 04 09:56:01 p0 corosync[100]:   [CLM   ] "
    parts = (("New Configuration:", members), ("Members Left:", left), ("Members Joined:", joined))
    lines = [f"{tag}CLM CONFIGURATION CHANGE"]
    for heading, nodes in parts:
        lines += [tag + heading, *(f"{tag}#011r(0) ip({one}) " for one in nodes.split())]
    return "\n".join(lines) + "\n"


OLD_FORMED = (
    "[TOTEM ] A processor joined or left the membership and a new membership was formed.\n"
    "[MAIN  ] Completed service synchronization, ready to provide service.\n"
)


def test_a_log_of_corosync_1_has_no_ids_and_is_judged_without_them(corosync: Logs) -> None:
    first = change("") + change("192.0.2.1", joined="192.0.2.1") + OLD_FORMED
    second = change("192.0.2.1") + change("192.0.2.1 192.0.2.2", joined="192.0.2.2") + OLD_FORMED
    third = change("192.0.2.1", left="192.0.2.2") + change("192.0.2.1") + OLD_FORMED
    corosync.write("p0.log", first + second + third)
    found = corosync.read("p0.log")
    assert found.history.without == {"ids"}
    assert [(one.kind, one.members, one.left, one.joined) for one in configurations(found, "192.0.2.1")] == [
        ("regular", ("192.0.2.1",), (), ("192.0.2.1",)),
        ("transitional", ("192.0.2.1",), (), ()),
        ("regular", ("192.0.2.1", "192.0.2.2"), (), ("192.0.2.2",)),
        ("transitional", ("192.0.2.1",), ("192.0.2.2",), ()),
        ("regular", ("192.0.2.1",), (), ()),
    ]
    assert verdicts(found) == {"EVS-1.2": "not observable", "EVS-2.2": "ok", "CFG-S1": "ok"}
    assert barrier(found)["PLUG-S9"] == "ok"
    corosync.write("p0.log", first + second + third.replace("Left:\n", "Joined:\n"))
    assert verdicts(corosync.read("p0.log"))["CFG-S1"] == "violated"


def test_a_ring_whose_members_no_line_tells_is_left_out_and_nothing_is_concluded_across_it(corosync: Logs) -> None:
    unknown = "Jul 04 09:56:59 p0 corosync[100]:   [TOTEM ] A new membership (1.d) was formed. Members left: 2\n"
    corosync.write("p0.log", ring("1.5", "1") + ring("1.9", "1 2", joined="2") + unknown + ring("1.11", "1"))
    found = corosync.read("p0.log")
    assert [one.ring[1] for one in configurations(found)] == [5, 9, 17]
    assert [event.incarnation for event in found.history.events() if isinstance(event, Start)] == [1, 2]
    assert list(found.left_out) == ["a ring whose members no line tells; a new life begins behind it"]
    assert verdicts(found)["CFG-S1"] == "ok"


def test_members_that_stand_before_each_ring_are_of_the_next_also_if_they_stay_the_same(corosync: Logs) -> None:
    """As version 2.0 has it, here with the numbers of lines that a pager puts before them."""
    rings = [("1700", "1379 1380 1396"), ("1704", "1379 1396"), ("1708", "1379 1396")]
    tag = "{} Feb 01 16:20:00 d43 corosync[13]:  "
    corosync.write("p0.log", "".join(
        f"{tag.format(100 + i)} [QUORUM] Members[{len(members.split())}]: {members}\n{tag.format(101 + i)} [TOTEM ] "
        f"A processor joined or left the membership and a new membership (192.0.2.82:{number}) was formed.\n"
        f"{tag.format(102 + i)} [MAIN  ] Completed service synchronization, ready to provide service.\n"
        for i, (number, members) in enumerate(rings)
    ))  # fmt: skip
    found = corosync.read(f"1379={corosync.directory}/p0.log")
    assert [(str(one.ring[1]), " ".join(one.members)) for one in configurations(found, "1379")] == rings
    assert not found.left_out


def test_a_long_list_may_be_in_several_lines(corosync: Logs) -> None:
    tag = "Jul 04 09:56:59 p0 corosync[100]:  "
    lists = f"{tag} [QUORUM] Sync members[5]: 1 2 3\n{tag} [QUORUM] Sync members[5]: 4 5\n"
    formed = f"{tag} [TOTEM ] A new membership (1.9) was formed. Members joined: 2 3 4 5\n"
    corosync.write("p0.log", ring("1.5", "1") + lists + formed)
    assert configurations(corosync.read("p0.log"))[1].members == ("1", "2", "3", "4", "5")


LAST = ring("1.11", "1 2", joined="2", left="2")


def test_a_node_may_be_elsewhere_in_between(corosync: Logs) -> None:
    corosync.write("p0.log", ring("1.5", "1") + ring("1.9", "1 2", joined="2") + LAST)
    corosync.write("p1.log", ring("2.5", "2") + ring("1.9", "1 2", joined="1") + ring("2.d", "2", left="1")
                   + ring("1.11", "1 2", joined="1"))  # fmt: skip
    assert verdicts(corosync.read("p0.log", "p1.log"))["CFG-S1"] == "ok"


def test_a_node_alone_that_leaves_and_joins_itself_breaks_a_promise_at_that_line_of_the_log(corosync: Logs) -> None:
    corosync.write("p0.log", ring("1.5", "1") + ring("1.9", "1", joined="1", left="1"))
    found = corosync.read("p0.log")
    assert verdicts(found)["CFG-S1"] == "violated"
    assert places(found, "CFG-S1") == ["p0.log:2", "p0.log:8"]


def test_a_number_that_comes_again_is_seen_over_a_restart(corosync: Logs) -> None:
    start = "Jul 04 09:56:59 p0 corosync[101]:   [MAIN  ] Corosync Cluster Engine 3.1.7 starting up\n"
    stop = "Jul 04 09:56:59 p0 corosync[100]:   [MAIN  ] Corosync Cluster Engine exiting normally\n"
    corosync.write("p0.log", start + ring("1.9", "1") + stop + start + ring("1.5", "1"))
    found = corosync.read("p0.log")
    assert verdicts(found)["RING-S2"] == "violated"
    assert sum(isinstance(event, Crash) for event in found.history.events()) == 1
    assert not found.unsynchronized


def test_a_line_that_is_there_twice_counts_once(corosync: Logs) -> None:
    lines = ring("1.5", "1").splitlines(keepends=True) + ring("1.9", "1 2", joined="2").splitlines(keepends=True)
    again = "Jul 04 p0 corosync[100]: message repeated 2 times: [  [TOTEM ] A new membership (1.9) was formed.]\n"
    corosync.write("p0.log", "".join(line * 2 for line in lines) + again)
    found = corosync.read("p0.log")
    assert [one.ring[1] for one in configurations(found)] == [5, 9]
    assert found.left_out["a line that is there twice"] == len(lines)


def test_a_last_membership_without_synchronization_is_told(corosync: Logs) -> None:
    corosync.write("p0.log", ring("1.5", "1") + "".join(ring("1.9", "1 2", joined="2").splitlines(keepends=True)[:-1]))
    found = corosync.read("p0.log")
    told = list(found.first_lines())
    assert told[0] == "1: its last membership was never synchronized, as far as its log goes: [1 9] of 1 2"
    assert told[1].endswith("p0.log:7: clients of 1 wait from here on")
    assert verdicts(found)["LIVE-2"] == "open"
    corosync.write("p1.log", ring("2.5", "2") + ring("1.9", "1 2", joined="1"))
    found = corosync.read("p0.log", "p1.log", quiescent=True)
    assert verdicts(found)["LIVE-2"] == "violated"
    assert places(found, "LIVE-2") == ["p0.log:7"]


def test_who_opens_before_another_has_recovered_is_found(corosync: Logs) -> None:
    first = debug_ring("1.5", "1", SERVICES, joined="1")
    corosync.write("p0.log", first + debug_ring("1.9", "1 2", SERVICES, joined="2") + ring("1.d", "1", left="2"))
    other = first.replace("(1.5)", "(2.5)").replace(": 1", ": 2")
    behind = debug_ring("1.9", "1 2", SERVICES[:1], complete=False, joined="1")
    corosync.write("p1.log", other + behind + ring("2.d", "2", left="1"))
    assert barrier(corosync.read("p0.log", "p1.log"))["PLUG-S1"] == "violated"
    waits = debug_ring("1.9", "1 2", SERVICES[:2], complete=False, joined="1")
    corosync.write("p1.log", other + waits + ring("2.d", "2", left="1"))
    assert barrier(corosync.read("p0.log", "p1.log"))["PLUG-S1"] == "ok"
    corosync.write("p1.log", ring("2.5", "2") + ring("2.d", "2"))
    assert barrier(corosync.read("p0.log", "p1.log"))["PLUG-S1"] == "violated"
    corosync.write("p1.log", other + behind)
    assert barrier(corosync.read("p0.log", "p1.log"))["PLUG-S1"] == "violated"
    corosync.write("p1.log", other)
    assert barrier(corosync.read("p0.log", "p1.log"))["PLUG-S1"] == "open"


def test_how_far_a_member_was_is_not_guessed_where_no_log_tells(corosync: Logs) -> None:
    corosync.write("p0.log", ring("1.5", "1") + ring("1.9", "1 2", joined="2") + ring("1.d", "1", left="2"))
    given_up = "".join(ring("1.9", "1 2", joined="1").splitlines(keepends=True)[:-1])
    corosync.write("p1.log", ring("2.5", "2") + given_up + ring("2.d", "2", left="1"))
    assert barrier(corosync.read("p0.log", "p1.log"))["PLUG-S1"] == "not observable"


@pytest.mark.parametrize(
    ("committed", "claim"),
    [
        pytest.param((SERVICES[1], SERVICES[0], SERVICES[2]), "PLUG-S6", id="in-another-order"),
        pytest.param(SERVICES[:2], "PLUG-S6", id="not-all"),
        pytest.param((*SERVICES, SERVICES[2]), "PLUG-S6", id="one-twice"),
    ],
)
def test_each_ring_synchronizes_all_services_in_order(committed: tuple[str, ...], claim: str, corosync: Logs) -> None:
    corosync.write("p0.log", debug_ring("1.5", "1", SERVICES) + debug_ring("1.9", "1", committed))
    assert barrier(corosync.read("p0.log"))[claim] == "violated"


def test_a_ring_is_completed_once(corosync: Logs) -> None:
    again = "Jul 04 p0 corosync debug   [MAIN  ] Completed service synchronization, ready to provide\n"
    corosync.write("p0.log", debug_ring("1.5", "1", SERVICES) + again)
    assert barrier(corosync.read("p0.log"))["PLUG-S9"] == "violated"


LIST = "0{} p0 corosync debug   [CPG   ] joinlist_messages[{}] group:g, ip:r(0) ip(10.0.0.{}) , pid:{}\n"
KNOWN = "00 p0 corosync debug   [CPG   ] got procjoin message from cluster node {0} (r(0) ip(10.0.0.{0}) ) for pid 7\n"


@pytest.mark.parametrize(
    ("lists", "verdict"),
    [
        pytest.param(LIST.format(1, 0, 1, 7) + LIST.format(1, 1, 2, 7), "ok", id="of-members"),
        pytest.param(LIST.format(1, 0, 1, 7) + LIST.format(1, 1, 3, 7), "violated", id="of-one-that-is-gone"),
        pytest.param(LIST.format(1, 0, 1, 7) + LIST.format(2, 1, 1, 7), "violated", id="of-one-twice"),
        pytest.param(LIST.format(1, 0, 9, 7), "not observable", id="of-an-address-that-is-nobodys"),
    ],
)
def test_what_is_counted_was_sent_for_its_ring(lists: str, verdict: str, corosync: Logs) -> None:
    known = "".join(KNOWN.format(node) for node in (1, 2, 3))
    corosync.write("p0.log", ring("1.5", "1") + known + ring("1.9", "1 2", joined="2") + lists)
    assert barrier(corosync.read("p0.log"))["PLUG-H3"] == verdict


def test_whose_log_it_is_can_be_said(corosync: Logs) -> None:
    log = corosync.write("p0.log", ring("1.5", "1 2") + ring("1.9", "1 2"))
    with pytest.raises(ImportFaultError, match=r"p0.log: whose log is it\? 1 and 2 are in all of its rings; say 1="):
        corosync.read("p0.log")
    assert corosync.read(f"2={log}").history.processes == ("2",)
    told = "Jul 04 09:57:59 p0 corosync debug   [VOTEQ ] lowest node id: 1 us: 2\n"
    corosync.write("p0.log", ring("1.5", "1 2") + told)
    assert corosync.read("p0.log").history.processes == ("2",)


def test_two_logs_of_one_node_are_refused_unless_they_are_said_to_be_one(corosync: Logs) -> None:
    first, second = corosync.write("a.log", ring("1.5", "1")), corosync.write("b.log", ring("1.9", "1"))
    with pytest.raises(ImportFaultError, match=r"b.log: a second log of 1, as \S+a.log; .* name them in order: 1="):
        corosync.read("a.log", "b.log")
    found = corosync.read(f"1={first}", f"1={second}")
    assert [one.ring[1] for one in configurations(found)] == [5, 9]


def test_rotated_and_compressed_files_are_one_log_from_the_oldest_on(corosync: Logs, tmp_path: Path) -> None:
    texts = [ring(f"1.{number}", "1") for number in (1, 2, 3, 4)]
    (tmp_path / "c.log.3.xz").write_bytes(lzma.compress(texts[0].encode()))
    (tmp_path / "c.log.2.gz").write_bytes(gzip.compress(texts[1].encode()))
    (tmp_path / "c.log.1").write_text(texts[2])
    (tmp_path / "c.log").write_text(texts[3])
    found = corosync.read(f"{tmp_path}/c.log*")
    assert [one.ring[1] for one in configurations(found)] == [1, 2, 3, 4]
    assert [Path(one.note.partition(":")[0]).name for one in configurations(found)] == [
        "c.log.3.xz", "c.log.2.gz", "c.log.1", "c.log"
    ]  # fmt: skip
    assert sum(isinstance(event, Sync) for event in found.history.events()) == 4


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nothing of the kind\n", "nothing in it that a log of corosync says of a membership"),
        ("", "nothing in it"),
        (ring("1.5", "1") + ring("2.9", "2"), "nobody is in all of its rings; it may be of several processes"),
    ],
)
def test_what_is_no_log_is_named(text: str, says: str, corosync: Logs) -> None:
    corosync.write("p0.log", text)
    with pytest.raises(ImportFaultError, match=says):
        corosync.read("p0.log")
    with pytest.raises(ImportFaultError, match="No such file"):
        corosync.read("p9.log")


NEW = "INFO  [org.infinispan.CLUSTER] (t-1) ISPN000094: Received new cluster view for channel ISPN: {}\n"
MERGED = "INFO  [org.infinispan.CLUSTER] (t-3) ISPN000093: Received new, MERGED cluster view for channel ISPN: {}\n"
REFUSED = "WARN  (t-2) ISPN000711: View event rejected. The installed view id '1' is newer than the received view: {}\n"
STARTS = "INFO  (main) ISPN000078: Starting JGroups channel `ISPN` with stack `tcp`\n"
LOCAL = "INFO  (main) ISPN000079: Channel `ISPN` local address is `{}`, physical addresses are `[]`\n"
PARTS = "MergeView::[p0|4] (2) [p0, p1], 2 subgroups: [p0|2] (1) [p0], [p1|3] (1) [p1]"


def test_views_of_infinispan_are_read_and_those_that_were_refused_are_not(jgroups: Logs) -> None:
    views = NEW.format("[p0|0] (1) [p0]"), NEW.format("[p0|1] (2) [p0, p1]"), REFUSED.format("[p0|0] (1) [p0]")
    jgroups.write("p0.log", STARTS + views[0] + LOCAL.format("p0") + "".join(views[1:]) + MERGED.format(PARTS))
    found = jgroups.read("p0.log")
    assert [(one.ring, one.members) for one in configurations(found, "p0")] == [
        (("p0", 0), ("p0",)), (("p0", 1), ("p0", "p1")), (("p0", 4), ("p0", "p1"))
    ]  # fmt: skip
    assert found.history.observes == {"regular"}
    assert verdicts(found)["RING-S2"] == "ok"
    assert list(found.left_out) == [
        "a view in a line that does not say that it is installed",
        "a merge, of whose subgroups none was in the view before",
    ]


def test_a_merge_says_who_was_in_which_view(jgroups: Logs) -> None:
    before, three = NEW.format("[p0|1] (2) [p0, p1]") + LOCAL.format("p0"), ("p0", "p1", "p2")
    parts = "2 subgroups: [p0|1] (2) [p0, p1], [p2|3] (1) [p2]"
    whole = MERGED.format(f"MergeView::[p0|4] (3) [p0, p1, p2], {parts}")
    jgroups.write("p0.log", before + whole + whole)
    found = jgroups.read("p0.log")
    assert [(one.kind, one.out_of, one.members) for one in configurations(found, "p0")] == [
        ("regular", None, ("p0", "p1")), ("transitional", ("p0", 1), ("p0", "p1")), ("regular", None, three)
    ]  # fmt: skip
    assert set(verdicts(found).values()) <= {"ok", "open", "not observable"}
    assert list(found.left_out) == ["a view that is told again"]
    jgroups.write("p0.log", before + whole.replace("[p0|1] (2) [p0, p1],", "[p0|1] (2) [p0, p9],"))
    assert verdicts(jgroups.read("p0.log"))["CFG-S1"] == "violated"
    one = MERGED.format("MergeView::[p0|4] (2) [p0, p1], 1 subgroups: [p0|1] (2) [p0, p1]")
    jgroups.write("p0.log", before + one)
    assert [one.kind for one in configurations(jgroups.read("p0.log"), "p0")] == ["regular", "regular"]


def test_a_view_that_is_installed_after_a_newer_one_is_found(jgroups: Logs) -> None:
    jgroups.write("p1.log", NEW.format("[p0|3] (2) [p0, p1]") + NEW.format("[p0|1] (2) [p0, p1]") + LOCAL.format("p1"))
    found = jgroups.read("p1.log")
    assert verdicts(found)["RING-S2"] == "violated"
    assert places(found, "RING-S2") == ["p1.log:1", "p1.log:2"]


def test_a_member_that_is_named_anew_at_each_start_is_another_process(jgroups: Logs) -> None:
    first = "GMS: address=p0-123, cluster=c, physical address=192.0.2.1:7800\n"
    second = "GMS: address=p0-456, cluster=c, physical address=192.0.2.1:7800\n"
    view = "DEBUG [org.jgroups.protocols.pbcast.GMS] {0}: installing view [{0}|0] (1) [{0}]\n"
    jgroups.write("p0.log", first + view.format("p0-123") + second + view.format("p0-456"))
    assert jgroups.read("p0.log").history.processes == ("p0-123", "p0-456")


def test_the_name_that_a_view_has_counts_where_a_log_says_less(jgroups: Logs) -> None:
    jgroups.write("c.log", STARTS + NEW.format("[C(v=16)|0] (1) [C(v=16)]") + LOCAL.format("C"))
    assert jgroups.read("c.log").history.processes == ("C(v=16)",)


def test_a_member_that_starts_again_under_its_old_name_has_other_views(jgroups: Logs) -> None:
    """Its numbers begin anew, so that they fall is no promise broken; and [A|0] is two views."""
    life = """
INFO  (main) ISPN000078: Starting JGroups channel `ISPN` with stack `tcpping`
INFO  (main) ISPN000094: Received new cluster view for channel ISPN: [A(v=16.0.8)|0] (1) [A(v=16.0.8)]
INFO  (main) ISPN000079: Channel `ISPN` local address is `A`, physical addresses are `[192.0.2.1:7800]`
INFO  (jgroups-1) ISPN000094: Received new cluster view for channel ISPN: [A(v=16.0.8)|1] (2) [A(v=16.0.8), B(v=16.0.8)]
"""
    jgroups.write("p0.log", life.lstrip() * 2)
    found = jgroups.read("p0.log")
    assert [(one.ring[1], one.bootstrap) for one in configurations(found, "A(v=16.0.8)")] == [
        (0, False), (1, False), (0, True), (1, False)
    ]  # fmt: skip
    assert found.history.without == {"ids"}
    assert any("numbers its views anew" in one for one in found.says)
    assert "violated" not in verdicts(found).values()
    other = life.replace("[A(v=16.0.8)|", "[B(v=16.0.8)|").replace(
        "(1) [A(v=16.0.8)]", "(2) [B(v=16.0.8), A(v=16.0.8)]"
    )
    jgroups.write("p0.log", (life + other).replace("\n\n", "\n").lstrip())
    joined = jgroups.read("p0.log")
    assert not joined.history.without
    assert verdicts(joined)["RING-S2"] == "ok"


def test_one_more_cache_on_a_channel_is_no_other_channel(jgroups: Logs) -> None:
    jgroups.write("p0.log", """
INFO  (80) WFLYCLJG0033: Connected 'ee' channel. 'node1' joined cluster 'ejb' with view: [node1|0] (1) [node1]
INFO  (81) ISPN000078: Starting JGroups channel `ejb` with stack `tcp`
INFO  (81) ISPN000094: Received new cluster view for channel ejb: [node1|0] (1) [node1]
INFO  (thread-8,ejb,node1) ISPN000094: Received new cluster view for channel ejb: [node1|1] (2) [node1, node2]
INFO  (82) ISPN000078: Starting JGroups channel `web` with stack `tcp`
INFO  (82) ISPN000094: Received new cluster view for channel web: [node1|1] (2) [node1, node2]
INFO  (80) WFLYCLJG0034: Disconnecting 'ee' channel. 'node1' leaving cluster 'ejb' with view: [node1|1] (1) [node1]
""")  # fmt: skip
    found = jgroups.read("p0.log")
    assert [type(event) for event in found.history.events()] == [Start, Configuration, Configuration, Crash]
    assert found.left_out == {"a view that is told again": 2}


def test_a_debug_line_of_the_membership_protocol_names_the_process(jgroups: Logs) -> None:
    jgroups.write("p0.log", """
DEBUG [org.jgroups.protocols.pbcast.GMS] (1) address=k-0(v=16.0.8), cluster=ISPN, physical address=192.0.2.2:7800
INFO  ISPN000094: Received new cluster view for channel ISPN: [k-1|3] (2) [k-1, k-0(v=16.0.8)]
""")  # fmt: skip
    assert jgroups.read("p0.log").history.processes == ("k-0(v=16.0.8)",)


def test_a_view_whose_members_are_cut_is_left_out(jgroups: Logs) -> None:
    jgroups.write("p0.log", NEW.format("[p0|0] (1) [p0]") + NEW.format("[p0|1] (3) [p0, p1 ...]"))
    found = jgroups.read("p0.log")
    assert [one.ring for one in configurations(found, "p0")] == [("p0", 0)]
    assert list(found.left_out) == ["a view whose list of members is cut; a new life begins behind it"]


PARTED = f"""10:00:05 0 [Note] [Galera] Current view of cluster as seen by this node
view (view_id(NON_PRIM,{A},2)
memb {{
	{A},0
	}}
joined {{
	}}
left {{
	}}
partitioned {{
	{B},0
	}}
)
"""


def test_a_transitional_view_is_told_from_a_regular_one_that_is_not_primary(galera: Logs) -> None:
    first, both = block("PRIM", f"{A},1", A), block("PRIM", f"{A},2", f"{A} {B}")
    alone = block("NON_PRIM", f"{A},3", A, gone=B, before="mysqld: #011")
    galera.write("p0.log", LISTENING + first + both + PARTED + alone + "10:00:09 0 [Note] WSREP: view((empty))\n")
    found = galera.read("p0.log")
    assert [(one.kind, one.out_of or one.ring, one.members) for one in configurations(found, A)] == [
        ("regular", (A, 1), (A,)), ("regular", (A, 2), (A, B)), ("transitional", (A, 2), (A,)),
        ("regular", (A, 3), (A,)),
    ]  # fmt: skip
    assert found.history.observes == {"regular", "primary"}
    assert [event.inside for event in found.history.events() if isinstance(event, Primary)] == [True, True, False]
    assert verdicts(found)["CFG-S5"] == "ok"
    assert not found.left_out
    assert set(verdicts(found).values()) <= {"ok", "open", "not observable"}
    assert isinstance(list(found.history.events())[-1], Crash)


def test_the_group_layers_own_views_are_transitional_and_regular(galera: Logs) -> None:
    head = f"evs::proto({A}, INSTALL, view_id(REG,{A},1)) delivering view "
    texts = [
        block("REG", f"{A},1", A, head=head), block("TRANS", f"{A},1", A, head=head),
        block("REG", f"{A},2", f"{A} {B}", head=head), block("PRIM", f"{A},2", f"{A} {B}"),
        block("TRANS", f"{A},2", A, gone=B, head=head), block("REG", f"{A},3", A, gone=B, head=head),
    ]  # fmt: skip
    galera.write("p0.log", LISTENING + "".join(texts))
    found = galera.read("p0.log")
    assert found.history.observes == {"regular", "transitional", "primary"}
    assert [(one.kind, one.ring[1]) for one in configurations(found, A)] == [
        ("regular", 1), ("transitional", 2), ("regular", 2), ("transitional", 3), ("regular", 3)
    ]  # fmt: skip
    assert verdicts(found)["CFG-S1"] == "ok"
    galera.write("p0.log", LISTENING + "".join([*texts[:4], PARTED, *texts[4:]]))
    told_twice = galera.read("p0.log")
    assert not [one for one in configurations(told_twice, A) if one.out_of]
    assert verdicts(told_twice)["CFG-S1"] == "ok"
    galera.write("p0.log", LISTENING + "".join([*texts[:4], texts[5]]))
    assert verdicts(galera.read("p0.log"))["CFG-S1"] == "ok"
    galera.write("p0.log", LISTENING + "".join([texts[0], *texts[2:]]))
    assert verdicts(galera.read("p0.log"))["CFG-S1"] == "violated"


def test_the_view_in_a_dump_of_states_is_no_new_view(galera: Logs) -> None:
    dump = block("REG", f"{B},9", f"{A} {B}", head="current_view=").replace("})", "}),")
    galera.write("p0.log", LISTENING + block("PRIM", f"{A},8", f"{A} {B}") + dump)
    found = galera.read("p0.log")
    assert [one.ring[1] for one in configurations(found, A)] == [8]
    assert found.history.observes == {"regular", "primary"}


def test_a_view_within_json_is_read(galera: Logs) -> None:
    lines = (LISTENING + block("PRIM", f"{A},1", A)).splitlines()
    galera.write(
        "p0.log", "".join('{"log":"' + line.replace("\t", "\\t") + '\\n","stream":"stderr"}\n' for line in lines)
    )
    found = galera.read("p0.log")
    assert [(one.ring, one.members) for one in configurations(found, A)] == [((A, 1), (A,))]


STARTING = "Conf_init: My name: crazy, id: 192.0.2.15, port: 4803\n"


def membership(number: int, segments: str, *, stamp: str = "", version: int = 4) -> str:
    """A membership as a daemon of Spread prints it: names by segments, of which a comma ends one."""
    lines = [f"Membership id is ( {192 * 2**24 + 2 * 2**8 + 15 - 2**32}, {number})", "--------------------"]
    lines += ["Configuration at crazy is:", f"Num Segments {len(segments.split(','))}"]
    for names in segments.split(","):
        count = len(names.split())
        lines.append(f"\t{count}\t192.0.2.255       4803" if version < 5 else f"\t{count}\t[192.0.2.255]:4803")
        if version < 5:
            lines += [f"\t\t{name:<20}\t192.0.2.15      " for name in names.split()]
        else:
            lines += [f"\t\t{name:<20}\t192.0.2.15\tID: 192.0.2.15  " for name in names.split()]
    return "".join(f"{stamp}{line}\n" for line in (*lines, "====================", ""))


@pytest.mark.parametrize(("stamp", "version"), [("", 4), ("[Mon 02 Mar 2009 17:16:02] ", 4), ("", 5)])
def test_a_membership_of_spread_is_read_in_each_layout(stamp: str, version: int, tmp_path: Path) -> None:
    spread = Logs("spread", tmp_path)
    texts = [
        membership(number, names, stamp=stamp, version=version) for number, names in ((7, "crazy"), (9, "a,b crazy"))
    ]
    spread.write("p0.log", STARTING + "".join(texts))
    found = spread.read("p0.log")
    assert [(one.ring, one.members) for one in configurations(found, "crazy")] == [
        (("192.0.2.15", 7), ("crazy",)), (("192.0.2.15", 9), ("a", "b", "crazy")),
    ]  # fmt: skip
    assert verdicts(found) == {"EVS-1.2": "not observable", "EVS-2.1": "open", "EVS-2.2": "ok", "RING-S2": "ok",
                               "RING-S3": "open"}  # fmt: skip


def test_a_membership_of_spread_that_is_cut_is_left_out(tmp_path: Path) -> None:
    spread = Logs("spread", tmp_path)
    lines = membership(9, "a,b crazy").splitlines(keepends=True)
    short = "".join(line for line in lines if not line.startswith("\t\tb"))
    spread.write("p0.log", STARTING + membership(7, "crazy") + short + membership(11, "crazy"))
    found = spread.read("p0.log")
    assert [one.ring[1] for one in configurations(found, "crazy")] == [7, 11]
    assert sum(isinstance(event, Start) for event in found.history.events()) == 2
    assert found.left_out == {"a membership that is cut; a new life begins behind it": 1}


def test_the_command_says_first_who_waits_and_then_what_is_violated(corosync: Logs, tmp_path: Path) -> None:
    log = corosync.write("p0.log", ring("1.9", "1") + "".join(ring("1.5", "1").splitlines(keepends=True)[:2]))
    done = ringplug("judge", "--from", "corosync", log)
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert lines[:2] == [
        "1: its last membership was never synchronized, as far as its log goes: [1 5] of 1",
        f"  {log}:6: clients of 1 wait from here on",
    ]
    assert lines[3].split()[:2] == ["RING-S2", "violated"]
    assert f"  EVS-1.2: met by the import itself: {'a process'}" in done.stdout
    told = json.loads(ringplug("judge", "--from", "corosync", log, "--json", "--at-rest").stdout)
    assert told["imported"]["unsynchronized"] == [{"process": "1", "membership": "[1 5] of 1", "at": f"{log}:6"}]
    assert {one["claim"]: one["verdict"] for one in told["imported"]["synchronization"]}["PLUG-S9"] == "ok"
    violated = {one["claim"]: one for one in told["verdicts"] if one["verdict"] == "violated"}
    assert violated.keys() == {"RING-S2", "LIVE-2"}
    assert [(one["file"], one["line"]) for one in violated["RING-S2"]["events"]] == [(str(log), 2), (str(log), 6)]
    assert {*violated["LIVE-2"]["prefix"]} == {str(log)}


def test_an_import_is_a_history_that_is_judged_the_same(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    done = ringplug("import", "--from", "corosync", *REAL, "--out", out)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-2:] == [f"{out}: 172 events of 3 processes.", f"next: ringplug judge {out}"]
    own = ringplug("judge", "--from", "corosync", *REAL, "--json").stdout
    again = ringplug("judge", out, "--json").stdout
    met = [[one["claim"], one["met"], one["pending"]] for one in json.loads(again)["verdicts"]]
    assert [[one["claim"], one["met"], one["pending"]] for one in json.loads(own)["verdicts"]] == met
    assert ringplug("import", "--from", "corosync", *REAL).stdout == out.read_text()


def test_what_the_commands_refuse_is_named(tmp_path: Path) -> None:
    log = tmp_path / "p0.log"
    log.write_text(ring("1.5", "1"))
    assert "unknown kind of log 'corosnc'; near it: corosync" in refused("judge", "--from", "corosnc", log)
    assert "PLUG-S9 is judged of logs only" in refused("judge", log, "--claim", "PLUG-S9")
    assert "--at-rest goes with --from" in refused("judge", log, "--at-rest")
    assert "p1.log: No such file" in refused("import", "--from", "corosync", tmp_path / "p1.log")
    (tmp_path / "p2.log.zst").write_bytes(b"\x28\xb5\x2f\xfd1234")
    assert "p2.log.zst: " in refused("import", "--from", "corosync", tmp_path / "p2.log.zst")
