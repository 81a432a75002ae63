"""Machines put together: a shared variable that is forgotten, and what delivery must not do, are noticed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain

import pytest

from model.composed.plug_on_delivery import delivery, plug
from model.delivery.state import DeliveryState
from model.language.ground import Bitmaps, GroundMachine, Integers, Slot, plug_scope
from model.language.machine import Edit, Machine
from model.language.mistakes import TextError
from model.language.product import Joint, Member, Product, Step, product
from model.language.sets import Processor, Truth
from model.language.state import State
from model.machines import DELIVERY, MACHINES, PLUG
from model.plug.machine import RECOVERY_PLUG
from properties.catalogue.claim import Claim, Least
from properties.catalogue.scopes import NamedScope, proof_features
from properties.claims import CLAIMS
from properties.claims.barrier import SHARED
from properties.explicit.exhaustive import explore, seek
from properties.symbolic.induction import invariants
from properties.symbolic.round import Round

REFINEMENTS = [CLAIMS[id] for id in ("BAR-2", "BAR-3", "BAR-4")]
PRODUCTS = {name: text for name, text in MACHINES.items() if isinstance(text, Product)}
NOTHING_READS = "both have the same normal"
"""No guard and no new value rests on it."""
FORGOTTEN = [
    (claim, part.label)
    for claim in REFINEMENTS
    for part in claim.parts
    if not part.of_steps and part.label != NOTHING_READS
]


def recorded(claim: Claim) -> Machine:
    return MACHINES[claim.machine].record(proof_features(claim) & MACHINES[claim.machine].features)


@pytest.mark.parametrize(("claim", "label"), FORGOTTEN, ids=[f"{one.id}-{label}" for one, label in FORGOTTEN])
def test_a_shared_variable_that_is_forgotten_is_noticed(claim: Claim, label: str) -> None:
    """Some obligation of the others fails, by a step that the solver shows."""
    machine = recorded(claim)
    others = [one for one in invariants(claim.machine, features=machine.features) if one.part.label != label]
    asked = Round(machine, claim.machine, others)
    failures = chain.from_iterable(chain(asked.steps(one, claim.id), asked.keeps(one)) for one in machine.actions)
    assert any(not one.unknown for one in failures)


@pytest.mark.parametrize("name", PRODUCTS)
def test_the_rules_of_a_product_are_those_that_it_records(name: str) -> None:
    recorded = [action.rule for action in MACHINES[name].record().actions]
    listed = MACHINES[name].rules
    assert len(listed) > 10
    assert [(one.name, one.write.__doc__, one.kind, one.feature) for one in listed] == [
        (one.name, one.write.__doc__, one.kind, one.feature) for one in recorded
    ]


def test_services_and_plug_share_all_that_is_written_but_the_gate() -> None:
    written = {name for action in MACHINES["services-on-plug"].record().actions for name in action.writes}
    shared = {name for name in RECOVERY_PLUG.state.declared if {f"services_{name}", f"plug_{name}"} <= written}
    assert shared == {*SHARED, "gate"}


# What the plug does not allow -----------------------------------------------------------------------------------------


def stays_in_recovery(now: DeliveryState, then: DeliveryState, p: Processor) -> None:
    then.recovers.keep()


def keeps_its_ring(now: DeliveryState, then: DeliveryState, p: Processor) -> None:
    then.installed.keep()


def keeps_its_token(now: DeliveryState, then: DeliveryState) -> None:
    then.due.keep()


REFUSED = {
    "a-token-without-all-members": Edit("create_first_token", ("every member is in recovery for r",)),
    "a-second-first-token": Edit("create_first_token", ("r has no token",)),
    "installed-without-a-token": Edit("install_ring", ("recovery is at its end",)),
    "a-ring-is-listed-again": Edit("create_commit_token", ("r is numbered higher than any member knows",)),
    "in-recovery-for-two-rings": Edit("create_commit_token", write=stays_in_recovery),
    "started-in-its-old-ring": Edit("stop_and_start", write=keeps_its_ring),
    "formed-without-a-token": Edit("create_first_token", write=keeps_its_token),
}  # fmt: skip
"""Edits of what delivery does in the place of the plug's oracle."""


