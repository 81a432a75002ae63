"""Datagrams at random: a refused one changes nothing, an accepted one is a legal token, and every stage is reached.

What is legal is said here again, by hand on untyped MessagePack, and not with the codec under test. Most datagrams are
legal tokens with one thing changed inside and the checksum made anew, so that they pass the outer stages.
"""

from __future__ import annotations

import random
import zlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from reference.errors import Refusal, Stage
from reference.plug.effects import SendToken, TokenRefused
from reference.plug.layer import PlugLayer
from reference.plug.state import Ring, State
from reference.plug.token_codec import HEADER, LARGEST_BYTES
from reference.priorities import Priority
from reference.rings import ProcessorId
from tests.circulation import SIZES, processors, ring_id

SEED = 2004
Body = list[Any]  # [[representative, ring seq], token_seq, seq, retransmissions, bitmap]


def layer_at_random(rng: random.Random) -> PlugLayer:
    """A processor with an installed ring, a pending one, both, or none, and something to send."""
    layer = PlugLayer(ProcessorId(1), packets_a_visit=rng.choice([1, 19]))
    for seq in sorted(rng.sample(range(1, 200), rng.randrange(4))):
        members = processors(rng.choice(SIZES))
        layer.ring_pending(ring_id(seq), members)
        if layer.state.installed is None and rng.random() < 0.7:
            layer.regular_configuration(ring_id(seq), members)
        elif layer.state.installed is not None and rng.random() < 0.3:
            layer.transitional_configuration(layer.state.installed.configuration.ring_id, processors(1))
    for _ in range(rng.randrange(4)):
        layer.gmi_mcast(rng.choice(list(Priority)), rng.randbytes(4))
    return layer


