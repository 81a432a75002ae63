"""What can still happen: LIVE-2."""

from __future__ import annotations

from model.sets import Truth, exists, several, some, within
from model.sorts import Ring
from model.state import PlugState
from properties.catalogue import Least, Reach, claim

LIVE_2 = claim(
    "LIVE-2",
    "While all members of a ring have it installed or pending, all its gates can still open: by visits, leaving, "
    "installing and unplug alone.",
    source="mail M4, M6; D2, D3, D7",
    least=Least(2, 1, 1),
    mutant="judge-only-when-setting",
    correction="Deadlock is stated under the same premise. Without it the protocol itself would be deadlocked: a "
    "member whose ring was abandoned by the others waits, rightly, for the next configuration.",
)


def can_be_completed(now: PlugState, r: Ring) -> Truth:
    """The ring was formed, and every member has it installed or may still install it."""
    return some(now.member[r]) & within(now.member[r], now.installed[r] | now.pending[r])


def all_gates_are_open(now: PlugState, r: Ring) -> Truth:
    """Every member has the ring installed and its gate open."""
    return within(now.member[r], now.installed[r] & now.gate)


LIVE_2.reach = Reach(can_be_completed, all_gates_are_open, by=("visit", "sole_visit", "leave", "install", "unplug"))


def is_stuck(now: PlugState) -> Truth:
    """In a ring that can be completed a gate is closed: a deadlock if no protocol or service step is left."""
    return exists(Ring, lambda r: can_be_completed(now, r) & some(now.installed[r] - now.gate))


@LIVE_2.witnessed()
def a_ring_of_several_waits_for_its_gates(now: PlugState) -> Truth:
    return exists(Ring, lambda r: several(now.member[r]) & can_be_completed(now, r) & some(now.installed[r] - now.gate))
