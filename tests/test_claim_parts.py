"""Every part of a claim is broken by something: what says less than it should is noticed.

A claim's own mutant breaks some part of it; if it has only one, `tests/test_claims.py` says so. For each other part
there is a variant, a mechanical mutant or an edit of this file that breaks just that. Of delivery and the services,
whose runs are long, only the parts are looked at that their own mutants break.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.language.ground import Scope, plug_scope
from model.language.machine import Edit, Guard, Text
from model.language.product import Product
from model.language.sets import EVERYBODY, NOBODY, Processor, Processors, empty
from model.language.sorts import Copy, NewRing, NewToken, Ring
from model.machines import MACHINES, PLUG
from model.plug.numbered import NumberedState
from model.plug.state import PlugState
from model.variants.mutants import find_variant
from properties.catalogue.claim import Claim
from properties.catalogue.scopes import NamedScope, least_scope
from properties.claims import CLAIMS
from properties.explicit.exhaustive import seek

WIDER = (NamedScope(1, 2, 1, frozenset({"create-destroy"})), NamedScope(2, 1, 2))
"""For what the claim's least scope does not show."""


def late_token_bypasses_the_queue(now: PlugState, then: PlugState, p: Processor, r: Ring, c: Copy) -> None:
    then.copy[c, r] = now.copy[c, r] | p


def late_token_is_full(now: PlugState, then: PlugState, r: Ring, c: Copy) -> None:
    then.copy[c, r] = EVERYBODY


def destroy_unplugs_all(now: PlugState, then: PlugState, p: Processor) -> None:
    then.plugged.each(lambda x: now.plugged[x] - p)


def opens_at_install(now: PlugState, then: PlugState, p: Processor) -> None:
    then.gate = now.gate | p


def opens_at_forming(now: PlugState, then: PlugState, r: NewRing, members: Processors) -> None:
    then.done[r] = members


def leftovers_stay(now: PlugState, then: PlugState, p: Processor) -> Guard:
    yield "p is nobody", empty(p)


def create_sets_a_bit(now: PlugState, then: PlugState, p: Processor) -> None:
    then.bits.each(lambda r: now.bits[r] | p)


def crash_changes_nothing(now: PlugState, then: PlugState) -> None:
    then.down = now.down


def passing_on_opens(now: NumberedState, then: NumberedState, p: Processor) -> None:
    then.gate = now.gate | p


def token_goes_nowhere(now: NumberedState, then: NumberedState, r: Ring, u: NewToken) -> None:
    then.to[u, r] = NOBODY


