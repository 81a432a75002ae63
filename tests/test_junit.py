"""Verdicts as JUnit XML: what holds passes, what is violated fails with its run, what is not decided is no pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from properties.check.verdict import Obligations, Open, Proved
from properties.cli.decide import check
from properties.export.junit import junit_xml
from tests.command import refused, ringplug

SAID: dict[str, Any] = {"engine": "inductive", "scope": "any number", "seconds": 0.5, "machine": "plug"}


def test_a_check_writes_its_verdicts_and_prints_what_it_did(tmp_path: Path) -> None:
    out = tmp_path / "verdicts.xml"
    asked = ("check", "--claim", "PLUG-S1", "--variant", "open-on-own-bit", "--members", "2", "--rings", "1")
    told = ringplug(*asked, "--engine", "exhaustive", "--junit", out)
    assert told.returncode == 1
    (suite,) = Xml.fromstring(out.read_text())
    assert suite.attrib["name"].startswith("exhaustive, 2/1/1 with ")
    (case,) = suite
    assert case.attrib["name"] == "PLUG-S1: A gate is open only if every member has unplugged in this configuration."
    failure = case.find("failure")
    assert failure is not None
    assert failure.attrib["message"] == "behind an open gate every member is done"
    assert "  4  visit p0 r0 " in (failure.text or "")


def test_what_is_not_decided_is_an_error_and_what_is_left_out_is_skipped() -> None:
    verdicts = [
        Proved(claim="PLUG-S1", extent=Obligations(obligations=3), **SAID),
        Open(claim="PLUG-S2", reason="z3 gave up", **SAID),
        Open(claim="LIVE-1", reason="not for induction", beside=True, **SAID),
    ]
    report = Xml.fromstring(junit_xml(verdicts))
    assert {name: report.attrib[name] for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3", "failures": "0", "errors": "1", "skipped": "1",
    }  # fmt: skip
    (suite,) = report
    kinds = {case.attrib["name"].partition(":")[0]: [one.tag for one in case] for case in suite}
    assert kinds == {"PLUG-S1": [], "PLUG-S2": ["error"], "LIVE-1": ["skipped"]}


def test_without_its_package_it_says_so_before_anything_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "find_spec", lambda name: None)
    assert "--junit needs a package: pip install junitparser" in refused("check", "--junit", "verdicts.xml")
