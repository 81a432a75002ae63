"""Around each datagram: who sent it, sealed so that only holders of the key can have made it, and only once.

| bytes | field | |
| --- | --- | --- |
| 2 | magic | `72 6e` ("rn") |
| 1 | version | `01` |
| 1 | mode | `01` sealed, `00` plain |
| 2 | cluster | of its name's BLAKE2s: finds accidents |
| 2 | key | the name of the key |
| 4 | sender | the processor |
| 14 | life | 8 bytes that grow from life to life of the sender, 6 of chance |
| 6 | count | of this life's datagrams, from 0 |
| | payload | encrypted; after it 16 bytes of ChaCha20-Poly1305 over all of it, the fields above included |

Each life has a key of its own, made by HKDF from the shared key, the cluster, the sender and the life. The nonce is the
count. So no nonce comes twice under one key: not in a life, which counts; not in two, which have other keys, even if
the disk was restored to what it was before.

What is refused changes nothing but a count by its reason, and is looked at in an order in which what costs least comes
first. Nothing is remembered of a sender who is no peer or has not proved that it holds the key.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reference.node.disk.errors import NodeError
from reference.node.keys import KEY_BYTES, Key
from reference.rings import ProcessorId

MAGIC, VERSION, PLAIN, SEALED = b"rn", 1, 0, 1
HEADER = struct.Struct(">2sBB2s2sIQ6s6s")
CHANCE_BYTES = COUNT_BYTES = 6
TAG_BYTES = 16
OVERHEAD_BYTES = HEADER.size + TAG_BYTES
WINDOW = 1024
"""So far behind the newest datagram of a life one may come late."""
NO_KEY = bytes(2)


class Turned(Enum):
    """Why a datagram is turned away before the protocol sees it."""

    TRUNCATED = "shorter than any datagram"
    FOREIGN = "not a datagram of a node"
    UNKNOWN_VERSION = "of another version"
    OTHER_CLUSTER = "of another cluster"
    NOT_SEALED = "not sealed, or sealed where nobody has a key"
    UNKNOWN_KEY = "sealed with a key that this node does not have"
    UNKNOWN_SENDER = "from nobody who is a peer"
    MY_OWN = "sent by this processor"
    OLDER_LIFE = "of an older life of its sender"
    REPLAYED = "here already"
    TOO_LATE = f"more than {WINDOW} behind the newest of its sender"
    FORGED = "not made by who holds the key, or changed on the way"


class TurnedAwayError(Exception):
    """A datagram is turned away, for this reason."""

    def __init__(self, why: Turned) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass
class Window:
    """Which datagrams of a life have come: the highest count, and one bit for each of those behind it."""

    highest: int = -1
    seen: int = 0

    def refusal(self, count: int) -> Turned | None:
        """Why a datagram with this count is not taken, if so."""
        behind = self.highest - count
        if behind < 0:
            return None
        if behind >= WINDOW:
            return Turned.TOO_LATE
        return Turned.REPLAYED if self.seen >> behind & 1 else None

    def take(self, count: int) -> None:
        """Remember it."""
        ahead = count - self.highest
        if ahead > 0:
            self.seen = (self.seen << min(ahead, WINDOW) | 1) & ((1 << WINDOW) - 1)
            self.highest = count
        else:
            self.seen |= 1 << -ahead


@dataclass
class Sender:
    """What is known of a peer: its newest life, and which of that life's datagrams have come."""

    life: int = 0
    chance: bytes = b""
    window: Window = field(default_factory=Window)
    ciphers: dict[bytes, ChaCha20Poly1305] = field(default_factory=dict[bytes, ChaCha20Poly1305])
    """By the name of the shared key."""


