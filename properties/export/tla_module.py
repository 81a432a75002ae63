"""A machine as a TLA+ module, and a scope as a configuration of TLC: a second outside witness.

Decided here: the module is the machine for any scope, with an operator for each action, of the action's name, and a
line for each guard part with its words; only the tables of a fixed order of processors are of the one scope. The claims
that speak of one state are its invariants. A new ring or token is the lowest unused one, as in our search, so that TLC
counts what the search counts without symmetry.

Left out: claims about steps and about what happens at last, and features that are off.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator, Sequence

from model.language.ground import Scope
from model.language.interpretation import Rewriting
from model.language.machine import Action, Machine, Text
from model.language.sets import Processor
from model.language.sorts import Index
from model.language.state import Declared, constant
from model.machines import MACHINES, PLUG
from properties.catalogue.claim import Claim
from properties.catalogue.scopes import NamedScope
from properties.claims import CLAIMS
from properties.export.docstrings import cited, sentences
from properties.export.tla import Tla, assignments, bound, name, start
from properties.traces.trace import machine_text, members

WIDTH = 100
LONGEST = 120
"""Characters in a line; one that has only a formula without a space may be longer."""
BESIDE = 50
"""Characters in a part of a guard that has its words beside it, at most."""
KEPT = "~in~"
"""Stands for a sign at which no line is broken."""
COMMAND = "java -cp tla2tools.jar tlc2.TLC -workers auto {name}"
"""How TLC visits the module and configuration of this name."""
START_STATES = 1
"""States that TLC generates and no step of the machine leads to: the initial one."""
HEAD = """\
{title}

Made from the recorded machine by `ringplug tla`. An action is an operator; the parts of its guard have
their words beside them. A processor is an element, and the state is made of sets of processors.

Run it, as {name}.tla, with what `ringplug tla --config` prints with the same options, as
{name}.cfg:
  {command}

"distinct states" are the reachable states. "states generated" are the enabled steps in them, those
that change nothing among them, and {start} for the start. `ringplug explore --no-symmetry` counts the same.

