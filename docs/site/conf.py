"""The documentation as a site: the papers as they lie in the repository, and pages made of the docstrings.

The source is the root of the project, so that links between papers are the same on the site. The table of contents is
here, and is put below README.md when it is read; anchors of SPEC.md become targets that links are checked against.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
CONTENTS = {
    "To begin with": ("docs/tutorial", "SPEC", "docs/engines", "docs/traces", "docs/page", "docs/variants"),
    "Your own": (
        "docs/api", "docs/site/names", "docs/pytest", "docs/conform", "docs/follow", "docs/history", "docs/importing",
        "docs/command-line",
    ),
    "The reference": (
        "docs/reference", "docs/ring", "docs/services", "docs/simulator", "docs/node", "docs/laboratory",
        "docs/corosync", "docs/corosync-tracker", "docs/corosync-b", "docs/corosync-c",
    ),
    "Under the floor": (
        "docs/architecture", "model/README", "docs/delivery", "docs/parts", "docs/crosswalk", "docs/lockstep",
        "docs/recorded", "docs/ring-faults", "docs/mutants", "docs/mutation-reference", "docs/mutation-checkers",
        "docs/testing", "docs/bench", "docs/engineering",
    ),
    "Papers": ("CHANGELOG", "CONTRIBUTING", "SECURITY"),
}  # fmt: skip
"""Every page of the site below README.md, by heading."""

project, author = "ringplug", "The ringplug authors"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "README"
include_patterns = [f"{root_doc}.md", *(f"{page}.md" for pages in CONTENTS.values() for page in pages)]
default_role = "code"  # of what stands between single backticks in a docstring
html_theme, html_title = "furo", "ringplug"
html_extra_path = ["index.html"]
html_show_sourcelink = html_show_copyright = False
myst_enable_extensions = ["attrs_inline"]
myst_heading_anchors = 4
autodoc_typehints, autodoc_member_order, add_module_names = "signature", "bysource", False


ANCHOR = re.compile(r'<a id="([^"]+)"></a>')


def setup(app: Any) -> None:
    """Have texts prepared as they are read, and their anchors known."""
    app.connect("source-read", prepared)
    app.connect("doctree-read", with_anchors, priority=900)


def prepared(_app: Any, page: str, source: list[str]) -> None:
    """README.md gets the table of contents; anchors written as HTML stay, and become targets in their page."""
    source[0] = ANCHOR.sub(r"\g<0>[]{#\1}", source[0])
    if page == root_doc:
        source[0] += "".join(toctree(heading, pages) for heading, pages in CONTENTS.items())


def with_anchors(app: Any, doctree: Any) -> None:
    """Links from other pages go to the anchors as they are written: MyST looks them up by page."""
    page = app.env.current_document.docname
    found = ANCHOR.findall((ROOT / f"{page}.md").read_text(encoding="utf-8"))
    app.env.metadata[page].setdefault("myst_slugs", {}).update({anchor: (0, anchor, anchor) for anchor in found})


def toctree(heading: str, pages: tuple[str, ...]) -> str:
    """One part of the contents."""
    listed = "\n".join(f"/{page}" for page in pages)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {heading}\n\n{listed}\n```\n"
