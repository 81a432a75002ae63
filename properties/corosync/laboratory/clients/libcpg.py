"""The closed process group library of corosync 3, through ctypes: the few calls a recording client needs.

Layouts are those of libcpg.so.4 on 64-bit machines. Left out on purpose: leaving, local dispatch threads, zero copy.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from ctypes import CFUNCTYPE, POINTER, c_char, c_int, c_size_t, c_uint, c_uint32, c_uint64, c_void_p

LIBRARY = "libcpg.so.4"
OK, LIBRARY_GONE, TRY_AGAIN, BAD_HANDLE = 1, 2, 6, 9
AGREED = 2
DISPATCH_ALL = 2
MODEL_V1 = 1
TELL_RING_AT_ONCE = 1


class Name(ctypes.Structure):
    """A group's name."""

    _fields_ = [("length", c_uint32), ("value", c_char * 128)]


class Address(ctypes.Structure):
    """A process in a group."""

    _fields_ = [("node", c_uint32), ("pid", c_uint32), ("reason", c_uint32)]


class RingId(ctypes.Structure):
    """A ring id; the callback takes it by value."""

    _fields_ = [("node", c_uint32), ("seq", c_uint64)]


class Part(ctypes.Structure):
    """A part of a message to send (iovec)."""

    _fields_ = [("base", c_void_p), ("length", c_size_t)]


DELIVER = CFUNCTYPE(None, c_uint64, POINTER(Name), c_uint32, c_uint32, c_void_p, c_size_t)
CONFCHG = CFUNCTYPE(
    None, c_uint64, POINTER(Name),
    POINTER(Address), c_size_t, POINTER(Address), c_size_t, POINTER(Address), c_size_t,
)  # fmt: skip
TOTEM = CFUNCTYPE(None, c_uint64, RingId, c_uint32, POINTER(c_uint32))


class Model(ctypes.Structure):
    """Model v1: the callbacks."""

    _fields_ = [("model", c_int), ("deliver", DELIVER), ("confchg", CONFCHG), ("totem", TOTEM), ("flags", c_uint)]


Member = tuple[int, int, int]
"""Node, pid, reason."""
Deliver = Callable[[int, int, bytes], None]
Confchg = Callable[[list[Member], list[Member], list[Member]], None]
Totem = Callable[[int, int, list[int]], None]


class CpgError(Exception):
    """A call failed; the code is corosync's."""

    def __init__(self, call: str, code: int) -> None:
        super().__init__(f"{call}: code {code}")
        self.code = code


class Cpg:
    """A connection to the local daemon. Single-threaded: callbacks run inside `dispatch` alone."""

    def __init__(self, deliver: Deliver, confchg: Confchg, totem: Totem) -> None:
        self.library = ctypes.CDLL(LIBRARY)
        self.handle = c_uint64()
        self.callbacks = _callbacks(deliver, confchg, totem)
        self.model = Model(MODEL_V1, *self.callbacks, TELL_RING_AT_ONCE)

    def connect(self) -> int:
        return self.library.cpg_model_initialize(ctypes.byref(self.handle), MODEL_V1, ctypes.byref(self.model), None)

    def join(self, group: bytes) -> int:
        return self.library.cpg_join(self.handle, ctypes.byref(Name(len(group), group)))

    def fd(self) -> int:
        found = c_int()
        code = self.library.cpg_fd_get(self.handle, ctypes.byref(found))
        if code != OK:
            raise CpgError("cpg_fd_get", code)
        return found.value

    def dispatch(self) -> int:
        """Run the callbacks of everything that waits."""
        return self.library.cpg_dispatch(self.handle, DISPATCH_ALL)

    def send(self, message: bytes) -> int:
        """Hand a message to the daemon, agreed order. TRY_AGAIN means that it was not taken."""
        text = ctypes.create_string_buffer(message, len(message))
        part = Part(ctypes.cast(text, c_void_p), len(message))
        return self.library.cpg_mcast_joined(self.handle, AGREED, ctypes.byref(part), 1)


def _callbacks(deliver: Deliver, confchg: Confchg, totem: Totem) -> tuple[object, object, object]:
    """The three, as C functions; whoever holds the tuple keeps them alive."""

    def told(_handle: int, _name: object, node: int, pid: int, text: int, length: int) -> None:
        deliver(node, pid, ctypes.string_at(text, length))

    def changed(
        _handle: int, _name: object, now: Sequence[Address], now_count: int,
        left: Sequence[Address], left_count: int, joined: Sequence[Address], joined_count: int,
    ) -> None:  # fmt: skip
        confchg(_members(now, now_count), _members(left, left_count), _members(joined, joined_count))

    def formed(_handle: int, ring: RingId, count: int, nodes: Sequence[int]) -> None:
        totem(ring.node, ring.seq, [nodes[i] for i in range(count)])

    return DELIVER(told), CONFCHG(changed), TOTEM(formed)


def _members(array: Sequence[Address], count: int) -> list[Member]:
    return [(array[i].node, array[i].pid, array[i].reason) for i in range(count)]
