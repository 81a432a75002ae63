"""A page put together: template, styles, scripts and data in one file that loads nothing and runs nothing else.

The scripts are written as modules, which Node imports as they stand. In the page each is a function that returns what
it exports, one after the other in one script. The policy in the page's head allows that script and the two styles by
their hashes, and nothing besides: no address, no `eval`, no attribute that is code.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import jinja2
import msgspec

ASSETS = Path(__file__).with_name("assets")
MODULES = (
    "terms", "notation", "because", "machine", "dom", "scene", "picture", "run", "panels", "record", "main",
)  # fmt: skip
"""The modules of the page, each after those that it imports."""
BEGIN = 'new in_main.Page(JSON.parse(document.getElementById("data").textContent), in_program.program);'


NONE = "'none'"


class Head(msgspec.Struct):
    """What stands above a page, and what is read where scripts are off."""

    title: str
    subtitle: str
    edit: str
    """Of a variant: what is edited."""
    summary: str
    words: str


def page_text(kind: str, head: Head, data: object, program: str = "export const program = null;") -> str:
    """The page: of a `run` or a `history`, with its data and, of a run, the program of its machine."""
    style, picture_style = asset("page.css"), asset("picture.css")
    script = f"\n{bundled(program)}\n{BEGIN}\n"
    fields = {
        "kind": kind,
        "policy": policy(script, style, picture_style),
        **msgspec.to_builtins(head),
        "style": style,
        "picture_style": picture_style,
        "script": script,
        "data": msgspec.json.encode(data).decode().replace("<", "\\u003c"),
    }
    return filled(asset("page.html.jinja"), fields)


def filled(template: str, fields: Mapping[str, object]) -> str:
    """A template with these fields; text in them is escaped."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(template).render(fields)


def policy(script: str | None, *styles: str) -> str:
    """What the page may do: run this script or none, use these styles."""
    allowed = f"script-src {_hashed(script) if script else NONE}; style-src {' '.join(map(_hashed, styles))}"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _hashed(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def asset(name: str) -> str:
    """One of the files that pages are made of."""
    return (ASSETS / name).read_text(encoding="utf-8")


def bundled(program: str) -> str:
    """All modules as one script, the program after the terms that it is made of."""
    first, *others = MODULES
    texts = {first: asset(f"{first}.mjs"), "program": program, **{name: asset(f"{name}.mjs") for name in others}}
    return "\n".join(as_function(name, text) for name, text in texts.items())


def as_function(name: str, text: str) -> str:
    """A module as a constant of what it exports."""
    exported = re.findall(r"^export (?:const|class|function\*?) (\w+)", text, re.MULTILINE)
    text = re.sub(r'^import (\{[^}]*\}) from "\./(\w+)\.mjs";$', r"const \1 = in_\2;", text, flags=re.MULTILINE)
    text = re.sub(r"^export (?=const|class|function)", "", text, flags=re.MULTILINE)
    if found := re.search(r"^(?:import|export)\b.*$", text, re.MULTILINE):
        raise ValueError(f"{name}.mjs: no such import or export is known here: {found[0]}")
    text = text.replace("</", "<\\/")
    return f"const in_{name} = (() => {{\n{text}\nreturn {{ {', '.join(exported)} }};\n}})();"
