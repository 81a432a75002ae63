"""The search, compiled: the same states with the same numbers, found by C instead of numpy.

`Search` goes level by level as ever. Here a level is expanded by `runtime/search.c`, which runs a program of bit
operations (`program.py`) on 2,048 states at once and keeps the states in a hash table of its own. A level is sorted as
numpy's is, so the two engines agree in every number, and so do one thread and several. The C is the same for every
machine and scope: what differs is the program, which is data.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from model.language.ground import GroundMachine, Step
from model.language.sets import Set, Truth
from properties.explicit.columns import Column, Mask, Word
from properties.explicit.native import CLOSED, OPEN, NativeStates, NoRoomError, Notes
from properties.explicit.numbering import Ids
from properties.explicit.program import output_program, search_program
from properties.explicit.search import GIB, Edges, Found, Looking, Search

ROWS_A_THREAD = 8192
"""A further thread is of use where a block has so many more states."""


class CompiledSearch(Search):
    """The reachable states of a ground machine, found by compiled code."""

    def __init__(
        self,
        ground: GroundMachine,
        *,
        symmetry: bool = True,
        memory_gib: float = 4.0,
        most_states: int | None = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(ground, symmetry=symmetry, memory_gib=memory_gib, most_states=most_states)
        self.threads = threads or usual_threads()
        self.native = NativeStates(self.packing, symmetry=symmetry, most_bytes=int(memory_gib * GIB))
        self.index = self.native
        self._notes: tuple[Looking, Notes, Notes] | None = None

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
        return self.native.evaluate(output_program(self.ground, self.packing, truth)).view(np.bool_)

    def values(self, term: Set) -> Column:
        return self.native.evaluate(output_program(self.ground, self.packing, self.ground.set(term)))

    def _transitions(self, steps: Sequence[Step], depth: int | None) -> Iterator[tuple[int, tuple[Ids, Ids, Ids]]]:
        """Block by block the transitions by these steps, which are numbered by their places."""
        program = search_program(self.ground, self.packing, steps)
        for first, block in self.blocks(depth):
            yield first, self.native.edges(program, first, len(block[0]))

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
        for first, block in self.blocks(self.report.depth) if looking.states else ():
            self._run(of_states, looking, first, len(block[0]))
            if self.report.found:
                return

    def _expand_block(self, words: list[Word], first: int, looking: Looking) -> list[Word]:
        _, notes, _ = self._noted(looking)
        self._run(notes, looking, first, len(words[0]))
        self.report.transitions, self.report.stutters = notes.transitions, notes.stutters
        self.report.fired |= {notes.program.actions[i] for i in np.flatnonzero(notes.fired)}
        self.report.refused |= {notes.program.parts[i] for i in np.flatnonzero(notes.refused)}
        return []

    def _noted(self, looking: Looking) -> tuple[Looking, Notes, Notes]:
        """What is noted for this run, by the program of all steps and by that of states alone."""
        if self._notes is None or self._notes[0] is not looking:
            of_steps = [looking.steps[id(step)] for step in self.ground.steps]
            every = search_program(self.ground, self.packing, self.ground.steps, looking.states, of_steps, parts=True)
            unstuck = [(probe, truth) for probe, truth in looking.states if not probe.stuck]
            self._notes = looking, Notes(every), Notes(search_program(self.ground, self.packing, (), unstuck))
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
    """One in a process that is one of several; else as many as there are processors that may be used."""
    if multiprocessing.parent_process() is not None:
        return 1
    allowed = os.environ.get("RINGPLUG_THREADS", "")
    return int(allowed) if allowed.isdigit() and int(allowed) else len(os.sched_getaffinity(0))
