"""Pages of what is no trace: a divergence, a judged history, a simulated run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from model.notes.mail import CLAUSES
from properties.history.events import (
    EVENTS,
    Bit,
    Configuration,
    Counted,
    Crash,
    Deliver,
    End,
    Event,
    Gate,
    Group,
    Lookup,
    Meta,
    Originate,
    Plug,
    Primary,
    Queue,
    Start,
    Sync,
    Table,
)
from properties.history.reader import Excerpt, FileHistory, Located
from properties.judge.judgement import judge
from properties.page.events import Reading
from properties.page.history import history_page, in_order
from properties.page.run import MOST_STEPS
from properties.traces.trace import TraceError
from tests.command import refused, ringplug
from tests.test_page import Parts

WRITTEN = Path(__file__).parent / "histories"
META = (
    '{"event":"meta","format":"ringplug-history-1","observes":'
    '["regular","transitional","deliver","originate","gate","plug","bit","priority"],"processes":["n1","n2"]}'
)
LINES = (
    '{"event":"start","process":"n1","seq":1,"incarnation":1}',
    '{"event":"plug","process":"n1","seq":2,"call":"create","handle":"h"}',
    '{"event":"start","process":"n2","seq":1,"incarnation":1}',
    '{"event":"configuration","process":"n1","seq":3,"kind":"regular","ring":["n1",4],"members":["n1","n2"]}',
    '{"event":"configuration","process":"n2","seq":2,"kind":"regular","ring":["n1",4],"members":["n1","n2"]}',
    '{"event":"plug","process":"n1","seq":4,"call":"unplug","handle":"h"}',
    '{"event":"bit","process":"n1","seq":5}',
    '{"event":"gate","process":"n1","seq":6,"open":true}',
    '{"event":"originate","process":"n1","seq":7,"message":"m1","priority":"high"}',
    '{"event":"deliver","process":"n2","seq":3,"message":"m1"}',
    '{"event":"deliver","process":"n2","seq":4,"message":"m1"}',
    '{"event":"configuration","process":"n1","seq":8,"kind":"transitional","ring":["n1",8],"members":["n1"]}',
    '{"event":"crash","process":"n2","seq":5}',
)  # fmt: skip


def data_of(page: str) -> Any:
    return msgspec.json.decode(Parts(page).inline["script"][0])


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A history in which n2 delivers one message twice."""
    path = tmp_path / "bad.jsonl"
    path.write_text("\n".join((META, *LINES)) + "\n")
    return path


def test_a_judged_history_is_a_page_and_judging_prints_what_it_did(bad: Path) -> None:
    page = bad.with_suffix(".html")
    told, as_ever = ringplug("judge", bad, "--html", page), ringplug("judge", bad)
    assert (told.returncode, told.stdout, told.stderr) == (1, as_ever.stdout, as_ever.stderr)
    data = data_of(page.read_text())
    assert (data["lanes"], len(data["rows"]), data["claim"]) == (["n1", "n2"], len(LINES), "EVS-1.4")
    violated = data["claims"][0]
    assert (violated["id"], violated["verdict"], violated["source"]) == ("EVS-1.4", "violated", "EVS 1994 1.4")
    assert [data["rows"][at]["words"] for at in violated["rows"]] == ["n2 deliver m1", "n2 deliver m1"]
    assert data["rows"][8]["marks"] == [{"kind": "sends", "lane": 0, "label": "m1", "priority": "normal"}]
    assert data["rows"][9]["marks"][0]["from"] == {"row": 8, "lane": 0}
    assert [row["where"] for row in data["rows"][:2]] == [f"{bad}:2", f"{bad}:3"]


def test_a_history_opens_at_the_event_that_breaks_the_claim_that_is_broken_first(bad: Path) -> None:
    page = bad.with_suffix(".html")
    ringplug("judge", bad, "--html", page)
    data = data_of(page.read_text())
    assert (data["claim"], data["first"], data["claims"][0]["rows"]) == ("EVS-1.4", 10, [9, 10])
    ringplug("judge", WRITTEN / "two-orders.jsonl", "--html", page)
    data = data_of(page.read_text())
    assert (data["claim"], data["first"], data["claims"][0]["rows"]) == ("EVS-6.2", 7, [4, 5, 6, 7])
    ringplug("judge", WRITTEN / "a-member-never-unplugs.jsonl", "--html", page)
    data = data_of(page.read_text())
    broken = {one["id"]: one["rows"] for one in data["claims"] if one["verdict"] == "violated"}
    assert data["first"] == max(broken[data["claim"]], default=len(data["rows"]) - 1)


