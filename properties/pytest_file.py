"""Runs as a test file for pytest: it replays each and asserts what its end shows of its claim.

The file imports the model and the claims, so it fails when a change of them takes the run or what it shows away.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from properties.traces import Trace, TraceError, TraceStep

HEAD = '''\
"""{says}

Written by ringplug.
"""

from __future__ import annotations

import msgspec
import pytest

from properties.endings import shown_by
from properties.traces import Trace, TraceError, TraceScope, TraceStep

RUNS = [
'''
TEST = '''\
]


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{{len(run.steps)}}-steps")
def test_{name}(run: Trace) -> None:
    """It replays from the initial state, and its end shows it."""
    assert run.shows in [ending.label for ending in shown_by(run) if {wanted}]
'''
OF_THE_EDIT = '''

@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{len(run.steps)}-steps")
def test_the_protocol_does_not(run: Trace) -> None:
    """Without the variant's edit the same steps are refused, or end otherwise."""
    protocol = msgspec.structs.replace(run, variant=None)
    try:
        shown = [ending.label for ending in shown_by(protocol)]
    except TraceError:
        return
    assert run.shows not in shown
'''


def write_test(traces: Sequence[Trace], title: str, *, violates: bool) -> str:
    """A test file for runs that show the same of one claim; TraceError if they are of none."""
    first = traces[0]
    if not first.claim or not first.shows:
        raise TraceError("the trace is of no claim: there is nothing to assert")
    runs = "".join(f"    {line}\n" for trace in traces for line in _trace(trace))
    name = f"{'violates' if violates else 'reaches_the_premise_of'}_{first.claim.lower().replace('-', '_')}"
    wanted = "ending.violates" if violates else "not ending.violates"
    edit = OF_THE_EDIT if first.variant and violates else ""
    head = HEAD.format(says=title if title.endswith(".") else f"{title}.")
    head = head if edit else head.replace("import msgspec\n", "").replace("TraceError, ", "")
    return head + runs + TEST.format(name=name, wanted=wanted) + edit


def _trace(trace: Trace) -> Iterator[str]:
    scope = ", ".join(f"{name}={getattr(trace.scope, name)}" for name in trace.scope.__struct_fields__)
    yield "Trace("
    yield f"    format={json.dumps(trace.format)},"
    yield f"    scope=TraceScope({scope}),"
    yield f"    features={json.dumps(trace.features)},"
    for name in ("machine", "variant", "claim", "shows"):
        if (said := getattr(trace, name)) is not None:
            yield f"    {name}={json.dumps(said, ensure_ascii=False)},"
    yield "    steps=["
    yield from (f"        {_step(step)}," for step in trace.steps)
    yield "    ],"
    yield "),"


def _step(step: TraceStep) -> str:
    return f"TraceStep({json.dumps(step.action)}, {json.dumps(step.arguments)})"
