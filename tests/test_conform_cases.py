"""The directed cases of `conform`: the reference takes them all, and each wrong plug layer is found by one."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pytest

from model.machines import MACHINES, PLUG
from model.notes.decisions import DECISIONS
from model.variants import VARIANTS
from properties.catalogue.register import REGISTER
from properties.conform.cases import CASES
from properties.conform.outcome import DIVERGED, conform
from properties.conform.script import Case, run_case
from properties.export import lockstep_tables
from properties.faults.patches import from_a_copy
from properties.lockstep import faults, receiving
from properties.lockstep.adapter import ReferenceLayer
from properties.lockstep.events import Kind
from properties.lockstep.faults import load_parts
from properties.lockstep.run import Plan, run

ROOT = Path(__file__).parent.parent
NAMED = {case.name: case for case in CASES}
NOT_SEEN = {
    "D12": "in part: that the gate does not wait for what others have originated; deliveries are not driven",
}
"""Decisions of which a case can show a part only."""


@pytest.fixture
def node(needs_program: Callable[[str], str]) -> str:
    return needs_program("node")


@pytest.mark.parametrize("case", CASES, ids=NAMED)
def test_the_reference_takes_every_case(case: Case) -> None:
    divergence = run_case(case, ReferenceLayer)
    assert divergence is None, "\n".join(divergence.lines())


def test_cases_are_named_once_and_cite_what_there_is() -> None:
    assert len(NAMED) == len(CASES)
    cited = {id for case in CASES for id in re.findall(r"\b(?:D\d+|[A-Z]+-[A-Z]\d+)\b", case.about)}
    assert cited <= {*DECISIONS, *REGISTER}
    assert {id for id in cited if id in DECISIONS} == set(DECISIONS)
    assert set(NOT_SEEN) <= set(DECISIONS)


def test_every_kind_of_event_that_calls_a_processor_is_in_a_case() -> None:
    kinds = {step.event.kind for case in CASES for step in case.steps}
    assert kinds == set(Kind) - {Kind.TOLD, Kind.BETWEEN, Kind.LOSE, Kind.DUPLICATE, Kind.RESEND}


def test_the_document_has_the_cases() -> None:
    assert "\n".join(lockstep_tables.case_rows()) in (ROOT / "docs" / "conform.md").read_text()


# Faults: what an implementation may do.


@pytest.mark.parametrize("name", faults.fault_names())
def test_every_fault_of_the_plug_layer_is_found_by_a_case(name: str) -> None:
    assert finding(name)


@cache
def finding(name: str) -> str | None:
    """The first case that finds a fault."""
    start = faults.start_of(name)
    return next((case.name for case in CASES if run_case(case, start)), None)


WERE_MISSED = {
    "tokens-have-no-number": "D14",
    "higher-priority-overtakes-half-sent": "D10",
    "half-sent-resumes-in-the-next-ring": "D10",
}
"""Plug layers that once conformed at most seeds, and the decision against which they are."""


@pytest.mark.parametrize("name", WERE_MISSED)
def test_what_chance_finds_seldom_a_case_finds_always(name: str) -> None:
    """Cases have no seed. That random steps miss one of these on some seed is why there are cases."""
    assert WERE_MISSED[name] in NAMED[finding(name) or ""].about
    found = [run(Plan(3, seed, 400), faults.start_of(name)).divergence is not None for seed in range(4)]
    assert not all(found)


@pytest.mark.parametrize("name", WERE_MISSED)
def test_a_program_with_such_a_fault_is_found_by_a_case_on_every_seed(name: str, node: str) -> None:
    """No random step was taken before it is found, so the seed does not matter; the deep tests try twelve.

    Of the default run this is the case that finds it; the deep tests, and `test_conform.py`, run all cases before it.
    """
    cases = [NAMED[finding(name) or ""]]
    found = conform([node, "examples/conform/faulty.mjs", name], Plan(3, 1, 2000), 20.0, cases=cases)
    assert found.verdict == DIVERGED
    assert found.divergence
    assert WERE_MISSED[name] in found.divergence.about
    assert (found.steps, found.episodes) == (0, 0)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", WERE_MISSED)
def test_twelve_seeds(name: str, seed: int, node: str) -> None:
    found = conform([node, "examples/conform/faulty.mjs", name], Plan(3, seed, 2000), 20.0)
    assert (found.verdict, found.steps) == (DIVERGED, 0)


# Receivers: what is delivered of the packets that arrive.

REASSEMBLY = ("--- a/reference/plug/reassembly.py", "+++ b/reference/plug/reassembly.py", "@@")
RECEIVERS = {
    "keeps-parts-across-a-change": (
        *REASSEMBLY, "-        self.highest_seq = MessageSeq(0)\n-        self.unfinished = {}",
        "+        self.highest_seq = MessageSeq(0)",
    ),
    "counts-parts-only": (
        *REASSEMBLY,
        "-    if begun is None or expected != (packet.number, packet.fragment_index, packet.fragment_count):",
        "+    if begun is None:",
    ),
    "has-room-for-one-message": (
        *REASSEMBLY,
        "-        stream = packet.sender, packet.priority.is_gated",
        "+        stream = packet.sender, False",
    ),
    "takes-a-packet-twice": (
        *REASSEMBLY, "-        if packet.ring_id != self.ring_id or packet.seq <= self.highest_seq:",
        "+        if packet.ring_id != self.ring_id or packet.seq < self.highest_seq:",
    ),
    "takes-packets-of-any-ring": (
        *REASSEMBLY, "-        if packet.ring_id != self.ring_id or packet.seq <= self.highest_seq:",
        "+        if packet.seq <= self.highest_seq:",
    ),
    "stops-at-a-missing-packet": (
        *REASSEMBLY, "-        if packet.ring_id != self.ring_id or packet.seq <= self.highest_seq:",
        "+        if packet.ring_id != self.ring_id or packet.seq != self.highest_seq + 1:",
    ),
    "forgets-where-it-was-queued": (
        *REASSEMBLY,
        "-        return Message(packet.sender, packet.number, packet.priority, packet.queued_in, begun.payload)",
        "+        return Message(packet.sender, packet.number, packet.priority, packet.ring_id, begun.payload)",
    ),
}  # fmt: skip
"""Receivers with a fault, as patches of the reference's reassembly."""
PROGRAMS = {
    "receiver-keeps-parts-across-a-change": "parts-of-two-rings",
    "receiver-has-room-for-one-message": "half-sent-and-recovery",
    "receiver-drops-parts-too-early": "received-in-a-transitional-configuration",
    "receiver-stops-at-a-missing-packet": "parts-of-two-rings",
}
"""The same of the example in JavaScript, and the first case that finds each."""


