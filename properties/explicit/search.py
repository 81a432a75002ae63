"""Breadth-first search of every reachable state of a machine in a scope.

**The idea.** A ground machine (`model.language.ground`) is a list of steps, each with all parameters chosen; a state is
a tuple of bitmaps. Python is slow at one state, numpy is fast at a hundred thousand. So a step is never applied to one
state: a block of states is laid out as columns, one for each set (`columns.py`), and each guard part and each new value
of a step is computed once for the whole block. What is enabled becomes a mask, what changes a column of bits to flip.
States come back packed in one or a few 64-bit words, are sorted, and those that are not in the index (`numbering.py`)
are numbered as the next level.

**Symmetry.** Nothing tells processors apart, so one state may stand for all that differ only in their names: a
processor's bits are a lane of the word, and sorting the lanes gives the representative. A machine whose constants name
processors (seats) is refused, and searched without. Rings are not sorted; instead a parameter that stands for an unused
element takes the lowest unused one only (`first_unused`).

What can be relied on:

- Exact: states are compared whole. A mix of words only orders them, and two states with one mix end the search with an
  error, never with a wrong count.
- Numbers grow with depth (`starts`), and a probe is noted at the first depth where it holds, so what is found is found
  by a shortest run. No predecessors are kept: `shortest.py` goes back from a state level by level.
- Too large is an error, `ScopeTooLargeError`: too many processors, sets, states or bytes. A search that was told to end
  early (`until_found`, `until_any`) has counts of what it visited, and not of the scope.
- A step that is enabled and changes nothing is a stutter, and is counted apart. A state is *stuck* if no step of the
  protocol or of a service changes it.

Left out on purpose: cycles and what can still be reached (`liveness.py`), leaving out what a claim does not depend on
(`slicing.py`), partial orders, and hashing without keeping states, which would make "no violation" a probability.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from model.language.ground import Bitmaps, GroundMachine, Step
from model.language.machine import Kind
from model.language.sets import FALSE, Set, Truth
from properties.catalogue.probe import Clause, Probe
from properties.explicit.columns import MOST_PROCESSORS, WORD_BITS, Column, Columns, Mask, Packing, Word
from properties.explicit.numbering import Ids, StateIndex, States, distinct
from properties.limits import ScopeTooLargeError, TooManyStatesError
from properties.words import counted

BLOCK_ROWS = 1 << 17
"""States expanded at once: their columns stay in the processor's cache."""
GIB = 1 << 30


@dataclass(frozen=True)
class Found:
    """Where a probe first held: a state, by its number, and the step taken there if the probe is about one."""

    probe: Probe
    state: int
    depth: int
    step: Step | None = None

    @property
    def length(self) -> int:
        """The number of steps of the shortest run to it."""
        return self.depth + (self.step is not None)


