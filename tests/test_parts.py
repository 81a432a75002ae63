"""The machine of messages in parts: what it reaches, what breaks it, and what its page says of that."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from model.language.ground import GroundMachine
from model.language.notation import Notation, equations
from model.machines import MACHINES, PARTS
from model.variants.parts import PARTS_AS_IN_COROSYNC
from properties.catalogue.claim import Claim
from properties.catalogue.scopes import NamedScope, too_small
from properties.claims import CLAIMS
from properties.explicit.compiled import begin
from properties.explicit.exhaustive import Exploration, explore, found_trace
from properties.traces.trace import machine_text, replay, show_step, trace_machine
from properties.variants.record import variants as recorded

PAGE = Path(__file__).parent.parent / "docs" / "parts.md"
MINE = [claim for claim in CLAIMS.values() if claim.machine == PARTS]


def scope(sizes: str) -> NamedScope:
    members, messages, rings = map(int, sizes.split("/"))
    return NamedScope(members, messages, rings, frozenset(), PARTS)


@cache
def explored(variant: str | None, sizes: str) -> Exploration:
    where = scope(sizes)
    fitting: list[Claim] = [claim for claim in MINE if not too_small(claim, where)]
    return explore(machine_text(PARTS, variant).record(frozenset()), where.ground, fitting)


def shortest(claim: str, variant: str, sizes: str) -> str:
    found = explored(variant, sizes)
    violation = found.outcomes[claim].violation
    assert violation
    trace = found_trace(found, violation, PARTS, variant, claim)
    played = list(replay(trace_machine(trace), trace.steps))
    assert len(played) == violation.length
    return "; ".join(show_step(one.step) for one in played)


def test_the_run_of_corosync_is_a_first_part_a_change_and_a_rest() -> None:
    run = shortest("PART-S1", PARTS_AS_IN_COROSYNC.id, "2/1/2")
    assert run == "change r0 {p0}; begin p0 r0 n0 {}; change r1 {p0 p1}; send_rest p0 r1 n0 {}"


def test_parts_of_two_rings_are_put_behind_each_other_where_they_are_kept() -> None:
    run = shortest("PART-S2", "receiver-keeps-parts-across-a-change", "1/1/2")
    assert run.endswith("begin_again p0 r1 n0 {}; send_rest p0 r1 n0 {}")


def test_every_action_is_enabled_and_every_guard_part_false_somewhere() -> None:
    found = begin(GroundMachine(MACHINES[PARTS].record(), scope("3/2/2").ground))
    found.run()
    actions = found.ground.machine.actions
    assert found.report.fired == {action.name for action in actions}
    assert found.report.refused == {(action.name, label) for action in actions for label, _ in action.guard}


def test_no_guard_and_no_other_effect_reads_what_is_delivered() -> None:
    for action in MACHINES[PARTS].record().actions:
        said = [str(Notation().truth(part)) for _, part in action.guard]
        said += [line for line in equations(action) if not line.startswith(("delivered", "mixed"))]
        assert not [line for line in said if re.search("delivered|mixed", line)], action.name


def test_what_is_said_to_be_as_good_breaks_nothing_with_three_processors() -> None:
    found = explored("first-part-replaces-what-is-kept", "3/2/2")
    assert [id for id, outcome in found.outcomes.items() if outcome.violation] == []
    assert set(found.outcomes) == {claim.id for claim in MINE}


ROW = r"^\| `([a-z-]+)` \| ([A-Z0-9, -]+) \| (\d+) \|"


@pytest.mark.parametrize(("variant", "claims", "steps"), re.findall(ROW, PAGE.read_text(), re.MULTILINE))
def test_the_page_says_what_a_variant_breaks(variant: str, claims: str, steps: str) -> None:
    broken = recorded().variants[variant].broken
    assert [one.claim for one in broken] == claims.split(", ")
    assert {one.length for one in broken} == {int(steps)}
