"""The machine as TLA+: the syntax, the meaning of every line, and the counts of TLC where one is given."""

from __future__ import annotations

import os
import random
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model.language.ground import Bitmaps, GroundMachine, Integers, Step
from model.language.sets import Processor, Processors
from model.machines import DELIVERY, MACHINES
from model.variants import VARIANTS
from properties.catalogue.scopes import CORE, NamedScope
from properties.claims import CLAIMS
from properties.explain.runs import trace
from properties.explicit.compiled import begin
from properties.export.tla_module import COMMAND, START_STATES, module_name, tla_configuration, tla_module
from properties.traces.trace import machine_text, members, sets_in
from tests.tla_reading import Module, State, Tree, Value, field, parsed

JAR = "RINGPLUG_TLA2TOOLS"
"""The environment variable that names a tla2tools.jar: it is in no Debian package, so without it TLC is not asked."""
SCOPES = [NamedScope(2, 1, 1).of(machine) for machine in MACHINES]
WHOLE = [NamedScope(2, 1, 1, CORE), *(NamedScope(2, 1, 1, CORE, machine) for machine in ("ordered", "services"))]
WHOLE += [pytest.param(NamedScope(2, 1, 1).of(DELIVERY), marks=pytest.mark.deep)]
"""Scopes in which every transition is compared."""
WALKED = [NamedScope(2, 1, 2).of(machine) for machine in MACHINES]
"""Scopes of every machine with all features, of which states on random runs are compared."""
STATES = 20


# Syntax ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.title)
def test_the_syntax_is_right(scope: NamedScope) -> None:
    text = tla_module(scope)
    assert not parsed(text).has_error
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.deep
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_syntax_of_every_variant_is_right(variant: str) -> None:
    machine = next(one for one in MACHINES if VARIANTS[variant].suits(MACHINES[one]))
    assert not parsed(tla_module(NamedScope(2, 1, 1).of(machine), variant)).has_error


def test_wrong_syntax_is_seen() -> None:
    text = tla_module(SCOPES[0])
    for right, wrong in (("gate \\cup", "gate gate \\cup"), ("THEN", ""), ("EXCEPT ![r]", "EXCEPT [r]")):
        assert right in text
        assert parsed(text.replace(right, wrong, 1)).has_error


def test_the_words_are_those_of_the_specification() -> None:
    text, machine = tla_module(SCOPES[0]), MACHINES[SCOPES[0].machine].record()
    for action in machine.actions:
        body = text[text.index(f"\n{action.name}(") :].partition("\n\n")[0]
        assert all(f"\\* {label}" in body for label, _ in action.guard), action.name


# Meaning --------------------------------------------------------------------------------------------------------------


