"""The compiled search against numpy's: every number is the same, and a fault in what is compiled is noticed."""

from __future__ import annotations

import ctypes
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from unittest.mock import patch

import pytest

from model.language.ground import GroundMachine, Step
from model.language.sets import TRUE, Truth
from model.machines import MACHINES
from model.variants import VARIANTS
from properties.catalogue.probe import Probe, all_probes
from properties.catalogue.scopes import DEEP, STANDARD, STATES, NamedScope, too_small
from properties.claims import CLAIMS
from properties.claims.liveness import LIVE_1, LIVE_2
from properties.explicit import compiled, native
from properties.explicit.bits import compiler, layout
from properties.explicit.bits.circuit import BitReading, Bits, Circuit, Lanes
from properties.explicit.bits.layout import Classes, Dense
from properties.explicit.bits.program import OF_REFUSED, OF_STATE, OF_STEP, OF_STUCK, Control, Writer
from properties.explicit.compiled import CompiledSearch
from properties.explicit.liveness import lost_states, most_visits
from properties.explicit.search import GIB, Report, Search
from properties.explicit.shortest import shortest_run
from properties.limits import ScopeTooLargeError, UnavailableError
from properties.traces.trace import show_step
from tests.plugring import ANY_RING_ACCEPTED, PLUGRING, Size, sent_while_plugged

FEW = 50_000
Probes = Sequence[tuple[Probe, Truth]]
SMALL = NamedScope(2, 1, 1)


@pytest.fixture(autouse=True)
def _there_is_a_compiler(needs_program: Callable[[str], str]) -> None:
    needs_program("cc")


@dataclass(frozen=True)
class Case:
    """A machine in a scope, and what is looked for."""

    ground: GroundMachine
    probes: tuple[Probe, ...]
    memory_gib: float

    def run(self, make: type[Search], **options: int) -> Search:
        search = make(self.ground, symmetry=self.ground.is_symmetric, memory_gib=self.memory_gib, **options)
        search.run(self.probes)
        return search


TWO_WORDS = Case(Size(2, 1, 1, 7).ground(PLUGRING), (Probe("bug", "sent while plugged", sent_while_plugged),), 0.1)
"""Without symmetry: a state is two words for numpy, and one for the compiled search."""


@cache
def case(scope: NamedScope, variant: str | None = None) -> Case:
    text = MACHINES[scope.machine]
    machine = (VARIANTS[variant].edit(text) if variant else text).record(scope.features)
    claims = [claim for claim in CLAIMS.values() if not too_small(claim, scope)]
    memory_gib = 0.1 if STATES.get(scope, 0) < FEW and scope not in DEEP else 8
    return Case(GroundMachine(machine, scope.ground), tuple(all_probes(claims, machine)), memory_gib)


@cache
def by_numpy(scope: NamedScope, variant: str | None = None) -> Search:
    return case(scope, variant).run(Search)


def check_same(found: Search, expected: Search) -> None:
    """Counts, what fired, what refused, what was found where, and every state with its number."""
    assert found.report == expected.report
    assert found.starts == expected.starts
    size = expected.index.size
    for mine, theirs in zip(found.index.rows(0, size), expected.index.rows(0, size), strict=True):
        assert (mine == theirs).all()


def check_scope(scope: NamedScope, variant: str | None = None) -> None:
    """In one thread, and in two even where a level is small."""
    check_same(case(scope, variant).run(CompiledSearch, threads=1), by_numpy(scope, variant))
    with patch.object(compiled, "ROWS_A_THREAD", 1):
        check_same(case(scope, variant).run(CompiledSearch, threads=2), by_numpy(scope, variant))


def title(scope: NamedScope) -> str:
    return scope.title


@pytest.mark.parametrize("scope", [one for one in STANDARD if STATES[one] < FEW], ids=title)
def test_both_engines_say_the_same_of_a_small_scope(scope: NamedScope) -> None:
    check_scope(scope)


@pytest.mark.deep
@pytest.mark.xdist_group("memory")
@pytest.mark.parametrize("scope", [one for one in (*STANDARD, *DEEP) if STATES.get(one, FEW) >= FEW], ids=title)
def test_both_engines_say_the_same_of_a_scope(scope: NamedScope) -> None:
    check_scope(scope)
    by_numpy.cache_clear()


BROKEN: dict[str, NamedScope] = {
    "open-on-own-bit": SMALL.without(SMALL.features - {"late-copies"}),
    "rest-passes-a-closed-gate": NamedScope(2, 1, 2, frozenset({"long-message"})),
    "judge-only-when-setting": NamedScope(2, 1, 1, frozenset({"create-destroy"})),
}