class Envelope:
    """What one life of a node seals and opens."""

    def __init__(
        self, cluster: str, me: ProcessorId, life: int, keys: Sequence[Key], lives: Mapping[ProcessorId, int],
        new_life: Callable[[ProcessorId, int], None] = lambda sender, life: None,
    ) -> None:  # fmt: skip
        """`lives` has all peers, each with the newest life that is known of it; `new_life` is told of newer ones."""
        self._cluster, self._me, self._new_life = cluster, me, new_life
        self._life = life, secrets.token_bytes(CHANCE_BYTES)
        self._tag = hashlib.blake2s(cluster.encode(), digest_size=2).digest()
        self._senders = {peer: Sender(known) for peer, known in lives.items()}
        self._count = 0
        self.turned: Counter[Turned] = Counter()
        self.rekey(keys)

    def rekey(self, keys: Sequence[Key]) -> None:
        """Seal with the first of these keys from now on, and open with any."""
        self._keys = {key.name: key for key in keys}
        self._sealing = keys[0].name if keys else NO_KEY
        self._seal = self._cipher(keys[0], self._me, *self._life) if keys else None
        for sender in self._senders.values():
            sender.ciphers.clear()

    def seal(self, payload: bytes) -> bytes:
        """A datagram that carries this."""
        count, self._count = self._count, self._count + 1
        if count >= 1 << 8 * COUNT_BYTES:
            raise NodeError("this life has sent all the datagrams that it can number; start another")
        numbered = count.to_bytes(COUNT_BYTES, "big")
        mode = SEALED if self._seal else PLAIN
        header = HEADER.pack(MAGIC, VERSION, mode, self._tag, self._sealing, self._me, *self._life, numbered)
        return header + (self._seal.encrypt(_nonce(numbered), payload, header) if self._seal else payload)

    def open(self, datagram: bytes) -> tuple[ProcessorId, bytes]:
        """Who sent it, and what it carries; TurnedAwayError after counting why not."""
        try:
            return self._open(datagram)
        except TurnedAwayError as error:
            self.turned[error.why] += 1
            raise

    def _open(self, datagram: bytes) -> tuple[ProcessorId, bytes]:
        if len(datagram) <= HEADER.size:
            raise TurnedAwayError(Turned.TRUNCATED)
        magic, version, mode, cluster, name, number, life, chance, numbered = HEADER.unpack_from(datagram)
        sender = self._senders.get(ProcessorId(number))
        for wrong, why in (
            (magic != MAGIC, Turned.FOREIGN),
            (version != VERSION or mode not in (PLAIN, SEALED), Turned.UNKNOWN_VERSION),
            (cluster != self._tag, Turned.OTHER_CLUSTER),
            ((mode == SEALED) != bool(self._keys), Turned.NOT_SEALED),
            (mode == SEALED and name not in self._keys, Turned.UNKNOWN_KEY),
            (number == self._me, Turned.MY_OWN),
            (sender is None, Turned.UNKNOWN_SENDER),
        ):
            if wrong:
                raise TurnedAwayError(why)
        if sender is None or mode == PLAIN:
            return ProcessorId(number), datagram[HEADER.size :]
        payload = self._opened(ProcessorId(number), sender, datagram, self._keys[name], life, chance, numbered)
        return ProcessorId(number), payload

    def _opened(
        self, number: ProcessorId, sender: Sender, datagram: bytes, key: Key, life: int, chance: bytes, numbered: bytes
    ) -> bytes:
        """What a peer seals, if its life is not older than the one that is known, and the datagram is not here yet."""
        if life < sender.life:
            raise TurnedAwayError(Turned.OLDER_LIFE)
        is_known = (life, chance) == (sender.life, sender.chance)
        count = int.from_bytes(numbered, "big")
        if is_known and (refusal := sender.window.refusal(count)):
            raise TurnedAwayError(refusal)
        cipher = sender.ciphers.get(key.name) if is_known else None
        cipher = cipher or self._cipher(key, number, life, chance)
        try:
            payload = cipher.decrypt(_nonce(numbered), datagram[HEADER.size :], datagram[: HEADER.size])
        except InvalidTag:
            raise TurnedAwayError(Turned.FORGED) from None
        if not is_known:
            self._begins_a_life(number, sender, life, chance)
        sender.ciphers[key.name] = cipher
        sender.window.take(count)
        return payload

    def _begins_a_life(self, number: ProcessorId, sender: Sender, life: int, chance: bytes) -> None:
        if life == sender.life and sender.chance:
            raise TurnedAwayError(Turned.OLDER_LIFE)
        if life > sender.life:
            self._new_life(number, life)
        sender.life, sender.chance, sender.window = life, chance, Window()
        sender.ciphers.clear()

    def _cipher(self, key: Key, sender: ProcessorId, life: int, chance: bytes) -> ChaCha20Poly1305:
        about = f"ringplug node 1, {self._cluster!r}, {sender}".encode()
        derived = HKDF(SHA256(), KEY_BYTES, salt=life.to_bytes(8, "big") + chance, info=about).derive(key.secret)
        return ChaCha20Poly1305(derived)


def _nonce(numbered: bytes) -> bytes:
    return bytes(6) + numbered
