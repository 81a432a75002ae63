"""The documentation as a site: it has every page, and is built without a warning."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from properties.claims import CLAIMS

ROOT = Path(__file__).parent.parent
SITE = ROOT / "docs" / "site"
CONF = runpy.run_path(str(SITE / "conf.py"))
LISTED = [page for pages in CONF["CONTENTS"].values() for page in pages]


def test_the_contents_have_every_page_once() -> None:
    papers = {f"docs/{path.stem}" for path in (ROOT / "docs").glob("*.md")}
    assert len(papers) > 20
    assert len(LISTED) == len(set(LISTED))
    assert papers | {"SPEC", "CHANGELOG", "model/README", "docs/site/names"} <= set(LISTED)
    assert [page for page in LISTED if not (ROOT / f"{page}.md").is_file()] == []


def test_the_first_page_leads_to_the_readme() -> None:
    assert f"url={CONF['root_doc']}.html" in (SITE / "index.html").read_text()


def test_the_names_are_those_of_the_door() -> None:
    modules = re.findall(r"automodule:: (\S+)", (SITE / "names.md").read_text())
    doors = {f"ringplug.{path.stem}" for path in (ROOT / "ringplug").glob("[a-z]*.py")} - {"ringplug.inherited"}
    assert set(modules) == {"ringplug"} | doors


@pytest.mark.deep
def test_it_is_built_without_a_warning(tmp_path: Path) -> None:
    if not find_spec("sphinx"):
        reason = "sphinx is not installed; `make docs` does so"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    call = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-q",
        "-b",
        "html",
        "-c",
        SITE,
        ROOT,
        tmp_path / "site",
    ]
    done = subprocess.run(call, capture_output=True, text=True, check=False, cwd=ROOT, timeout=1200)
    assert done.returncode == 0, done.stderr
    assert {f"{page}.html" for page in LISTED} <= {
        path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*.html")
    }
    specification = (tmp_path / "site" / "SPEC.html").read_text()
    assert all(f'id="{id}"' in specification for id in CLAIMS)
    assert "ringplug.sets.when" in (tmp_path / "site" / "docs" / "site" / "names.html").read_text()
