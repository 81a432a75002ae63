"""The naive judge: a verdict for each claim, from the clauses, with no care for cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import clauses_order as order
import clauses_primary as primary
import clauses_services as services
import clauses_views as views
from clauses_record import BROKEN, MET, UNSEEN, Outcomes, Record

from properties.history.events import Event, Facet, Lack

NEEDS: dict[str, str] = {
    "EVS-1.1": "originate|queue deliver", "EVS-1.2": "", "EVS-1.3": "regular deliver originate|queue",
    "EVS-1.4": "deliver originate|queue", "EVS-2.1": "regular", "EVS-2.2": "regular",
    "EVS-3": "regular deliver originate|queue", "EVS-4": "regular deliver",
    "EVS-5": "regular deliver originate|queue", "EVS-6.1": "originate|queue deliver", "EVS-6.2": "regular deliver",
    "EVS-6.3": "regular deliver sender|originate|queue", "EVS-7.1": "regular transitional deliver level",
    "EVS-7.2": "regular transitional deliver level", "LIVE-2": "regular gate|sync",
    "LIVE-3": "regular deliver originate|queue", "RING-S2": "regular", "RING-S3": "regular",
    "CFG-S1": "regular transitional|lists", "CFG-S3": "regular transitional|lists group",
    "CFG-S4": "regular deliver group", "CFG-S5": "regular primary", "RING-H1": "regular deliver",
    "PLUG-S1": "regular gate plug", "PLUG-H1": "regular deliver priority queue bit",
    "PLUG-H2": "regular deliver priority plug|sync", "PLUG-H3": "regular queue counted",
    "CLM-S1": "regular deliver priority lookup", "CLM-S2": "regular gate table",
    "CLM-S3": "regular deliver table|group gate|sync", "EVT-S1": "regular deliver lookup sender|originate|queue",
    "EVT-S2": "regular queue step", "EVT-S3": "regular deliver queue step",
}  # fmt: skip
"""What a source must see to decide a claim."""
Decide = Callable[[Record], Outcomes]
DECIDE: dict[str, Decide] = {
    "EVS-1.1": order.precedence, "EVS-1.2": order.one_process, "EVS-1.3": order.delivered_if_sent,
    "EVS-1.4": order.at_most_once, "EVS-2.1": order.no_stale_last_configuration,
    "EVS-2.2": order.inside_its_configuration, "EVS-3": order.self_delivery, "EVS-4": order.failure_atomicity,
    "EVS-5": order.causal_delivery, "EVS-6.1": order.precedence, "EVS-6.2": order.one_moment, "EVS-6.3": order.no_gaps,
    "EVS-7.1": order.safe_reaches_all, "EVS-7.2": order.safe_means_installed, "LIVE-2": views.all_open,
    "LIVE-3": views.all_delivered, "RING-S2": views.numbers_grow, "RING-S3": views.one_formation,
    "CFG-S1": views.configurations, "CFG-S3": views.groups, "CFG-S4": views.same_groups,
    "CFG-S5": primary.one_primary, "RING-H1": views.prefixes,
    "PLUG-S1": views.gates_wait, "PLUG-H1": services.recovery_first, "PLUG-H2": services.recovered_first,
    "PLUG-H3": services.counted_where_queued, "CLM-S1": lambda r: services.found(r, evt=False),
    "CLM-S2": services.members_known, "CLM-S3": services.one_table, "EVT-S1": lambda r: services.found(r, evt=True),
    "EVT-S2": services.one_leader, "EVT-S3": services.all_checked_in,
}  # fmt: skip
AT_SIGHT: dict[str, Decide] = {
    "EVS-1.3": order.in_one_ring_by_one_sender, "EVS-1.4": order.at_most_once,
    "EVS-2.2": order.inside_its_configuration, "RING-S2": views.numbers_grow, "RING-S3": views.one_formation,
    "CFG-S1": views.configurations, "CFG-S3": views.groups_fit,
}  # fmt: skip
"""What is broken as soon as it is seen, also where the source could not decide it."""
ALONE = {
    "EVS-1.1", "EVS-1.2", "EVS-1.4", "EVS-2.2", "EVS-6.1", "CFG-S1", "CFG-S3", "PLUG-H2", "CLM-S1", "CLM-S2", "CLM-S3",
    "EVT-S1",
}  # fmt: skip
"""What can be said where rings have no ids."""


def lacking(id: str, observes: frozenset[Facet], without: frozenset[Lack] = frozenset()) -> list[str]:
    """What the source would have to see to decide a claim, one of each."""
    told = observes | {"transitional"} if "transitional" in without else observes
    return [group for group in NEEDS[id].split() if told.isdisjoint(group.split("|"))]


def naive(
    events: Sequence[Event], observes: frozenset[Facet], names: Sequence[str], without: frozenset[Lack] = frozenset()
) -> dict[str, str]:
    """The verdict of each claim."""
    record = Record(events, observes, names, without)
    return {id: _verdict(id, record) for id in DECIDE}


def _verdict(id: str, record: Record) -> str:
    if "ids" in record.without and id not in ALONE:
        return "not observable"
    decidable = not lacking(id, record.observes, record.without)
    outcomes = set(DECIDE[id](record)) if decidable else set[str]()
    if id in AT_SIGHT:
        outcomes |= set(AT_SIGHT[id](record)) & ({BROKEN} if not decidable else {BROKEN, UNSEEN})
    if BROKEN in outcomes:
        return "violated"
    if not decidable or UNSEEN in outcomes:
        return "not observable"
    return "ok" if outcomes == {MET} else "open"
