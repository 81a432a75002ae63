"""Traces in the Informal Trace Format of Apalache and Quint: every state written out, with the step that led to it.

The names `mbt::actionTaken` and `mbt::nondetPicks` are those under which Quint records an action and its parameters.
Elements are strings (`p0`, `r1`), sets of processors are sets, families are maps. Tables of constants are left out.
What the format has no place for (scope, features, variant, claim) stands under `ringplug` in `#meta`; so a trace that
is read back is the same trace, and every state in the file is held against the replay.

Source: https://apalache-mc.org/docs/adr/015adr-trace.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from model.language.ground import Bitmaps, GroundMachine
from model.language.machine import Parameter
from model.language.sets import Processors
from model.language.state import constant
from properties.traces.trace import (
    Trace,
    TraceError,
    TraceStep,
    letter,
    line_of,
    members,
    read_trace,
    replay,
    sets_in,
    trace_machine,
    trace_step,
)

ACTION, PICKS = "mbt::actionTaken", "mbt::nondetPicks"
INIT = "init"
OURS = "ringplug"
"""What `#meta` has under this name is the trace without its steps."""
DESCRIBED = "https://apalache-mc.org/docs/adr/015adr-trace.html"
Value = Any
"""A value of the format, as JSON."""


class ItfTrace(msgspec.Struct):
    """A file of the format, as far as it is read."""

    vars: list[str]
    states: list[dict[str, Value]]
    meta: dict[str, Value] = msgspec.field(name="#meta", default={})
    loop: int | None = None


def write_itf(trace: Trace, description: str) -> bytes:
    """The trace, replayed, with one state a line."""
    ground = trace_machine(trace)
    states = [_state(ground, 0, ground.initial, None)]
    for number, played in enumerate(replay(ground, trace.steps), 1):
        states.append(_state(ground, number, played.after, trace_step(played.step)))
    head = {"#meta": _meta(trace, description), "vars": [*_names(ground), ACTION, PICKS], "states": []}
    lines = b",\n    ".join(msgspec.json.encode(state) for state in states)
    text = msgspec.json.format(msgspec.json.encode(head), indent=2)
    return text.replace(b'"states": []', b'"states": [\n    ' + lines + b"\n  ]") + b"\n"


def read_any(content: bytes) -> Trace:
    """A trace of ours, or one in this format; TraceError says what is wrong with it."""
    try:
        found = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return read_trace(content)
    return read_itf(content) if "states" in found and "vars" in found else read_trace(content)


def read_itf(content: bytes) -> Trace:
    """A trace from this format; TraceError says what is wrong with it, and where."""
    try:
        return _read(msgspec.json.decode(content, type=ItfTrace))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TraceError(f"not an ITF trace{line_of(error, content)}: {error}") from error


def _read(found: ItfTrace) -> Trace:
    if OURS not in found.meta:
        raise TraceError(f"an ITF trace of another program: its #meta has no `{OURS}`")
    if found.loop is not None:
        raise TraceError(f"the trace loops back to state {found.loop}; only runs without a loop are replayed")
    if not isinstance(found.meta[OURS], dict):
        raise TraceError(f"#meta: {OURS} is no object")
    trace = read_trace(msgspec.json.encode({**cast("dict[str, Value]", found.meta[OURS]), "steps": []}))
    ground = trace_machine(trace)
    _check_names(found, ground)
    trace.steps = [_step(ground, number, state) for number, state in enumerate(found.states) if number]
    _check_states(found, ground, trace)
    return trace


def _meta(trace: Trace, description: str) -> dict[str, Value]:
    ours = cast("dict[str, Value]", msgspec.to_builtins(trace))
    del ours["steps"]
    return {"format": "ITF", "format-description": DESCRIBED, "description": description, OURS: ours}


def _names(ground: GroundMachine) -> list[str]:
    declared = ground.machine.state.declared
    return [name for name in declared if not isinstance(declared[name], constant)]


def _state(ground: GroundMachine, number: int, state: Bitmaps, step: TraceStep | None) -> dict[str, Value]:
    picks = {name: _pick(ground, step, name) for name in step.arguments} if step else {}
    return {
        "#meta": {"index": number},
        **_values(ground, state),
        ACTION: step.action if step else INIT,
        PICKS: picks,
    }


def _values(ground: GroundMachine, state: Bitmaps) -> dict[str, Value]:
    """Each variable: a set, or a map from its index, or from the tuple of its indices."""
    values: dict[str, Value] = {}
    for (name, at), bitmap in sorted(sets_in(ground, state).items(), key=lambda one: one[0][1]):
        sorts = ground.machine.state.declared[name].sorts
        key = [f"{sort.sort.__name__[0].lower()}{i}" for sort, i in zip(sorts, at, strict=True)]
        if not key:
            values[name] = _set(members(bitmap))
        else:
            pair = [key[0] if len(key) == 1 else {"#tup": key}, _set(members(bitmap))]
            values.setdefault(name, {"#map": []})["#map"].append(pair)
    return {name: values[name] for name in _names(ground)}


def _set(processors: list[int]) -> Value:
    return {"#set": [f"p{i}" for i in processors]}


def _pick(ground: GroundMachine, step: TraceStep, name: str) -> Value:
    given = step.arguments[name]
    if isinstance(given, list):
        return _set(given)
    return f"{letter(ground.machine.action(step.action).parameters[name])}{given}"


def _check_names(found: ItfTrace, ground: GroundMachine) -> None:
    """`vars` are the machine's variables and the two of Quint; and each state has just these."""
    wanted = {*_names(ground), ACTION, PICKS}
    for where, names in (("vars", found.vars), *_keys(found)):
        if missing := sorted(wanted - set(names)):
            raise TraceError(f"{where}: {', '.join(missing)} missing")
        if strange := sorted(set(names) - wanted):
            raise TraceError(f"{where}: {', '.join(strange)} unknown to this machine")
    if not found.states or found.states[0][ACTION] != INIT:
        raise TraceError(f"the first state is not the initial one: its {ACTION} is not {INIT!r}")


