"""The shortest beginning that violates: found without reading again, and the same as by reading each beginning."""

from __future__ import annotations

from random import Random

import pytest
from history_notation import written
from history_runs import SEEDS, examples
from history_sources import excerpt
from hypothesis import assume, given
from hypothesis import strategies as st
from test_judge import breaches, damaged, mutated, sees

from properties.history.beginnings import as_of, shortest
from properties.history.catalogue import HISTORY_CLAIMS
from properties.history.events import Facet
from properties.history.findings import Findings, Violation
from properties.history.line import Line
from properties.history.reader import Excerpt
from properties.history.views import Message, Process, Ring, View
from properties.judge.judgement import Reading, judge, read_through, violated


def is_shortest(past: Excerpt) -> bool:
    """Whether each beginning told is violated, and no longer is with one event less; False if nothing is violated."""
    found = {one.claim: one for one in judge(past).claims if one.verdict == "violated"}
    read = read_through(past, remember=True)
    assert found.keys() == read.findings.violations.keys()
    for claim, one in found.items():
        assert claim in breaches(past, one.complete_at + 1)
        assert claim not in breaches(past, one.complete_at)
        assert (one.met, one.pending) == (read.findings.met[claim], read.findings.pending[claim])
    return bool(found)


@examples(200)
@given(SEEDS)
def test_the_beginning_told_is_the_shortest(seed: int) -> None:
    events, observes, without = damaged(Random(seed))
    is_shortest(excerpt(events, observes, without))


@pytest.mark.parametrize("id", HISTORY_CLAIMS)
@examples(3)
@given(seed=SEEDS)
def test_the_beginning_told_of_each_claim_is_the_shortest(id: str, seed: int) -> None:
    found = mutated(id, seed)
    assume(found)
    assert found
    assert is_shortest(excerpt(found[1], sees(id)))


@pytest.mark.deep
@examples(20_000)
@given(SEEDS)
def test_the_beginning_told_is_the_shortest_of_thousands(seed: int) -> None:
    events, observes, without = damaged(Random(seed))
    is_shortest(excerpt(events, observes, without))


# A ring as a beginning knows it.


def rings_of(past: Excerpt, limit: int) -> Reading:
    """A beginning as it is known with nothing forgotten, not judged."""
    reading = Reading(past, remember=True)
    for line in past.lines[:limit]:
        reading.take(line.event)
    return reading


def said_of(reading: Reading, ring: Ring) -> tuple[object, ...]:
    findings = Findings()
    reading.check(ring, reading.checks.values(), findings)
    return findings.violations, findings.met, findings.pending, findings.unseen


@examples(30)
@given(SEEDS)
def test_a_ring_that_is_cut_back_is_as_if_no_more_had_been_read(seed: int) -> None:
    events, observes, without = damaged(Random(seed))
    past = excerpt(events, observes, without)
    whole = rings_of(past, len(events))
    before = {id: said_of(whole, ring) for id, ring in whole.journal.rings.items()}
    for limit in range(1, len(events), 9):
        part = rings_of(past, limit)
        with as_of(list(whole.journal.rings.values()), whole.journal.processes, limit):
            for id, ring in part.journal.rings.items():
                assert said_of(whole, whole.journal.rings[id]) == said_of(part, ring)
    assert before == {id: said_of(whole, ring) for id, ring in whole.journal.rings.items()}


@given(least=st.integers(0, 30), first=st.integers(1, 60), late=st.integers(0, 20), early=st.integers(0, 20))
def test_where_it_is_thought_to_be_complete_does_not_matter(least: int, first: int, late: int, early: int) -> None:
    first, asked = max(first, least + 1), list[int]()

    def judged(limit: int) -> Violation | None:
        asked.append(limit)
        return Violation((), "", max(0, first - 1 - early)) if limit >= first else None

    thought = Violation((), "", max(0, first - 1 + late - early))
    assert shortest(thought, least, 100, judged)[0] == first
    assert len(asked) == len(set(asked)) < 12


# What the members of a ring have in common.


@examples(300)
@given(SEEDS)
def test_each_view_has_its_messages_where_it_delivers_them(seed: int) -> None:
    """However a few members differ: some further, some without a message, with one more, or in another order."""
    random = Random(seed)
    messages = [Message(str(i)) for i in range(12)]
    views = [_view(random, list(messages[:9]), messages) for _ in range(random.choice((1, 2, 3, 4)))]
    line = Line(views, whole=True)
    for view in views:
        start, stop = line.bounds(view)
        assert view.sequence[:start] == line.messages[:start]
        assert view.sequence[stop:] == line.messages[line.last :][: len(view.sequence) - stop]
        assert set(view.sequence[start:stop]) <= set(line.middle)
        for message in messages:
            assert line.index(view, message) == next((i for i, m in enumerate(view.sequence) if m is message), None)
    assert line.agreed == all(view.sequence == line.messages[: len(view.sequence)] for view in views)


def _view(random: Random, sequence: list[Message], messages: list[Message]) -> View:
    del sequence[random.choice((9, 9, 8, 5, 2)) :]
    for _ in range(random.choice((0, 0, 1, 2))):
        i, j = random.randrange(len(sequence)), random.randrange(len(sequence))
        match random.choice(["lack", "more", "swap"]):
            case "lack" if len(sequence) > 1:
                del sequence[i]
            case "swap":
                sequence[i], sequence[j] = sequence[j], sequence[i]
            case _:
                sequence[i:i] = [one for one in random.sample(messages, 1) if one not in sequence]
    ring = Ring(("p", 1), ("p",), 0)
    return View(Process("p", 1), 0, ring, 0, ("p",), attached=False, sequence=sequence)


# What is judged and forgotten.

LATE = """
n1 [4] n1 n2
n2 [4] n1 n2
n1 send m1
n1 m1
n1 ~[8] n1
n1 [8] n1
n2 ~[n2:12] n2
n2 [n2:12] n2
n1 queue m1 safe
"""


def test_what_is_told_late_of_a_ring_that_was_judged_is_judged_again() -> None:
    """Only once the ring is over a message that was delivered in it is said to be safe."""
    observes = frozenset[Facet]({"regular", "transitional", "queue", "originate", "deliver", "level"})
    past = excerpt(written(LATE, observes), observes)
    assert "EVS-7.1" in violated(judge(past).claims)
    assert is_shortest(past)