@pytest.mark.parametrize("name", RECEIVERS)
def test_a_receiver_with_a_fault_is_found_by_a_case(name: str) -> None:
    parts = from_a_copy("\n".join(RECEIVERS[name]), load_parts)
    found = [divergence for case in CASES if (divergence := run_case(case, partial(ReferenceLayer, parts=parts)))]
    assert found
    assert all(one.source == receiving.SOURCE and "packet arrives" in one.event for one in found)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_receives_with_a_fault_is_found(name: str, node: str) -> None:
    """Cases have no seed, and are run in the same order whatever the seed; the deep tests try twelve."""
    found = conform([node, "examples/conform/faulty.mjs", name], Plan(3, 1, 0), 20.0, cases=[NAMED[PROGRAMS[name]]])
    assert found.verdict == DIVERGED
    assert found.divergence
    assert "D10" in found.divergence.about
    assert "a packet arrives" in found.divergence.event


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", PROGRAMS)
def test_twelve_seeds_of_receivers(name: str, seed: int, node: str) -> None:
    found = conform([node, "examples/conform/faulty.mjs", name], Plan(3, seed, 2000), 20.0)
    assert (found.verdict, found.steps) == (DIVERGED, 0)
    assert found.divergence
    assert found.divergence.case == PROGRAMS[name]


# Variants: what the machine may do.