Features: {features}."""


def module_name(machine: str) -> str:
    """What the module of a machine is called, and so its file."""
    return machine.title().replace("-", "")


def tla_module(scope: NamedScope, variant: str | None = None) -> str:
    """A machine, or a variant of it, as a module."""
    text = machine_text(scope.machine, variant)
    machine = text.record(scope.features)
    _check_names(machine)
    sections = (
        _head(scope, variant), _constants(machine, scope.ground), _variables(machine), _start(machine),
        _actions(text, machine), _next(machine), _invariants(scope.machine, machine),
    )  # fmt: skip
    return "\n\n".join("\n".join(section) for section in sections) + f"\n{'=' * WIDTH}\n"


def tla_configuration(scope: NamedScope, variant: str | None = None) -> str:
    """The scope as a configuration of TLC."""
    machine = machine_text(scope.machine, variant).record(scope.features)
    people = [f"p{p}" for p in range(scope.members)]
    lines = [f"\\* {_title(scope, variant)}", "SPECIFICATION Spec", "CONSTANTS"]
    lines += [f"    {p} = {p}" for p in people if _has_tables(machine)]
    lines += [f"    Processor = {{{', '.join(people)}}}"]
    for sort in _sorts(machine):
        lines.append(f"    {sort.__name__} = {{{', '.join(map(str, range(scope.ground.sizes[sort])))}}}")
    lines += ["INVARIANTS", "    TypeOK", *(f"    {_identifier(claim)}" for claim in _claims(scope.machine))]
    return "\n".join([*lines, "CHECK_DEADLOCK FALSE"]) + "\n"


def _title(scope: NamedScope, variant: str | None) -> str:
    return f"ringplug: {variant or 'the protocol'} at {scope.title}"


def _head(scope: NamedScope, variant: str | None) -> Iterator[str]:
    called = module_name(scope.machine)
    features = ", ".join(sorted(scope.features)) or "none"
    title = f"ringplug: {variant or 'the protocol'}, the machine {scope.machine}"
    yield f" MODULE {called} ".center(WIDTH, "-")
    head = HEAD.format(
        title=title, name=called, features=features, start=START_STATES, command=COMMAND.format(name=called)
    )
    yield from ("(*", *(f"  {line}".rstrip() for line in head.splitlines()), "*)", "EXTENDS Integers, FiniteSets")


def _sorts(machine: Machine) -> list[type[Index]]:
    """The sorts that index variables or are parameters, in the order of their first use."""
    declared = [sort.sort for one in machine.state.declared.values() for sort in one.sorts]
    asked = [one.sort for action in machine.actions for one in action.parameters.values() if isinstance(one, Index)]
    return list(dict.fromkeys([*declared, *asked]))


def _tables(machine: Machine) -> dict[str, constant]:
    return {name: one for name, one in machine.state.declared.items() if isinstance(one, constant)}


def _has_tables(machine: Machine) -> bool:
    return bool(_tables(machine))


def _changing(machine: Machine) -> dict[str, Declared]:
    return {name: one for name, one in machine.state.declared.items() if not isinstance(one, constant)}


def _constants(machine: Machine, scope: Scope) -> Iterator[str]:
    """The sets that everything ranges over, names of elements, and tables."""
    people = [f"p{p}" for p in range(scope.processors)] if _has_tables(machine) else []
    yield f"CONSTANTS {', '.join(['Processor', *(sort.__name__ for sort in _sorts(machine)), *people])}"
    for sort in _sorts(machine):
        for value in range(len(sort.names)):
            yield f"{name(sort.element(value))} == {value}"
    for called, table in _tables(machine).items():
        yield from ("", *_comment(f"{called}: {table.means}. In this scope only."), f"{called} ==")
        yield from (f"    {line}" for line in _table(table, scope))


def _table(table: constant, scope: Scope) -> Iterator[str]:
    """A table of constants as a function, a case for each place."""
    at = [sort.sort(letter) for sort, letter in zip(table.sorts, "ij", strict=False)]
    yield f"[{bound(*at)} |->"
    for number, elements in enumerate(scope.places(table.sorts)):
        here = " /\\ ".join(f"{i.name} = {e.value}" for i, e in zip(at, elements, strict=True))
        there = table.table(scope, *(element.value for element in elements))
        people = ", ".join(f"p{p}" for p in members(there))
        yield f"    {'[]' if number else 'CASE'} {here} -> {{{people}}}"
    yield "]"


def _variables(machine: Machine) -> Iterator[str]:
    """The variables, each with what it means, and what values they have."""
    declared = _changing(machine)
    yield "VARIABLES"
    width = max(map(len, declared)) + 1
    for number, (called, one) in enumerate(declared.items(), 1):
        comma = "," if number < len(declared) else ""
        ghost = "; a ghost" if one.ghost else ""
        yield f"    {called + comma:<{width}}  \\* {one.means}{ghost}"
    yield from ("", *_wrapped(f"vars == <<{', '.join(declared)}>>", 8), "", "TypeOK ==")
    for called, one in declared.items():
        sets = "SUBSET Processor"
        yield f"    /\\ {called} \\in {f'[{_product(one)} -> {sets}]' if one.sorts else sets}"


def _product(declared: Declared) -> str:
    return " \\X ".join(sort.sort.__name__ for sort in declared.sorts)


def _start(machine: Machine) -> Iterator[str]:
    yield "Init =="
    for called in _changing(machine):
        yield from _conjunct(f"{called} = {start(called, machine.initial.families[called].writes)}")


def _actions(text: Text, machine: Machine) -> Iterator[str]:
    for number, action in enumerate(machine.actions):
        yield from (("",) if number else ())
        yield from _action(text, machine, action)


def _action(text: Text, machine: Machine, action: Action) -> Iterator[str]:
    """An action: what it says, its guard, what it assigns, and what stays."""
    yield from _said(text, machine, action)
    parameters = f"({', '.join(action.parameters)})" if action.parameters else ""
    yield f"{action.name}{parameters} =="
    yield from _guard([(str(Tla().truth(part)), label) for label, part in action.guard] + list(_lowest(action)))
    written = dict(assignments(action))
    yield from (line for called, value in written.items() for line in _conjunct(f"{called}' = {value}"))
    same = [called for called in _changing(machine) if called not in written]
    if same:
        yield from _conjunct(f"UNCHANGED <<{', '.join(same)}>>")


def _guard(parts: Sequence[tuple[str, str]]) -> Iterator[str]:
    """The parts of a guard with their words: beside them, or above one that is long."""
    width = max((len(formula) for formula, _ in parts if len(formula) <= BESIDE), default=0)
    for formula, label in parts:
        if len(formula) <= BESIDE:
            yield f"    /\\ {formula:<{width}}  \\* {label}"
        else:
            yield from (f"    \\* {label}", *_conjunct(formula))


def _said(text: Text, machine: Machine, action: Action) -> Iterator[str]:
    """The docstrings of an action and of what edits it, as a comment."""
    ours = {edit.write for edit in MACHINES[PLUG].edits}
    edits = [edit for edit in text.edits if edit.action == action.name and edit.feature in (None, *machine.features)]
    added = [inspect.getdoc(edit.write) or "" for edit in edits if edit.write and edit.write not in ours]
    doc = inspect.getdoc(action.rule.write) or ""
    said = " Here: ".join(filter(None, (sentences(doc), *map(sentences, added))))
    says = re.sub(r"\bP\b", "p", said)
    yield from _comment(f"{action.rule.kind.value.title()}. {says}")
    for line in cited(doc, *added):
        yield from _comment(line)


def _lowest(action: Action) -> Iterator[tuple[str, str]]:
    """That a new element is the lowest unused one: any is as good as another."""
    for called, parameter in action.parameters.items():
        if isinstance(parameter, Index) and parameter.fresh:
            lower = parameter.sort(f"{called}_0")
            unused = Rewriting({parameter: lower}).truth(dict(action.guard)[f"{called} is unused"])
            formula = f"\\A {bound(lower)} : {lower.name} < {called} => {Tla().truth(~unused).inside(2)}"
            yield formula, "every lower one is in use"


def _next(machine: Machine) -> Iterator[str]:
    """A step is one of any action, with any parameters."""
    yield "Next =="
    for action in machine.actions:
        ranges = [_range(called, one) for called, one in action.parameters.items()]
        chosen = f"\\E {', '.join(ranges)} : " if ranges else ""
        call = f"({', '.join(action.parameters)})" if action.parameters else ""
        line = f"    \\/ {chosen}{action.name}{call}"
        yield from [line] if len(line) <= LONGEST else [f"    \\/ {chosen}", f"         {action.name}{call}"]
    yield from ("", "Spec == Init /\\ [][Next]_vars")


def _range(called: str, parameter: object) -> str:
    if isinstance(parameter, Index):
        return f"{called} \\in {parameter.sort.__name__}"
    return f"{called} \\in {'Processor' if isinstance(parameter, Processor) else 'SUBSET Processor'}"


def _invariants(machine: str, recorded: Machine) -> Iterator[str]:
    """The claims that speak of one state."""
    now = recorded.state()
    for number, claim in enumerate(_claims(machine)):
        yield from (("",) if number else ())
        yield from (*_comment(claim.sentence), f"{_identifier(claim)} ==")
        for part in claim.parts:
            if not part.of_steps:
                yield f"    \\* {part.label}"
                yield from _conjunct(str(Tla().truth(part.statement(now))))


def _claims(machine: str) -> list[Claim]:
    """The claims about a machine that say something of every state."""
    return [one for one in CLAIMS.values() if one.machine == machine and any(not part.of_steps for part in one.parts)]


def _identifier(claim: Claim) -> str:
    return claim.id.replace("-", "_")


def _conjunct(formula: str) -> list[str]:
    return _wrapped(f"    /\\ {formula}", 11)


def _wrapped(line: str, indent: int) -> list[str]:
    """A line in lines of bounded width; what an index ranges over stays beside it."""
    lines = textwrap.wrap(
        line.replace(" \\in ", KEPT), WIDTH, subsequent_indent=" " * indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [one.replace(KEPT, " \\in ") for one in lines]


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="\\* ", subsequent_indent="\\* ", break_on_hyphens=False)


def _check_names(machine: Machine) -> None:
    """Refuse a machine in which one name means two things: TLA+ binds no name twice."""
    meanings = [
        machine.state.declared, [action.name for action in machine.actions],
        dict.fromkeys(called for action in machine.actions for called in action.parameters),
    ]  # fmt: skip
    taken: dict[str, int] = {}
    for number, names in enumerate(meanings):
        for called in names:
            if taken.setdefault(called, number) != number:
                raise ValueError(f"{called} has two meanings in this machine, and TLA+ gives a name one")
