"""Pictures: the one that a command writes is the one that the page draws, and lanes in text fit their columns."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import msgspec
import pytest

from properties.explain.runs import trace
from properties.page.drawing import NAMESPACE, Element, Picture, picture_of
from properties.page.lanes import lane_lines
from properties.page.run import run_page
from properties.page.scene import Scene
from properties.traces.trace import Trace, TraceError, TraceScope, TraceStep, replay, trace_machine, write_trace
from tests.command import refused, ringplug
from tests.test_page import Parts
from tests.test_page_machine import with_program

HERE = Path(__file__).parent


def everything(lanes: int) -> Trace:
    """A run with every sign of the picture in it."""
    some: list[int] = list(range(lanes))
    steps: list[tuple[str, dict[str, int | list[int]]]] = [
        ("form_ring", {"r": 0, "members": some}), ("duplicate", {"r": 0, "c": 0}), ("pass_on", {"p": 1, "r": 0}),
        *[("install", {"p": p, "r": 0}) for p in some], ("queue_recovery", {"p": 0}), ("queue_recovery", {"p": 0}),
        ("visit", {"p": 0, "r": 0}), ("send_recovery", {"p": 0, "r": 0}),
        ("visit", {"p": 0, "r": 0}), ("send_recovery", {"p": 0, "r": 0}),
        *[("unplug", {"p": p, "h": h}) for p in some for h in (0, 1)], ("destroy", {"p": 1, "h": 1}),
        *[("visit", {"p": p, "r": 0}) for p in [*some, *some]], ("late_visit", {"p": 1, "r": 0, "c": 0}),
        ("originate", {"p": 1, "r": 0}), ("begin_long", {"p": lanes - 1, "r": 0}),
        ("queue_recovery", {"p": 0}), ("form_ring", {"r": 1, "members": some[:2]}), ("leave", {"p": 0, "r": 0}),
        ("reject", {"p": 0, "r": 0}), ("crash", {"p": lanes - 1}), ("install", {"p": 0, "r": 1}),
        ("restart", {"p": lanes - 1}),
    ]  # fmt: skip
    features = ["crash", "create-destroy", "late-copies", "leftovers", "long-message", "recovery-queue"]
    lines = [TraceStep(action, arguments) for action, arguments in steps]
    return Trace("ringplug-trace-1", TraceScope(lanes, 2, 2), features, lines)


@pytest.mark.parametrize("lanes", [3, 16, *(pytest.param(lanes, marks=pytest.mark.deep) for lanes in (5, 8))])
def test_the_picture_of_the_command_is_that_of_the_page(
    lanes: int, needs_program: Callable[[str], str], tmp_path: Path
) -> None:
    run = everything(lanes)
    ground = trace_machine(run)
    with_program(tmp_path, ground, "plug")
    (tmp_path / "told.json").write_text(Parts(run_page(run)).inline["script"][0])
    node = [needs_program("node"), HERE / "page_picture.mjs", tmp_path]
    done = subprocess.run(node, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    rows = Scene(ground).rows(list(replay(ground, run.steps)))
    ours = list(lines_of(plain(Picture([f"p{i}" for i in range(lanes)]).body(rows))))
    theirs = list(lines_of(msgspec.json.decode(done.stdout)))
    assert ours == theirs
    assert len(ours) > 20 * len(run.steps)


def plain(element: Element) -> dict[str, Any]:
    children = [plain(one) for one in element]
    return {"tag": element.tag, "attributes": element.attrib, "children": children, "words": element.text or ""}


def lines_of(element: dict[str, Any], depth: int = 0) -> Iterator[str]:
    """An element and those inside it, a line each."""
    attributes = " ".join(f"{name}={value}" for name, value in sorted(element["attributes"].items()))
    yield f"{' ' * depth}{element['tag']} {attributes} {element['words']}".rstrip()
    for child in element["children"]:
        yield from lines_of(child, depth + 1)


def test_lanes_in_text_have_every_sign_and_fit() -> None:
    lines = list(lane_lines(everything(5)))
    assert max(map(len, lines)) <= 100
    assert len(lines) == 1 + 1 + len(everything(5).steps) + 3
    steps = "\n".join(lines[1:-3])
    for sign in ("┃", "┊", "✕", "·", "○", "■", "▲", "△", "◆", "▪", "◐", "[x", "●", "►", "▷", "] late", "] on", "] no"):
        assert sign in steps, sign
    with pytest.raises(TraceError, match="6 processors; there is room for 5 lanes: --format svg draws 16"):
        list(lane_lines(everything(6)))


def test_the_commands_draw_and_say_what_goes_together(tmp_path: Path) -> None:
    broken = ("trace", "PLUG-S1", "--variant", "open-on-own-bit")
    assert "  2  ┃■▲ install r0    ┊ △\n" in ringplug(*broken, "--lanes").stdout
    out = tmp_path / "s1.svg"
    told = ringplug(*broken, "--format", "svg", "--out", out)
    assert (told.returncode, told.stdout) == (1, ringplug(*broken).stdout)
    assert out.read_text() == ringplug(*broken, "--format", "svg").stdout
    assert "--lanes does not go with --json" in refused(*broken, "--lanes", "--json")
    (tmp_path / "six.json").write_bytes(write_trace(everything(6)))
    assert "6 processors; there is room for 5 lanes" in ringplug("replay", tmp_path / "six.json", "--lanes").stderr
    (tmp_path / "many.json").write_bytes(write_trace(everything(17)))
    assert "a page has at most 16 lanes" in refused("replay", tmp_path / "many.json", "--format", "svg")


def test_it_is_well_formed_and_has_its_style() -> None:
    found = trace("PLUG-S1", variant="open-on-own-bit")
    assert found
    svg = Xml.fromstring(picture_of(found))
    assert svg.tag == f"{{{NAMESPACE}}}svg"
    assert ".gate.open" in (svg.findtext(f"{{{NAMESPACE}}}style") or "")
    assert {"p0", "p1", "unplug h0", "r0 forms"} <= set(svg.itertext())
