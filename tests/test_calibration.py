"""The search counts what every other tool counts on the published plugring benchmark model."""

from __future__ import annotations

import pytest

from properties.catalogue.probe import Probe
from properties.explicit.compiled import begin
from tests.plugring import ANY_RING_ACCEPTED, PLUGRING, Size, sent_while_plugged

PUBLISHED = {
    Size(2, 1, 1, 4): (1_642, 5_163, 15),
    Size(3, 1, 1, 6): (13_896, 48_448, 22),
    Size(3, 2, 1, 6): (59_838, 292_225, 28),
    Size(4, 1, 1, 8): (107_898, 412_749, 29),
    Size(4, 2, 1, 8): (816_374, 4_681_729, 37),
}
"""States, transitions and depth, by size."""
VIOLATION = Probe("bug", "sent while plugged", sent_while_plugged)


@pytest.mark.parametrize("size", PUBLISHED, ids=str)
def test_counts_are_the_published_ones(size: Size) -> None:
    report = begin(size.ground(PLUGRING), symmetry=False).run([VIOLATION])
    assert (report.states, report.transitions, report.depth) == PUBLISHED[size]
    assert report.stutters == 0
    assert not report.found


def test_a_copy_from_an_older_ring_gives_the_published_counterexample() -> None:
    search = begin(Size(4, 2, 1, 8).ground(ANY_RING_ACCEPTED), symmetry=False)
    report = search.run([VIOLATION], until_found=True)
    assert report.found[VIOLATION.clause].length == 15
