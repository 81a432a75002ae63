"""What is said of sources that see less, of several files, and in the documentation."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from clauses import lacking
from history_processors import Sort
from history_runs import SEEDS, a_run, examples, verdicts
from history_sources import FACETS, excerpt, seen, written
from history_system import history
from history_wreck import wreck
from hypothesis import given

from bench.judge import pairwise_s, write
from properties.history.catalogue import history_rows
from properties.history.events import FACETS as ALL
from properties.history.events import Facet
from properties.history.reader import FileHistory
from properties.judge.judgement import judge, violated

ROOT = Path(__file__).parent.parent

CLIENT: frozenset[Facet] = frozenset({"regular", "lists", "group", "queue", "deliver", "sender", "sync"})
LOG: frozenset[Facet] = frozenset({"regular", "transitional", "lists", "sync"})
APPLICATION: frozenset[Facet] = frozenset({"deliver", "queue"})
SOURCES: dict[str, tuple[frozenset[Facet], str]] = {
    "everything": (FACETS, ""),
    "a client of a group": (
        CLIENT, "EVS-7.1 EVS-7.2 PLUG-S1 PLUG-H1 PLUG-H2 PLUG-H3 CLM-S1 CLM-S2 EVT-S1 EVT-S2 EVT-S3 CFG-S5",
    ),
    "a log of rings": (
        LOG, "EVS-1.1 EVS-1.3 EVS-1.4 EVS-3 EVS-4 EVS-5 EVS-6.1 EVS-6.2 EVS-6.3 EVS-7.1 EVS-7.2 LIVE-3 CFG-S3 "
        "CFG-S4 CFG-S5 RING-H1 PLUG-S1 PLUG-H1 PLUG-H2 PLUG-H3 CLM-S1 CLM-S2 CLM-S3 EVT-S1 EVT-S2 EVT-S3",
    ),
    "an application that counts": (
        APPLICATION, "EVS-1.3 EVS-2.1 EVS-2.2 EVS-3 EVS-4 EVS-5 EVS-6.2 EVS-6.3 EVS-7.1 EVS-7.2 LIVE-2 LIVE-3 RING-S2 "
        "RING-S3 CFG-S1 CFG-S3 CFG-S4 CFG-S5 RING-H1 PLUG-S1 PLUG-H1 PLUG-H2 PLUG-H3 CLM-S1 CLM-S2 CLM-S3 EVT-S1 "
        "EVT-S2 EVT-S3",
    ),
}  # fmt: skip
"""Sources, and the claims that they cannot decide."""


def reason(id: str, observes: frozenset[Facet]) -> str:
    """Why the claim is not observable."""
    missing = [group.replace("|", " or ") for group in lacking(id, observes)]
    return f"the source does not observe {', nor '.join(missing)}"


@pytest.mark.parametrize("source", SOURCES)
def test_what_a_source_does_not_see_is_not_observable(source: str) -> None:
    observes, ids = SOURCES[source]
    random = Random(3)
    events = seen(history(random, Sort(steps=200, group="group" in observes)), observes)
    found = {one.claim: one for one in judge(excerpt(events, observes)).claims}
    assert {id: one.reason for id, one in found.items() if one.verdict == "not observable"} == {
        id: reason(id, observes) for id in ids.split()
    }
    assert not violated(list(found.values()))


@examples(80)
@given(SEEDS)
def test_seeing_less_of_a_legal_history_violates_nothing(seed: int) -> None:
    random = Random(seed)
    events, observes = a_run(random)
    less = frozenset[Facet](one for one in ALL if one in observes and (one == "group" or random.random() < 0.7))
    gone = random.choice(sorted({event.process for event in events}))
    rest = [event for event in events if event.process != gone]
    assert "violated" not in verdicts(seen(events, less), less).values()
    assert "violated" not in verdicts(rest, observes).values()
    cut = events[: random.randrange(len(events) + 1)]
    assert "violated" not in verdicts(cut, observes).values()


def test_an_obligation_that_is_not_due_is_open_never_ok() -> None:
    for seed in range(30):
        events, observes = a_run(Random(seed))
        for share in (0.3, 0.6, 0.9):
            cut = events[: int(len(events) * share)]
            for one in judge(excerpt(cut, observes)).claims:
                assert not (one.pending and one.verdict == "ok")


def test_the_documentation_has_the_catalogue() -> None:
    assert "\n".join(history_rows()) in (ROOT / "docs" / "history.md").read_text()


def test_the_example_in_the_documentation_is_judged_as_it_says(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "history.md").read_text()
    file = tmp_path / "example.jsonl"
    file.write_text(text.partition("```json\n")[2].partition("```")[0])
    found = FileHistory.open([file])
    kinds = [one.verdict for one in judge(found).claims]
    assert not found.faults
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in ("ok", "open", "not observable"))
    assert f"The example is {counts}." in text


def test_files_of_processes_are_judged_as_one_file_is(tmp_path: Path) -> None:
    for seed in range(20):
        random = Random(seed)
        events, observes = a_run(random, 60)
        events, _ = wreck(random, events)
        whole = written(tmp_path / "all.jsonl", events, observes)
        parts: list[Path] = []
        for name in sorted({event.process for event in events}):
            mine = [event for event in events if event.process == name]
            parts.append(written(tmp_path / f"{name}.jsonl", mine, observes))
        one, several = judge(FileHistory.open([whole])), judge(FileHistory.open(parts))
        assert [(c.claim, c.verdict) for c in one.claims] == [(c.claim, c.verdict) for c in several.claims]


def test_what_the_benchmark_times_is_a_legal_history(tmp_path: Path) -> None:
    file = tmp_path / "bench.jsonl"
    count = write(file, 2000, 60)
    judgement = judge(FileHistory.open([file]))
    assert judgement.event_count == count
    assert judgement.ring_count > 5
    assert {one.claim for one in judgement.claims if one.verdict == "ok"} >= {"EVS-4", "EVS-6.2", "EVS-7.1", "RING-H1"}
    assert not violated(judgement.claims)
    assert pairwise_s(file) > 0
