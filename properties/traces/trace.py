"""A trace: a list of named actions with their parameters, in a scope of a machine. One type for everything that runs.

A trace is always replayed on integers from the initial state before it is shown; what does not replay is an error that
names the step and the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from model.language.compiled import Chosen, CompiledMachine
from model.language.ground import TOKENS, Bitmaps, GroundMachine, Slot, Step, plug_scope
from model.language.machine import Text
from model.language.sets import Processor, Processors
from model.language.sorts import Copy, Handle, Index, Ring, Token
from model.machines import MACHINES, PLUG
from model.variants import VARIANTS
from model.variants.mutants import MUTANTS, find_variant
from properties.words import unknown

FORMAT = "ringplug-trace-1"
MOST = 64
"""The largest number of processors, handles, rings or copies in a trace."""


class TraceError(Exception):
    """A trace that cannot be read or replayed: what is wrong, and where."""


class TraceStep(msgspec.Struct, forbid_unknown_fields=True):
    """One action; an argument is an element's number, or the list of processors in a set."""

    action: str
    arguments: dict[str, int | list[int]]


class TraceScope(msgspec.Struct, forbid_unknown_fields=True):
    """How many processors, handles, rings, and places for late tokens there are."""

    processors: int
    handles: int
    rings: int
    copies: int = 1
    tokens: int = TOKENS


class Trace(msgspec.Struct, forbid_unknown_fields=True):
    """A run, from the initial state."""

    format: str
    scope: TraceScope
    features: list[str]
    steps: list[TraceStep]
    machine: str = PLUG
    variant: str | None = None
    claim: str | None = None
    shows: str | None = None
    """What the run shows of the claim, in words."""


@dataclass(frozen=True)
class Played:
    """A step as it was replayed."""

    step: Step
    before: Bitmaps
    after: Bitmaps


def write_trace(trace: Trace) -> bytes:
    """The trace as JSON, one step a line."""
    steps = b",\n    ".join(msgspec.json.encode(step) for step in trace.steps)
    head = msgspec.json.format(msgspec.json.encode(msgspec.structs.replace(trace, steps=[])), indent=2)
    return head.replace(b'"steps": []', b'"steps": [\n    ' + steps + b"\n  ]") + b"\n"


def read_trace(content: bytes) -> Trace:
    """A trace from JSON; TraceError says what is wrong with it."""
    try:
        found = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
        version = msgspec.json.decode(found.get("format", msgspec.Raw(b"null")))
        if version != FORMAT:
            raise TraceError(f"format is {repr(version)[:40]}; this version reads {FORMAT!r}")
        return msgspec.json.decode(content, type=Trace)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        kind = "not a trace" if isinstance(error, msgspec.ValidationError) else f"not JSON{line_of(error, content)}"
        raise TraceError(f"{kind}: {error}") from error


def line_of(error: Exception, content: bytes) -> str:
    """Where reading JSON failed, in words, if the error says at which byte."""
    found = re.search(r"\(byte (\d+)\)", str(error))
    line = content.count(b"\n", 0, int(found[1])) + 1 if found else 0
    return f" in line {line}" if line else ""


def unknown_variant(name: str) -> str:
    """That nothing of this name is a variant or a mutant, in a line."""
    return unknown("variant", name, (*VARIANTS, *MUTANTS))


def machine_text(machine: str, variant: str | None) -> Text:
    """A machine by name, or a variant of it."""
    if machine not in MACHINES:
        raise TraceError(unknown("machine", machine, MACHINES))
    if variant is None:
        return MACHINES[machine]
    if not (edited := find_variant(variant)):
        raise TraceError(unknown_variant(variant))
    return edited.edit(MACHINES[machine])


def trace_machine(trace: Trace) -> GroundMachine:
    """The machine in the scope that the trace names."""
    for said in (trace.claim, trace.shows):
        if said and not said.isprintable():
            raise TraceError("claim or shows has characters that cannot be printed")
    text = machine_text(trace.machine, trace.variant)
    for feature in trace.features:
        if feature not in text.features:
            raise TraceError(unknown("feature", feature, sorted(text.features)))
    scope = trace.scope
    for name in ("processors", "handles", "rings", "copies", "tokens"):
        if not 1 <= getattr(scope, name) <= MOST:
            raise TraceError(f"scope: {name} is {getattr(scope, name)}, not between 1 and {MOST}")
    wanted = plug_scope(scope.processors, scope.handles, scope.rings, scope.copies, scope.tokens)
    return GroundMachine(text.record(frozenset(trace.features)), wanted)


def replay(ground: GroundMachine, steps: Sequence[TraceStep]) -> Iterator[Played]:
    """Play the steps on integers from the initial state; TraceError at the first that is not enabled."""
    state, compiled = ground.initial, CompiledMachine(ground)
    for number, line in enumerate(steps, 1):
        try:
            step = _step(ground, line)
        except TraceError as error:
            raise TraceError(f"step {number}: {error}") from error
        if refused := compiled.refusals(step, state):
            raise TraceError(f"step {number}: {line.action} is not enabled: not true that {'; '.join(refused)}")
        after = compiled.after(step, state)
        yield Played(step, state, after)
        state = after