@pytest.mark.parametrize(("variant", "scope"), BROKEN.items(), ids=str)
def test_both_engines_find_the_same_and_show_the_same_runs(variant: str, scope: NamedScope) -> None:
    check_scope(scope, variant)
    mine, theirs = case(scope, variant).run(CompiledSearch), by_numpy(scope, variant)
    assert [one for one in theirs.report.found if not one.premise] or variant == "judge-only-when-setting"
    for clause, found in theirs.report.found.items():
        runs = [list(map(show_step, shortest_run(search, found))) for search in (mine, theirs)]
        assert runs[0] == runs[1], clause
        assert len(runs[0]) == found.length


def test_both_engines_say_the_same_of_what_can_still_be_reached() -> None:
    scope = NamedScope(2, 1, 1, frozenset({"create-destroy"}))
    mine, theirs = (
        case(scope, "judge-only-when-setting").run(CompiledSearch),
        by_numpy(scope, "judge-only-when-setting"),
    )
    assert LIVE_2.reach
    lost = lost_states(theirs, LIVE_2.reach).tolist()
    assert lost
    assert lost_states(mine, LIVE_2.reach).tolist() == lost
    ordered = NamedScope(2, 1, 1, frozenset({"recovery-queue"}), "ordered")
    assert LIVE_1.bound
    mine, theirs = case(ordered).run(CompiledSearch), by_numpy(ordered)
    assert most_visits(mine, LIVE_1.bound) == most_visits(theirs, LIVE_1.bound)


def test_with_and_without_an_end_both_engines_end_at_the_same_place() -> None:
    ground = Size(2, 1, 1, 4).ground(ANY_RING_ACCEPTED)
    probe = Probe("bug", "sent while plugged", sent_while_plugged)
    for found, any_found in ((True, False), (False, True)):
        searches = [make(ground, symmetry=False) for make in (Search, CompiledSearch)]
        reports = [search.run([probe], until_found=found, until_any=any_found) for search in searches]
        assert reports[0] == reports[1]
        assert not reports[0].is_whole


def test_the_states_of_a_class_are_those_that_were_found() -> None:
    search = case(SMALL).run(CompiledSearch)
    first, last = search.index.rows(0, 1), search.index.rows(search.index.size - 1, search.index.size)
    assert search.index.numbers(first).tolist() == [0]
    assert search.index.numbers(last).tolist() == [search.index.size - 1]
    with pytest.raises(ValueError, match="not found"):
        search.index.numbers([~word for word in last])
    del search
    assert first[0].tolist() == by_numpy(SMALL).index.rows(0, 1)[0].tolist()


# Faults ---------------------------------------------------------------------------------------------------------------

Right = Callable[..., Any]
"""The function as it is."""


def forgets_the_opposite(right: Right, self: Circuit, left: int, right_hand: int) -> int:
    return right(self, left & ~1, right_hand & ~1)


def is_turned_round(right: Right, self: BitReading, inner: Bits, outer: Bits) -> int:
    return right(self, outer, inner)


def is_some(_: Right, self: BitReading, of: Bits) -> int:
    return self.all([bit ^ 1 for bit in of]) ^ 1


def leaves_out_the_last(right: Right, self: BitReading, left: Bits, right_hand: Bits) -> Bits:
    return (*right(self, left, right_hand)[:-1], left[-1])


def is_that_of_another_slot(right: Right, self: Lanes, slot: int, processor: int) -> int:
    return right(self, slot or 1, processor)


def has_one_guard_part_less(right: Right, self: Writer, number: int, step: Step, probes: Probes) -> None:
    right(self, number, replace(step, guard=step.guard[:-1]), probes)


def takes_any_unused_element(right: Right, self: Writer, number: int, step: Step, probes: Probes) -> None:
    right(self, number, replace(step, first_unused=TRUE), probes)


def has_one_probe_less(right: Right, self: Writer, number: int, step: Step, probes: Probes) -> None:
    right(self, number, step, probes[:-1])


def flips_one_bit_less(right: Right, self: Writer, step: Step) -> list[Control]:
    return list(right(self, step))[:-1]


def is_always_about_the_step(right: Right, self: Writer, order: int, probe: Probe, kind: int, truth: Truth) -> None:
    right(self, order, probe, OF_STEP if kind == OF_REFUSED else kind, truth)


def is_of_any_state(right: Right, self: Writer, order: int, probe: Probe, kind: int, truth: Truth) -> None:
    right(self, order, probe, OF_STATE if kind == OF_STUCK else kind, truth)


def is_noted_for_the_action_before(right: Right, self: Writer, action: str, label: str, part: Truth) -> None:
    right(self, next(iter(self.parts), (action, ""))[0], label, part)


def is_one_step_later(right: Right, self: Writer, probe: Probe, step: Step | None) -> int:
    return right(self, probe, step) + (step is not None)


