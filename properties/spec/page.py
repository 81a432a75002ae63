"""The specification as one HTML file: SPEC.md, read as Markdown, and what a page can do beside.

The text is the one of `ringplug spec`, so that page and SPEC.md cannot differ. Added to it are anchors of its headings,
the list of contents, a search in the page's own script, and after the equations of each action a picture of what moves.
As of the other pages, the policy allows its own parts by their hashes and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from model.language.machine import Action
from model.machines import DELIVERY, MACHINES, PARTS, PLUG
from model.plug.barrier import BARRIER
from properties.export.specification import RECORDED, SERVICES, SHOWN, specification
from properties.export.versions import VERSION
from properties.page.assemble import filled, policy
from properties.spec.moves import picture

ASSETS = Path(__file__).with_name("assets")
BEGIN = "begin(document);"
ANCHOR = re.compile(r'<a id="([^"]+)"></a>')


class Heading(NamedTuple):
    """A heading of the text: how deep it is, its anchor and its words."""

    level: int
    anchor: str
    words: str


def specification_page() -> str:
    """The page."""
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = reader.parse(specification())
    headings = list(_headings(tokens))
    script = f"\n{_asset('search.mjs')}\n{BEGIN}\n"
    style = _asset("spec.css")
    fields = {
        "policy": policy(script, style),
        "style": style,
        "script": script,
        "title": headings[0].words,
        "version": VERSION,
        "headings": headings[1:],
        "body": reader.renderer.render(list(_with_pictures(tokens)), reader.options, {}),
    }
    return filled(_asset("spec.html.jinja"), fields)


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _headings(tokens: list[Token]) -> Iterator[Heading]:
    """Every heading; it gets its anchor: the one that stands in it, or one made of its words."""
    for opened, inline in pairwise(tokens):
        if opened.type == "heading_open":
            words = ANCHOR.sub("", inline.content).replace("`", "")
            stated = ANCHOR.match(inline.content)
            anchor = stated[1] if stated else slug(words)
            if not stated:
                opened.attrSet("id", anchor)
            yield Heading(int(opened.tag[1]), anchor, words)


def slug(words: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")


def _with_pictures(tokens: list[Token]) -> Iterator[Token]:
    """The text with a picture after the equations of each action."""
    pictures, due = actions(), ""
    for token in tokens:
        if token.type == "inline" and (anchor := ANCHOR.fullmatch(token.content)):
            due = anchor[1]
        yield token
        if token.type == "fence" and due in pictures:
            yield Token("html_block", "", 0, content=f"<figure>{picture(pictures[due])}</figure>\n")
            due = ""


def actions() -> Mapping[str, Action]:
    """Every action that the text shows, by its anchor."""
    machines = {
        "": RECORDED[PLUG], "barrier-": BARRIER.record(), f"{SERVICES}-": MACHINES[SERVICES].record(SHOWN),
        **{f"{name}-": RECORDED[name] for name in ("ordered", "numbered", DELIVERY, PARTS)},
    }  # fmt: skip
    return {f"{prefix}action-{one.name}": one for prefix, machine in machines.items() for one in machine.actions}
