"""What a reader would assume and what is false: non-properties. Each holds when its run exists."""

from __future__ import annotations

from model.language.sets import Truth, any_of, empty, exists, same, several, some, within
from model.language.sorts import Handle, Ring, Seat
from model.plug.ordered import OrderedState
from model.plug.state import PlugState
from properties.catalogue.claim import Least, claim

N3 = claim(
    "N3",
    least=Least(2, 1, 1),
    mutant="all-gates-open-together",
    machine="ordered",
)


@N3.witnessed()
def a_rotation_begins_with_some_gates_open_and_some_closed(now: OrderedState) -> Truth:
    def due_at_the_lowest(r: Ring) -> Truth:
        return exists(Seat, lambda i: within(now.seat[i], now.due[r]) & empty(now.below[i] & now.member[r]))

    def of_several_with_an_open_gate(r: Ring) -> Truth:
        return several(now.member[r]) & some(now.gate & now.installed[r])

    def with_a_closed_gate(r: Ring) -> Truth:
        return some(now.installed[r] - now.gate)

    return exists(Ring, lambda r: of_several_with_an_open_gate(r) & with_a_closed_gate(r) & due_at_the_lowest(r))


N4 = claim(
    "N4",
    least=Least(1, 1, 2),
    mutant="old-unplug-counts",
)


@N4.witnessed()
def who_was_done_in_an_older_ring_is_plugged_again(now: PlugState) -> Truth:
    plugged = any_of(Handle, lambda h: now.plugged[h])
    return exists(Ring, Ring, lambda r, old: ~same(r, old) & some(now.installed[r] & now.done[old] & plugged))