@dataclass
class Report:
    """What was counted on the way."""

    states: int = 0
    transitions: int = 0
    """Enabled steps that change the state."""
    stutters: int = 0
    """Enabled steps that change nothing; not counted as transitions."""
    depth: int = 0
    fired: set[str] = field(default_factory=set[str])
    """Actions enabled somewhere."""
    refused: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Guard parts, by action and words, that are false somewhere."""
    found: dict[Clause, Found] = field(default_factory=dict[Clause, Found])
    """The first that shows each clause."""
    is_whole: bool = False
    """Every reachable state was visited: the search did not end early."""

    @property
    def words(self) -> str:
        """The counts, for a reader."""
        return f"{counted(self.states, 'state')}, {counted(self.transitions, 'transition')}, depth {self.depth}"


Progress = Callable[[Report], None]
Edges = tuple[Ids, Ids]
"""Transitions: the numbers of the states before, and after."""


class Search:
    """The reachable states of a ground machine, numbered from 0 in the order in which they were found."""

    is_compiled = False

    def __init__(
        self,
        ground: GroundMachine,
        *,
        symmetry: bool = True,
        memory_gib: float = 4.0,
        most_states: int | None = None,
    ) -> None:
        if ground.scope.processors > MOST_PROCESSORS:
            raise ScopeTooLargeError(f"{ground.scope.processors} processors; the search takes {MOST_PROCESSORS}")
        if len(ground.slots) > WORD_BITS:
            raise ScopeTooLargeError(f"{len(ground.slots)} sets a state; the search takes {WORD_BITS}")
        if symmetry and not ground.is_symmetric:
            raise ValueError("the machine tells processors apart from the start: search it without symmetry")
        self.ground, self.symmetry, self.memory_gib, self.most_states = ground, symmetry, memory_gib, most_states
        self.packing = Packing(ground.scope.processors, len(ground.slots))
        self.starts = [0]
        """The number of the first state at each depth, and the number of states."""
        self._sorted = StateIndex(self.packing.words)
        self.index: States = self._sorted
        self.report = Report()
        self.went_on_from = ""
        """What was kept of an earlier search, in words."""
        self.probes: tuple[Probe, ...] = ()
        """What the run looked for."""

    def run(
        self,
        probes: Sequence[Probe] = (),
        progress: Progress | None = None,
        *,
        until_found: bool = False,
        until_any: bool = False,
        enough: Callable[[Report], bool] | None = None,
    ) -> Report:
        """Visit every reachable state; end early once every probe is found, or any, or after a level that is enough.

        What ends it early because it is the first is as near as any: a level is looked at before it is left.
        """
        self.probes, looking = tuple(probes), Looking(self.ground, probes, self.report)

        def ends() -> bool:
            return (until_found and not looking.open) or (until_any and bool(self.report.found))

        for _ in self._levels(looking, progress, ends):
            if enough and enough(self.report):
                return self.report
            if until_any:
                self._look_at_level(looking)
        return self.report

    def levels(self, progress: Progress | None = None) -> Iterator[int]:
        """Visit every reachable state, as far as it is asked for: each depth, when its states have their numbers."""
        yield from self._levels(Looking(self.ground, (), self.report), progress, lambda: False)

    def _levels(self, looking: Looking, progress: Progress | None, ends: Callable[[], bool]) -> Iterator[int]:
        """Each depth, before its states are expanded; notes whether it ended before all was visited."""
        self.report.is_whole = False
        expanded = self._begin(looking)
        while self.starts[-1] > self.starts[-2]:
            self.report.depth = len(self.starts) - 2
            yield self.report.depth
            successors: list[list[Word]] = []
            for first, end in self.spans(self.report.depth):
                if first < expanded:
                    continue
                if ends():
                    return
                successors.append(self._expand(first, end, looking))
                self._keep(end)
                if progress:
                    progress(self.report)
            if ends():
                return
            self._admit(successors)
        self.starts.pop()
        self.report.is_whole = True
        self._keep(self.starts[-1])

    def _begin(self, looking: Looking) -> int:
        """Number the initial state, or all that was kept; how many states were expanded before."""
        self._admit([self._pack(self.ground.initial)])
        return 0

    def _keep(self, expanded: int) -> None:
        """Write down how far the search is, if that is wanted; so many states were expanded."""

    def forget(self) -> None:
        """Remove what was written down, if anything: what was asked of the search is answered."""

    def depth(self, number: int) -> int:
        """How many steps the state with this number is from the initial one."""
        return int(np.searchsorted(self.starts, number, side="right")) - 1

    def words(self, number: int) -> list[Word]:
        """The state with this number, one of its symmetry class."""
        return self.index.rows(number, number + 1)

    def spans(self, depth: int | None = None) -> Iterator[tuple[int, int]]:
        """The states at one depth, or all, in blocks of bounded size: numbers from one to before another."""
        first, last = (0, self.index.size) if depth is None else (self.starts[depth], self.starts[depth + 1])
        for start in range(first, last, BLOCK_ROWS):
            yield start, min(start + BLOCK_ROWS, last)

    def blocks(self, depth: int | None = None) -> Iterator[tuple[int, list[Word]]]:
        """The same blocks, each as its first state's number and the states themselves."""
        for first, end in self.spans(depth):
            yield first, self.index.rows(first, end)

    def bitmaps(self, words: list[Word]) -> Bitmaps:
        """The one state in these words."""
        return tuple(int(bitmap) for bitmap in self.packing.unpack(words)[:, 0])

    def canonical(self, state: Bitmaps) -> Bitmaps:
        """The representative of the state's symmetry class."""
        return self.bitmaps(self._pack(state))

    def number_of(self, state: Bitmaps) -> int:
        """After a run: the number of a reachable state, or of the one that stands for it."""
        return int(self.index.numbers(self._pack(state))[0])

    def successors(
        self, words: list[Word], steps: Sequence[Step]
    ) -> Iterator[tuple[Step, NDArray[np.intp], list[Word]]]:
        """For each step: the rows of a block that it changes, and the states it leads to from there."""
        columns = Columns(self.ground, self.packing.unpack(words))
        for step in steps:
            enabled = everywhere(columns, step.search_guard, len(words[0]))
            rows, after, _ = self._take(words, columns, step, enabled)
            if len(rows):
                yield step, rows, after

    def edges(self, steps: Sequence[Step], depth: int | None = None) -> Iterator[tuple[int, Step, Ids, Ids]]:
        """Block by block: the block's first state, a step, and the states before and after it.

        Of the states at one depth, or after a run of all; those after them must have been found.
        """
        for first, block in self.blocks(depth):
            for step, rows, after in self.successors(block, steps):
                yield first, step, (rows + first).astype(np.uint32), self.index.numbers(after)

    def sweep(self, reached: Mask, edges: Edges) -> bool:
        """Reach what these transitions lead from into what is reached; whether anything was new.

        It may go further than one step: what is new may count for the transitions that are looked at after it.
        """
        before, after = edges
        new = before[reached[after] & ~reached[before]]
        reached[new] = True
        return len(new) > 0

    def transitions(self, steps: Sequence[Step]) -> Iterator[Edges]:
        """After a run, block by block: the states before and after each transition by one of these steps."""
        for _, edges in groupby(self.edges(steps), key=lambda edge: edge[0]):
            mine = list(edges)
            yield np.concatenate([one[2] for one in mine]), np.concatenate([one[3] for one in mine])

    def holds(self, statement: Callable[..., Truth]) -> Mask:
        """After a run: of which states, by number, a statement (now) holds."""
        truth = self.ground.truth(statement(self.ground.machine.state()))
        masks = [
            everywhere(Columns(self.ground, self.packing.unpack(block)), [truth], len(block[0]))
            for _, block in self.blocks()
        ]
        return np.concatenate(masks)

    def values(self, term: Set) -> Column:
        """After a run: what a set is in each state, by number."""
        return np.concatenate(
            [Columns(self.ground, self.packing.unpack(block)).set(self.ground.set(term)) for _, block in self.blocks()]
        )

    def _pack(self, state: Bitmaps) -> list[Word]:
        words = self.packing.pack(np.array(state, np.uint8)[:, None])
        return self.packing.canonical(words) if self.symmetry else words

    def _number(self, successors: list[list[Word]]) -> None:
        """Number the states that are new."""
        self._sorted.add(distinct([np.concatenate(column) for column in zip(*successors, strict=True)]))

    def too_large(self, states: int) -> ScopeTooLargeError:
        """The error that there is no room for more states than these."""
        where = f"at depth {len(self.starts) - 2} fill the {self.memory_gib:g} GiB allowed"
        return ScopeTooLargeError(f"{states:,} states {where}")

    def _admit(self, successors: list[list[Word]]) -> None:
        """Number the states that are new, as the next level."""
        self._number(successors)
        self.starts.append(self.index.size)
        self.report.states = self.index.size
        if self.index.bytes > self.memory_gib * GIB:
            raise self.too_large(self.index.size)
        if self.most_states and self.index.size > self.most_states:
            raise TooManyStatesError(f"more than {self.most_states:,} states at depth {len(self.starts) - 2}")

    def _look_at_level(self, looking: Looking) -> None:
        """Note what the states of the last level show, up to the first block with any."""
        for first, block in self.blocks(self.report.depth) if looking.states else ():
            columns = Columns(self.ground, self.packing.unpack(block))
            looking.at_states(columns, np.zeros(len(block[0]), np.bool_), first)
            if self.report.found:
                return

    def _expand(self, first: int, end: int, looking: Looking) -> list[Word]:
        """The new successors of a block of states; counts and probes on the way."""
        words, rows_count = self.index.rows(first, end), end - first
        columns = Columns(self.ground, self.packing.unpack(words))
        stuck = np.ones(rows_count, np.bool_)
        found: list[list[Word]] = [[np.zeros(0, np.uint64)] * len(words)]
        for step in self.ground.steps:
            enabled = looking.at_guard(step, columns, rows_count)
            looking.at_step(step, columns, enabled, first)
            if not enabled.any():
                continue
            rows, after, taken = self._take(words, columns, step, enabled)
            self.report.transitions += len(rows)
            self.report.stutters += taken - len(rows)
            if step.action.rule.kind is not Kind.ENVIRONMENT:
                stuck[rows] = False
            found.append(after)
        looking.at_states(columns, stuck, first)
        together = distinct([np.concatenate(column) for column in zip(*found, strict=True)])
        return self._sorted.unknown(together)

    def _take(
        self, words: list[Word], columns: Columns, step: Step, enabled: Mask
    ) -> tuple[NDArray[np.intp], list[Word], int]:
        """The rows that an enabled step changes, the states after it, and the number of rows where it is enabled."""
        rows = np.flatnonzero(enabled)
        if not step.effect:
            return rows[:0], [word[:0] for word in words], len(rows)
        flips = {slot: self._flip(columns, slot, columns.set(value), len(enabled)) for slot, value in step.effect}
        after, moved = self.packing.change(words, rows, flips)
        if not moved.all():
            after = [word[moved] for word in after]
        return rows[moved], self.packing.canonical(after) if self.symmetry else after, len(rows)

    @staticmethod
    def _flip(columns: Columns, slot: int, value: Column, rows_count: int) -> Column:
        return np.broadcast_to(columns.fields[slot] ^ value, rows_count)