FAULTS: list[tuple[type, str, Callable[..., object]]] = [
    (Circuit, "differ", forgets_the_opposite),
    (BitReading, "within", is_turned_round),
    (BitReading, "several", is_some),
    (BitReading, "union", leaves_out_the_last),
    (Lanes, "place", is_that_of_another_slot),
    (Writer, "step", has_one_guard_part_less),
    (Writer, "step", takes_any_unused_element),
    (Writer, "step", has_one_probe_less),
    (Writer, "flips", flips_one_bit_less),
    (Writer, "probe", is_always_about_the_step),
    (Writer, "probe", is_of_any_state),
    (Writer, "part", is_noted_for_the_action_before),
    (Writer, "order", is_one_step_later),
]
FAULTY = NamedScope(2, 1, 1, frozenset({"create-destroy", "recovery-queue"}))


@pytest.mark.parametrize(("where", "name", "fault"), FAULTS, ids=lambda one: getattr(one, "__name__", str(one)))
def test_a_fault_of_the_generator_is_noticed(
    where: type, name: str, fault: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = by_numpy(FAULTY)
    monkeypatch.setattr(where, name, partialmethod_of(fault, getattr(where, name)))
    with pytest.raises((AssertionError, IndexError, ScopeTooLargeError)):
        check_same(case(FAULTY).run(CompiledSearch), expected)


def partialmethod_of(fault: Callable[..., object], right: Right) -> Callable[..., object]:
    return lambda self, *given, **named: fault(right, self, *given, **named)


def stops_too_early(right: Right, ground: GroundMachine) -> Classes:
    return {bit: min(number, 1) for bit, number in right(ground).items()}


def is_thought_to_be_one(_: Right, *about: object) -> bool:
    return True


@pytest.mark.parametrize(("name", "fault"), [("equal_bits", stops_too_early), ("_is_number", is_thought_to_be_one)])
def test_bits_that_are_left_out_wrongly_are_noticed(
    name: str, fault: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "ROOM", 0)
    check_same(TWO_WORDS.run(CompiledSearch), TWO_WORDS.run(Search))
    monkeypatch.setattr(layout, name, partialmethod_of(fault, getattr(layout, name)))
    with pytest.raises((AssertionError, ValueError)):
        check_same(TWO_WORDS.run(CompiledSearch), TWO_WORDS.run(Search))


def test_a_state_is_stored_in_no_more_bits_than_it_needs() -> None:
    """Of the benchmark at its size C: 220 bits in numpy's five words, and one word here."""
    dense = Dense(Size(5, 2, 1, 10).ground(PLUGRING))
    assert (dense.words, [len(one) for one in dense.numbers]) == (1, [11])
    found = TWO_WORDS.run(Search)
    fields = found.packing.unpack(found.index.rows(0, found.index.size))
    stored = Dense(TWO_WORDS.ground)
    assert stored.fit(fields).all()
    assert len({*zip(*(word.tolist() for word in stored.packed(fields)), strict=True)}) == found.index.size
    assert not stored.fit(~fields).any()


C_FAULTS = {
    "the last state that waits is left out": ("i < k->waiting && k->status", "i + 1 < k->waiting && k->status"),
    "lanes are not sorted": ("lane[j] = mine < other ? mine : other;", "lane[j] = other;"),
    "a level is not sorted": ("  sort(new, new + total, total);", ""),
    "a later row is better": ("row < *best) k->notes", "row > *best) k->notes"),
    "stutters are transitions": ("    if (!moved) continue;", ""),
    "every step is the environment's": ("if (!k->environment) k->stuck", "if (0) k->stuck"),
    "steps are taken beyond the block": ("EACH k->mask[g] = k->valid[g];", "EACH k->mask[g] = ~(u64)0;"),
    "bits of one instruction are opposite": ("COMPUTED(~(x[g] | y[g]))", "COMPUTED(~x[g] | y[g])"),
    "the last states of a block are left out": (
        "g < k->groups; g++)\n      if (k->mask",
        "g < k->groups - 1; g++)\n      if (k->mask",
    ),
    "keys do not mix words": ("  if (words == 1) return m;\n", "  return m;\n"),
}


@pytest.mark.deep
@pytest.mark.parametrize("fault", C_FAULTS)
def test_a_fault_of_the_runtime_is_noticed(fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    right, wrong = C_FAULTS[fault]
    texts = {source.name: source.read_text() for source in compiler.SOURCES}
    assert sum(text.count(right) for text in texts.values()) == 1
    for name, text in texts.items():
        (tmp_path / name).write_text(text.replace(right, wrong))
    made = tmp_path / "wrong.so"
    subprocess.run(["cc", "-O1", *compiler.ALWAYS, tmp_path / "search.c", "-o", made], check=True)
    library = ctypes.CDLL(str(made))
    monkeypatch.setattr(native, "runtime", lambda: library)
    with pytest.raises((AssertionError, IndexError, ScopeTooLargeError)):
        check_all()


def check_all() -> None:
    """Of one word a state, and of two."""
    of_two_words = NamedScope(2, 1, 2, frozenset(), "services")
    for scope, variant in ((SMALL, None), (of_two_words, None), *((one, name) for name, one in BROKEN.items())):
        check_scope(scope, variant)


# The compiler and its cache -------------------------------------------------------------------------------------------


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A cache of its own, and nothing loaded yet."""
    home = Path(mkdtemp(dir=Path.home()))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    monkeypatch.setattr(compiler, "FLAGS", (("-O0",),))
    compiler.runtime.cache_clear()
    yield home
    compiler.runtime.cache_clear()
    shutil.rmtree(home)


def test_what_is_compiled_is_kept_and_is_ours_alone(fresh: Path) -> None:
    assert compiled.why_numpy() == ""
    (made,) = (fresh / "ringplug").iterdir()
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(made.stat().st_mode) & 0o022 == 0
    written = made.stat().st_mtime_ns
    compiler.runtime.cache_clear()
    assert compiled.why_numpy() == ""
    assert made.stat().st_mtime_ns == written


@pytest.mark.parametrize("mode", [0o777, 0o720])
def test_nothing_is_run_from_where_others_can_write(fresh: Path, mode: int) -> None:
    (fresh / "ringplug").mkdir()
    (fresh / "ringplug").chmod(mode)
    assert compiled.why_numpy() == f"{fresh / 'ringplug'} can be written to by others"
    assert type(compiled.begin(case(SMALL).ground)) is Search
    assert not list((fresh / "ringplug").iterdir())


def test_a_file_that_others_can_write_is_not_run(fresh: Path) -> None:
    compiler.runtime()
    (made,) = (fresh / "ringplug").iterdir()
    made.chmod(0o722)
    compiler.runtime.cache_clear()
    assert compiled.why_numpy() == f"{made} can be written to by others"


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("no-such-compiler", "no C compiler: no-such-compiler is not installed"),
        ("false", "false fails: exit code 1"),
        ("cc --no-such-option", "cc --no-such-option fails: "),
    ],
)
def test_where_there_is_no_compiler_numpy_is_used_and_the_reason_said(
    fresh: Path, named: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", named)
    assert type(compiled.begin(case(SMALL).ground)) is Search
    assert compiled.engine_words().startswith(f"Searched with numpy: {why}")
    monkeypatch.setenv(compiled.VARIABLE, "compiled")
    with pytest.raises(UnavailableError, match=why):
        compiled.begin(case(SMALL).ground)


def test_the_environment_chooses_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(compiled.begin(case(SMALL).ground)) is CompiledSearch
    monkeypatch.setenv(compiled.VARIABLE, "numpy")
    assert type(compiled.begin(case(SMALL).ground)) is Search
    assert compiled.engine_words() == "Searched with numpy: RINGPLUG_SEARCH says so."
    monkeypatch.setenv(compiled.THREADS, "two")
    with pytest.raises(UnavailableError, match="RINGPLUG_THREADS is 'two': it takes a number from 1 to 32"):
        CompiledSearch(case(SMALL).ground)
    monkeypatch.setenv(compiled.VARIABLE, "nunpy")
    with pytest.raises(UnavailableError, match="unknown engine of search 'nunpy'; near it: numpy"):
        compiled.begin(case(SMALL).ground)


def test_where_no_addresses_are_set_aside_numpy_is_used_and_the_reason_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> None:
        raise native.NoReserveError

    monkeypatch.setattr(compiled, "NativeStates", none)
    search = compiled.begin(case(SMALL).ground)
    assert type(search) is Search
    why = "the system does not set aside addresses for all the memory allowed"
    assert compiled.engine_words(search) == f"Searched with numpy: {why}."


def test_the_memory_allowed_is_not_exceeded() -> None:
    ground = case(NamedScope(2, 1, 2)).ground
    for allowed in (0.0001, 0.001, 0.01):
        search = CompiledSearch(ground, memory_gib=allowed)
        with pytest.raises(ScopeTooLargeError, match="states at depth"):
            search.run()
        assert search.native.bytes <= allowed * GIB


def test_a_search_can_be_interrupted() -> None:
    """A block is one call; between two of them Python looks for signals, and may go on later."""
    search, said = case(NamedScope(2, 1, 2)).ground, list[int]()

    def interrupted(report: Report) -> None:
        said.append(report.states)
        if len(said) > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CompiledSearch(search).run(progress=interrupted)
    assert len(said) == 6
