"""Files of states in the order of their keys, and how several become new states: merged, and without known ones.

A *sheet* is one file: the column of keys if a state has several words, then each word's column. The states of a level
that belong to one partition are a list of sheets whose keys grow. What is read at once is bounded: ranges of keys are
taken one after the other, such that the states of all files in a range fit the memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from properties.explicit.columns import Word
from properties.explicit.numbering import distinct, keys_of, refuse_collision
from properties.files import write_whole
from properties.limits import CheckpointError

BYTES_A_ROW = 64
"""About what a merge holds of a state, beside twice its columns."""
LEAST_ROWS = 1024


class Sheet(msgspec.Struct, frozen=True):
    """A file of states, all of one partition, and their least and greatest key."""

    partition: int
    name: str
    rows: int
    words: int
    low: int
    high: int
    sha256: str = ""

    @property
    def columns(self) -> int:
        """The words of a state, and its key unless that is the one word."""
        return self.words + (self.words > 1)

    @property
    def bytes(self) -> int:
        """The size of the file."""
        return 8 * self.columns * self.rows

    def table(self, folder: Path) -> NDArray[np.uint64]:
        """The columns, read as they are looked at."""
        return _table(folder / self.name, self.columns, self.rows)

    def read(self, folder: Path, first: int, end: int) -> list[Word]:
        """The states in these rows."""
        return list(np.array(self.table(folder)[-self.words :, first:end]))

    def check(self, folder: Path) -> None:
        """CheckpointError: the file is missing or damaged."""
        path = folder / self.name
        if not path.exists() or _sum(path) != self.sha256:
            raise CheckpointError(f"{path} is damaged: remove its folder, and the search begins again")


@lru_cache(512)
def _table(path: Path, columns: int, rows: int) -> NDArray[np.uint64]:
    return np.memmap(path, np.uint64, mode="r", shape=(columns, rows)).view(np.ndarray)


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_sheet(folder: Path, name: str, partition: int, words: Sequence[Word]) -> Sheet:
    """Write states, which are in the order of their keys; at least one."""
    keys = keys_of(list(words))
    table = np.stack([keys, *words] if len(words) > 1 else [keys])
    data = table.data.cast("B")
    write_whole(folder / name, data)
    low, high = int(keys[0]), int(keys[-1])
    return Sheet(partition, name, len(keys), len(words), low, high, hashlib.sha256(data).hexdigest())


def new_states(folder: Path, found: Sequence[Sheet], known: Sequence[Sheet], most_bytes: int) -> Iterator[list[Word]]:
    """The states that were found and are not known, each once, in the order of their keys; in pieces."""
    if not found:
        return
    tables = [sheet.table(folder) for sheet in found]
    width = BYTES_A_ROW + 16 * found[0].columns
    for low, high in _ranges(tables, max(LEAST_ROWS, most_bytes // width)):
        parts = [table[:, slice(*_between(table[0], low, high))] for table in tables]
        words = distinct(
            [np.concatenate(column) for column in zip(*(part[-found[0].words :] for part in parts), strict=True)]
        )
        keys = keys_of(words)
        is_known = np.zeros(len(keys), np.bool_)
        for sheet in known:
            if len(keys) and sheet.low <= int(keys[-1]) and sheet.high >= int(keys[0]):
                is_known |= there(sheet, folder, keys, words)[1]
        yield [word[~is_known] for word in words]


def there(sheet: Sheet, folder: Path, keys: Word, words: Sequence[Word]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where in a sheet each of these states would be, and whether it is there; looked at where their keys are."""
    table = sheet.table(folder)
    at = np.minimum(np.searchsorted(table[0], keys), sheet.rows - 1)
    is_there = table[0][at] == keys
    if sheet.words > 1:
        rows = np.flatnonzero(is_there)
        for mine, theirs in zip(table[1:], words, strict=True):
            refuse_collision(mine[at[rows]] != theirs[rows])
    return at, is_there


def _ranges(tables: Sequence[NDArray[np.uint64]], most_rows: int) -> Iterator[tuple[int | None, int | None]]:
    """Ranges of keys, from one to before another, in each of which the tables have about so many rows at most."""
    apart = max(1, most_rows // (2 * len(tables)))
    samples = np.sort(np.concatenate([table[0][::apart] for table in tables]))
    ends = [*map(int, np.unique(samples[:: max(1, most_rows // (2 * apart))])[1:]), None]
    low = None
    for high in ends:
        yield low, high
        low = high


def _between(keys: Word, low: int | None, high: int | None) -> tuple[int, int]:
    first = 0 if low is None else int(np.searchsorted(keys, np.uint64(low)))
    return first, len(keys) if high is None else int(np.searchsorted(keys, np.uint64(high)))