def test_times_are_told_from_the_first_event_on() -> None:
    began_ms = 1_764_200_000_000.0
    history = Excerpt(
        ("a", "b"),
        frozenset({"deliver"}),
        located(
            Start("a", 1, incarnation=1, time_ms=began_ms), Start("b", 1, incarnation=1, time_ms=began_ms + 1234.5)
        ),
    )
    data = data_of(history_page(history, judge(history).claims, "timed"))
    assert [row["detail"] for row in data["rows"]] == ["0.000000 s", "1.234500 s"]


def test_the_claim_of_a_history_comes_with_the_clauses_of_the_mail_that_it_is_from(bad: Path) -> None:
    page = bad.with_suffix(".html")
    ringplug("judge", bad, "--html", page)
    claims = {one["id"]: one for one in data_of(page.read_text())["claims"]}
    assert claims["PLUG-S1"]["mail"] == {number: CLAUSES[number] for number in ("M6", "M7")}


def test_a_row_says_what_a_lane_has_from_then_on(bad: Path) -> None:
    read = list(FileHistory.open([bad]).read())
    reading = Reading({"n1": 0, "n2": 1}, frozenset({"gate"}))
    stands = [reading.stands(one.event) for one in read]
    assert [stands[at] for at in (1, 3, 5, 7, 11, 12)] == [
        {"handles": [False]},
        {"band": "regular", "ring": 0, "label": "n1.4", "gate": "closed", "handles": [True]},
        {"handles": [False]},
        {"gate": "open"},
        {"band": "between", "ring": 1, "label": "→ n1.8"},
        {"band": "down", "ring": None, "gate": None, "handles": []},
    ]


def located(*events: Event) -> list[Located]:
    return [Located("x", line, event) for line, event in enumerate(events, 2)]


def test_rows_are_in_order_of_time_only_if_that_keeps_each_process_in_order() -> None:
    late, soon = Start("a", 1, incarnation=1, time_ms=5.0), Start("b", 1, incarnation=1, time_ms=2.0)
    back, none = Deliver("a", 2, message="m", time_ms=4.0), Deliver("b", 2, message="m")
    assert [one.event for one in in_order(located(late, soon))] == [soon, late]
    assert [one.event for one in in_order(located(late, soon, back))] == [late, soon, back]
    assert [one.event for one in in_order(located(late, soon, none))] == [late, soon, none]


def test_of_a_long_history_the_page_has_what_leads_to_the_violation() -> None:
    start = Start("a", 1, incarnation=1)
    more = [Deliver("a", 2 + i, message=f"m{i}") for i in range(MOST_STEPS + 100)]
    history = Excerpt(("a",), frozenset({"deliver"}), located(start, *more))
    data = data_of(history_page(history, judge(history).claims, "long"))
    assert len(data["rows"]) == MOST_STEPS
    assert data["account"][-1] == "Shown are events 1 to 5,000 of 5,101: a page holds 5,000."


def test_what_a_page_does_not_hold_is_said_and_the_verdict_stays(tmp_path: Path) -> None:
    names = [f"n{i}" for i in range(17)]
    meta = Meta("ringplug-history-1", ("regular",), tuple(names))
    path = tmp_path / "many.jsonl"
    path.write_bytes(b"\n".join(map(msgspec.json.encode, [meta, Start("n0", 1, incarnation=1)])) + b"\n")
    told, as_ever = ringplug("judge", path, "--html", tmp_path / "no.html"), ringplug("judge", path)
    assert (told.returncode, told.stdout) == (as_ever.returncode, as_ever.stdout)
    assert "no.html is not written: 17 processes; a page has at most 16 lanes" in told.stderr
    with pytest.raises(TraceError, match="no event to show"):
        history_page(Excerpt(("a",), frozenset(), []), [], "nothing")