def _keys(found: ItfTrace) -> Iterator[tuple[str, list[str]]]:
    for number, state in enumerate(found.states):
        yield f"state {number}", [name for name in state if name != "#meta"]


def _step(ground: GroundMachine, number: int, state: Mapping[str, Value]) -> TraceStep:
    """The step that led to a state."""
    name, picks = state[ACTION], state[PICKS]
    action = next((one for one in ground.machine.actions if one.name == name), None)
    if action is None:
        raise TraceError(f"state {number}: unknown action {str(name)[:40]!r} (or its feature is off)")
    if not isinstance(picks, dict):
        raise TraceError(f"state {number}: {PICKS} is no record")
    arguments: dict[str, int | list[int]] = {}
    for one, value in cast("dict[str, Value]", picks).items():
        if one not in action.parameters:
            raise TraceError(f"state {number}: {name} has no parameter {one!r}")
        arguments[one] = _argument(f"state {number}: {one}", action.parameters[one], value)
    return TraceStep(action.name, arguments)


def _argument(where: str, parameter: Parameter, value: Value) -> int | list[int]:
    plain, first = _plain(value), letter(parameter)
    if isinstance(parameter, Processors) and isinstance(plain, frozenset):
        return sorted(_number(where, first, word) for word in cast("frozenset[object]", plain))
    if isinstance(parameter, Processors):
        raise TraceError(f"{where} is no set")
    return _number(where, first, plain)


def _number(where: str, first: str, word: object) -> int:
    if not (isinstance(word, str) and re.fullmatch(rf"{first}[0-9]{{1,3}}", word)):
        raise TraceError(f"{where} is {str(word)[:40]!r}, not an element such as {first}0")
    return int(word[1:])


def _check_states(found: ItfTrace, ground: GroundMachine, trace: Trace) -> None:
    """Every state of the file is the one that the replay reaches."""
    replayed = [ground.initial, *(played.after for played in replay(ground, trace.steps))]
    for number, (given, state) in enumerate(zip(found.states, replayed, strict=True)):
        for name, value in _values(ground, state).items():
            if _plain(given[name]) != _plain(value):
                raise TraceError(f"state {number}: {name} is {_short(given[name])}; the replay reaches {_short(value)}")


def _plain(value: Value) -> object:
    """A value without the order of its sets and maps."""
    match value:
        case {"#set": [*members]}:
            return frozenset(_plain(one) for one in members)
        case {"#map": [*pairs]}:
            return frozenset(_plain(pair) for pair in pairs)
        case {"#tup": [*parts]} | [*parts]:
            return tuple(_plain(one) for one in parts)
        case str():
            return value
        case _:
            return repr(value)


def _short(value: Value) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else f"{text[:60]}…"
