"""What a worker does for a search whose states are in partitions: two tasks, each of which may be done twice.

A state belongs to the partition that a hash of its key says, its symmetry class being one key. To *expand* is to take
every step from some states of a level, and to write what they lead to in sheets by partition. To *merge* is to read
what all workers found for a partition, and to write the states that are new there. Files are written whole, under names
that say of which task they are and not who did it. So a worker that dies leaves nothing half done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from properties.explicit.bits.program import Program
from properties.explicit.columns import Packing, Word
from properties.explicit.native import CLOSED, OPEN, NativeStates, Notes
from properties.explicit.numbering import Ids, keys_of
from properties.explicit.sheets import Sheet, new_states, write_sheet

PARTITIONS = 16
MIX = np.uint64(0x9E3779B97F4A7C15)
BLOCK_ROWS, LEAST_ROWS = 1 << 15, 64
BYTES_A_STATE, BYTES_A_WORD = 48, 16
"""What the runtime holds of a successor at most, until it is written: table, and sorting."""


def owners(keys: Word) -> Ids:
    """The partitions of states with these keys."""
    mixed = (keys ^ (keys >> np.uint64(32))) * MIX
    return (mixed >> np.uint64(48)).astype(np.uint32) % np.uint32(PARTITIONS)


def split(keys: Word, words: Sequence[Word]) -> Iterator[tuple[int, list[Word]]]:
    """States by partition, as they are ordered."""
    owner = owners(keys)
    for partition in np.unique(owner).tolist():
        mine = owner == partition
        yield partition, [word[mine] for word in words]


@dataclass(frozen=True)
class Work:
    """What all tasks of a search have in common: it can be sent anywhere where the folder is."""

    folder: Path
    program: Program
    processors: int
    slots: int
    symmetry: bool
    most_bytes: int
    """What one task may hold."""

    @staticmethod
    def sent(program: Program) -> Program:
        """The program without what it stands for, which need not be sent."""
        return replace(program, looked_for=[])


@dataclass(frozen=True)
class Stretch:
    """Some rows of a sheet, and the number of the first."""

    sheet: Sheet
    first: int
    end: int
    number: int


@dataclass
class Expanded:
    """What came of a task: counts as in `Notes`, for each clause the best place and its state, and sheets."""

    transitions: int
    stutters: int
    fired: list[int]
    refused: list[int]
    best: dict[int, tuple[int, int]]
    found: list[Sheet]


@dataclass(frozen=True)
class Expand:
    """Take every step from these states."""

    work: Work
    name: str
    stretches: tuple[Stretch, ...]
    open: tuple[bool, ...]
    """Which clauses are looked for."""

    def __call__(self) -> Expanded:
        """Do it."""
        return _Expanding(self).expanded()


class _Expanding:
    """The task while it is done."""

    def __init__(self, task: Expand) -> None:
        self.task, work = task, task.work
        self.notes = Notes(work.program)
        packing = Packing(work.processors, work.slots)
        each = BYTES_A_STATE + BYTES_A_WORD * packing.words
        self.most = max(work.most_bytes // each, 4 * LEAST_ROWS * (work.program.steps + 1))
        """So many states are kept before they are written."""
        self.rows = min(BLOCK_ROWS, max(LEAST_ROWS, self.most // (2 * (work.program.steps + 1))))
        self.native = NativeStates(packing, None, symmetry=work.symmetry, most_bytes=4 * each * self.most + (1 << 20))
        self.sheets, self.best = list[Sheet](), dict[int, tuple[int, int]]()

    def expanded(self) -> Expanded:
        """Expand all stretches, block by block."""
        for stretch in self.task.stretches:
            for first in range(stretch.first, stretch.end, self.rows):
                end = min(first + self.rows, stretch.end)
                if self.native.taken + (end - first) * self.task.work.program.steps > self.most:
                    self._write()
                self._block(
                    stretch.sheet.read(self.task.work.folder, first, end), stretch.number + first - stretch.first
                )
        self._write()
        notes = self.notes
        fired, refused = (np.flatnonzero(one).tolist() for one in (notes.fired, notes.refused))
        return Expanded(notes.transitions, notes.stutters, fired, refused, self.best, self.sheets)

    def _block(self, words: list[Word], number: int) -> None:
        notes = self.notes
        looked_for = [is_open and clause not in self.best for clause, is_open in enumerate(self.task.open)]
        notes.best_order[:] = np.where(looked_for, OPEN, CLOSED)
        notes.best_row[:] = OPEN
        self.native.expand_from(notes, np.ascontiguousarray(np.stack(words, axis=1)))
        for clause in np.flatnonzero((notes.best_order >= 0) & (notes.best_order < OPEN)).tolist():
            self.best[clause] = number + int(notes.best_row[clause]), int(notes.best_order[clause])

    def _write(self) -> None:
        """Write what was found since the last time, by partition."""
        self.native.admit()
        if not self.native.size:
            return
        words = self.native.rows(0, self.native.size)
        for partition, mine in split(keys_of(words), words):
            name = f"{self.task.name}-{len(self.sheets):04}.found"
            self.sheets.append(write_sheet(self.task.work.folder, name, partition, mine))
        self.native.clear()


@dataclass(frozen=True)
class Merge:
    """Write the states of some partitions that were found and are not known."""

    work: Work
    name: str
    partitions: tuple[int, ...]
    found: tuple[Sheet, ...]
    known: tuple[Sheet, ...]

    def __call__(self) -> list[Sheet]:
        """Do it: the new sheets, by partition and key."""
        made = list[Sheet]()
        for partition in self.partitions:
            found, known = (
                [one for one in sheets if one.partition == partition] for sheets in (self.found, self.known)
            )
            for words in new_states(self.work.folder, found, known, self.work.most_bytes):
                if len(words[0]):
                    name = f"{self.name}-{partition:02}-{len(made):04}.states"
                    made.append(write_sheet(self.work.folder, name, partition, words))
        return made
