"""The page of prose before the model: its run is the one that the search finds, and it names every module."""

from __future__ import annotations

from pathlib import Path

from model.machines import MACHINES, PLUG
from properties.catalogue.scopes import NamedScope
from properties.claims import CLAIMS
from properties.explicit.exhaustive import explore, found_trace
from properties.traces.render import told_lines
from properties.traces.trace import Trace, TraceStep, replay, trace_machine

MODEL = Path(__file__).parent.parent / "model"
PAGE = (MODEL / "README.md").read_text()


def first_open_gate() -> Trace:
    """A shortest run of the protocol to an open gate in a ring of two, without a feature."""
    claim, scope = CLAIMS["PLUG-S1"], NamedScope(2, 1, 1, frozenset())
    found = explore(MACHINES[PLUG].record(scope.features), scope.ground, [claim])
    witness = found.outcomes[claim.id].witness
    assert witness
    return found_trace(found, witness, PLUG, None, claim.id)


def test_the_run_that_the_page_tells_is_the_shortest() -> None:
    assert "\n".join(told_lines(first_open_gate())) in PAGE


def test_one_visit_more_opens_the_other_gate() -> None:
    """As the page says below the run."""
    trace = first_open_gate()
    ground = trace_machine(trace)
    *_, last = replay(ground, [*trace.steps, TraceStep("visit", {"p": 0, "r": 0})])
    gate = ground.slots["gate", ()]
    assert (last.before[gate], last.after[gate]) == (0b10, 0b11)


def test_the_page_says_where_every_module_stands_in_the_order() -> None:
    order = PAGE.partition("## The order to read in")[2]
    modules = [path.relative_to(MODEL) for path in MODEL.rglob("*.py") if path.name != "__init__.py"]
    assert [str(path) for path in modules if f"`{path.name}`" not in order] == []