def legal_body(rng: random.Random, state: State) -> Body:
    """The fields of a token that this processor accepts, if it has a ring of several members."""
    ring = rng.choice([ring for ring in (state.installed, state.pending) if ring] or [None])
    count = len(ring.configuration.members) if ring else rng.choice(SIZES)
    accepted = -1 if ring is None or ring.accepted is None else ring.accepted
    seq = rng.choice([0, 1, 9, 300, 2**40])
    asked = sorted(rng.sample(range(1, min(seq, 999) + 1), rng.randrange(min(seq, 50) + 1)))
    bitmap = rng.getrandbits(count).to_bytes(-(-count // 8), "little")
    number = list(ring.configuration.ring_id) if ring else [1, rng.randrange(200)]
    return [number, accepted + rng.choice([1, 2, 50]), seq, asked, bitmap]


# What is changed inside.


def another_ring(rng: random.Random, body: Body) -> None:
    body[0][rng.randrange(2)] += rng.choice([-1, 1, 1000])


def an_old_number(rng: random.Random, body: Body) -> None:
    body[1] = max(0, body[1] - rng.randrange(1, 60))


def other_retransmissions(rng: random.Random, body: Body) -> None:
    body[3] = [rng.randrange(body[2] + 3) for _ in range(rng.choice([1, 2, 3, 52]))]


def another_bitmap_length(rng: random.Random, body: Body) -> None:
    body[4] = rng.choice([body[4] + b"\0", body[4][:-1], b"", bytes(16), bytes(300)])


def other_bits(rng: random.Random, body: Body) -> None:
    body[4] = rng.randbytes(len(body[4]))


def another_value(rng: random.Random, body: Body) -> None:
    values = [None, True, -1, 1.0, "x", b"x", [], [[]], {}, 2**32, 2**63, 2**64 - 1]
    body[rng.randrange(len(body))] = rng.choice(values)


def another_value_inside(rng: random.Random, body: Body) -> None:
    inside = body[rng.choice([0, 3])]
    inside.insert(rng.randrange(len(inside) + 1), rng.choice([0, -1, 1.0, None, 2**63, [1]]))


def another_field_count(rng: random.Random, body: Body) -> None:
    if rng.random() < 0.5:
        body.pop(rng.randrange(len(body)))
    else:
        body.insert(rng.randrange(len(body) + 1), rng.choice([0, b"", [], [1, 1]]))


def nothing(rng: random.Random, body: Body) -> None:
    """Stays legal."""


INSIDE: list[Callable[[random.Random, Body], None]] = [
    another_ring,
    an_old_number,
    other_retransmissions,
    another_bitmap_length,
    other_bits,
    another_value,
    another_value_inside,
    another_field_count,
    nothing,
]


def wide(value: Any) -> bytes:
    """MessagePack of a value with longer marks than it needs."""
    if isinstance(value, list):
        items: list[Any] = value
        return b"\xdc" + len(items).to_bytes(2, "big") + b"".join(map(wide, items))
    if isinstance(value, bytes):
        return b"\xc5" + len(value).to_bytes(2, "big") + value
    if type(value) is int and 0 <= value < 2**64:
        return b"\xcf" + value.to_bytes(8, "big")
    return msgspec.msgpack.encode(value)


def sealed(body: bytes, header: bytes = HEADER) -> bytes:
    return header + body + zlib.crc32(header + body).to_bytes(4, "big")


def changed_inside(rng: random.Random, body: Body) -> bytes:
    """A token with one thing changed, and a checksum that fits."""
    rng.choice(INSIDE)(rng, body)
    encoded = wide(body) if rng.random() < 0.1 else msgspec.msgpack.encode(body)
    chance = rng.random()
    if chance < 0.05:
        encoded = encoded[: rng.randrange(len(encoded))] + rng.randbytes(rng.randrange(3))
    header = rng.choice([b"rp\1\1", b"rp\2\0", b"RP\1\0"]) if chance > 0.97 else HEADER
    return sealed(encoded, header)


def changed_outside(rng: random.Random, body: Body) -> bytes:
    """Bytes that are damaged, cut, too many, or never were a token."""
    datagram = bytearray(sealed(msgspec.msgpack.encode(body)))
    what = rng.randrange(4)
    if what == 0:
        datagram[rng.randrange(len(datagram))] ^= 1 << rng.randrange(8)
    elif what == 1:
        del datagram[rng.randrange(len(datagram)) :]
    elif what == 2:
        datagram += rng.randbytes(rng.choice([1, 600]))
    else:
        datagram = bytearray(rng.randbytes(rng.randrange(100)))
    return bytes(datagram)


def is_legal(datagram: bytes, state: State) -> bool:
    """Whether this is a token that the processor must accept; a datagram is legal in one encoding only."""
    try:
        (representative, ring_seq), number, seq, asked, bitmap = body = msgspec.msgpack.decode(datagram[4:-4])
    except (msgspec.DecodeError, ValueError, TypeError):
        return False
    if type(asked) is not list or type(bitmap) is not bytes:
        return False
    if not all(type(value) is int and 0 <= value < 2**63 for value in (representative, ring_seq, number, seq, *asked)):
        return False
    if len(datagram) > LARGEST_BYTES or datagram != sealed(msgspec.msgpack.encode(body)):
        return False
    ring = ring_named(state, representative, ring_seq)
    if ring is None:
        return False
    count = len(ring.configuration.members)
    return (
        len(asked) <= 50
        and asked == sorted({value for value in asked if 1 <= value <= seq})
        and count > 1
        and len(bitmap) == (count + 7) // 8
        and int.from_bytes(bitmap, "little") < 2**count
        and (ring.accepted is None or number > ring.accepted)
    )


def ring_named(state: State, representative: int, ring_seq: int) -> Ring | None:
    named = [r for r in (state.installed, state.pending) if r and r.configuration.ring_id == (representative, ring_seq)]
    return named[0] if named else None


def feed(layer: PlugLayer, datagram: bytes) -> Refusal | None:
    """Give a datagram to a layer, judge what it did, and say how it was refused."""
    before, legal = layer.state, is_legal(datagram, layer.state)
    effects = layer.datagram_received(datagram)
    if isinstance(effects[0], TokenRefused):
        assert not legal
        assert len(effects) == 1
        assert layer.state is before or layer.state == before
        return effects[0].refusal
    assert legal
    old, new = (msgspec.msgpack.decode(token[4:-4]) for token in (datagram, last_sent(effects[-1])))
    assert (new[0], new[1], new[3]) == (old[0], old[1] + 1, old[3])
    assert new[2] == old[2] + len([effect for effect in effects if hasattr(effect, "packet")])
    gained = int.from_bytes(new[4], "little") ^ int.from_bytes(old[4], "little")
    assert gained in {0, 1}  # processor 1 is the first of every member list
    return None


def last_sent(effect: object) -> bytes:
    assert isinstance(effect, SendToken)
    return effect.datagram


def fuzz(count: int, seed: int) -> tuple[Counter[Refusal | None], Counter[Stage]]:
    """How many datagrams were refused for each reason, or accepted (None), and how many reached each stage."""
    outcomes: Counter[Refusal | None] = Counter()
    reached: Counter[Stage] = Counter()
    for batch in range(count // 20):
        rng = random.Random(f"{seed}/{batch}")
        layer = layer_at_random(rng)
        for _ in range(20):
            body = legal_body(rng, layer.state)
            datagram = changed_inside(rng, body) if rng.random() < 0.75 else changed_outside(rng, body)
            try:
                outcomes[feed(layer, datagram)] += 1
            except Exception as error:
                error.add_note(f"seed {seed}, batch {batch}, datagram {datagram.hex()}, {layer.state}")
                raise
        reached.update(layer.reached)
        assert sum(layer.refused.values()) + layer.accepted_count == 20
    return outcomes, reached


DEEP = 1_000_000


@pytest.mark.parametrize("count", [20_000, pytest.param(DEEP, marks=pytest.mark.deep)])
def test_datagrams_at_random_are_refused_without_a_trace_or_legal(
    count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes, reached = fuzz(count, SEED)
    if count == DEEP:
        with capsys.disabled():
            print(f"\n{count} datagrams, seed {SEED}; reached:", *(f"{stage.name} {reached[stage]}" for stage in Stage))
            print("accepted", outcomes[None], *(f"{refusal.name} {outcomes[refusal]}" for refusal in Refusal))
    assert sum(outcomes.values()) == reached[Stage.SIZE] == count
    assert reached[Stage.LAYOUT] - outcomes[None] > count / 2
    assert all(outcomes[outcome] for outcome in [None, *Refusal])
    assert all(reached[stage] for stage in Stage)
