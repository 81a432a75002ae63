"""The token on the wire: its bytes, its size, the positions in its bitmap, and what is refused at which stage."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec
import pytest

from reference.errors import Refusal, RemoteProtocolError, Stage
from reference.plug import bitmaps
from reference.plug.effects import GateOpened, SendToken, TokenRefused
from reference.plug.layer import PlugLayer
from reference.plug.token_codec import HEADER, LARGEST_BYTES, SMALLEST_BYTES, checksum, decode, encode
from reference.plug.tokens import RETRANSMISSIONS_MAX, MessageSeq, Token, TokenSeq
from reference.priorities import Priority
from reference.rings import MEMBERS_MAX, NUMBER_MAX, PROCESSOR_MAX, ProcessorId, RingId, RingSeq
from tests.circulation import SIZES, Circulation, alone, processors, ring_id


def token(
    *, ring: int = 8, number: int = 3, seq: int = 7, asked: Sequence[int] = (3, 5), bitmap: bytes = b"\x81\x01"
) -> Token:
    return Token(ring_id(ring), TokenSeq(number), MessageSeq(seq), tuple(map(MessageSeq, asked)), bitmap)


def sealed(body: bytes, header: bytes = HEADER) -> bytes:
    return header + body + checksum(header + body)


def fields(*values: object) -> bytes:
    return sealed(msgspec.msgpack.encode(values))


def test_the_bytes_of_a_token_are_those_of_the_document() -> None:
    assert encode(token()).hex() == "727001" + "00" + "95" + "920108" + "03" + "07" + "920305" + "c4028101" + "ee5aef25"
    assert decode(encode(token())) == token()


def test_the_smallest_and_the_largest_token() -> None:
    largest = Token(
        RingId(ProcessorId(PROCESSOR_MAX), RingSeq(NUMBER_MAX)),
        TokenSeq(NUMBER_MAX),
        MessageSeq(NUMBER_MAX),
        tuple(MessageSeq(NUMBER_MAX - i) for i in reversed(range(RETRANSMISSIONS_MAX))),
        b"\xff" * bitmaps.byte_count(MEMBERS_MAX),
    )
    smallest = token(ring=0, number=0, seq=0, asked=(), bitmap=b"\0")
    assert (len(encode(smallest)), len(encode(largest))) == (18, 513) == (SMALLEST_BYTES, LARGEST_BYTES)
    assert decode(encode(largest)) == largest


@pytest.mark.parametrize("count", range(1, MEMBERS_MAX + 1))
def test_m13_the_plug_adds_a_bit_a_member_and_a_length(count: int) -> None:
    """Against the same token without its bitmap field; MessagePack's length of a byte string takes 2 bytes."""
    plain = [field for field in Token.__struct_fields__ if field != "bitmap"]
    with_plug = token(bitmap=bitmaps.zero(count))
    without = sealed(msgspec.msgpack.encode([getattr(with_plug, field) for field in plain]))
    assert len(encode(with_plug)) - len(without) == 2 + -(-count // 8)


@pytest.mark.parametrize("count", SIZES)
def test_m13_the_plug_costs_no_datagram_and_no_packet(count: int) -> None:
    ring = Circulation(count)
    ring.change(1)
    for _ in range(3 * count):
        sent = [effect for effect in ring.visit() if not isinstance(effect, GateOpened)]
        assert [type(effect) for effect in sent] == ([SendToken] if count > 1 else [])


@pytest.mark.parametrize("count", SIZES[1:])
def test_d9_a_members_position_is_its_index_in_the_sorted_member_list(count: int) -> None:
    """Also for numbers far apart, listed in another order at each member, and where the wire has a part of a byte."""
    rng = random.Random(count)
    members = [ProcessorId(number) for number in rng.sample(range(PROCESSOR_MAX + 1), count)]
    ring = RingId(members[0], RingSeq(1))
    for position, member in enumerate(sorted(members)):
        layer = PlugLayer(member)
        layer.ring_pending(ring, rng.sample(members, count))
        layer.regular_configuration(ring, rng.sample(members, count))
        effects = layer.token_received(Token(ring, TokenSeq(5), MessageSeq(0), (), bitmaps.zero(count)))
        assert isinstance(effects[-1], SendToken)
        bitmap = decode(effects[-1].datagram).bitmap
        assert bitmaps.positions(bitmap) == {position}
        assert bitmap[position // 8] == 1 << position % 8
        assert len(bitmap) == -(-count // 8)
        assert not layer.state.gate_open


@pytest.mark.parametrize("count", SIZES)
def test_m6_the_bitmap_is_complete_with_all_members_and_not_with_one_less(count: int) -> None:
    bitmap = bitmaps.zero(count)
    for position in range(count):
        assert not bitmaps.is_complete(bitmap, count)
        bitmap = bitmaps.with_position(bitmap, position)
        assert bitmaps.with_position(bitmap, position) == bitmap
    assert bitmaps.is_complete(bitmap, count)
    assert not bitmaps.reaches_beyond(bitmap, count)
    assert count == 1 or bitmaps.reaches_beyond(bitmap, count - 1)


def nine_members() -> PlugLayer:
    """Installed ring 8 of nine, number 3 accepted, one handle, messages waiting, and a ring of one pending."""
    layer = PlugLayer(ProcessorId(1))
    layer.gmi_recovery_plug_create()
    layer.ring_pending(ring_id(8), processors(9))
    layer.regular_configuration(ring_id(8), processors(9))
    for priority in Priority:
        layer.gmi_mcast(priority, b"waits")
    layer.token_received(token(asked=()), packets=0)
    layer.ring_pending(ring_id(12), processors(1))
    return layer


BODY = msgspec.msgpack.encode(token(number=4))
REFUSED: list[tuple[Refusal, bytes]] = [
    (Refusal.TRUNCATED, b""),
    (Refusal.TRUNCATED, encode(token())[: SMALLEST_BYTES - 1]),
    (Refusal.OVERSIZED, encode(token(asked=range(1, 8))) + bytes(LARGEST_BYTES)),
    (Refusal.NOT_A_TOKEN, sealed(BODY, b"RP\1\0")),
    (Refusal.NOT_A_TOKEN, sealed(BODY, b"rp\1\1")),
    (Refusal.UNKNOWN_VERSION, sealed(BODY, b"rp\2\0")),
    (Refusal.DAMAGED, encode(token())[:-1]),
    (Refusal.DAMAGED, encode(token()) + b"\0"),
    (Refusal.DAMAGED, encode(token())[:-1] + b"\0"),
    (Refusal.MALFORMED, sealed(BODY[:-1])),
    (Refusal.MALFORMED, sealed(BODY + b"\0")),
    (Refusal.MALFORMED, sealed(b"\xc1" * 10)),
    (Refusal.OUT_OF_RANGE, fields([1, 8], 400, 700, [])),
    (Refusal.OUT_OF_RANGE, fields([1, 8], 4, 7, [], b"\0\0", 0)),
    (Refusal.OUT_OF_RANGE, fields([1, 8], -1, 7, [], b"\0\0")),
    (Refusal.OUT_OF_RANGE, fields([1, 8], NUMBER_MAX + 1, 7, [], b"\0\0")),
    (Refusal.OUT_OF_RANGE, fields([PROCESSOR_MAX + 1, 8], 4, 7, [], b"\0\0")),
    (Refusal.OUT_OF_RANGE, fields([1, 8], 4.0, 7, [], b"\0\0")),
    (Refusal.OUT_OF_RANGE, fields([1, 8], 4, 70, list(range(1, RETRANSMISSIONS_MAX + 2)), b"\0\0")),
    (Refusal.OUT_OF_RANGE, fields([1, 8], 4, 7, [0], b"\0\0")),
    (Refusal.OUT_OF_RANGE, fields([1, 8], 400, 7, [], b"")),
    (Refusal.OUT_OF_RANGE, fields([1, 8], 4, 7, [], bytes(17))),
    (Refusal.RETRANSMISSIONS, encode(token(number=4, asked=[5, 3]))),
    (Refusal.RETRANSMISSIONS, encode(token(number=4, asked=[3, 3]))),
    (Refusal.RETRANSMISSIONS, encode(token(number=4, asked=[8]))),
    (Refusal.NOT_CANONICAL, sealed(BODY.replace(b"\x92\x01\x08", b"\x92\x01\xcc\x08"))),
    (Refusal.FOREIGN_RING, encode(token(ring=16))),
    (Refusal.OLDER_RING, encode(token(ring=4))),
    (Refusal.OLDER_RING, fields([2, 12], 4, 700, [], b"\0\0")),
    (Refusal.RING_OF_ONE, encode(token(ring=12, bitmap=b"\0"))),
    (Refusal.BITMAP_LENGTH, encode(token(number=4, bitmap=b"\0"))),
    (Refusal.BITMAP_LENGTH, encode(token(number=4, bitmap=bytes(3)))),
    (Refusal.BITS_BEYOND_MEMBERS, encode(token(number=4, bitmap=b"\0\2"))),
    (Refusal.DUPLICATE, encode(token(number=3))),
    (Refusal.LATE, encode(token(number=2))),
]


def test_every_reason_for_a_refusal_is_tried() -> None:
    assert {refusal for refusal, _ in REFUSED} == set(Refusal)
    assert {refusal.stage for refusal in Refusal} == set(Stage)


@pytest.mark.parametrize(
    ("refusal", "datagram"), REFUSED, ids=[f"{i}-{refusal.name}" for i, (refusal, _) in enumerate(REFUSED)]
)
def test_ring_s4_a_refused_token_is_counted_and_changes_nothing_else(refusal: Refusal, datagram: bytes) -> None:
    layer = nine_members()
    before, accepted_count = layer.state, layer.accepted_count
    said = msgspec.msgpack.encode(before)
    (effect,) = layer.datagram_received(datagram)
    assert isinstance(effect, TokenRefused)
    assert (effect.refusal, layer.refused) == (refusal, {refusal: 1})
    assert refusal.says in effect.why
    assert refusal.clause in effect.why
    assert layer.state == before
    assert msgspec.msgpack.encode(layer.state) == said
    assert layer.accepted_count == accepted_count
    assert [stage for stage, count in layer.reached.items() if count == 2] == [s for s in Stage if s <= refusal.stage]


def test_after_refusing_everything_the_next_token_is_accepted_as_if_nothing_had_been() -> None:
    layer, undisturbed = nine_members(), nine_members()
    for _, datagram in REFUSED:
        layer.datagram_received(datagram)
    effects = layer.datagram_received(encode(token(number=4)))
    assert effects == undisturbed.datagram_received(encode(token(number=4)))
    assert layer.state == undisturbed.state
    assert not any(isinstance(effect, TokenRefused) for effect in effects)


def test_every_single_bit_flip_is_refused() -> None:
    datagram = encode(token(number=4))
    for bit in range(8 * len(datagram)):
        damaged = bytearray(datagram)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(RemoteProtocolError, match=r"a peer: token refused"):
            decode(bytes(damaged))


def test_a_ring_of_one_takes_no_token() -> None:
    layer = alone(8)
    (effect,) = layer.datagram_received(encode(token(bitmap=b"\1")))
    assert isinstance(effect, TokenRefused)
    assert effect.refusal is Refusal.RING_OF_ONE


def test_what_a_visit_does_not_own_is_handed_on_as_it_came() -> None:
    layer = nine_members()
    effects = layer.datagram_received(encode(token(number=4)), packets=0)
    assert effects == (SendToken(token(number=5)),)
