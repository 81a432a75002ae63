"""What tests of histories share: seeded examples, legal runs, verdicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from history_processors import sorts
from history_sources import FACETS, NO_GROUP, excerpt, seen, with_client
from history_system import history
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from properties.history.events import Event, Facet, Lack
from properties.judge.judgement import judge

PLUG: frozenset[Facet] = frozenset({"plug", "bit", "gate", "lookup", "table", "counted", "step"})
SEEDS = st.integers(0, 2**48)


def examples(count: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Hypothesis settings: so many examples, the same each time."""
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    return settings(max_examples=count, derandomize=True, database=None, deadline=None, suppress_health_check=quiet)


def a_run(random: Random, most_steps: int = 200) -> tuple[list[Event], frozenset[Facet]]:
    """A legal history, and what a source that sees all of it observes."""
    sort = sorts(random)
    sort.steps = min(sort.steps, most_steps)
    observes = (FACETS if sort.group else NO_GROUP) - (frozenset() if sort.plug else PLUG)
    events = history(random, sort)
    events = with_client(events) if sort.client and not sort.group else events
    return seen(events, observes), observes


def verdicts(
    events: Sequence[Event], observes: frozenset[Facet], without: frozenset[Lack] = frozenset()
) -> dict[str, str]:
    return {one.claim: one.verdict for one in judge(excerpt(events, observes, without)).claims}
