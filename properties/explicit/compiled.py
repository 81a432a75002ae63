"""The search, compiled: the same states with the same numbers, found by C instead of numpy.

`Search` goes level by level as ever. Here a level is expanded by `bits/search.c`, which runs a program of bit
operations (`bits/program.py`) on 2,048 states at once and keeps the states in a hash table of its own. A level is
sorted as numpy's is, so the two engines agree in every number, and so do one thread and several. The C is the same
for every machine and scope: what differs is the program, which is data.

It is used where there is a C compiler, unless the environment variable `RINGPLUG_SEARCH` says `numpy`. If it says
`compiled`, it is an error that there is none. `RINGPLUG_THREADS` says how many threads one search may use.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

import numpy as np

from model.language.ground import GroundMachine, Step
from model.language.sets import Set, Truth
from properties.explicit.bits.circuit import Lanes
from properties.explicit.bits.compiler import compiler_name, runtime
from properties.explicit.bits.layout import Dense
from properties.explicit.bits.program import output_program, search_program, unpacking_program
from properties.explicit.checkpoint import NOT_KEPT, Checkpoint, Kept, Written
from properties.explicit.columns import Column, Mask, Word
from properties.explicit.kept import restore_report, search_key, written_of
from properties.explicit.native import CLOSED, OPEN, NativeStates, NoReserveError, NoRoomError, Notes, Stored
from properties.explicit.numbering import Ids
from properties.explicit.search import GIB, Edges, Found, Looking, Search
from properties.limits import UnavailableError
from properties.words import unknown

VARIABLE, THREADS = "RINGPLUG_SEARCH", "RINGPLUG_THREADS"
MOST_THREADS = 32
NO_ADDRESSES = "the system does not set aside addresses for all the memory allowed"
ROWS_A_THREAD = 8192
"""A further thread is of use where a block has so many more states."""


class Engine(StrEnum):
    """What visits the states."""

    COMPILED = "compiled"
    NUMPY = "numpy"


class CompiledSearch(Search):
    """The reachable states of a ground machine, found by compiled code."""

    is_compiled = True

    def __init__(
        self,
        ground: GroundMachine,
        *,
        symmetry: bool = True,
        memory_gib: float = 4.0,
        most_states: int | None = None,
        threads: int | None = None,
        kept: Kept = NOT_KEPT,
    ) -> None:
        super().__init__(ground, symmetry=symmetry, memory_gib=memory_gib, most_states=most_states)
        self.kept = kept
        self._checkpoint: Checkpoint | None = None
        self.threads = threads or usual_threads()
        dense = Dense(ground) if not symmetry and self.packing.words > 1 else None
        self.layout = dense or Lanes(self.packing)
        stored = Stored(dense, unpacking_program(ground, dense, self.packing)) if dense else None
        self.native = NativeStates(self.packing, stored, symmetry=symmetry, most_bytes=int(memory_gib * GIB))
        self.index = self.native
        self._notes: tuple[Looking, Notes, Notes] | None = None

    def _begin(self, looking: Looking) -> int:
        if not self.kept.checkpoint:
            return super()._begin(looking)
        self._checkpoint = Checkpoint(self.kept.checkpoint, self._key(looking))
        written = self._checkpoint.read()
        return self._restore(written, self._checkpoint, looking) if written else super()._begin(looking)

    def _restore(self, written: Written, checkpoint: Checkpoint, looking: Looking) -> int:
        """Take back what was written down; how many states were expanded."""
        try:
            for rows in checkpoint.rows(written.pieces, self.native.row_words):
                self.native.restore(rows)
            for rows in checkpoint.rows(written.next_level, self.native.row_words):
                self.native.add_all(rows)
        except NoRoomError:
            raise self.too_large(written.starts[-1]) from None
        restore_report(self, written, looking)
        _, notes, _ = self._noted(looking)
        notes.transitions, notes.stutters = written.transitions, written.stutters
        self.went_on_from = self.report.words
        return written.expanded

    def _keep(self, expanded: int) -> None:
        if not self._checkpoint or not self._checkpoint.is_due():
            return
        written = written_of(self, expanded)
        self._checkpoint.write(written, self.native.stored(0, self.native.size), self.native.unnumbered())

    def forget(self) -> None:
        if self._checkpoint:
            self._checkpoint.remove()
            self._checkpoint = None

    def release(self) -> None:
        """Let another search go on from what was written down."""
        if self._checkpoint:
            self._checkpoint.lock.close()

    def _key(self, looking: Looking) -> str:
        """The hash of machine, scope, probes, and of the code that searches."""
        _, notes, _ = self._noted(looking)
        stored = self.native.dense
        return search_key(self, [notes.program, *([stored.unpacking] if stored else [])], "in memory")

    def edges(self, steps: Sequence[Step], depth: int | None = None) -> Iterator[tuple[int, Step, Ids, Ids]]:
        for first, (before, after, number) in self._transitions(steps, depth):
            order = np.argsort(number, kind="stable")
            starts = np.searchsorted(number[order], np.arange(len(steps) + 1))
            for step, start, end in zip(steps, starts, starts[1:], strict=False):
                if start < end:
                    yield first, step, before[order[start:end]], after[order[start:end]]

    def transitions(self, steps: Sequence[Step]) -> Iterator[Edges]:
        for _, (before, after, _) in self._transitions(steps, None):
            yield before, after

    def sweep(self, reached: Mask, edges: Edges) -> bool:
        return self.native.sweep(reached, *edges)

    def holds(self, statement: Callable[..., Truth]) -> Mask:
        truth = self.ground.truth(statement(self.ground.machine.state()))
        return self.native.evaluate(output_program(self.ground, self.layout, truth)).view(np.bool_)

    def values(self, term: Set) -> Column:
        return self.native.evaluate(output_program(self.ground, self.layout, self.ground.set(term)))

    def _transitions(self, steps: Sequence[Step], depth: int | None) -> Iterator[tuple[int, tuple[Ids, Ids, Ids]]]:
        """Block by block the transitions by these steps, which are numbered by their places."""
        program = search_program(self.ground, self.layout, steps)
        for first, end in self.spans(depth):
            yield first, self.native.edges(program, first, end - first)

    def _number(self, successors: list[list[Word]]) -> None:
        if not self.native.size:
            for state in successors:
                self.native.add(state)
        try:
            self.native.admit()
        except NoRoomError:
            raise self.too_large(self.native.taken) from None

    def _look_at_level(self, looking: Looking) -> None:
        _, _, of_states = self._noted(looking)
        for first, end in self.spans(self.report.depth) if looking.states else ():
            self._run(of_states, looking, first, end - first)
            if self.report.found:
                return

    def _expand(self, first: int, end: int, looking: Looking) -> list[Word]:
        _, notes, _ = self._noted(looking)
        self._run(notes, looking, first, end - first)
        self.report.transitions, self.report.stutters = notes.transitions, notes.stutters
        self.report.fired |= {notes.program.actions[i] for i in np.flatnonzero(notes.fired)}
        self.report.refused |= {notes.program.parts[i] for i in np.flatnonzero(notes.refused)}
        return []

    def _noted(self, looking: Looking) -> tuple[Looking, Notes, Notes]:
        """What is noted for this run, by the program of all steps and by that of states alone."""
        if self._notes is None or self._notes[0] is not looking:
            of_steps = [looking.steps[id(step)] for step in self.ground.steps]
            every = search_program(self.ground, self.layout, self.ground.steps, looking.states, of_steps, parts=True)
            unstuck = [(probe, truth) for probe, truth in looking.states if not probe.stuck]
            self._notes = looking, Notes(every), Notes(search_program(self.ground, self.layout, (), unstuck))
        return self._notes

    def _run(self, notes: Notes, looking: Looking, first: int, count: int) -> None:
        """Run a program on a block, and note what it found first of each clause."""
        program = notes.program
        looked_for = np.array([clause in looking.open for clause in program.clauses], np.bool_)
        notes.best_order[:] = np.where(looked_for, OPEN, CLOSED)
        notes.best_row[:] = OPEN
        threads = max(1, min(self.threads, count // ROWS_A_THREAD))
        try:
            self.native.expand(notes, first, count, threads)
        except NoRoomError:
            raise self.too_large(self.native.taken) from None
        for clause in np.flatnonzero((notes.best_order >= 0) & (notes.best_order < OPEN)).tolist():
            probe, step = program.looked_for[int(notes.best_order[clause])]
            at = first + int(notes.best_row[clause])
            looking.found(Found(probe, at, self.report.depth, None if probe.refused else step))


def usual_threads() -> int:
    """As many as there are processors, and one in a process that is one of several; or as the environment says.

    UnavailableError: what it says is no number of threads.
    """
    if number := os.environ.get(THREADS, ""):
        if not number.isdecimal() or not 1 <= int(number) <= MOST_THREADS:
            raise UnavailableError(f"{THREADS} is {number!r}: it takes a number from 1 to {MOST_THREADS}")
        return int(number)
    return 1 if multiprocessing.parent_process() else min(os.cpu_count() or 1, MOST_THREADS)


def asked_for() -> Engine | None:
    """The engine that the environment names, if it names one. UnavailableError: there is none of that name."""
    name = os.environ.get(VARIABLE, "")
    if name and name not in list(Engine):
        raise UnavailableError(f"{VARIABLE}: {unknown('engine of search', name, list(Engine))}")
    return Engine(name) if name else None


def begin(
    ground: GroundMachine,
    *,
    symmetry: bool = True,
    memory_gib: float = 4.0,
    most_states: int | None = None,
    kept: Kept = NOT_KEPT,
) -> Search:
    """A search that has visited nothing yet, by the engine that is to be used.

    By numpy as well where the system does not set aside the addresses of all the memory allowed, as under `ulimit -v`.
    UnavailableError: it is to be kept, and numpy's is not.
    """
    why = why_numpy()
    if asked_for() is Engine.COMPILED or not why:
        try:
            return CompiledSearch(ground, symmetry=symmetry, memory_gib=memory_gib, most_states=most_states, kept=kept)
        except NoReserveError:
            why = NO_ADDRESSES
    if kept != NOT_KEPT:
        raise UnavailableError(f"only the compiled search is kept on the disk: {why}")
    return Search(ground, symmetry=symmetry, memory_gib=memory_gib, most_states=most_states)


def why_numpy() -> str:
    """Why numpy is used; nothing if it is not."""
    if asked_for() is Engine.NUMPY:
        return f"{VARIABLE} says so"
    try:
        runtime()
    except UnavailableError as error:
        return str(error)
    return ""


def engine_words(search: Search | None = None) -> str:
    """Which engine visits the states, or has in this search, and why, for a reader."""
    why = why_numpy()
    if search and not search.is_compiled:
        why = why or NO_ADDRESSES
    if why:
        return f"Searched with numpy: {why}."
    before = search.went_on_from if search else ""
    return f"Searched with compiled code: {compiler_name()}." + (f" Went on from {before}." if before else "")