class Compared:
    """A scope of a machine, and the module of it with the same values."""

    def __init__(self, scope: NamedScope, variant: str | None = None, text: str | None = None) -> None:
        self.scope = scope
        recorded = machine_text(scope.machine, variant).record(scope.features)
        self.ground = GroundMachine(recorded, scope.ground)
        self.module = Module(text or tla_module(scope, variant), self.constants(tla_configuration(scope, variant)))

    def constants(self, configuration: str) -> dict[str, Value]:
        """What the configuration gives constants, a model value being its name."""
        found: dict[str, Value] = {}
        for name, value in re.findall(r"^    (\w+) = (.+)$", configuration, re.MULTILINE):
            members = [int(one) if one.isdigit() else one for one in re.findall(r"\w+", value)]
            found[name] = frozenset(members) if value.startswith("{") else members[0]
        return found

    def state(self, bitmaps: Bitmaps) -> State:
        """A state as the module has it."""
        found: State = {}
        for (name, at), bitmap in sets_in(self.ground, bitmaps).items():
            if name in self.module.variables:
                value = people(bitmap)
                if at:
                    found.setdefault(name, {})[at[0] if len(at) == 1 else at] = value
                else:
                    found[name] = value
        return found

    def arguments(self, step: Step) -> dict[str, Value]:
        """A step's arguments as the module has them."""
        kinds = step.action.parameters
        return {
            name: people(value) if isinstance(kinds[name], Processors)
            else f"p{value}" if isinstance(kinds[name], Processor) else value
            for name, value in step.arguments.items()
        }  # fmt: skip

    def differing(self, bitmaps: Bitmaps) -> list[str]:
        """The actions that the module takes otherwise in a state."""
        here, state = Integers(self.ground, bitmaps), self.state(bitmaps)
        wrong: list[str] = []
        for step in self.ground.steps:
            mine = self.state(self.ground.after(step, bitmaps)) if step.is_searched(here) else None
            if self.module.after(step.action.name, self.arguments(step), state) != mine:
                wrong.append(step.action.name)
        return wrong

    def invariants(self, bitmaps: Bitmaps) -> list[str]:
        """The claims of which the module says otherwise in a state, and TypeOK if it is false."""
        here, state = Integers(self.ground, bitmaps), self.state(bitmaps)
        wrong = [] if self.module.value(self.definition("TypeOK"), {}, state) else ["TypeOK"]
        for claim in CLAIMS.values():
            stated = [part for part in claim.parts if not part.of_steps]
            if claim.machine == self.scope.machine and stated:
                now = self.ground.machine.state()
                mine = all(here.truth(self.ground.truth(part.statement(now))) for part in stated)
                if self.module.value(self.definition(claim.id.replace("-", "_")), {}, state) != mine:
                    wrong.append(claim.id)
        return wrong

    def definition(self, name: str) -> Tree:
        """What an operator without parameters is defined as."""
        return field(self.module.definitions[name], "definition")

    def reachable(self) -> Iterator[Bitmaps]:
        """Every reachable state."""
        waiting, seen = [self.ground.initial], {self.ground.initial}
        while waiting:
            state = waiting.pop()
            yield state
            new = set(self.successors(state)) - seen
            seen |= new
            waiting += sorted(new)

    def successors(self, state: Bitmaps) -> Iterator[Bitmaps]:
        """The states after each step."""
        here = Integers(self.ground, state)
        yield from (self.ground.after(step, state) for step in self.ground.steps if step.is_searched(here))

    def walked(self, states: int) -> Iterator[Bitmaps]:
        """States on random runs, which begin anew now and then."""
        chance, state = random.Random(17), self.ground.initial
        for _ in range(states):
            yield state
            after = sorted(set(self.successors(state)) - {state})
            state = chance.choice(after) if after and chance.random() > 1 / 30 else self.ground.initial


def people(bitmap: int) -> frozenset[str]:
    """A set of processors by their names."""
    return frozenset(f"p{p}" for p in members(bitmap))


@pytest.mark.parametrize("scope", WHOLE, ids=lambda scope: scope.title)
def test_every_transition_of_a_scope_is_the_same(scope: NamedScope) -> None:
    compared = Compared(scope)
    assert compared.module.start() == compared.state(compared.ground.initial)
    states = list(compared.reachable())
    assert len(states) == begin(compared.ground, symmetry=False).run().states
    for state in states:
        assert (compared.differing(state), compared.invariants(state)) == ([], [])


@pytest.mark.parametrize("scope", WALKED, ids=lambda scope: scope.title)
def test_every_machine_is_the_same_on_random_runs(scope: NamedScope) -> None:
    compared = Compared(scope)
    for state in compared.walked(STATES):
        assert (compared.differing(state), compared.invariants(state)) == ([], [])


@pytest.mark.deep
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_is_the_same_on_random_runs(variant: str) -> None:
    machine = next(one for one in MACHINES if VARIANTS[variant].suits(MACHINES[one]))
    compared = Compared(NamedScope(2, 1, 2).of(machine), variant)
    for state in compared.walked(STATES):
        assert compared.differing(state) == []


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.title)
def test_the_steps_that_next_names_are_those_of_the_scope(scope: NamedScope) -> None:
    compared = Compared(scope)
    named = {name: {key: len(over) for key, over in ranges.items()} for name, ranges in compared.module.calls()}
    assert named == {
        action.name: {key: len(compared.ground.choices(one)) for key, one in action.parameters.items()}
        for action in compared.ground.machine.actions
    }


