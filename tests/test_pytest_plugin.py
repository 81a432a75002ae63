"""The pytest plugin: its marker and options, what a failure shows, and that it costs nothing until it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from properties.check import marking
from properties.check.testing import ENGINES, Engine
from ringplug import inherited

assert marking
assert inherited  # both stay imported when pytester takes away what its runs imported
pytest_plugins = ["pytester"]
HEAVY = {"hypothesis", "model", "msgspec", "networkx", "numpy", "properties", "reference", "rich", "ringplug", "z3"}


def run(pytester: pytest.Pytester, body: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(f"import pytest\n\n{body}")
    return pytester.runpytest("-p", "no:cacheprovider", "-p", "no:hypothesispytest", *arguments)


def test_a_marked_test_runs_once_for_each_engine(pytester: pytest.Pytester) -> None:
    done = run(pytester, "@pytest.mark.ringplug(claim='PLUG-S1')\ndef test_it():\n    print('body')", "-v", "-s")
    done.assert_outcomes(passed=4)
    for engine in ENGINES:
        done.stdout.fnmatch_lines(f"*::test_it?PLUG-S1-{engine}? body*")


def test_a_failure_is_the_run_and_why_with_no_frame_of_ours(pytester: pytest.Pytester) -> None:
    marked = "@pytest.mark.ringplug('PLUG-S1', variant='open-on-own-bit', engine='exhaustive')\ndef test_it():\n    0/0"
    done = run(pytester, marked)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines([
        "*test_it?PLUG-S1-exhaustive?*",
        "PLUG-S1 violated (exhaustive, 2/1/1): behind an open gate every member is done",
        "  4  visit p0 r0            bits?r0? {+p0}  gate {+p0}  turn {+p0}  signed?r0? {+p0}",
        "because",
        "  member?r0? ⊈ done?r0?      member?r0? = {p0, p1}, done?r0? = {p0}",
    ])  # fmt: skip
    assert ".py:" not in done.stdout.str().partition("= FAILURES =")[2].partition("short test summary")[0]
    full = pytester.runpytest("-p", "no:cacheprovider", "--full-trace")
    full.stdout.fnmatch_lines("*properties/check/testing.py:*: ViolatedError")


def test_an_engine_that_a_test_asks_hides_its_frames(pytester: pytest.Pytester) -> None:
    asks = "from ringplug.testing import Engine\n\ndef test_it():\n    Engine('exhaustive').check('PLUG-S1', variant="
    done = run(pytester, asks + "'open-on-own-bit')")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines([">*Engine('exhaustive').check(*", "E*PLUG-S1 violated (exhaustive*", "E*because"])
    assert "properties/check" not in done.stdout.str()


def test_what_an_engine_leaves_out_is_skipped_at_the_test(pytester: pytest.Pytester) -> None:
    done = run(pytester, "@pytest.mark.ringplug('N3', engine='inductive')\ndef test_it(): pass", "-rs")
    done.assert_outcomes(skipped=1)
    done.stdout.fnmatch_lines("SKIPPED ?1? test_what_*.py:3: N3: not a claim that induction decides")


def test_a_body_fails_as_any_other_and_an_expected_violation_is_an_xfail(pytester: pytest.Pytester) -> None:
    body = """
from ringplug.testing import ViolatedError
mine = pytest.mark.ringplug(claim=["PLUG-S1", "PLUG-S2"], variant="open-on-own-bit", engine="exhaustive")

@pytest.mark.ringplug("PLUG-S2", engine="exhaustive")
def test_fails(): assert 1 == 2

@pytest.mark.xfail(raises=ViolatedError, strict=True)
@mine
def test_expected(): pass

@pytest.mark.ringplug("PLUG-S2", engine="bounded", scope="2/1/1, crash")
@pytest.mark.ringplug("PLUG-S1", engine="exhaustive")
class TestMany:
    def test_method(self, tmp_path): assert tmp_path.exists()
