"""What is written down of a search, whichever engine it is: its hash, its counts, and what it found."""

from __future__ import annotations

from collections.abc import Sequence

from properties.explicit.bits.compiler import SOURCES
from properties.explicit.bits.program import Program
from properties.explicit.checkpoint import Shown, Written, key_of
from properties.explicit.search import BLOCK_ROWS, Found, Looking, Search
from properties.explicit.sheets import Sheet

FORMAT = 1


def search_key(search: Search, programs: Sequence[Program], how: str) -> str:
    """The hash of machine, scope, probes, and of the code that searches."""
    packing, first = search.packing, programs[0]
    probes = [(one.clause, one.at, one.stuck, one.refused) for one in search.probes]
    about = (FORMAT, how, BLOCK_ROWS, search.symmetry, search.ground.initial, packing.processors, packing.slots)
    names = (first.actions, first.parts, first.clauses)
    codes = [array.tobytes() for one in programs for array in (one.code, one.input_bits)]
    return key_of(repr((about, names, probes)), *codes, *(path.read_bytes() for path in SOURCES))


def written_of(search: Search, expanded: int, sheets: Sequence[Sheet] = ()) -> Written:
    """How far a search is; states before this number were expanded."""
    report, steps = search.report, {id(step): place for place, step in enumerate(search.ground.steps)}
    found = [
        Shown(search.probes.index(one.probe), one.state, one.depth, steps[id(one.step)] if one.step else None)
        for one in report.found.values()
    ]
    return Written(
        starts=search.starts, expanded=expanded, transitions=report.transitions, stutters=report.stutters,
        fired=sorted(report.fired), refused=sorted(report.refused), found=found, sheets=list(sheets),
    )  # fmt: skip


def restore_report(search: Search, written: Written, looking: Looking) -> None:
    """Take back depths, counts, and what was found."""
    search.starts, report = written.starts, search.report
    report.states, report.depth = search.starts[-1], len(search.starts) - 2
    report.transitions, report.stutters = written.transitions, written.stutters
    report.fired, report.refused = {*written.fired}, {*written.refused}
    for one in written.found:
        step = None if one.step is None else search.ground.steps[one.step]
        looking.found(Found(search.probes[one.probe], one.state, one.depth, step))