LIKE_A_FAULT = {
    "no-plug": "low-passes-the-closed-gate",
    "rest-passes-a-closed-gate": "rest-passes-the-closed-gate",
    "originate-keeps-the-turn": "originates-one-too-many",
    "any-visitor-sets-its-bit": "forgets-the-ring-id",
    "gmi-token-without-ring-id": "forgets-the-ring-id",
    "gmi-plug-step-in-evs": "pending-member-adds-its-bit",
    "plug-step-while-pending": "pending-member-adds-its-bit",
    "accept-the-last-number-again": "accepts-a-duplicate",
    "first-token-is-not-zero": "first-token-has-a-bit",
    "gmi-plugs-before-transitional": "early-unplug-counts",
    "gmi-open-member-forwards-anything": "open-member-forwards-zeros",
}
"""Variants that allow more, or choose: which plug layer does what they allow."""
QUEUES = ("--- a/reference/plug/queues.py", "+++ b/reference/plug/queues.py", "@@")
PATCHES = {
    "leftover-is-overtaken": (
        *QUEUES,
        "-    return priority.is_gated, not waiting.begun, priority",
        "+    return priority.is_gated, not waiting.begun, priority, -waiting.message.number",
    ),
    "sole-member-needs-no-gate": (
        "--- a/reference/plug/visits.py", "+++ b/reference/plug/visits.py", "@@",
        "-        waiting = queues.next_to_originate(queue, gate_open=state.gate_open)",
        "+        waiting = queues.next_to_originate(queue, gate_open=state.gate_open or ring.held is not None)",
    ),
    "gate-is-tested-at-queueing": (
        *QUEUES,
        "-    allowed = queue if gate_open else "
        "[waiting for waiting in queue if not waiting.message.priority.is_gated]",
        "+    allowed = queue if gate_open else [waiting for waiting in queue if waiting.message.queued_in]",
    ),
    "rejected-token-gives-the-turn": (
        "--- a/reference/plug/layer.py", "+++ b/reference/plug/layer.py", "@@",
        "         self.refused[error.refusal] += 1",
        "+        self._state = replace(self._state, queue=self._state.queue[1:])",
    ),
    "one-service-is-skipped": (
        "--- a/reference/plug/plugs.py", "+++ b/reference/plug/plugs.py", "@@",
        "-    return replace(plugs, plugged=plugs.registered)",
        "+    return replace(plugs, plugged=frozenset(sorted(plugs.registered)[1:]))",
    ),
}  # fmt: skip
"""The same, as patches that only this test needs."""
NOT_THE_LAYERS = {
    "install-before-leaving": "membership says when a ring is left",
    "old-ring-is-installed-again": "membership says which ring is installed",
    "crash-keeps-what-is-pending": "a crash is the end of a process",
    "gmi-back-to-the-old-ring": "membership says which ring is installed",
    "gmi-lost-ring-counts-one-member": "a layer is not told that a token is lost",
    "first-token-is-created-again": "a layer is asked for a first token once",
    "gmi-old-position": "equivalent",
    "gmi-2004": "put together of others",
    "nodes-in-the-form-token": "of the services",
    "evt-before-clm": "of the services",
}
"""What a layer behind the interface cannot do."""


def variants() -> list[str]:
    """The variants of the machine that lockstep has."""
    return [name for name, one in VARIANTS.items() if one.suits(MACHINES[PLUG])]


@pytest.mark.parametrize("name", sorted({*variants()} - {*LIKE_A_FAULT, *PATCHES, *NOT_THE_LAYERS}))
def test_a_case_tells_the_variant_from_the_machine(name: str) -> None:
    """The reference takes the case with the machine, and parts from the variant: who does as that does is found."""
    assert any(run_case(case, ReferenceLayer, VARIANTS[name]) for case in CASES)


@pytest.mark.parametrize("name", PATCHES)
def test_a_case_finds_a_layer_that_does_what_the_variant_allows(name: str) -> None:
    parts = from_a_copy("\n".join(PATCHES[name]), load_parts)
    assert any(run_case(case, partial(ReferenceLayer, parts=parts)) for case in CASES)


def test_no_variant_is_forgotten() -> None:
    assert {*LIKE_A_FAULT, *PATCHES, *NOT_THE_LAYERS} <= {*variants()}
    assert {*LIKE_A_FAULT.values()} <= {*faults.fault_names()}
