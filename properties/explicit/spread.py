"""A search whose states are on a disk, in partitions, and whose work is done by a crew: here, or on many machines.

Level by level, in two rounds: what the states of the level lead to is found, then in each partition it is merged and
what is known is left out (`partition.py`). That is delayed duplicate detection, with sorted runs: no table is kept, and
what is held in memory does not grow with the scope. Only the folder is shared. States are numbered level by level, in a
level by partition and key; so counts, depths and what is found do not depend on who does the work or in which order.
What `Search` asks of a number is read from the folder.

After each level it is written down how far the search is (`checkpoint.py`): a search that is killed goes on from there.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from model.language.ground import GroundMachine, Step
from properties.executors import Crew, Hire, hired
from properties.explicit.bits.circuit import Lanes
from properties.explicit.bits.program import search_program
from properties.explicit.checkpoint import Checkpoint, Kept, Written
from properties.explicit.columns import Word
from properties.explicit.kept import restore_report, search_key, written_of
from properties.explicit.numbering import Ids, States, keys_of
from properties.explicit.partition import PARTITIONS, Expand, Expanded, Merge, Stretch, Work, owners
from properties.explicit.search import GIB, Found, Looking, Progress, Search
from properties.explicit.sheets import Sheet, there, write_sheet
from properties.limits import ScopeTooLargeError, UnavailableError

TASK_ROWS = 1 << 18
NOT_FOUND = np.uint32(0xFFFFFFFF)
BYTES_A_TRANSITION = 9
"""Of what can still be reached, every transition is held in memory at once."""
R = TypeVar("R")


class SheetStates(States):
    """States by number, in sheets of a folder."""

    def __init__(self, folder: Path, words: int) -> None:
        self.folder, self.words, self.size = folder, words, 0
        self.sheets, self.firsts = list[Sheet](), list[int]()

    @property
    def bytes(self) -> int:
        """None of it is held in memory."""
        return 0

    def add(self, sheets: Sequence[Sheet]) -> None:
        """Number the states of these sheets."""
        for sheet in sheets:
            self.sheets.append(sheet)
            self.firsts.append(self.size)
            self.size += sheet.rows

    def stretches(self, first: int, last: int) -> Iterator[Stretch]:
        """Where the states with these numbers are."""
        place = int(np.searchsorted(self.firsts, first, side="right")) - 1
        while first < last:
            sheet, began = self.sheets[place], self.firsts[place]
            end = min(last, began + sheet.rows)
            yield Stretch(sheet, first - began, end - began, first)
            first, place = end, place + 1

    def rows(self, first: int, last: int) -> list[Word]:
        found = [one.sheet.read(self.folder, one.first, one.end) for one in self.stretches(first, last)]
        none = np.zeros(0, np.uint64)
        return [np.concatenate(column) for column in zip(*found, strict=True)] or [none] * self.words

    def numbers(self, words: list[Word]) -> Ids:
        keys = keys_of(words)
        owner, numbers = owners(keys), np.full(len(keys), NOT_FOUND)
        order = np.argsort(keys)
        for sheet, first in zip(self.sheets, self.firsts, strict=True):
            rows = order[owner[order] == sheet.partition]
            if len(rows):
                at, is_there = there(sheet, self.folder, keys[rows], [word[rows] for word in words])
                numbers[rows[is_there]] = first + at[is_there]
        if (numbers == NOT_FOUND).any():
            raise ValueError("a state was not found by the search")
        return numbers


class SpreadSearch(Search):
    """The reachable states of a ground machine, found by a crew and kept in a folder."""

    is_compiled = True

    def __init__(
        self, ground: GroundMachine, folder: Path, *, hire: Hire | None = None, symmetry: bool = True,
        memory_gib: float = 4.0, most_states: int | None = None,
    ) -> None:  # fmt: skip
        """`memory_gib` is for all workers of this process; if they are hired elsewhere, for each of them."""
        super().__init__(ground, symmetry=symmetry, memory_gib=memory_gib, most_states=most_states)
        threads = 1 if hire else os.cpu_count() or 1
        self.root, self.hire = folder, hire or partial(ThreadPoolExecutor, threads)
        self.most_bytes = int(memory_gib * GIB) // threads
        self.exchanged_bytes = 0
        """Of the sheets that workers wrote for each other."""

    def _levels(self, looking: Looking, progress: Progress | None, ends: Callable[[], bool]) -> Iterator[int]:
        self.report.is_whole = False
        with Crew(self.hire) as crew:
            self._prepare(looking)
            while self.starts[-1] > self.starts[-2]:
                self.report.depth = len(self.starts) - 2
                yield self.report.depth
                if ends():
                    return
                found = self._expand_level(crew, looking, progress)
                if ends():
                    return
                self._merge_level(crew, found)
                self._write_down()
        self.starts.pop()
        self.report.is_whole = True

    def _prepare(self, looking: Looking) -> None:
        """Open the folder; number the initial state, or what is there."""
        of_steps = [looking.steps[id(step)] for step in self.ground.steps]
        self.program = search_program(
            self.ground, Lanes(self.packing), self.ground.steps, looking.states, of_steps, parts=True
        )
        self.checkpoint = Checkpoint(self.root, search_key(self, [self.program], "disk"))
        self.folder = self.checkpoint.folder.resolve()
        self.work = Work(
            self.folder,
            Work.sent(self.program),
            self.packing.processors,
            self.packing.slots,
            self.symmetry,
            self.most_bytes,
        )
        self.states = self.index = SheetStates(self.folder, self.packing.words)
        if written := self.checkpoint.read():
            self._restore(written, looking)
            return
        words = self._pack(self.ground.initial)
        self.states.add([write_sheet(self.folder, "initial.states", int(owners(keys_of(words))[0]), words)])
        self._number_level()

    def _expand_level(self, crew: Crew, looking: Looking, progress: Progress | None) -> list[Sheet]:
        """Take every step from the states of the last level."""
        depth, found, best = self.report.depth, list[Sheet](), dict[int, tuple[int, int]]()
        is_open = tuple(clause in looking.open for clause in self.program.clauses)
        tasks = [
            Expand(self.work, f"{depth:04}-{number:05}", stretches, is_open)
            for number, stretches in enumerate(self._shares(*self.starts[depth : depth + 2]))
        ]
        for one in self._done(crew, tasks):
            self._count(one)
            found += one.found
            for clause, place in one.best.items():
                best[clause] = min(place, best.get(clause, place))
            if progress:
                progress(self.report)
        for clause, (state, order) in sorted(best.items(), key=lambda item: item[1][::-1]):
            probe, step = self.program.looked_for[order]
            if self.program.clauses[clause] in looking.open:
                looking.found(Found(probe, state, depth, None if probe.refused else step))
        self.exchanged_bytes += sum(sheet.bytes for sheet in found)
        return sorted(found, key=lambda sheet: sheet.name)

    def _count(self, done: Expanded) -> None:
        self.report.transitions += done.transitions
        self.report.stutters += done.stutters
        self.report.fired |= {self.program.actions[i] for i in done.fired}
        self.report.refused |= {self.program.parts[i] for i in done.refused}

    def _merge_level(self, crew: Crew, found: Sequence[Sheet]) -> None:
        """Number the states that are new."""
        depth, known = self.report.depth + 1, self.states.sheets
        tasks = [
            Merge(self.work, f"level-{depth:04}", partitions, _of(found, partitions), _of(known, partitions))
            for partitions in _groups(found)
        ]
        made = [sheet for sheets in self._done(crew, tasks) for sheet in sheets]
        self.states.add(sorted(made, key=lambda sheet: (sheet.partition, sheet.low)))
        self._number_level()

    def _number_level(self) -> None:
        if self.states.size >= int(NOT_FOUND):
            raise ScopeTooLargeError(f"more than {int(NOT_FOUND):,} states have no numbers")
        self._admit([])

    def _number(self, successors: list[list[Word]]) -> None:
        """They have their numbers."""

    def _shares(self, first: int, last: int) -> Iterator[tuple[Stretch, ...]]:
        """The states with these numbers, so many for each task."""
        for start in range(first, last, TASK_ROWS):
            yield tuple(self.states.stretches(start, min(start + TASK_ROWS, last)))

    def _done(self, crew: Crew, tasks: Sequence[Callable[[], R]]) -> Iterator[R]:
        for _, result in crew.perform(tasks):
            if isinstance(result, Exception):
                raise result
            yield result

    def _write_down(self) -> None:
        """Write how far the search is, and remove what workers wrote for each other."""
        written = written_of(self, self.starts[-2], sheets=self.states.sheets)
        self.checkpoint.write_list(written, {sheet.name for sheet in self.states.sheets})

    def _restore(self, written: Written, looking: Looking) -> None:
        """Take back what was written down. CheckpointError: a sheet is damaged."""
        for sheet in written.sheets:
            sheet.check(self.folder)
        self.states.add(written.sheets)
        restore_report(self, written, looking)
        self.went_on_from = self.report.words

    def edges(self, steps: Sequence[Step], depth: int | None = None) -> Iterator[tuple[int, Step, Ids, Ids]]:
        if depth is None and self.report.transitions * BYTES_A_TRANSITION > self.memory_gib * GIB:
            raise ScopeTooLargeError(
                f"what can still be reached is decided in memory, and {self.report.transitions:,} transitions fill the "
                f"{self.memory_gib:g} GiB allowed"
            )
        for first, block in self.blocks(depth):
            taken = list(self.successors(block, steps))
            ends = np.cumsum([len(rows) for _, rows, _ in taken])
            together = [np.concatenate(column) for column in zip(*(after for _, _, after in taken), strict=True)]
            numbers = np.split(self.index.numbers(together), ends[:-1]) if taken else []
            for (step, rows, _), after in zip(taken, numbers, strict=True):
                yield first, step, (rows + first).astype(np.uint32), after

    def forget(self) -> None:
        """Keep the states, which are looked at still, until nobody looks at the search any more."""
        weakref.finalize(self, self.checkpoint.remove)


def _of(sheets: Sequence[Sheet], partitions: tuple[int, ...]) -> tuple[Sheet, ...]:
    return tuple(sheet for sheet in sheets if sheet.partition in partitions)


def _groups(found: Sequence[Sheet]) -> Iterator[tuple[int, ...]]:
    """The partitions of what was found: those with few states together."""
    group, rows = list[int](), 0
    for partition in range(PARTITIONS):
        group.append(partition)
        rows += sum(sheet.rows for sheet in found if sheet.partition == partition)
        if rows >= TASK_ROWS or partition == PARTITIONS - 1:
            yield tuple(group)
            group, rows = list[int](), 0


def on_disk(search: Search, kept: Kept) -> SpreadSearch:
    """The same search, on the disk, by the workers that are named."""
    if not kept.disk:
        raise UnavailableError("--executor needs a folder that all workers see: --disk DIR")
    return SpreadSearch(
        search.ground, kept.disk, hire=hired(kept.executor) if kept.executor else None, symmetry=search.symmetry,
        memory_gib=search.memory_gib, most_states=search.most_states,
    )  # fmt: skip