@pytest.mark.parametrize(
    ("right", "wrong", "differs"),
    [
        ("bits' = [bits EXCEPT ![r] = @ \\cup", "bits' = [bits EXCEPT ![r] = @ \\cap", "visit"),
        ("member[r_0] # {}", "member[r_0] = {}", "form_ring"),
        ("/\\ p \\in pending[r] ", "/\\ p \\in member[r] ", "install"),
    ],
)
def test_a_wrong_line_is_noticed(right: str, wrong: str, differs: str) -> None:
    scope = NamedScope(2, 1, 2, CORE)
    text = tla_module(scope)
    assert right in text
    compared = Compared(scope, text=text.replace(right, wrong, 1))
    assert any(differs in compared.differing(state) for state in compared.walked(20 * STATES))


def test_a_variant_is_written_out_under_its_name() -> None:
    scope, variant = NamedScope(2, 1, 1), "open-on-own-bit"
    assert f"ringplug: {variant}," in tla_module(scope, variant)
    assert tla_module(scope, variant).splitlines()[3:] != tla_module(scope).splitlines()[3:]


# TLC ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tlc(needs_program: Callable[[str], str], tmp_path: Path) -> Callable[[NamedScope, str | None], str]:
    """What TLC prints of a scope, by the command that the module names."""
    jar = os.environ.get(JAR)
    if not jar:
        pytest.skip(f"{JAR} names no tla2tools.jar, and Debian has none: TLC is not asked")
    assert Path(jar).is_file(), f"{JAR}={jar} is no file"
    java = needs_program("java")

    def run(scope: NamedScope, variant: str | None = None) -> str:
        name = module_name(scope.machine)
        (tmp_path / f"{name}.tla").write_text(tla_module(scope, variant))
        (tmp_path / f"{name}.cfg").write_text(tla_configuration(scope, variant))
        _, *command = COMMAND.format(name=name).replace("tla2tools.jar", jar).replace("auto", "1").split()
        done = subprocess.run([java, *command], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=1800)
        return done.stdout + done.stderr

    return run


COUNTED = [
    *(NamedScope(2, 1, 1).of(machine) for machine in ("ordered", "services", DELIVERY)),
    NamedScope(2, 1, 1, frozenset({"crash", "create-destroy"})),
    NamedScope(2, 1, 2, CORE),
    NamedScope(2, 1, 1, CORE, "numbered"),
    pytest.param(NamedScope(2, 1, 1), marks=pytest.mark.deep),
]


@pytest.mark.parametrize("scope", COUNTED, ids=lambda scope: scope.title)
def test_tlc_counts_what_the_search_counts(scope: NamedScope, tlc: Callable[[NamedScope], str]) -> None:
    report = begin(GroundMachine(MACHINES[scope.machine].record(scope.features), scope.ground), symmetry=False).run()
    said = tlc(scope)
    assert "No error has been found" in said, said
    (found,) = re.findall(r"^(\d+) states generated, (\d+) distinct states found, 0 states left", said, re.MULTILINE)
    assert tuple(map(int, found)) == (report.transitions + report.stutters + START_STATES, report.states)
    assert f"depth of the complete state graph search is {report.depth + START_STATES}." in said


def test_tlc_finds_a_shortest_counterexample(tlc: Callable[[NamedScope, str | None], str]) -> None:
    found = trace(CLAIMS["PLUG-S1"], variant="open-on-own-bit")
    assert found
    said = tlc(NamedScope(2, 1, 1), "open-on-own-bit")
    assert "Invariant PLUG_S1 is violated" in said
    assert len(re.findall(r"^State \d+:", said, re.MULTILINE)) == len(found.steps) + START_STATES