EACH: tuple[tuple[Event, str], ...] = (
    (Start("a", 1, incarnation=2), "start 2"),
    (Configuration("a", 1, kind="regular", ring=("a", 4), members=("a", "b")), "regular a.4 {a b}"),
    (Configuration("a", 1, kind="transitional", ring=("a", 8), members=("a",)), "transitional a.8 {a}"),
    (Group("a", 1, members=(("a", 1), ("b", 0))), "group {a b}"),
    (Queue("a", 1, message="m", priority="recovery"), "queue m (recovery)"),
    (Originate("a", 1, message="m"), "originate m"),
    (Deliver("a", 1, message="m", sender="b"), "deliver m of b"),
    (Plug("a", 1, call="unplug", handle="h"), "unplug h"),
    (Bit("a", 1), "sets its bit"),
    (Gate("a", 1, open=False), "gate closes"),
    (Lookup("a", 1, of="b", found=False), "looks up b: not found"),
    (Table("a", 1, service="clm", keys=("a", "b")), "table of clm {a b}"),
    (Primary("a", 1, inside=True), "is primary"),
    (Primary("a", 1, inside=False), "is not primary"),
    (Sync("a", 1, phase="barrier", service="evt"), "sync barrier evt"),
    (Counted("a", 1, message="m"), "counted m"),
    (Crash("a", 1), "crash"),
    (End("a", 1, quiescent=True), "end, quiescent"),
)


def test_every_kind_of_event_has_words_and_a_mark() -> None:
    reading = Reading({"a": 0, "b": 1}, frozenset({"gate"}))
    assert {type(event) for event, _ in EACH} == set(EVENTS)
    for row, (event, words) in enumerate(EACH):
        assert reading.words(event) == f"a {words}"
        (mark,) = reading.marks(event, row)
        assert (mark.lane, bool(mark.label)) == (0, True)


def test_a_label_says_all_of_it_in_the_narrowest_lane() -> None:
    reading, most = Reading({"a": 0}, frozenset({"gate"})), (54 - 6) / 5.6
    for event, label in (
        (Lookup("a", 1, of="1", found=True), "1 found"),
        (Lookup("a", 1, of="1", found=False), "1 absent"),
        (Bit("a", 1), "bit"),
    ):
        (mark,) = reading.marks(event, 0)
        assert (mark.label, len(label) <= most) == (label, True)


def test_a_divergence_is_a_page_of_the_machines_run(tmp_path: Path) -> None:
    wrong = ("lockstep", "--members", "3", "--fault", "opens-on-own-bit")
    told = ringplug(*wrong, "--html", tmp_path / "parted.html", "--out", tmp_path / "parted.json")
    assert told.returncode == 1
    page = (tmp_path / "parted.html").read_text()
    data = data_of(page)
    steps = len(data["steps"])
    event = re.findall(r"^diverged at event (\d+), in episode 1$", told.stdout, re.MULTILINE)
    assert f"  run      {steps} steps of the machine: an event is one, several or none\n" in told.stdout
    assert f"diverged at event {event[0]}, in episode 1, after {steps} steps of the machine: the states" in page
    assert "<title>An implementation parts from the machine: a token arrives p2 r0" in page
    assert "  differs  gate: implementation {p2}, machine {}" in data["notes"][str(len(data["steps"]))]
    saved = msgspec.json.decode((tmp_path / "parted.json").read_bytes())
    assert (data["steps"], data["trace"]["features"]) == (saved["steps"], saved["features"])


def test_the_run_that_a_set_of_decisions_allows_is_a_page(tmp_path: Path) -> None:
    page = tmp_path / "lost.html"
    told = ringplug("theorem", "--claim", "CLM-S1", "--take", "none", "--html", page)
    assert told.returncode == 1
    assert data_of(page.read_text())["claim"] == "CLM-S1"
    assert "--html goes with --take" in refused("theorem", "--html", page)


def test_a_simulated_run_is_a_page(tmp_path: Path) -> None:
    short = ("simulate", "--members", "2", "--seconds", "0.2", "--no-follow")
    assert ringplug(*short, "--html", tmp_path / "run.html").returncode == 0
    data = data_of((tmp_path / "run.html").read_text())
    assert (data["lanes"], data["claim"]) == (["1", "2"], None)
    assert {"sends", "delivers", "does"} <= {mark["kind"] for row in data["rows"] for mark in row["marks"]}
