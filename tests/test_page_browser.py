"""Pages in a real browser: opened, stepped, searched, forked, saved, printed; 16 lanes and 5,000 steps of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from properties.catalogue.scopes import CORE, NamedScope
from properties.check.job import Job
from properties.explain.runs import trace
from properties.page.report import Said, report_page
from properties.page.run import Told, run_page
from properties.spec.page import specification_page
from properties.traces.trace import Trace, TraceScope, TraceStep
from tests.browser import Browser
from tests.command import ringplug
from tests.test_page_sources import LINES, META

MOST_MS = 100
"""What a key press may take, in milliseconds of the processor."""


@pytest.fixture(scope="module")
def browser(needs_program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    one = Browser(needs_program("chromium"), tmp_path_factory.mktemp("browser"))
    one.window(1400, 900)
    try:
        yield one
    finally:
        one.close()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    found = trace("PLUG-S1", variant="open-on-own-bit")
    assert found
    path = tmp_path_factory.mktemp("page") / "s1.html"
    path.write_text(run_page(found))
    return path.as_uri()


def opened(browser: Browser, url: str, at: str = "") -> Browser:
    browser.problems.clear()
    browser.open(url + at)
    return browser


def text(browser: Browser, selector: str) -> str:
    return browser.ask(f"document.querySelector({selector!r}).innerText")


def count(browser: Browser, selector: str) -> int:
    return browser.ask(f"document.querySelectorAll({selector!r}).length")


def click(browser: Browser, selector: str) -> None:
    browser.ask(f"document.querySelector({selector!r}).click()")


def address(browser: Browser) -> str:
    return browser.ask("decodeURIComponent(location.hash)")


def test_it_opens_at_the_end_and_asks_nobody_for_anything(browser: Browser, url: str) -> None:
    browser.requests.clear()
    opened(browser, url)
    assert (text(browser, "#step h2"), count(browser, "#steps li")) == ("Step 4 of 4", 5)
    assert {one for one in browser.requests if not one.startswith("about:")} == {url}
    assert not browser.problems


def test_keys_step_and_the_picture_stays_where_it_is(browser: Browser, url: str) -> None:
    opened(browser, url)
    places = 'JSON.stringify([...document.querySelectorAll("#picture g > *")].map(e => e.getBBox()))'
    before = browser.ask(places)
    steps: list[str] = []
    for key in ("Home", "j", "ArrowDown", "ArrowRight", "k", "ArrowUp", "ArrowLeft", "End", "j"):
        browser.press(key)
        steps.append(browser.ask("new URLSearchParams(location.hash.slice(1)).get('step')"))
    assert steps == list("012321044")
    assert browser.ask(places) == before != "[]"
    assert browser.ask("document.querySelector('[aria-current=step]').innerText").startswith("4 visit p0 r0")


def test_a_step_is_told_with_its_claim_its_fate_and_its_cells(browser: Browser, url: str) -> None:
    opened(browser, url, "#step=4")
    assert "gate\t+p0" in text(browser, "#step")
    assert "the processors that may originate high, medium and low priority messages" in text(browser, "#step")
    assert "The edit bites here: A member opens its gate as soon as its own bit is set." in text(browser, "#step")
    clause = text(browser, "#clause")
    assert "✗ behind an open gate every member is done" in clause
    assert "member[r0] ⊈ done[r0]" in clause
    assert "done[r0]: the members that, in ring r, had no handle plugged at some moment" in clause
    assert "mail M6: Once the bitmap has all positions set for all members" in clause
    assert text(browser, "#fate").split()[:2] == ["Fate", "Violated."]
    assert "It could be avoided at every step before step 4, visit p0 r0." in text(browser, "#fate")
    assert text(browser, "#state tr.decides").startswith("▸ member[r0]")
    opened(browser, url, "#step=3&claim=PLUG-S8")
    assert "the violation is 1 step away, and can be avoided." in text(browser, "#fate")
    assert "PLUG-S8 A high, medium" in text(browser, "#clause")
    assert not browser.problems


def test_why_not_names_the_first_part_that_refuses(browser: Browser, url: str) -> None:
    opened(browser, url, "#step=3")
    for name, value in (("action", "visit"), ("p", "1")):
        chosen = f"document.querySelector('#why-not select[name={name}]')"
        browser.ask(f"{chosen}.value = {value!r}; {chosen}.dispatchEvent(new Event('change'))")
    assert text(browser, "#why-not .answer") == "visit p1 r0 is refused here: not true that p has installed r."
    assert "p1 ∉ installed[r0]" in text(browser, "#why-not .first")


def test_the_question_is_kept_in_the_address(browser: Browser, url: str) -> None:
    opened(browser, url, "#step=3&ask=visit+p1+r0")
    assert text(browser, "#why-not .answer") == "visit p1 r0 is refused here: not true that p has installed r."
    assert address(browser) == "#step=3&claim=PLUG-S1&ask=visit+p1+r0"
    opened(browser, url, "#step=3&ask=visit+p9+r0")
    assert (address(browser), browser.problems) == ("#step=3&claim=PLUG-S1", [])


def test_a_step_that_violates_is_told_apart_from_the_state_after_it(browser: Browser, tmp_path: Path) -> None:
    found = trace("CLM-S1", variant="no-plug")
    assert found
    path = tmp_path / "clm.html"
    path.write_text(run_page(found))
    fate = text(opened(browser, path.as_uri()), "#fate")
    assert "Violated in this step. Another violation is 6 steps away, and can be avoided." in fate
    assert "It could be avoided at every step before step 8, deliver_normal p0 r0." in fate
    assert text(browser, "#fate .strip a.here") == "✗"
    assert "◂ the edit bites" in text(browser, "#steps li:nth-child(7)")
    fate = text(opened(browser, path.as_uri(), "#step=6"), "#fate")
    assert "After install p1 r0 it is 2 steps away, and can be avoided." in fate
    assert not browser.problems


def test_search_dims_what_does_not_match_and_enter_goes_on(browser: Browser, url: str) -> None:
    opened(browser, url, "#step=0")
    browser.press("/", *"gate", "Enter")
    assert address(browser).startswith("#step=4&")
    assert "q=gate" in address(browser)
    assert count(browser, "#steps li.unmatched") == 4
    browser.press("Escape", "?")
    assert browser.ask("document.getElementById('help').open") is True
    click(browser, "#help-close")
    assert not browser.problems


def test_a_fork_is_kept_in_the_address_and_saved_as_a_trace(browser: Browser, url: str, tmp_path: Path) -> None:
    opened(browser, url, "#step=2")
    click(browser, "#choices button.fork")
    assert text(browser, "#forked") == "A fork, after step 2. back to the recorded run"
    assert address(browser) == "#step=3&claim=PLUG-S1&fork=2:install+p1+r0"
    opened(browser, url, "#step=5&fork=2:install+p1+r0;unplug+p0+h0;visit+p0+r0")
    assert text(browser, "#steps li:last-child").startswith("5 visit p0 r0 ✗ violated")
    saved = after_saving(browser, tmp_path, "#save-trace", "trace.json")
    told = ringplug("replay", saved)
    assert told.returncode == 0, told
    assert "Violated: behind an open gate every member is done" in told.stdout
    click(browser, "#back")
    assert (count(browser, "#steps li"), browser.problems) == (5, [])


def after_saving(browser: Browser, folder: Path, button: str, name: str) -> Path:
    browser.downloads(folder)
    click(browser, button)
    until = time.monotonic() + 60
    while not (folder / name).exists():
        assert time.monotonic() < until, f"{name} was not saved"
        time.sleep(0.02)
    return folder / name


def test_it_is_printed_whole_and_without_what_is_to_be_pressed(browser: Browser, url: str, tmp_path: Path) -> None:
    opened(browser, url)
    assert browser.printed().startswith(b"%PDF-")
    browser.call("Emulation.setEmulatedMedia", media="print")
    shown = "[...document.querySelectorAll('#tools, #why-not, #picture')].map(e => getComputedStyle(e).display)"
    assert browser.ask(shown) == ["none", "block", "none"]
    browser.call("Emulation.setEmulatedMedia", media="")
    picture = after_saving(browser, tmp_path, "#save-picture", "run.svg").read_text()
    assert picture.startswith("<svg")
    assert ".gate.open" in picture
    assert not browser.problems


def test_light_and_dark_are_told_apart_and_both_readable(browser: Browser, url: str) -> None:
    tones: list[str] = []
    for scheme in ("light", "dark"):
        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        opened(browser, url)
        tones.append(browser.ask("getComputedStyle(document.body).backgroundColor"))
    assert tones == ["rgb(255, 255, 255)", "rgb(21, 24, 28)"]


def test_a_judged_history_is_stepped_through_like_a_run(browser: Browser, tmp_path: Path) -> None:
    history = tmp_path / "bad.jsonl"
    history.write_text("\n".join((META, *LINES)) + "\n")
    assert ringplug("judge", history, "--html", tmp_path / "bad.html").returncode == 1
    opened(browser, (tmp_path / "bad.html").as_uri())
    assert "EVS-1.4" in text(browser, "#claims .claim")
    assert count(browser, "#steps li.broken") == 2
    assert text(browser, "#steps li.broken .wrong").strip() == "✗ EVS-1.4 EVS-6.2"
    assert text(browser, "#step").startswith("Event 11 of 13\n\nn2 deliver m1")
    assert "Source: EVS 1994 1.4." in text(browser, "#claims .claim")
    browser.press("End", "k")
    assert "n1 transitional n1.8 {n1}" in text(browser, "#step")
    browser.press("/", *"gate", "Enter")
    assert text(browser, "#where") == "n1 gate opens: 8 of 13"
    assert count(browser, "#save-trace") == 0
    assert not browser.problems


def long_run(lanes: int, length: int) -> Trace:
    """Everybody installs a ring and unplugs; then the token goes round, and what an open gate lets through is sent."""
    everybody = list(range(lanes))
    steps = [TraceStep("form_ring", {"r": 0, "members": everybody})]
    for p in everybody:
        steps += [TraceStep("install", {"p": p, "r": 0}), TraceStep("unplug", {"p": p, "h": 0})]
    for visit in range(length):
        where: dict[str, int | list[int]] = {"p": visit % lanes, "r": 0}
        steps += [TraceStep("visit", where)] + [TraceStep("originate", where)] * (visit > 2 * lanes)
    return Trace("ringplug-trace-1", TraceScope(lanes, 1, 2), [], steps[:length])


@pytest.mark.parametrize("lanes", [3, 8, 16])
def test_signs_are_seen_whole_and_nothing_runs_off_the_page(browser: Browser, lanes: int, tmp_path: Path) -> None:
    """Beside sixteen lanes the steps of a narrow window are scrolled to; each is told below, too."""
    run = long_run(lanes, 2 * lanes + 2)
    steps = len(run.steps)
    said = Told("parted", "diverged", [], {steps: ["diverged at event 9", "  because  it does"]})
    path = tmp_path / "parted.html"
    path.write_text(run_page(run, told=said))
    try:
        for width in (900, 1600):
            browser.window(width, 900)
            opened(browser, path.as_uri())
            assert browser.ask("document.documentElement.scrollWidth <= innerWidth")
            sign = "document.querySelector('#steps .noted').getBoundingClientRect()"
            edge = "document.querySelector('#steps li.here').getBoundingClientRect().right"
            assert browser.ask(f"{sign}.width > 0 && {sign}.right <= {edge}")
            assert browser.ask(f"{edge} <= innerWidth") or (lanes, width) == (16, 900)
            assert browser.ask("document.querySelector('#steps li.here .words').getBoundingClientRect().width") > 40
    finally:
        browser.window(1400, 900)
    assert count(browser, "#clause") == 0
    assert f"Asked of the state after step {steps}." in text(browser, "#why-not")
    assert not browser.problems


@pytest.mark.parametrize("width", [900, 1600])
def test_a_report_does_not_run_off_the_page(browser: Browser, width: int, tmp_path: Path) -> None:
    (verdict,) = Job(claims=("PLUG-S1",), scope=NamedScope(2, 1, 1, CORE)).run()
    cells = ("PLUG-S1", "proved; that a run needs so many is searched", "ordered 2/1/2, leftovers, recovery-queue")
    said = Said(["1 claim holds."], [("claim", "any number", "exhaustive, among others"), cells], [])
    path = tmp_path / "report.html"
    path.write_text(report_page([verdict], said, None))
    try:
        browser.window(width, 900)
        opened(browser, path.as_uri())
        assert browser.ask("document.documentElement.scrollWidth <= innerWidth")
        inside = "[...document.querySelectorAll('table, svg')].every((one) => one.closest('.scrolls'))"
        assert browser.ask(inside)
        assert count(browser, ".scrolls") == 4
    finally:
        browser.window(1400, 900)


@pytest.mark.parametrize("steps", [1_000, pytest.param(5_000, marks=pytest.mark.deep)])
def test_sixteen_lanes_and_thousands_of_steps_are_quick(browser: Browser, steps: int, tmp_path: Path) -> None:
    path = tmp_path / "long.html"
    path.write_text(run_page(long_run(16, steps)))
    opened(browser, path.as_uri(), f"#step={steps // 2}")
    assert 20 < count(browser, "#steps li") < 100
    browser.press("j", "j")
    before, presses = browser.seconds(), 20
    browser.press(*"j" * presses)
    assert browser.ask("document.getElementById('where').textContent").endswith(f": {steps // 2 + 22} of {steps}")
    took_ms = 1000 * (browser.seconds() - before) / presses
    assert took_ms < MOST_MS
    assert not browser.problems


def test_the_specification_is_searched_by_keys(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "spec.html"
    path.write_text(specification_page())
    browser.requests.clear()
    opened(browser, path.as_uri())
    browser.press("/", *"late_visit")
    assert text(browser, "#found li").startswith("action-late_visit")
    browser.press("Enter")
    assert address(browser) == "#action-late_visit"
    browser.press("Escape")
    assert (count(browser, "#found li"), text(browser, "#count")) == (0, "")
    assert {one for one in browser.requests if not one.startswith("about:")} == {path.as_uri()}
    assert not browser.problems
