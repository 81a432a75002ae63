"""What a node must remember when it is started again: the ring number, how many lives it had, whose lives it knows.

A change is written to another file, which takes the old one's place when it is on the disk: after a crash there is the
old state or the new one. `ring_seq` is there before anything that depends on it is sent (`Store`). A disk that takes
nothing ends the node (`NodeError`).
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Literal

import msgspec

from reference.node.disk.errors import NodeError, disk_error
from reference.rings import NUMBER_MAX, ProcessorId, RingSeq

FORMAT = "ringplug-node-state-1"


class Stored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    format: Literal["ringplug-node-state-1"] = FORMAT
    ring_seq: int = 0
    life: int = 0
    lives: dict[str, int] = {}
    """Of each peer, the newest life that was heard of."""


class Storage:
    """The directory of one node, which no other process may use meanwhile."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "ring.json"
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._directory = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise disk_error(str(directory), error) from error
        try:
            fcntl.flock(self._directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._directory)
            raise NodeError(f"{directory}: in use by another node") from error
        self._stored = self._read()

    @property
    def ring_seq(self) -> RingSeq:
        """The ring number that was stored last."""
        return RingSeq(self._stored.ring_seq)

    def known_life(self, peer: ProcessorId) -> int:
        """The newest life of a peer that was heard of; 0 for none."""
        return self._stored.lives.get(str(peer), 0)

    def begin_life(self, clock_us: int) -> int:
        """A number above that of each life before; the clock, as long as it goes forward.

        So peers take a node that has lost its directory for a new one, unless its clock was set back, too.
        """
        life = max(clock_us, self._stored.life + 1)
        self._write(msgspec.structs.replace(self._stored, life=life))
        return life

    def store(self, ring_seq: RingSeq) -> None:
        """Have it on the disk."""
        self._write(msgspec.structs.replace(self._stored, ring_seq=int(ring_seq)))

    def heard_of(self, peer: ProcessorId, life: int) -> None:
        """Remember a peer's new life."""
        self._write(msgspec.structs.replace(self._stored, lives={**self._stored.lives, str(peer): life}))

    def close(self) -> None:
        """Let another process use the directory."""
        os.close(self._directory)

    def _read(self) -> Stored:
        try:
            stored = msgspec.json.decode(self.path.read_bytes(), type=Stored)
        except FileNotFoundError:
            return Stored()
        except OSError as error:
            raise disk_error(str(self.path), error) from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise NodeError(f"{self.path}: not what a node stores: {error}") from error
        if not 0 <= stored.ring_seq < NUMBER_MAX:
            raise NodeError(f"{self.path}: ring_seq is {stored.ring_seq}, not 0 to {NUMBER_MAX - 1}")
        return stored

    def _write(self, stored: Stored) -> None:
        new = self.path.with_suffix(".new")
        try:
            with new.open("wb") as file:
                file.write(msgspec.json.encode(stored) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
            os.fsync(self._directory)
        except OSError as error:
            raise disk_error(f"{self.path}: cannot be stored", error) from error
        self._stored = stored
