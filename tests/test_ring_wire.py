"""Datagrams of the ring: each says what it said, and one that is damaged is refused and changes nothing."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from ring_network import Network
from ring_runs import a_run

from reference.plug.token_codec import MAGIC, VERSION, checksum
from reference.plug.tokens import MessageSeq, Token, TokenSeq
from reference.priorities import Priority
from reference.ring.datagrams import (
    AGREED_SEQ_MAX,
    Arrival,
    CommitToken,
    Datagram,
    Fragment,
    Join,
    MergeDetect,
    Multicast,
    Numbered,
    Recovered,
    RingToken,
    Wake,
)
from reference.ring.effects import Guarantee, Refused, Send
from reference.ring.wire import KINDS, DatagramError, decode, encode
from reference.rings import MEMBERS_MAX, NUMBER_MAX, PROCESSOR_MAX, ProcessorId, RingId, RingSeq

ONE, TWO = ProcessorId(1), ProcessorId(2)
RING, OLD = RingId(ONE, RingSeq(9)), RingId(TWO, RingSeq(5))
LARGEST = RingId(ProcessorId(PROCESSOR_MAX), RingSeq(NUMBER_MAX))
FRAGMENT = Fragment(TWO, RingSeq(2), 3, Priority.LOW, Guarantee.SAFE, None, 0, 1, b"x")
TOKEN = Token(RING, TokenSeq(4), MessageSeq(3), (MessageSeq(2),), b"\1")
ARRIVALS = (Arrival(None, MessageSeq(0), MessageSeq(0), b""), Arrival(OLD, MessageSeq(4), MessageSeq(3), b"\1"))
EXAMPLES: list[Datagram] = [
    RingToken(TOKEN, MessageSeq(1), TWO, 5, 6, True),
    RingToken(TOKEN, MessageSeq(3), None, 0, 0, False),
    Multicast(ONE, RING, (Numbered(MessageSeq(1), FRAGMENT),)),
    Multicast(ONE, RING, (Numbered(MessageSeq(2), Recovered(OLD, MessageSeq(7), FRAGMENT)),)),
    Multicast(ONE, LARGEST, (Numbered(MessageSeq(NUMBER_MAX), msgspec.structs.replace(FRAGMENT, queued_in=LARGEST)),)),
    Join(ONE, (ONE, TWO), (TWO,), RingSeq(8)),
    CommitToken(RING, (ONE, TWO), 1, ARRIVALS[:1]),
    CommitToken(RING, (ONE, TWO), 4, ARRIVALS),
    MergeDetect(ONE, RING),
    Wake(TWO, RING),
]
WRONG: list[Datagram] = [
    RingToken(TOKEN, MessageSeq(4), None, 0, 0, False),
    RingToken(TOKEN, MessageSeq(-1), None, 0, 0, False),
    RingToken(msgspec.structs.replace(TOKEN, retransmissions=(MessageSeq(4),)), MessageSeq(0), None, 0, 0, False),
    RingToken(TOKEN, MessageSeq(0), ProcessorId(2**32), 0, 0, False),
    Multicast(ONE, RING, ()),
    Multicast(ONE, RING, (Numbered(MessageSeq(0), FRAGMENT),)),
    Multicast(ONE, RING, (Numbered(MessageSeq(1), msgspec.structs.replace(FRAGMENT, fragment_index=1)),)),
    Join(ONE, (TWO,), (), RingSeq(8)),
    Join(ONE, (ONE, TWO), (ONE,), RingSeq(8)),
    Join(ONE, (TWO, ONE), (), RingSeq(8)),
    Join(ONE, (ONE,), (TWO,), RingSeq(8)),
    CommitToken(RING, (TWO, ONE), 1, ARRIVALS[:1]),
    CommitToken(RING, (TWO,), 1, ARRIVALS[:1]),
    CommitToken(RING, (ONE, TWO), 2, ARRIVALS[:1]),
    CommitToken(RING, (ONE, TWO), 5, ARRIVALS),
    CommitToken(RingId(ONE, RingSeq(NUMBER_MAX)), (ONE, TWO), 1, ARRIVALS[:1]),
    Join(ONE, (ONE,), (), RingSeq(NUMBER_MAX)),
    MergeDetect(ONE, RingId(ONE, RingSeq(-1))),
]


@pytest.mark.parametrize("said", EXAMPLES, ids=repr)
def test_a_datagram_says_what_it_said(said: Datagram) -> None:
    assert decode(encode(said)) == said


def test_there_is_an_example_of_every_kind() -> None:
    assert {type(said) for said in EXAMPLES} == set(KINDS.values())


@pytest.mark.parametrize("said", WRONG, ids=repr)
def test_fields_that_cannot_be_are_refused(said: Datagram) -> None:
    with pytest.raises(DatagramError, match=r"a peer: datagram refused"):
        decode(encode(said))


@pytest.mark.parametrize("said", EXAMPLES, ids=lambda said: type(said).__name__)
def test_a_flipped_bit_or_a_missing_or_added_byte_is_found(said: Datagram) -> None:
    datagram = encode(said)
    flipped = [
        bytes([*datagram[:at], datagram[at] ^ 1 << bit, *datagram[at + 1 :]])
        for at in range(len(datagram))
        for bit in range(8)
    ]
    for damaged in [*flipped, datagram[:-1], datagram[1:], datagram + b"\0", b""]:
        with pytest.raises(DatagramError):
            decode(damaged)


def test_the_same_encoded_otherwise_is_refused() -> None:
    body = msgspec.msgpack.encode([1, [1, 9]])
    longer = body.replace(b"\x92\x01\x09", b"\x92\x01\xcc\x09")
    for encoded, fine in ((body, True), (longer, False)):
        covered = MAGIC + bytes([VERSION, 5]) + encoded
        if fine:
            assert decode(covered + checksum(covered)) == MergeDetect(ONE, RING)
        else:
            with pytest.raises(DatagramError, match="encoded otherwise"):
                decode(covered + checksum(covered))


@pytest.mark.parametrize("seed", range(8))
def test_no_datagram_makes_a_processor_raise_whatever_peers_say(seed: int) -> None:
    """Well-formed datagrams with wild fields, to processors in every state: they may leave the ring, never raise."""
    random = Random(seed)
    network = Network(3, seed)
    for _ in range(150):
        network.run(random.choice([0, 0, 300, 3_000, 50_000]))
        node = random.choice(list(network.nodes.values()))
        if node.gmi.gmi_send_ok(1, 3_000):
            node.mcast(bytes(random.choice([1, 3_000])), 1, random.choice(list(Guarantee)))
        known = [effect.datagram for effect in node.effects[-50:] if isinstance(effect, Send)]
        datagram = _wild(random, random.choice(known) if known else encode(EXAMPLES[0]))
        network.inject(node.processor.me, datagram)
    assert all(node.processor.phase for node in network.nodes.values())


def _wild(random: Random, datagram: bytes) -> bytes:
    """The datagram with a byte of its body changed, and a right checksum."""
    body = bytearray(datagram[:-4])
    body[random.randrange(4, len(body))] = random.choice([0, 1, 5, 0x7F, 0x90, 0xC0, 0xC2, 0xC3, random.randrange(256)])
    return bytes(body) + checksum(bytes(body))


def test_a_refusal_says_who_what_and_in_which_state() -> None:
    network = Network(2)
    network.run_until(network.settled)
    processor = network.nodes[ONE].processor
    (refused,) = processor.datagram_received(b"nonsense", network.now_us)
    assert isinstance(refused, Refused)
    assert "a peer" in refused.why
    assert "D14" in refused.why
    assert "processor 1: operational, ring 1:9" in refused.why


def test_all_that_is_sent_in_a_run_can_be_read() -> None:
    network = a_run(3)
    kinds = {type(decode(e.datagram)) for node in network.nodes.values() for e in node.effects if isinstance(e, Send)}
    assert kinds == set(KINDS.values())


def test_the_longest_commit_token_fits_into_a_datagram() -> None:
    members = tuple(ProcessorId(PROCESSOR_MAX - 1_000 + number) for number in range(MEMBERS_MAX))
    ring_id = RingId(members[0], RingSeq(AGREED_SEQ_MAX))
    arrival = Arrival(LARGEST, MessageSeq(NUMBER_MAX), MessageSeq(NUMBER_MAX), b"\xff" * (MEMBERS_MAX // 8))
    token = CommitToken(ring_id, members, 2 * MEMBERS_MAX, (arrival,) * MEMBERS_MAX)
    assert decode(encode(token)) == token
    assert len(encode(token)) < 10_000
