"""The command line, by its output and exit code."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from properties.catalogue.register import REGISTER
from properties.check.plan import Plan
from properties.claims import CLAIMS
from properties.sampling.tries import Tries
from tests.command import RINGPLUG, process, refused, ringplug

SMALL = ["--members", "2", "--without", "long-message", "--without", "leftovers"]


def checked(*arguments: str) -> list[dict[str, Any]]:
    """The results of a check of a small scope, as JSON."""
    done = ringplug("check", *SMALL, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["results"]


def test_check_as_json_decides_the_claims() -> None:
    results = checked("--engine", "exhaustive")
    assert {one["claim"] for one in results} == set(CLAIMS)
    for one in results:
        assert one.keys() >= {"claim", "engine", "verdict", "scope", "seconds"}
        if one["verdict"] == "open":
            assert one["reason"].startswith("needs ")
        else:
            assert one["verdict"] == "exhaustive"
            assert min(one["states"], one["transitions"], one["depth"]) > 0
    assert len([one for one in results if one["verdict"] != "open"]) > 25


def test_check_proves_and_searches_if_no_engine_is_named() -> None:
    results = checked("--claim", "PLUG-S1", "--claim", "CLM-S1", "--claim", "BAR-3")
    said = {(one["claim"], one["engine"]): one["verdict"] for one in results}
    verdicts = {"inductive": "proved", "exhaustive": "exhaustive"}
    assert said == {(id, engine): verdicts[engine] for id in ("PLUG-S1", "CLM-S1", "BAR-3") for engine in verdicts}
    assert all(one["obligations"] > 0 for one in results if one["engine"] == "inductive")


def test_a_check_of_all_claims_is_planned_to_prove_what_induction_proves() -> None:
    """And to search for all: the proofs themselves are those of `test_claims.py`."""
    plan = Plan(
        claims=list(CLAIMS.values()), all_claims=True, engines=(), variant=None, off=frozenset(), scope=None,
        deep=False, depth=None, tries=Tries(1, 1), symmetry=True, memory_gib=1.0,
    )  # fmt: skip
    proofs, searches = ([job for job in plan.jobs() if bool(job.scope) == has_scope] for has_scope in (False, True))
    assert {id for job in proofs for id in job.claims} == {id for id, one in CLAIMS.items() if one.is_inductive}
    assert {job.engine for job in proofs} == {"inductive"}
    assert {id for job in searches for id in job.claims} == set(CLAIMS)
    assert all(CLAIMS[id].machine == job.machine for job in proofs for id in job.claims)


def test_a_violation_exits_1_with_its_trace() -> None:
    done = ringplug("check", "--claim", "PLUG-S1", "--variant", "open-on-own-bit", "--members", "2", "--json")
    assert done.returncode == 1
    violated = [one for one in json.loads(done.stdout)["results"] if one["verdict"] == "violated"]
    assert min(len(one["trace"]["steps"]) for one in violated) == 4


def test_a_violation_is_shown_in_words() -> None:
    done = ringplug(
        "check", "--claim", "PLUG-S1", "--engine", "exhaustive", "--members", "2", "--variant", "open-on-own-bit"
    )
    assert done.returncode == 1
    assert "PLUG-S1 violated (exhaustive, 2/1/1): behind an open gate every member is done" in done.stdout
    assert "visit p0 r0" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_claim_asked_for_in_too_small_a_scope_is_undetermined() -> None:
    done = ringplug("check", "--engine", "exhaustive", "--claim", "PLUG-S4", "--members", "2", "--rings", "1")
    assert done.returncode == 2
    assert "needs 3 members" in done.stdout
    done = ringplug("check", "--claim", "PLUG-C1", "--without", "create-destroy", "--members", "2", "--rings", "1")
    assert done.returncode == 2
    assert "needs create-destroy" in done.stdout


def test_what_was_not_asked_for_may_stay_open() -> None:
    assert ringplug("check", "--engine", "exhaustive", "--members", "2", "--rings", "1").returncode == 0


def test_induction_leaves_a_non_property_open() -> None:
    assert ringplug("check", "--claim", "N3", "--engine", "inductive").returncode == 2
    assert ringplug("check", "--claim", "LIVE-2", "--members", "2", "--rings", "1").returncode == 0


def test_a_witness_is_shown_saved_and_replayed(tmp_path: Path) -> None:
    file = tmp_path / "s1.json"
    shown = ringplug("trace", "PLUG-S1", "--witness", "--out", file)
    assert shown.returncode == 0
    assert "gate {+p1}" in shown.stdout
    again = ringplug("replay", file)
    assert again.returncode == 0
    _, *run, stopped = shown.stdout.splitlines()
    assert again.stdout.splitlines()[1:] == run
    assert stopped == "The search stopped at this run: 30 states, 56 transitions, depth 7."
    assert again.stdout.startswith("PLUG-S1, said to show: a gate is open in a ring of several;")
    as_json = ringplug("replay", file, "--json")
    assert json.loads(as_json.stdout) == json.loads(file.read_text())


def test_a_counterexample_is_shown_with_exit_code_1() -> None:
    done = ringplug("trace", "LIVE-2", "--variant", "judge-only-when-setting")
    assert done.returncode == 1
    assert ringplug("trace", "LIVE-2").returncode == 0


def test_variants_say_what_they_break() -> None:
    done = ringplug("variants", "leave-keeps-gate-open", "--compute", "--json")
    assert done.returncode == 0
    (one,) = json.loads(done.stdout)["variants"]
    broken = {broken["claim"]: (broken["length"], broken["scope"]) for broken in one["breaks"]}
    assert broken == {"PLUG-S1": (6, "2/1/2"), "PLUG-S6": (6, "2/1/2"), "BAR-1": (6, "2/1/2")}


@pytest.mark.deep
def test_a_variant_that_breaks_nothing_says_why() -> None:
    done = ringplug("variants", "gmi-back-to-the-old-ring", "--compute", "--json")
    assert done.returncode == 0
    (one,) = json.loads(done.stdout)["variants"]
    assert one["breaks"] == []
    assert one["argument"]["kind"] == "sound"


def test_mutants_say_what_notices_them() -> None:
    done = ringplug("mutants", "leave-without-effect:gate", "--compute", "--json")
    assert done.returncode == 0
    (one,) = json.loads(done.stdout)["mutants"]
    assert (one["caught"]["claim"], one["caught"]["length"]) == ("PLUG-S6", 7)
    shown = ringplug("trace", "PLUG-S6", "--variant", one["id"])
    assert shown.returncode == 1
    assert "Violated: leaving closes the gate" in shown.stdout
    assert ringplug("mutants", "nonsense").returncode == 3


def test_claims_are_listed_and_explained() -> None:
    listed = ringplug("claims").stdout
    assert all(id in listed for id in REGISTER)
    one = ringplug("claims", "PLUG-S5").stdout
    for word in ("source", "witness", "mutant", "bits[r] ⊆ bits'[r]"):
        assert word in one
    assert {one["id"] for one in json.loads(ringplug("claims", "--json").stdout)["claims"]} == set(REGISTER)


def test_a_graph_is_written_and_agrees(tmp_path: Path) -> None:
    file = tmp_path / "states.graphml"
    done = ringplug("explore", "--members", "2", "--rings", "1", "--without", "late-copies", "--graph", file)
    assert done.returncode == 0
    assert "they agree" in done.stdout
    assert file.read_text().startswith("<?xml")


@pytest.mark.parametrize(
    "command",
    [
        "",
        "check",
        "trace",
        "replay",
        "explain",
        "claims",
        "explore",
        "walk",
        "promela",
        "tla",
        "spec",
        "variants",
        "mutants",
        "theorem",
        "obligations",
        "conform",
        "lockstep",
        "judge",
        "node",
        "run",
        "publish",
        "watch",
        "corosync",
    ],
)
def test_help_has_examples(command: str) -> None:
    done = ringplug(*([command] if command else []), "--help")
    assert done.returncode == 0
    assert f"ringplug {command}" in done.stdout.split("Usage:")[1].partition("\n")[2]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "--claim", "PLUG-S99"], "unknown claim 'PLUG-S99'"),
        (["check", "--without", "wings"], "unknown feature 'wings'"),
        (["check", "--variant", "none"], "unknown variant 'none'"),
        (["check", "--members", "many"], "--members"),
        (["check", "--members", "99"], "--members"),
        (
            ["check", "--engine", "magic"],
            "unknown engine 'magic'; there are inductive, exhaustive, bounded, stateful, cvc5",
        ),
        (["check", "--engine", "exhaustiv"], "unknown engine 'exhaustiv'; near it: exhaustive"),
        (["check", "--claim", "PLUG-S1", "--variant", "free-at-one-rotation"], "edits no action of the machine plug"),
        (
            ["check", "--claim", "RING-S5", "--without", "late-copies"],
            "--without late-copies: delivery has none; it has",
        ),
        (["explore", "--machine", "numbered", "--without", "late-copies"], "numbered has none; it has crash, create-"),
        (
            ["explore", "--machine", "delivery", "--variant", "open-on-own-bit"],
            "edits no action of the machine delivery",
        ),
        (["promela", "--machine", "delivery", "--variant", "open-on-own-bit"], "edits no action of the machine"),
        (["tla", "--machine", "delivery", "--variant", "open-on-own-bit"], "edits no action of the machine"),
        (["walk", "--machine", "delivery", "--variant", "open-on-own-bit"], "edits no action of the machine"),
        (["obligations", "--out", "o", "--machine", "delivery", "--variant", "open-on-own-bit"], "edits no action of"),
        (["theorem", "--take", "D8,D99"], "unknown decision 'D99'; near it: D8, D4"),
        (["theorem", "--claim", "clm-s9"], "unknown claim 'clm-s9'; near it: CLM-S"),
        (["explore", "--graph", "unwritten.xml", "--members", "3"], "scope too large"),
        (["trace", "PLUG-S99"], "unknown claim"),
        (["trace", "PLUG-S1", "--witness", "--out", "no/such/folder/t.json"], "no/such/folder/t.json"),
        (["chekc"], "unknown command 'chekc'; near it: check"),
        (["publish", "a", "x", "--socket", "nowhere"], "nowhere: no node answers there: No such file"),
        (["watch", "a", "--socket", "nowhere"], "nowhere: no node answers there: No such file"),
        (["watch", "a"], "--socket"),
        (["run", "--members", "10"], "--members"),
        (["simulate", "--seconds", "nan"], "'--seconds': nan is not a number"),
        (["services", "--seconds", "nan"], "'--seconds': nan is not a number"),
        (["walk", "--without", "wings"], "unknown feature 'wings'"),
        (["walk", "--from", "no-such-file.json"], "no-such-file.json: No such file"),
        (["walk", "--from", "s1.json", "--members", "3"], "--members does not go with --from"),
        (["replay"], "FILE"),
        (["replay", "no-such-file.json"], "no-such-file.json: No such file"),
        (["replay", "."], ".: Is a directory"),
        (["explain", "no-such-file.json"], "no-such-file.json: No such file"),
        (["trace", "PLUG-S1", "--json", "--format", "itf"], "--format does not go with --json"),
        (["trace", "PLUG-S1", "--format", "itf", "--most", "2"], "name a file with --out"),
        (["trace", "PLUG-S1", "--most", "0"], "--most"),
        (["trace", "PLUG-S1", "--format", "xml"], "unknown format 'xml'; near it: html"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_3(arguments: list[str], says: str) -> None:
    assert says in refused(*arguments)


def test_a_bad_trace_names_file_step_and_reason(tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    ringplug("trace", "PLUG-S1", "--witness", "--out", file)
    file.write_text(file.read_text().replace('"install"', '"visit"', 1))
    assert (
        refused("replay", file) == f"ringplug: {file}: step 2: visit is not enabled: not true that p has installed r\n"
    )
    file.write_text("{")
    assert f"{file}: not JSON" in refused("replay", file)


def test_a_walk_from_a_pipe_is_saved_replayed_and_resumed(tmp_path: Path) -> None:
    file = tmp_path / "walk.json"
    done = ringplug("walk", lines=f"form_ring r0 {{p0 p1}}\nvisit p0 r0\ninstall p0 r0\nsave {file}\n")
    assert done.returncode == 3
    assert done.stderr == "ringplug: line 2: visit p0 r0 is not enabled: not true that p has installed r\n"
    assert "installed[r0] {+p0}" in done.stdout
    assert "install p0 r0" in ringplug("replay", file).stdout
    again = ringplug("walk", "--from", file, lines="undo 2\n")
    assert (again.returncode, len(again.stdout.splitlines())) == (0, 2)


def test_a_surprise_that_a_variant_takes_away_is_violated() -> None:
    done = ringplug("trace", "N4", "--variant", "old-unplug-counts")
    assert done.returncode == 1
    assert "its run does not exist" in done.stdout
    assert ringplug("trace", "N4").returncode == 0


def test_claims_that_fit_different_scopes_are_decided_together() -> None:
    off = [
        word
        for f in ("late-copies", "crash", "create-destroy", "leftovers", "recovery-queue")
        for word in ("--without", f)
    ]
    assert ringplug("check", "--claim", "PLUG-S1", "--claim", "PLUG-S8", "--engine", "exhaustive", *off).returncode == 0


def test_a_scope_too_large_loses_no_other_verdict() -> None:
    done = ringplug("check", "--claim", "PLUG-S1", "--memory", "0.001", "--members", "2")
    assert done.returncode == 3
    assert "PLUG-S1  proved" in done.stdout
    assert "scope too large: exhaustive 2/1/1" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["claims"],
        ["claims", "PLUG-S4", "--json"],
        ["trace", "PLUG-S1", "--variant", "open-on-own-bit"],
        ["fly"],
        [],
    ],
)
def test_a_process_says_what_is_said_in_this_process(arguments: list[str]) -> None:
    alone, here = process(*arguments), ringplug(*arguments)
    assert (alone.returncode, alone.stdout, alone.stderr) == (here.returncode, here.stdout, here.stderr)


def test_a_process_reads_its_input() -> None:
    lines = "form_ring r0 {p0}\nfly\n"
    alone, here = process("walk", lines=lines), ringplug("walk", lines=lines)
    assert (alone.returncode, alone.stdout, alone.stderr) == (here.returncode, here.stdout, here.stderr)
    assert alone.returncode == 3


def test_a_closed_pipe_is_no_verdict() -> None:
    script = f"{RINGPLUG} spec | true; exit ${{PIPESTATUS[0]}}"
    assert subprocess.run(["bash", "-c", script], check=False).returncode == 141


def test_output_is_utf_8_wherever_it_goes() -> None:
    done = subprocess.run(
        [RINGPLUG, "claims", "PLUG-S1"], capture_output=True, env={"PYTHONIOENCODING": "ascii"}, check=True
    )
    assert "⊆" in done.stdout.decode("utf-8")


def test_a_run_is_explained_where_it_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "s6.json"
    shown = ringplug("trace", "PLUG-S6", "--variant", "leave-keeps-gate-open", "--out", file)
    assert shown.returncode == 1
    assert "Violated: leaving closes the gate" in shown.stdout
    assert "It bites at step 6, leave p0 r0:\n    gate is {p0}, and ∅ in the protocol" in shown.stdout
    assert "  4  sole_visit p0 r0    the clause is not violated" in shown.stdout
    explained = ringplug("explain", file)
    assert explained.returncode == 0
    assert shown.stdout.endswith(
        f"{explained.stdout}The search stopped at this run: 21 states, 37 transitions, depth 5.\n"
    )
    as_json = json.loads(ringplug("explain", file, "--json").stdout)
    assert (as_json["violates"], as_json["bite"]["difference"]["step"], len(as_json["needs"])) == (True, 6, 6)


def test_one_step_is_explained_of_a_file_of_either_format(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "s1.json", tmp_path / "s1.itf.json"
    ringplug("trace", "PLUG-S1", "--witness", "--out", ours)
    theirs.write_text(ringplug("replay", ours, "--format", "itf").stdout)
    said = [ringplug("explain", file, "--step", "3", "visit", "p1").stdout for file in (ours, theirs)]
    assert said[0] == said[1]
    assert "p has installed r   p1 ∉ installed[r0]   installed[r0] = {p0}" in said[0]
    assert ringplug("replay", theirs).stdout == ringplug("replay", ours).stdout
    assert ringplug("walk", "--from", theirs, lines="undo\n").stdout == "undone   7  visit p1 r0\n"
    step = json.loads(ringplug("explain", ours, "--step", "8", "originate p1", "--json").stdout)
    assert (step["step"], [one["enabled"] for one in step["steps"]]) == (8, [True])


@pytest.fixture(scope="module")
def witness_of_s1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("traces") / "s1.json"
    ringplug("trace", "PLUG-S1", "--witness", "--out", file)
    return file


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--step", "8"], "--step 8: steps go from 1 to 7"),
        (["--step", "0"], "--step 0: steps go from 1 to 7"),
        (["--step", "9", "visit"], "--step 9: steps go from 1 to 8"),
        (["--step", "many"], "--step"),
        (["fly"], "unknown action 'fly'"),
        (["visit", "p9"], "p is p9, which this scope does not have"),
    ],
)
def test_a_question_about_no_step_is_refused(witness_of_s1: Path, arguments: list[str], says: str) -> None:
    assert says in refused("explain", witness_of_s1, *arguments)


def test_several_runs_are_shown_and_saved(tmp_path: Path) -> None:
    call = ("trace", "PLUG-C1", "--variant", "create-plugs-at-once", "--most", "3")
    shown = ringplug(*call, "--format", "itf", "--out", tmp_path / "c1.itf.json")
    assert (shown.returncode, shown.stdout) == (1, "")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["c1-2.itf.json", "c1.itf.json"]
    assert ringplug("replay", tmp_path / "c1-2.itf.json").returncode == 0
    assert ringplug(*call).stdout.count("Violated: ") == 2
    traces = json.loads(ringplug(*call, "--json").stdout)["traces"]
    assert [len(trace["steps"]) for trace in traces] == [2, 5]


def test_a_run_that_only_its_absence_shows_is_violated_too() -> None:
    done = ringplug("trace", "LIVE-1", "--variant", "open-on-own-bit")
    assert done.returncode == 1
    assert "the bound is not attained" in done.stdout


def test_no_run_leaves_a_file_of_another_format_empty() -> None:
    done = ringplug("trace", "PLUG-S1", "--format", "itf")
    assert (done.returncode, done.stdout) == (0, "")
    assert "no counterexample" in done.stderr
