"""Traces are read strictly and replayed from the start; what is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from properties.traces.trace import FORMAT, TraceError, read_trace, replay, trace_machine, write_trace

GOOD: dict[str, Any] = {
    "format": FORMAT,
    "scope": {"processors": 2, "handles": 1, "rings": 1},
    "features": [],
    "steps": [
        {"action": "form_ring", "arguments": {"r": 0, "members": [0, 1]}},
        {"action": "install", "arguments": {"p": 0, "r": 0}},
    ],
}


def play(content: bytes) -> int:
    trace = read_trace(content)
    return len(list(replay(trace_machine(trace), trace.steps)))


def step(action: str, **arguments: object) -> dict[str, Any]:
    return {**GOOD, "steps": [*GOOD["steps"], {"action": action, "arguments": arguments}]}


def test_a_trace_survives_writing_and_reading() -> None:
    trace = read_trace(json.dumps(GOOD).encode())
    assert read_trace(write_trace(trace)) == trace
    assert play(write_trace(trace)) == 2


BAD = {
    "not JSON": (b"visit p0", "not JSON"),
    "binary": (bytes(range(256)), "not JSON"),
    "empty": (b"", "not JSON"),
    "a list": (b"[]", "not a trace"),
    "too deep": (b'{"a":' * 100_000, "not JSON"),
    "cut off": (json.dumps(GOOD).encode()[:-20], "not JSON"),
    "no format": ({k: v for k, v in GOOD.items() if k != "format"}, "format is None"),
    "another version": ({**GOOD, "format": "ringplug-trace-0"}, "format is 'ringplug-trace-0'"),
    "an unknown field": ({**GOOD, "colour": "red"}, "colour"),
    "a wrong type": ({**GOOD, "steps": [{"action": 7, "arguments": {}}]}, r"\$\.steps\[0\]\.action"),
    "an unknown feature": ({**GOOD, "features": ["wings"]}, "unknown feature 'wings'"),
    "an unknown variant": ({**GOOD, "variant": "none"}, "unknown variant 'none'"),
    "a huge scope": ({**GOOD, "scope": {"processors": 10**9, "handles": 1, "rings": 1}}, "processors is 1000000000"),
    "an unknown action": (step("fly", p=0), "step 3: unknown action 'fly'"),
    "an action that is off": (step("create", p=0, h=0), "step 3: unknown action 'create'"),
    "a missing argument": (step("visit", p=0), "step 3: visit takes p, r; given p"),
    "an argument out of range": (step("visit", p=2, r=0), "step 3: visit: p is 2"),
    "a negative argument": (step("visit", p=-1, r=0), "step 3: visit: p is -1"),
    "a list for a number": (step("visit", p=[0], r=0), "step 3: visit: p is a list"),
    "a step not enabled": (step("visit", p=1, r=0), "step 3: visit is not enabled: not true that p has installed r"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_trace_is_refused_with_the_reason(name: str) -> None:
    content, reason = BAD[name]
    with pytest.raises(TraceError, match=reason):
        play(content if isinstance(content, bytes) else json.dumps(content).encode())


def test_the_written_form_has_one_step_a_line(tmp_path: Path) -> None:
    text = write_trace(read_trace(json.dumps(GOOD).encode())).decode()
    assert sum('"action"' in line for line in text.splitlines()) == 2