@pytest.mark.parametrize("name", REFUSED)
def test_what_delivery_must_not_do_is_found(name: str) -> None:
    text = MACHINES["plug-on-delivery"]
    assert isinstance(text, Product)
    edited = text.edited(
        lambda one: replace(one, edits=(*one.edits, REFUSED[name])) if one is MACHINES[DELIVERY] else one
    )
    scope = NamedScope(2, 1, 2, frozenset({"crash"}))
    assert seek(edited.record(scope.features), scope.ground, CLAIMS["BAR-2"])[1]
    assert not seek(text.record(frozenset()), scope.ground, CLAIMS["BAR-2"])[1]


# A step of the whole is a step of each --------------------------------------------------------------------------------


def of_part(ground: GroundMachine, whole: GroundMachine, part: str, state: Bitmaps) -> Bitmaps:
    """A state of the whole, as the part has it."""

    def value(slot: Slot) -> int:
        mine = (f"{part}_{slot[0]}", slot[1])
        return state[whole.slots[mine]] if mine in whole.slots else whole.known[mine]

    return tuple(value(slot) for slot in ground.slots)


def led_to(ground: GroundMachine, state: Bitmaps, actions: list[str]) -> Iterator[Bitmaps]:
    """The states to which these actions lead, each taken in order."""
    if not actions:
        yield state
        return
    here = Integers(ground, state)
    for step in ground.steps_of(ground.machine.action(actions[0])):
        if step.is_enabled(here):
            yield from led_to(ground, ground.after(step, state), actions[1:])


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_step_of_the_whole_is_a_step_of_each_part(name: str) -> None:
    """Some step of the part's own machine, or those that the joint action names, lead where the whole does."""
    text, scope, chosen = PRODUCTS[name], plug_scope(2, 2, 1), random.Random(name)
    on = text.features - {"crash"}
    whole = GroundMachine(text.record(on), scope)
    parts = {one.name: GroundMachine(one.record(on), scope) for one in text.members}
    joint = {one.name: [step for step in one.steps if step.feature is None or step.feature in on] for one in text.joint}
    state, taken = whole.initial, set[str]()
    for _ in range(90):
        enabled = [step for step in whole.steps if step.is_enabled(Integers(whole, state))]
        new = [step for step in enabled if step.action.name not in taken]
        step = chosen.choice(new or enabled)
        after = whole.after(step, state)
        for part, ground in parts.items():
            before, then = of_part(ground, whole, part, state), of_part(ground, whole, part, after)
            mine = [one.action for one in joint.get(step.action.name, []) if one.part == part]
            if not mine and before != then:
                mine = [step.action.name]
            assert then in set(led_to(ground, before, mine)), (step.action.name, part)
        taken.add(step.action.name)
        state = after
    assert len(taken) > 10


def lifted(statement: Callable[..., Truth], view: Callable[[State], State]) -> Callable[[State], Truth]:
    return lambda now: statement(view(now))


def test_what_holds_of_a_part_holds_of_the_whole() -> None:
    """Searched as well: what plug and delivery claim of their states, in every state of the plug on delivery."""
    scope = NamedScope(2, 1, 1, frozenset({"recovery-queue", "crash"}))
    view = {PLUG: plug, DELIVERY: delivery}
    mine = Claim("WHOLE", "The same.", "", Least(1, 1, 1), "open-on-own-bit", "plug-on-delivery")
    for claim in CLAIMS.values():
        for part in claim.parts if claim.machine in view else ():
            if not part.of_steps:
                mine.always(lifted(part.statement, view[claim.machine]))
    assert len(mine.parts) > 15
    found = explore(MACHINES["plug-on-delivery"].record(scope.features), scope.ground, [mine])
    assert found.outcomes["WHOLE"].violation is None


# How machines are put together ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("joint", "says"),
    [
        (Joint("x", "", (Step("plg", "visit"),)), "there is no part 'plg'; the nearest is 'plug'"),
        (Joint("x", "", (Step("plug", "vist"),)), "the part plug has no action 'vist'; the nearest is 'visit'"),
    ],
)
def test_what_is_not_there_cannot_be_put_together(joint: Joint, says: str) -> None:
    with pytest.raises(TextError, match=says):
        product("Nothing", (Member(PLUG, RECOVERY_PLUG),), (joint,))


def test_a_variant_changes_the_parts_and_not_what_they_are_held_against() -> None:
    text = PRODUCTS["services-on-plug"]
    edited = text.edited(lambda one: replace(one, edits=()))
    assert [new.text is old.text for new, old in zip(edited.members, text.members, strict=True)] == [False, True]
    assert text.edited(lambda one: one) is text
