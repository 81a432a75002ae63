"""Key files: secrets that the nodes of a cluster share, one a line, for nobody else to read.

The first key seals what is sent; any of them opens what comes. So a key is changed without stopping the ring: the new
one is added below the old one at every node, then put above it at every node, then the old one is taken away; a node
reads its file again on SIGHUP.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from reference.node.disk.errors import NodeError, disk_error

KEY_BYTES = 32
KEYS_MOST = 8
NAME_BYTES = 2


@dataclass(frozen=True)
class Key:
    """A secret, and the short name by which a datagram says which one it is."""

    secret: bytes

    @property
    def name(self) -> bytes:
        """Says nothing of the secret that helps to find it."""
        return hashlib.blake2s(self.secret, digest_size=NAME_BYTES, person=b"ringkey").digest()

    def __repr__(self) -> str:
        return f"Key({self.name.hex()})"


def write_new(path: Path) -> None:
    """Write a file with a new key, for its owner alone; never over one that is there."""
    text = f"# A key of a ringplug cluster: keep it secret.\n{secrets.token_hex(KEY_BYTES)}\n"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    except OSError as error:
        raise disk_error(str(path), error) from error


def read(path: Path) -> tuple[Key, ...]:
    """The keys of a file, the one that seals first; NodeError if others can read it, or it holds none."""
    try:
        with path.open() as file:
            _check_owner(path, os.fstat(file.fileno()))
            lines = [line.partition("#")[0].strip() for line in file]
    except OSError as error:
        raise disk_error(str(path), error) from error
    except UnicodeDecodeError as error:
        raise NodeError(f"{path}: no key file: not text in UTF-8") from error
    keys = tuple(_key(path, number, line) for number, line in enumerate(lines, 1) if line)
    if not 1 <= len(keys) <= KEYS_MOST:
        raise NodeError(f"{path}: {len(keys)} keys, not 1 to {KEYS_MOST}")
    if len({key.name for key in keys}) < len(keys):
        raise NodeError(f"{path}: two of its keys have one name; make another one")
    return keys


def _check_owner(path: Path, about: os.stat_result) -> None:
    if about.st_uid not in (os.geteuid(), 0):
        raise NodeError(f"{path}: belongs to another user")
    if stat.S_IMODE(about.st_mode) & 0o077:
        mode = f"{stat.S_IMODE(about.st_mode):04o}"
        raise NodeError(f"{path}: others may read or write it (mode {mode}); chmod 600 {path}")


def _key(path: Path, number: int, line: str) -> Key:
    try:
        secret = bytes.fromhex(line)
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise NodeError(f"{path}:{number}: not a key of {2 * KEY_BYTES} hexadecimal digits")
    return Key(secret)
