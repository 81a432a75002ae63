"""The outside witness: spin counts the states and steps that our search counts, on the machine written in Promela."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from model.language.ground import GroundMachine
from model.machines import DELIVERY, MACHINES
from model.variants import VARIANTS
from properties.catalogue.scopes import CORE, FEATURES, NamedScope
from properties.explicit.compiled import begin
from properties.export.promela import COMMANDS, MOST_PROCESSORS, START_STATES, START_TRANSITIONS, machine_model, promela
from properties.limits import ScopeTooLargeError
from tests.plugring import ANY_RING_ACCEPTED, PLUGRING, Size

SMALL, LARGER = Size(2, 1, 1, 4), Size(3, 2, 1, 6)
PUBLISHED = {SMALL: (1_642, 5_163), LARGER: (59_838, 292_225)}
"""States and transitions that every other tool counts on the published plugring benchmark model."""
START = (START_STATES, START_TRANSITIONS)
LARGE = [NamedScope(2, 1, 2), NamedScope(2, 1, 1).of("numbered")]
SCOPES = [
    *(NamedScope(2, 1, 1).of(machine) for machine in MACHINES if machine != "numbered"),
    NamedScope(2, 1, 1, frozenset(), "numbered"),
    NamedScope(1, 1, 2),
    NamedScope(3, 1, 2, CORE),
    NamedScope(2, 1, 2).of(DELIVERY),
    *(NamedScope(2, 1, 2, frozenset({feature})) for feature in sorted(FEATURES)),
]
"""Every machine with all its features; all features with two rings; three processors; recovery; each feature."""

Counts = tuple[int, int]
"""States; enabled steps, those that change nothing among them."""
Spin = Callable[[str], Counts]
NAMED, COMPILED_SOONER = "-O2", "-O0"
"""Of gcc: what the header names, and what takes a quarter of the time where there are few states to visit."""


@pytest.fixture
def compiled() -> str:
    """How gcc compiles."""
    return COMPILED_SOONER


@pytest.fixture
def spin(needs_program: Callable[[str], str], compiled: str, tmp_path: Path) -> Spin:
    """Counts as spin does, by the commands that the model's header names, but for how gcc compiles."""
    for program in ("spin", "gcc"):
        needs_program(program)

    def count(model: str) -> Counts:
        (tmp_path / "plug.pml").write_text(model)
        *_, output = [run(command, compiled, model, tmp_path) for command in COMMANDS]
        return counted(output)

    return count


def run(command: str, compiled: str, model: str, folder: Path) -> str:
    """What a command of the model's header prints."""
    assert f"  {command}\n" in model
    words = [compiled if word == NAMED else word for word in command.split()]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def counted(output: str) -> Counts:
    """The counts in what spin's verifier prints, if it visited everything."""
    assert "errors: 0" in output
    for cut_short in ("error:", "not completed"):
        assert cut_short not in output
    states, transitions = (
        int(float(number)) for number in re.findall(r"^ *(\S+) (?:states, stored|transitions)", output, re.MULTILINE)
    )
    return states, transitions


def expected(ground: GroundMachine) -> Counts:
    """What spin should print by our search, which is exact: rounded as spin rounds."""
    report = begin(ground, symmetry=False, memory_gib=12).run()
    return as_spin_prints(report.states + START_STATES, report.transitions + report.stutters + START_TRANSITIONS)


def as_spin_prints(states: int, transitions: int) -> Counts:
    """Exact counts with as many digits as spin prints."""
    return int(float(f"{states:.8g}")), int(float(f"{transitions:.8g}"))


@pytest.mark.parametrize("line", ["error: max search depth too small", "Warning: Search not completed"])
def test_a_search_that_was_cut_short_is_no_count(line: str) -> None:
    counts = "depth reached 9, errors: 0\n       12 states, stored\n       20 transitions (= stored+matched)\n"
    assert counted(counts) == (12, 20)
    with pytest.raises(AssertionError):
        counted(f"{line}\n{counts}")


@pytest.mark.parametrize(("size", "compiled"), [(SMALL, NAMED), (LARGER, COMPILED_SOONER)], ids=str)
def test_the_start_adds_what_it_is_said_to_add(size: Size, spin: Spin) -> None:
    found = spin(promela(size.ground(PLUGRING)))
    assert tuple(mine - known for mine, known in zip(found, PUBLISHED[size], strict=True)) == START


def test_spin_sees_that_a_guard_part_is_missing(spin: Spin) -> None:
    ground = SMALL.ground(ANY_RING_ACCEPTED)
    found = spin(promela(ground))
    assert found == expected(ground) != expected(SMALL.ground(PLUGRING))


def check_scope(scope: NamedScope, spin: Spin) -> None:
    ground = GroundMachine(MACHINES[scope.machine].record(scope.features), scope.ground)
    assert spin(machine_model(scope)) == expected(ground)


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.title)
def test_spin_counts_what_the_search_counts(scope: NamedScope, spin: Spin) -> None:
    check_scope(scope, spin)


@pytest.mark.deep
@pytest.mark.xdist_group("memory")
@pytest.mark.parametrize("compiled", [NAMED])
@pytest.mark.parametrize("scope", LARGE, ids=lambda scope: scope.title)
def test_spin_counts_every_feature(scope: NamedScope, spin: Spin) -> None:
    check_scope(scope, spin)


def test_a_variant_is_written_out_under_its_name() -> None:
    variant, scope = next(iter(VARIANTS)), NamedScope(2, 1, 1)
    assert f"ringplug: {variant} at 2/1/1 with all features\n" in machine_model(scope, variant)
    assert machine_model(scope, variant).splitlines()[2:] != machine_model(scope).splitlines()[2:]


def test_more_processors_than_bits_are_refused() -> None:
    with pytest.raises(ScopeTooLargeError, match="Promela takes"):
        machine_model(NamedScope(MOST_PROCESSORS + 1, 1, 1))


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_program_fails_only_in_continuous_integration(
    ci: str, outcome: type[BaseException], needs_program: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="is not installed"):
        needs_program("ringplug-has-no-such-program")
