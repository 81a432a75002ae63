"""The compiled runtime as Python calls it: states in C memory, and programs that are run on them."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from properties.explicit.bits.compiler import runtime
from properties.explicit.bits.layout import Dense
from properties.explicit.bits.program import Program
from properties.explicit.columns import Column, Mask, Packing, Word
from properties.explicit.numbering import Ids, States

NOT_FOUND = 0xFFFFFFFF
ENOUGH = 0
"""What a call says if memory sufficed."""
OPEN, CLOSED = 0x7FFFFFFF, -1
"""The best place of a clause that is looked for, and of one that is not."""
MOST_STRETCHES = 65
Rows = NDArray[np.uint64]
"""States as they are stored, a row each."""
Addresses = Any
"""A pointer of ctypes."""


class _Program(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_void_p),
        *((name, ctypes.c_int32) for name in ("length", "registers", "shared", "inputs")),
        *((name, ctypes.c_int32) for name in ("steps", "actions", "parts", "clauses")),
        ("input_bits", ctypes.c_void_p),
    )


class _Notes(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_uint64) for name in ("transitions", "stutters")),
        *((name, ctypes.c_void_p) for name in ("fired", "refused", "best_order", "best_row")),
    )


class _Edges(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_uint64) for name in ("count", "room")),
        *((name, ctypes.POINTER(ctypes.c_uint32)) for name in ("before", "after", "step")),
    )


@dataclass
class Notes:
    """What a program noted on the way."""

    program: Program
    transitions: int = 0
    stutters: int = 0

    def __post_init__(self) -> None:
        self.fired = np.zeros(len(self.program.actions), np.uint8)
        self.refused = np.zeros(len(self.program.parts), np.uint8)
        self.best_order = np.full(len(self.program.clauses), OPEN, np.int32)
        self.best_row = np.full(len(self.program.clauses), OPEN, np.int32)

    def add(self, told: _Notes) -> None:
        """Add what was counted in one call."""
        self.transitions += told.transitions
        self.stutters += told.stutters


@dataclass(frozen=True)
class Stored:
    """How states are stored, and the program that unpacks them."""

    layout: Dense
    unpacking: Program


class NoReserveError(Exception):
    """The system does not set aside addresses for all the memory allowed."""


class NoRoomError(Exception):
    """The memory allowed does not suffice."""


class NativeStates(States):
    """The states of a search in the memory of the runtime."""

    def __init__(self, packing: Packing, dense: Stored | None, *, symmetry: bool, most_bytes: int) -> None:
        """`dense` is how states are stored, if not as numpy packs them."""
        self.packing, self.dense, self.runtime, self.size = packing, dense, _declared(runtime()), 0
        self.row_words = dense.layout.words if dense else packing.words
        self.handle: int | None = self.runtime.ringplug_new(
            self.row_words, packing.processors, packing.slots, int(symmetry), min(most_bytes, 1 << 62)
        )
        if not self.handle:
            raise NoReserveError

    def __del__(self) -> None:
        if getattr(self, "handle", None):
            self.runtime.ringplug_free(self.handle)
            self.handle = None

    @property
    def bytes(self) -> int:
        return self.runtime.ringplug_bytes(self.handle)

    @property
    def taken(self) -> int:
        """About how many states there are, with those of the next level."""
        return self.runtime.ringplug_taken(self.handle)

    def rows(self, first: int, last: int) -> list[Word]:
        count, words = last - first, self.packing.words
        if not count:
            return [np.zeros(0, np.uint64) for _ in range(words)]
        if self.dense:
            table = np.zeros((count, words), np.uint64)
            program = ctypes.byref(self._program(self.dense.unpacking))
            _enough(self.runtime.ringplug_unpack(self.handle, program, words, first, count, table.ctypes.data))
            return list(table.T)
        return list(self.stored(first, last).T)

    def stored(self, first: int, end: int) -> Rows:
        """The rows from one number to before another, as they are stored; also those of the next level."""
        count, words = end - first, self.row_words
        if not count:
            return np.zeros((0, words), np.uint64)
        address = self.runtime.ringplug_rows(self.handle) + 8 * words * first
        memory: Any = (ctypes.c_uint64 * (count * words)).from_address(address)
        memory.owner = self  # The states are there as long as somebody looks at them.
        table: Rows = np.frombuffer(memory, np.uint64).reshape(count, words)
        table.flags.writeable = False
        return table

    def unnumbered(self) -> list[Rows]:
        """The states of the next level that were found so far, in no order."""
        pairs = np.zeros(2 * MOST_STRETCHES, np.uint64)
        count = self.runtime.ringplug_unnumbered(self.handle, pairs.ctypes.data)
        return [self.stored(first, end) for first, end in pairs[: 2 * count].reshape(-1, 2).tolist()]

    def restore(self, rows: Rows) -> None:
        """Take back states that had numbers, in their order."""
        _enough(self.runtime.ringplug_restore(self.handle, np.ascontiguousarray(rows).ctypes.data, len(rows)))
        self.size = self.runtime.ringplug_size(self.handle)

    def add_all(self, rows: Rows) -> None:
        """Add states to the next level, as they are stored."""
        _enough(self.runtime.ringplug_add_all(self.handle, np.ascontiguousarray(rows).ctypes.data, len(rows)))

    def numbers(self, words: list[Word]) -> Ids:
        states = self._stored(words)
        found = np.zeros(len(states), np.uint32)
        self.runtime.ringplug_find(self.handle, states.ctypes.data, len(states), found.ctypes.data)
        return _known(found)

    def _stored(self, words: list[Word]) -> Rows:
        """States as they are stored, a row each. ValueError: one cannot be reachable."""
        if self.dense:
            fields = self.packing.unpack(words)
            if not self.dense.layout.fit(fields).all():
                raise ValueError("a state was not found by the search")
            words = self.dense.layout.packed(fields)
        return np.ascontiguousarray(np.stack(words, axis=1))

    def add(self, state: list[Word]) -> None:
        """Add one state to the next level."""
        row = self._stored(state)
        _enough(self.runtime.ringplug_add(self.handle, row.ctypes.data))

    def admit(self) -> None:
        """Number the states that were added since the last time, in the order of their keys."""
        program = ctypes.byref(self._program(self.dense.unpacking)) if self.dense else None
        _enough(self.runtime.ringplug_admit(self.handle, program, self.packing.words))
        self.size = self.runtime.ringplug_size(self.handle)

    def expand(self, notes: Notes, first: int, count: int, threads: int) -> None:
        """Run a program on these states, and add the states that its steps lead to."""
        program, told = self._program(notes.program), _told(notes)
        _enough(
            self.runtime.ringplug_expand(self.handle, ctypes.byref(program), first, count, threads, ctypes.byref(told))
        )
        notes.add(told)

    def expand_from(self, notes: Notes, rows: Rows) -> None:
        """The same from states that are not kept here, as they are stored."""
        program, told = self._program(notes.program), _told(notes)
        address = rows.ctypes.data
        _enough(
            self.runtime.ringplug_expand_from(
                self.handle, ctypes.byref(program), address, len(rows), ctypes.byref(told)
            )
        )
        notes.add(told)

    def clear(self) -> None:
        """Forget all states."""
        self.runtime.ringplug_clear(self.handle)
        self.size = 0

    def edges(self, program: Program, first: int, count: int) -> tuple[Ids, Ids, Ids]:
        """The transitions from these states: the states before, those after, and the numbers of the steps."""
        found = _Edges()
        try:
            _enough(
                self.runtime.ringplug_edges(
                    self.handle, ctypes.byref(self._program(program)), first, count, ctypes.byref(found)
                )
            )
            before, after, step = (_copied(one, found.count) for one in (found.before, found.after, found.step))
        finally:
            self.runtime.ringplug_free_edges(ctypes.byref(found))
        return before, _known(after), step

    def evaluate(self, program: Program) -> Column:
        """The outputs of a program in each state, by number."""
        out = np.zeros(self.size, np.uint8)
        made = self._program(program)
        _enough(self.runtime.ringplug_evaluate(self.handle, ctypes.byref(made), 0, self.size, out.ctypes.data))
        return out

    def sweep(self, reached: Mask, before: Ids, after: Ids) -> bool:
        """From the last transition to the first: what leads into what is reached is reached as well."""
        return bool(
            self.runtime.ringplug_sweep(before.ctypes.data, after.ctypes.data, len(before), reached.ctypes.data)
        )

    def _program(self, program: Program) -> _Program:
        """The program with addresses, which hold as long as the program does."""
        return _Program(
            program.code.ctypes.data, len(program.code), program.registers, program.shared, len(program.input_bits),
            program.steps, len(program.actions), len(program.parts), len(program.clauses),
            program.input_bits.ctypes.data,
        )  # fmt: skip


def _declared(library: ctypes.CDLL) -> Any:
    """The library, whose functions know what they take and give."""
    handle, size, number, address = ctypes.c_void_p, ctypes.c_uint64, ctypes.c_int, ctypes.c_void_p
    functions: dict[str, tuple[Any, list[Any]]] = {
        "new": (handle, [number, number, number, number, size]),
        "free": (None, [handle]),
        "add": (number, [handle, address]),
        "add_all": (number, [handle, address, size]),
        "admit": (number, [handle, address, number]),
        "restore": (number, [handle, address, size]),
        "unnumbered": (number, [handle, address]),
        "unpack": (number, [handle, address, number, size, size, address]),
        "size": (size, [handle]),
        "taken": (size, [handle]),
        "bytes": (size, [handle]),
        "rows": (address, [handle]),
        "find": (None, [handle, address, size, address]),
        "expand": (number, [handle, address, size, size, number, address]),
        "expand_from": (number, [handle, address, address, size, address]),
        "clear": (None, [handle]),
        "edges": (number, [handle, address, size, size, address]),
        "free_edges": (None, [address]),
        "sweep": (number, [address, address, size, address]),
        "evaluate": (number, [handle, address, size, size, address]),
    }
    for name, (gives, takes) in functions.items():
        function = getattr(library, f"ringplug_{name}")
        function.restype, function.argtypes = gives, takes
    return library


def _told(notes: Notes) -> _Notes:
    """The notes with addresses, which hold as long as they do; counts begin at 0."""
    arrays = notes.fired, notes.refused, notes.best_order, notes.best_row
    return _Notes(0, 0, *(one.ctypes.data for one in arrays))


def _enough(status: int) -> None:
    if status != ENOUGH:
        raise NoRoomError


def _known(numbers: Ids) -> Ids:
    if (numbers == NOT_FOUND).any():
        raise ValueError("a state was not found by the search")
    return numbers


def _copied(pointer: Addresses, count: int) -> NDArray[np.uint32]:
    return np.ctypeslib.as_array(pointer, (count,)).copy() if count else np.zeros(0, np.uint32)
