"""Traces in the format of Apalache and Quint: read by an outside package, read back by us, and held to the replay."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import itf_py
import pytest

from properties.explain.values import members_of
from properties.traces.itf import ACTION, PICKS, read_any, write_itf
from properties.traces.trace import (
    FORMAT,
    Trace,
    TraceError,
    TraceScope,
    TraceStep,
    replay,
    sets_in,
    trace_machine,
    write_trace,
)

Document = dict[str, Any]


def form(*members: int, **further: int) -> TraceStep:
    return TraceStep("form_ring", {"r": 0, "members": list(members), **further})


INSTALL = TraceStep("install", {"p": 0, "r": 0})
TRACES = {
    "nothing": Trace(FORMAT, TraceScope(2, 1, 1), [], []),
    "the core": Trace(FORMAT, TraceScope(2, 1, 1), [], [form(0, 1), INSTALL], claim="PLUG-S1", shows="something"),
    "a variant": Trace(
        FORMAT, TraceScope(2, 2, 2), [],
        [form(0, 1), TraceStep("visit", {"p": 1, "r": 0})], variant="plug-step-while-pending",
    ),
    "late tokens": Trace(
        FORMAT, TraceScope(3, 1, 2, copies=2), ["crash", "late-copies"],
        [form(0, 2), INSTALL, TraceStep("duplicate", {"r": 0, "c": 1}), TraceStep("crash", {"p": 2})],
    ),
    "a fixed order": Trace(FORMAT, TraceScope(2, 1, 1), [], [form(0, 1, i=0), INSTALL], machine="ordered"),
    "numbers": Trace(
        FORMAT, TraceScope(2, 1, 1, tokens=2), [],
        [form(0, 1, t=0, q=0), INSTALL, TraceStep("visit", {"p": 0, "r": 0, "t": 0, "u": 1, "q": 1})],
        machine="numbered",
    ),
    "many processors": Trace(FORMAT, TraceScope(64, 1, 1), [], [form(*range(0, 64, 3)), INSTALL]),
}  # fmt: skip


@cache
def content(name: str) -> bytes:
    return write_itf(TRACES[name], f"an example: {name}")


@pytest.mark.parametrize("name", TRACES)
def test_the_keys_of_every_state_are_the_variables(name: str) -> None:
    document = json.loads(content(name))
    assert len(document["vars"]) == len(set(document["vars"]))
    assert {ACTION, PICKS} < set(document["vars"])
    for number, state in enumerate(document["states"]):
        assert state.pop("#meta") == {"index": number}
        assert list(state) == document["vars"]


@pytest.mark.parametrize("name", TRACES)
def test_a_trace_is_read_back_also_through_another_package(name: str) -> None:
    document = json.loads(content(name))
    assert read_any(content(name)) == TRACES[name]
    theirs = itf_py.trace_from_json(document)
    again = itf_py.trace_to_json(theirs)
    assert itf_py.trace_from_json(again) == theirs
    assert read_any(json.dumps(again).encode()) == TRACES[name]


@pytest.mark.parametrize("name", TRACES)
def test_another_package_reads_the_values_of_the_replay(name: str) -> None:
    trace, ground = TRACES[name], trace_machine(TRACES[name])
    states = [ground.initial, *(played.after for played in replay(ground, trace.steps))]
    theirs = itf_py.trace_from_json(json.loads(content(name)))
    assert [one.values[ACTION] for one in theirs.states] == ["init", *(step.action for step in trace.steps)]
    assert [one.values[PICKS]._fields for one in theirs.states[1:]] == [tuple(step.arguments) for step in trace.steps]
    for one, state in zip(theirs.states, states, strict=True):
        for (variable, at), bitmap in sets_in(ground, state).items():
            if variable in theirs.vars:
                key = tuple(f"{s.__name__[0].lower()}{i}" for s, i in zip(sorts(ground, variable), at, strict=True))
                value = one.values[variable]
                value = value if not key else value[key[0] if len(key) == 1 else key]
                assert value == frozenset(members_of(bitmap))


def sorts(ground: Any, variable: str) -> Any:
    return ground.machine.state.declared[variable].sorts


def test_ours_is_told_from_theirs_by_what_is_in_it() -> None:
    trace = TRACES["the core"]
    assert read_any(write_trace(trace)) == read_any(content("the core"))
    for nonsense in (b"", b"{", b"[]", b"\xff", b'{"vars": []}', b"[" * 100_000):
        with pytest.raises(TraceError):
            read_any(nonsense)


def change(*path: str | int, to: object) -> Callable[[Document], None]:
    def make(document: Document) -> None:
        here: Any = document
        for key in path[:-1]:
            here = here[key]
        here[path[-1]] = to

    return make


def drop(*path: str | int) -> Callable[[Document], None]:
    def make(document: Document) -> None:
        here: Any = document
        for key in path[:-1]:
            here = here[key]
        del here[path[-1]]

    return make


BAD = {
    "another program": (drop("#meta", "ringplug"), "of another program: its #meta has no `ringplug`"),
    "no meta": (drop("#meta"), "of another program"),
    "an odd origin": (change("#meta", "ringplug", to=7), "#meta: ringplug is no object"),
    "another version": (change("#meta", "ringplug", "format", to="ringplug-trace-0"), "format is 'ringplug-trace-0'"),
    "another variant": (change("#meta", "ringplug", "variant", to="none"), "unknown variant 'none'"),
    "a variable less": (drop("vars", 0), "vars: member missing"),
    "a variable more": (change("vars", 0, to="members"), "vars: member missing"),
    "an unknown variable": (lambda d: d["vars"].append("colour"), "vars: colour unknown to this machine"),
    "a state with less": (drop("states", 1, "gate"), "state 1: gate missing"),
    "a state with more": (change("states", 2, "colour", to="red"), "state 2: colour unknown to this machine"),
    "no action": (drop("states", 1, ACTION), "state 1: mbt::actionTaken missing"),
    "no state": (change("states", to=[]), "the first state is not the initial one"),
    "no initial state": (drop("states", 0), "the first state is not the initial one"),
    "an unknown action": (change("states", 1, ACTION, to="fly"), r"state 1: unknown action 'fly'"),
    "an action that is no name": (change("states", 1, ACTION, to=["fly"]), r"state 1: unknown action"),
    "picks that are no record": (change("states", 1, PICKS, to=[]), "state 1: mbt::nondetPicks is no record"),
    "an unknown parameter": (change("states", 2, PICKS, "x", to="p0"), "state 2: install has no parameter 'x'"),
    "a missing parameter": (drop("states", 2, PICKS, "p"), "step 2: install takes p, r; given r"),
    "a number": (change("states", 2, PICKS, "p", to=0), "state 2: p is '0', not an element such as p0"),
    "another sort": (change("states", 2, PICKS, "p", to="r0"), "state 2: p is 'r0', not an element such as p0"),
    "out of range": (change("states", 2, PICKS, "p", to="p9"), "step 2: install: p is 9, not between 0 and 1"),
    "no set": (change("states", 1, PICKS, "members", to="p0"), "state 1: members is no set"),
    "a set of rings": (change("states", 1, PICKS, "members", to={"#set": ["r0"]}), "state 1: members is 'r0'"),
    "not enabled": (
        change("states", 2, ACTION, to="leave"),
        "step 2: leave is not enabled: not true that p has installed",
    ),
    "another state": (
        change("states", 2, "gate", to={"#set": ["p1"]}),
        r'state 2: gate is {"#set":\["p1"\]}; the replay',
    ),
    "half a map": (change("states", 1, "member", to={"#map": [["r0"]]}), "state 1: member is "),
    "a loop": (change("loop", to=1), "the trace loops back to state 1"),
    "no list of states": (change("states", to={}), "not an ITF trace: .*states"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_the_reason(name: str) -> None:
    make, reason = BAD[name]
    document = json.loads(content("the core"))
    make(document)
    with pytest.raises(TraceError, match=reason):
        read_any(json.dumps(document).encode())


def test_the_order_in_sets_and_maps_does_not_matter() -> None:
    document = json.loads(content("late tokens"))
    for state in document["states"]:
        for value in state.values():
            if isinstance(value, dict):
                for parts in value.values():
                    if isinstance(parts, list):
                        parts.reverse()
    assert read_any(json.dumps(document).encode()) == TRACES["late tokens"]


@pytest.mark.parametrize("depth", [200, 480, 5_000, 100_000])
def test_a_value_too_deep_is_refused(depth: int) -> None:
    document = json.loads(content("the core"))
    document["states"][1]["gate"] = "here"
    deep = '{"#set":[' * depth + "]}" * depth
    with pytest.raises(TraceError):
        read_any(json.dumps(document).replace('"here"', deep).encode())