BROKEN_BY: dict[tuple[str, str], str | Edit] = {
    ("PLUG-S1", "who has an open gate has installed a ring"): "any-visitor-sets-its-bit",
    ("PLUG-S5", "a late token gains at most the visited bit"): Edit("late_visit", write=late_token_is_full),
    ("PLUG-S6", "the first token is empty"): "first-token-is-not-zero",
    ("PLUG-S6", "who has left has no regular configuration"): "leave-without-guard:p-has-installed-r",
    ("PLUG-S6", "installing leaves the gate closed"): Edit("install", write=opens_at_install),
    ("PLUG-S6", "installing plugs every handle"): "old-unplug-counts",
    ("PLUG-S7", "the originator has installed"): "send_recovery-without-guard:p-has-installed-r",
    ("PLUG-S7", "passing on ends others turn and nothing else"): "gmi-plug-step-in-evs",
    ("PLUG-S7", "rejecting changes nothing"): "gmi-token-without-ring-id",
    ("PLUG-S10", "who may send and has a leftover can send it"): Edit("send_leftover", write=leftovers_stay),
    ("PLUG-S10", "normal messages wait for recovery messages"):
        "originate-without-guard:no-recovery-message-is-queued",
    ("PLUG-S11", "who sets its bit in a late token has nothing queued"):
        Edit("late_visit", write=late_token_bypasses_the_queue),
    ("PLUG-S11", "whose bit is first set in a late token has nothing queued"): Edit(
        "late_visit", write=late_token_bypasses_the_queue
    ),
    ("PLUG-S12", "who may send has installed a ring"): "any-visitor-sets-its-bit",
    ("PLUG-S12", "the sender holds the token of its ring"): "send_recovery-without-guard:p-has-installed-r",
    ("PLUG-S12", "every member is addressed"): "originate-without-effect:normal",
    ("PLUG-S12", "who held the token before holds it no more"): "visit-without-effect:turn",
    ("PLUG-S13", "what is finished was begun"): "finish_long-without-guard:a-message-is-half-sent",
    ("PLUG-S14", "what is sent was queued"): "send_recovery-without-guard:p-has-a-recovery-message-queued",
    ("PLUG-S14", "queueing adds one"): "queue_recovery-without-guard:p-has-room-in-its-queue",
    ("PLUG-S14", "a queue shrinks only at who may send"): "crash-keeps-the-ring",
    ("PLUG-H3", "who queues for no configuration has none"): "queue_between-without-guard:p-has-no-ring-installed",
    ("PLUG-H4", "a leftover is what was kept"): "leftovers-count",
    ("PLUG-H4", "what is sent was kept"): "send_leftover-without-guard:p-has-a-leftover",
    ("PLUG-C1", "create changes no bit"): Edit("create", write=create_sets_a_bit),
    ("PLUG-C1", "create registers the handle"): "create-without-effect:handles",
    ("PLUG-C2", "a destroyed handle is not registered"): "destroy-without-effect:handles",
    ("PLUG-C2", "other handles are untouched"): Edit("destroy", write=destroy_unplugs_all),
    ("PLUG-C2", "a call with an unknown handle changes nothing"): "unplug-asks-again",
    ("PLUG-C3", "who installs without handles is done"): "destroy-forgets-the-plug",
    ("CFG-S1", "who installs is a pending member"): "old-ring-is-installed-again",
    ("CFG-S1", "who leaves has another ring pending"): "leave-without-guard:another-ring-is-pending-at-p",
    ("CFG-S2", "who is down has no handle"): "unplug-registers-what-it-does-not-know",
    ("CFG-S2", "who crashes is down"): Edit("crash", write=crash_changes_nothing),
    ("CFG-S2", "a new ring has live members"): Edit("form_ring", ("its members are up",)),
    ("RING-S1", "who accepts the token sends it to a member that will accept it"):
        Edit("visit", write=token_goes_nowhere),
    ("RING-S4", "passing on changes no bit and no gate"): Edit("pass_on", write=passing_on_opens),
    ("PART-S1", "who come along have delivered the same"):
        Edit("change", ("those who come along have received the same",)),
    ("BAR-1", "form ring is form"): Edit("form_ring", write=opens_at_forming),
    ("BAR-1", "install is enter"): "old-unplug-counts",
    ("BAR-1", "release is recover or nothing"): "unplug-asks-again",
    ("BAR-1", "leave and crash are go"): "leave-keeps-gate-open",
    ("BAR-1", "the barrier sees nothing"): "create-plugs-at-once",
}  # fmt: skip
"""What breaks a part that the claim's mutant does not."""
LONG = {"delivery", "services"}
UNBROKEN = {
    ("RING-S3", "a member list that is there stays"), ("RING-S6", "the token is at one member"),
    ("EVT-S1", "knows the sender"), ("EVS-4", "they deliver the same in the transitional configuration"),
}  # fmt: skip
"""Of delivery and the services: parts that no fault of ours breaks."""
PARTS = {
    (claim.id, part.label): claim
    for claim in CLAIMS.values()
    for part in claim.parts
    if not isinstance(MACHINES[claim.machine], Product)
}
"""But those of refinements: `tests/test_refinement.py` forgets each of them."""


def marked(claim: Claim) -> list[pytest.MarkDecorator]:
    return [pytest.mark.deep] if claim.machine in LONG else []


CASES = [
    pytest.param(*part, id=f"{part[0]}-{part[1]}", marks=marked(claim))
    for part, claim in PARTS.items()
    if part not in UNBROKEN and len({one.label for one in claim.parts}) > 1
]  # fmt: skip


def broken(machine: Text, by: str | Edit) -> Text:
    """The machine with a variant, or an edit."""
    if isinstance(by, Edit):
        return replace(machine, edits=(*machine.edits, by))
    variant = find_variant(by)
    assert variant
    return variant.edit(machine)


@pytest.mark.parametrize(("id", "label"), CASES)
def test_a_part_is_broken(id: str, label: str) -> None:
    claim = PARTS[id, label]
    alone = replace(claim, parts=[part for part in claim.parts if part.label == label], reach=None, bound=None)
    text = broken(MACHINES[claim.machine], BROKEN_BY.get((id, label), claim.mutant))
    scopes = [least_scope(claim), *(WIDER if claim.machine == PLUG else ())]
    assert any(seek(text.record(scope.features), small(scope), alone)[1] for scope in scopes)


def small(scope: NamedScope) -> Scope:
    """The scope with three tokens, where they are numbered."""
    return plug_scope(scope.members, scope.handles, scope.rings, tokens=3)


def test_the_parts_that_are_named_are_parts() -> None:
    assert UNBROKEN | set(BROKEN_BY) <= set(PARTS)
    assert {PARTS[part].machine for part in UNBROKEN} == LONG
