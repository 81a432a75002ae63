"""Pages as files: one that loads nothing, whose policy allows its own parts alone, and in which text stays text."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from model.machines import MACHINES
from properties.explain.runs import trace
from properties.page.assemble import ASSETS, MODULES, as_function
from properties.page.layout import anchor
from properties.page.run import MOST_LANES, MOST_STEPS, run_page
from properties.traces.trace import Trace, TraceError, TraceScope, TraceStep
from tests.command import refused, ringplug

ROOT = Path(__file__).parent.parent
BROKEN = ("PLUG-S1", "--variant", "open-on-own-bit")


@pytest.fixture(scope="module")
def page() -> str:
    found = trace("PLUG-S1", variant="open-on-own-bit")
    assert found
    return run_page(found)


class Parts(HTMLParser):
    """The elements of a page with their attributes, and the text of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inline: dict[str, list[str]] = {"script": [], "style": []}
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = tag
        if tag in self.inline:
            self.inline[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in self.inline:
            self.inline[self.inside][-1] += data


def test_a_page_loads_nothing_and_is_small(page: str) -> None:
    parts = Parts(page)
    assert len(parts.elements) > 50
    loading = {"src", "srcset", "action", "formaction", "poster", "data", "background"}
    assert not [one for one in parts.elements if loading & one[1].keys()]
    assert not [one for one in parts.elements if one[0] in {"link", "iframe", "object", "embed", "img", "base"}]
    assert not [one for one in parts.elements if any(name.startswith("on") or name == "style" for name in one[1])]
    assert len(page.encode()) - len(parts.inline["script"][0].encode()) < 300_000


def test_its_head_says_what_the_variant_edits_and_how_large_the_scope_is(page: str) -> None:
    head = page.partition("<main>")[0]
    assert "Variant open-on-own-bit of the protocol: 2 processors, 1 handle, 1 ring, with no feature." in head
    assert "The edit: A member opens its gate as soon as its own bit is set." in head
    assert "Violated: behind an open gate every member is done" in head


def test_its_head_says_which_decisions_are_given_up() -> None:
    trace = Trace("ringplug-trace-1", TraceScope(2, 1, 2), ["no-d8", "no-order", "no-d4"], [], machine="services")
    assert "The machine services: 2 processors, 1 handle, 2 rings, with no feature, without D4, D8, order." in run_page(
        trace
    )
    messages = Trace("ringplug-trace-1", TraceScope(2, 3, 1), ["crash"], [], machine="delivery")
    assert "The machine delivery: 2 processors, 3 messages, 1 ring, with crash." in run_page(messages)


def test_the_policy_allows_the_parts_of_the_page_alone(page: str) -> None:
    parts = Parts(page)
    styles = " ".join(map(hashed, parts.inline["style"]))
    (said,) = [one["content"] or "" for _, one in parts.elements if one.get("http-equiv") == "Content-Security-Policy"]
    policy = dict(part.strip().split(" ", 1) for part in unescape(said).split(";"))
    _, script = parts.inline["script"]
    assert policy == {
        "default-src": "'none'", "script-src": hashed(script), "style-src": styles,
        "base-uri": "'none'", "form-action": "'none'",
    }  # fmt: skip


def hashed(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_scripts_make_no_markup_and_run_no_text() -> None:
    files = sorted(ASSETS.glob("*.mjs"))
    assert {path.stem for path in files} == set(MODULES)
    for path in files:
        text = path.read_text()
        wrong = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|fetch\(|XMLHttp"
        assert not re.search(wrong, text), path.name
        assert len(text.splitlines()) <= 400


def test_text_of_a_trace_stays_text() -> None:
    hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    text, plain = (
        run_page(Trace("ringplug-trace-1", TraceScope(1, 1, 1), [], [], claim=said, shows=said))
        for said in (hostile, "something")
    )
    assert [tag for tag, _ in Parts(text).elements] == [tag for tag, _ in Parts(plain).elements]
    assert json.loads(Parts(text).inline["script"][0])["claim"] == hostile


@pytest.mark.parametrize("machine", MACHINES)
def test_every_link_leads_into_the_specification(machine: str) -> None:
    anchors = set(re.findall(r'<a id="([^"]+)">', (ROOT / "SPEC.md").read_text()))
    names = [rule.name for rule in MACHINES[machine].rules if not (rule.feature or "").startswith("no-")]
    assert names
    assert {anchor(name, machine) for name in names} <= anchors
    assert anchor("no_such_action", machine) == ""


def test_a_module_that_imports_otherwise_is_refused() -> None:
    assert "return { f };" in as_function("x", 'import { a } from "./b.mjs";\nexport const f = a;')
    with pytest.raises(ValueError, match=r"x\.mjs: no such import or export is known here: import a from"):
        as_function("x", 'import a from "./b.mjs";')


def test_what_a_page_does_not_hold_is_refused() -> None:
    lanes = Trace("ringplug-trace-1", TraceScope(MOST_LANES + 1, 1, 1), [], [])
    with pytest.raises(TraceError, match="17 processors; a page has at most 16 lanes"):
        run_page(lanes)
    step = TraceStep("unplug", {"p": 0, "h": 0})
    with pytest.raises(TraceError, match="5,001 steps; a page has at most 5,000"):
        run_page(Trace("ringplug-trace-1", TraceScope(1, 1, 1), [], [step] * (MOST_STEPS + 1)))


def test_commands_write_the_page(tmp_path: Path) -> None:
    out, saved = tmp_path / "s1.html", tmp_path / "s1.json"
    shown = ringplug("trace", *BROKEN)
    told = ringplug("trace", *BROKEN, "--format", "html", "--out", out)
    assert (told.returncode, told.stdout) == (shown.returncode, shown.stdout)
    assert ringplug("trace", *BROKEN, "--format", "html").stdout == out.read_text()
    saved.write_text(ringplug("trace", *BROKEN, "--json").stdout)
    assert ringplug("replay", saved, "--format", "html").stdout == out.read_text()
    explained = ringplug("explain", saved, "--step", "3", "--html", tmp_path / "at3.html")
    assert explained.stdout == ringplug("explain", saved, "--step", "3").stdout
    assert data_of((tmp_path / "at3.html").read_text())["first"] == 3


def data_of(page: str) -> dict[str, object]:
    return msgspec.json.decode(Parts(page).inline["script"][0], type=dict[str, object])


def test_a_page_holds_one_run_and_is_written_where_it_can_be(tmp_path: Path) -> None:
    said = refused("trace", "PLUG-C3", "--variant", "destroy-forgets-the-plug", "--most", "2", "--format", "html")
    assert "a page holds one run: with --most, name a file with --out" in said
    saved = tmp_path / "s1.json"
    saved.write_text(ringplug("trace", *BROKEN, "--json").stdout)
    assert "No such file or directory" in refused("explain", saved, "--html", tmp_path / "no" / "page.html")