def no_action(ground: GroundMachine, name: str) -> str:
    """That the machine has no action of this name in its scope."""
    return f"{unknown('action', name, [action.name for action in ground.machine.actions])} (a feature may be off)"


def _step(ground: GroundMachine, line: TraceStep) -> Step:
    actions = {action.name: action for action in ground.machine.actions}
    if line.action not in actions:
        raise TraceError(no_action(ground, line.action))
    action = actions[line.action]
    if set(line.arguments) != set(action.parameters):
        wants = ", ".join(action.parameters)
        raise TraceError(f"{line.action} takes {wants}; given {', '.join(line.arguments) or 'nothing'}")
    arguments = {name: _argument(ground, line, name, parameter) for name, parameter in action.parameters.items()}
    return ground.step(action, arguments)


def _argument(ground: GroundMachine, line: TraceStep, name: str, parameter: Index | Processor | Processors) -> int:
    given = line.arguments[name]
    members = given if isinstance(given, list) else [given]
    if isinstance(given, list) != isinstance(parameter, Processors):
        raise TraceError(f"{line.action}: {name} is {'a list' if isinstance(given, list) else 'no list'}")
    size = ground.scope.sizes[parameter.sort] if isinstance(parameter, Index) else ground.scope.processors
    for member in members:
        if not 0 <= member < size:
            raise TraceError(f"{line.action}: {name} is {member}, not between 0 and {size - 1}")
    return sum(1 << member for member in set(members)) if isinstance(parameter, Processors) else members[0]


def trace_step(step: Chosen) -> TraceStep:
    """A ground step as it stands in a trace."""
    arguments = {
        name: members(value) if isinstance(step.action.parameters[name], Processors) else value
        for name, value in step.arguments.items()
    }
    return TraceStep(step.action.name, arguments)


def record_trace(
    steps: Sequence[Chosen],
    ground: GroundMachine,
    *,
    machine: str = PLUG,
    variant: str | None = None,
    claim: str | None = None,
    shows: str | None = None,
) -> Trace:
    """Steps as a trace."""
    sizes = ground.scope.sizes
    scope = TraceScope(ground.scope.processors, sizes[Handle], sizes[Ring], sizes[Copy], sizes[Token])
    features = sorted(ground.machine.features)
    return Trace(FORMAT, scope, features, [trace_step(step) for step in steps], machine, variant, claim, shows)


def show_step(step: Chosen) -> str:
    """A step as a reader sees it: `visit p1 r0`."""
    return " ".join((step.action.name, *shown_arguments(step).values()))


def shown_arguments(step: Chosen) -> dict[str, str]:
    """A step's arguments as a reader sees them, by parameter: p is `p1`, r is `r0`, members are `{p0 p1}`."""
    parameters = step.action.parameters
    return {
        name: show_set(value) if isinstance(parameters[name], Processors) else f"{letter(parameters[name])}{value}"
        for name, value in step.arguments.items()
    }


def letter(parameter: Index | Processor | Processors) -> str:
    """What the names of a sort's elements begin with: p for processors, r for rings."""
    return parameter.sort.__name__[0].lower() if isinstance(parameter, Index) else "p"


def show_changes(ground: GroundMachine, played: Played) -> list[str]:
    """What a step changed: each set with its members, those that came marked +, those that went marked -."""
    changes: list[str] = []
    for slot, i in ground.slots.items():
        before, after = played.before[i], played.after[i]
        if before != after:
            marked = [_mark(before, after, p) for p in range(ground.scope.processors) if (before | after) >> p & 1]
            changes.append(f"{show_slot(ground, slot)} {{{' '.join(marked)}}}")
    return changes


def show_slot(ground: GroundMachine, slot: Slot) -> str:
    """A variable at its indices: `bits[r0]`."""
    name, at = slot
    sorts = ground.machine.state.declared[name].sorts
    letters = [f"{sort.sort.__name__[0].lower()}{i}" for sort, i in zip(sorts, at, strict=True)]
    return f"{name}[{', '.join(letters)}]" if letters else name


def show_set(bitmap: int) -> str:
    """A set of processors: `{p0 p1}`."""
    return "{" + " ".join(f"p{i}" for i in members(bitmap)) + "}"


def _mark(before: int, after: int, p: int) -> str:
    sign = "" if before >> p & after >> p & 1 else "+" if after >> p & 1 else "-"
    return f"{sign}p{p}"


def members(bitmap: int) -> list[int]:
    """The numbers of the processors in a bitmap."""
    return [i for i in range(bitmap.bit_length()) if bitmap >> i & 1]


def sets_in(ground: GroundMachine, state: Bitmaps) -> dict[Slot, int]:
    """Every set of a state, also those that never change."""
    return {**ground.known, **{slot: state[i] for slot, i in ground.slots.items()}}