class Looking:
    """The probes not yet found, written out for every step that they are about."""

    def __init__(self, ground: GroundMachine, probes: Sequence[Probe], report: Report) -> None:
        self.report = report
        self.open = {probe.clause for probe in probes}
        self.states = [
            (probe, ground.truth(probe.statement(ground.machine.state()))) for probe in probes if not probe.at
        ]
        about = {one.name: [probe for probe in probes if probe.at == one.name] for one in ground.machine.actions}
        self.steps = dict[int, list[tuple[Probe, Truth]]]()
        for step in ground.steps:
            read = [(probe, step.read(probe.statement)) for probe in about[step.action.name]]
            self.steps[id(step)] = [(probe, truth) for probe, truth in read if truth is not FALSE]

    def at_guard(self, step: Step, columns: Columns, rows_count: int) -> Mask:
        """Where the step is enabled; notes which guard parts refuse it somewhere."""
        for label, part in step.guard:
            if (step.action.name, label) not in self.report.refused and not columns.truth(part).all():
                self.report.refused.add((step.action.name, label))
        enabled = everywhere(columns, step.search_guard, rows_count)
        if step.action.name not in self.report.fired and enabled.any():
            self.report.fired.add(step.action.name)
        return enabled

    def at_step(self, step: Step, columns: Columns, enabled: Mask, first: int) -> None:
        """Note the first state in which a probe about this step holds."""
        for probe, truth in self.steps[id(step)]:
            if probe.clause in self.open:
                where = ~enabled if probe.refused else enabled
                self._note(probe, columns.truth(truth) & where, first, None if probe.refused else step)

    def at_states(self, columns: Columns, stuck: Mask, first: int) -> None:
        """Note the first state of which a probe holds."""
        for probe, truth in self.states:
            if probe.clause in self.open:
                holds = np.broadcast_to(columns.truth(truth), len(stuck))
                self._note(probe, holds & stuck if probe.stuck else holds, first, None)

    def _note(self, probe: Probe, holds: Mask, first: int, step: Step | None) -> None:
        if holds.any():
            self.found(Found(probe, first + int(np.argmax(holds)), self.report.depth, step))

    def found(self, found: Found) -> None:
        """Note what shows a clause first; it is not looked for any more."""
        self.report.found[found.probe.clause] = found
        self.open.discard(found.probe.clause)


def everywhere(columns: Columns, truths: Sequence[Truth], rows_count: int) -> Mask:
    """The rows in which all these hold."""
    holds = np.ones(rows_count, np.bool_)
    for truth in truths:
        holds &= columns.truth(truth)
    return holds
