"""Runs as a test file for pytest: it replays each and asserts what its end shows of its claim.

The file imports ringplug, so it fails when a change of the model or the claims takes the run or what it shows away.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence

from properties.explain.endings import shown_by
from properties.traces.trace import Trace, TraceError, TraceStep

HEAD = '''\
"""{says}

{where}
Written by ringplug.
"""

from __future__ import annotations

import msgspec
import pytest

from ringplug import Trace, TraceError, TraceScope, TraceStep, replay

RUNS = [
'''
TEST = '''\
]


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{{len(run.steps)}}-steps")
def test_{name}(run: Trace) -> None:
    """It replays from the initial state, and its end shows it."""
    assert run.shows in replay(run).{wanted}
'''
OF_THE_EDIT = '''

@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{len(run.steps)}-steps")
def test_the_protocol_does_not(run: Trace) -> None:
    """Without the variant's edit the same steps are refused, or end otherwise."""
    protocol = msgspec.structs.replace(run, variant=None)
    try:
        shown = replay(protocol).violates
    except TraceError:
        return
    assert run.shows not in shown
'''


def write_test(traces: Sequence[Trace], title: str) -> str:
    """A test file for runs of one claim that show the same sort of thing; TraceError if they do not show it."""
    violates = {_violates(trace) for trace in traces}.pop()
    first = traces[0]
    runs = "".join(f"    {line}\n" for trace in traces for line in _trace(trace))
    name = f"{'violates' if violates else 'reaches_the_premise_of'}_{(first.claim or '').lower().replace('-', '_')}"
    edit = OF_THE_EDIT if first.variant and violates else ""
    head = HEAD.format(says=f"{first.claim}: {first.shows}.", where=textwrap.fill(f"Of {title}.", 100))
    head = head if edit else head.replace("import msgspec\n", "").replace("TraceError, ", "")
    return head + runs + TEST.format(name=name, wanted="violates" if violates else "reaches") + edit


def _violates(trace: Trace) -> bool:
    """Whether the run's end violates a clause; else it reaches the premise."""
    if not (trace.claim and trace.shows):
        raise TraceError("the trace is of no claim: a test has nothing to assert")
    for ending in shown_by(trace):
        if ending.label == trace.shows:
            return ending.violates
    raise TraceError(f"the end of the run does not show of {trace.claim} what it is said to show")


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