"""
    done = run(pytester, body, "-v")
    done.assert_outcomes(failed=1, xfailed=1, passed=2)
    done.stdout.fnmatch_lines(
        ["*test_expected?exhaustive? XFAIL*", "*test_method?PLUG-S1-exhaustive?*"], consecutive=False
    )
    done.stdout.fnmatch_lines("E*assert 1 == 2")


@pytest.mark.parametrize(
    ("marker", "says"),
    [
        ("'PLUG-S99'", "unknown claim 'PLUG-S99'"),
        ("'PLUG-S1', variant='none'", "unknown variant 'none'"),
        ("'RING-S5', variant='open-on-own-bit'", "variant 'open-on-own-bit' edits no action of the machine delivery"),
        ("'PLUG-S1', engine='all'", "unknown engine 'all'"),
        ("'PLUG-S1', scope='3'", "not a scope: '3'"),
        (
            "'PLUG-S1', engine='inductive', scope='2/1/1'",
            "the engine inductive proves for any number",
        ),
        ("'PLUG-S1', variants='none'", "ringplug() got an unexpected keyword argument 'variants'"),
    ],
)
def test_a_marker_that_says_nothing_known_is_an_error_when_tests_are_collected(
    pytester: pytest.Pytester, marker: str, says: str
) -> None:
    done = run(pytester, f"@pytest.mark.ringplug({marker})\ndef test_it(): pass")
    done.assert_outcomes(errors=1)
    assert f"marker ringplug: {says}" in done.stdout.str().replace("\nE   ", " ")


def test_where_the_marker_would_do_nothing_it_is_refused(pytester: pytest.Pytester) -> None:
    method = "class Test(unittest.TestCase):\n    def test_it(self): pass"
    done = run(pytester, f"import unittest\n\n@pytest.mark.ringplug('PLUG-S1')\n{method}")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines("ERROR: *::Test::test_it: the marker ringplug is for test functions and methods")


SEEN = """
from ringplug.testing import Engine, LockstepTests, Tries, every_engine
import ringplug.inherited as tested

@every_engine
def test_engine(engine): print(engine.name, engine.tries.seed, engine.deep)

class TestPlug(LockstepTests):
    make = None
    members = (2,)

@pytest.fixture(autouse=True)
def planned(monkeypatch):
    class Ran: divergence = None
    monkeypatch.setattr(tested, "run", lambda plan, make: print("planned", plan.seed, plan.steps) or Ran)
"""


def test_options_reach_engines_and_lockstep(pytester: pytest.Pytester) -> None:
    done = run(pytester, SEEN, "-s", "--ringplug-seed", "5", "--ringplug-deep")
    done.assert_outcomes(passed=5)
    said = done.stdout.str()
    assert "exhaustive 5 True" in said
    assert "planned 5 12000" in said
    without = pytester.runpytest("-p", "no:cacheprovider", "-s")
    without.assert_outcomes(passed=6)
    assert "exhaustive 2004 False" in without.stdout.str()
    assert "planned 1 600" in without.stdout.str()


def test_deep_engines_go_on_to_the_standard_scopes(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = marking.claim_named("LIVE-1")
    scopes = [str(scope and scope.name) for scope, _ in Engine("exhaustive", deep=True)._scopes(claim)]
    assert scopes == ["ordered 2/1/1", "ordered 4/1/1", "ordered 2/1/2"]
    assert [scope for scope, _ in Engine("exhaustive", scope="2/1/1", deep=True)._scopes(claim)][1:] == []
    assert list(Engine("inductive", deep=True)._scopes(claim)) == [(None, 10)]


def test_a_project_with_a_model_of_its_own_is_left_in_peace(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(model="VALUE = 1", test_own="from model import VALUE\n\ndef test_it(): assert VALUE == 1")
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    done.assert_outcomes(passed=1)
    pytester.makepyfile(test_own="import model, pytest\n\n@pytest.mark.ringplug('PLUG-S1')\ndef test_it(): pass")
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines("*marker ringplug: ringplug: *model.py is in the way of its own package model*")


PROBE = """
import sys

def pytest_collection_finish(session):
    print("loaded", *sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_it_imports_nothing_heavy_before_it_is_used(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(PROBE)
    pytester.makepyfile("def test_it(): pass")
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-s")
    (line,) = [line for line in done.outlines if line.startswith("loaded")]
    assert "pytest_ringplug" in line.split()
    assert HEAVY & set(line.split()) == set()


def test_it_takes_less_than_20_ms_of_processor_time() -> None:
    code = "import pytest, time; t = time.process_time(); import pytest_ringplug; print(time.process_time() - t)"
    root = Path(__file__).parent.parent
    assert any(
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=root).stdout) < 0.020
        for _ in range(5)
    )
