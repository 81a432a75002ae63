"""The parts of a node: its configuration, keys, state, records, and what it seals. Nothing here opens a socket."""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

import reference.node.disk.storage
from properties.history.reader import FileHistory
from properties.judge.judgement import VIOLATED, judge
from properties.processes.replayed import ReplayError, replay
from reference.node import configuration, keys
from reference.node.configuration import Configuration
from reference.node.disk.errors import NodeError
from reference.node.disk.history import ended_by_a_crash
from reference.node.disk.lines import Lines
from reference.node.disk.storage import Storage
from reference.node.envelope import HEADER, WINDOW, Envelope, Turned, TurnedAwayError, Window
from reference.node.log import Log
from reference.node.node import Node
from reference.rings import ProcessorId, RingSeq

TOLD = """
[node]
id = 1
cluster = "test"
state = "n1"
[network]
address = "127.0.0.1:5401"
key = "cluster.key"
[network.peers]
1 = "127.0.0.1:5401"
2 = "127.0.0.1:5402"
"""


def told(folder: Path, text: str = TOLD) -> Configuration:
    file = folder / "n1.toml"
    file.write_text(text)
    return configuration.read(file)


def test_a_configuration_is_read_with_its_files_beside_it(tmp_path: Path) -> None:
    config = told(tmp_path, TOLD + '[ring]\ntoken_loss_us = 2_000_000\n[record]\nhistory = "h.jsonl"\n')
    assert (config.me, config.name, config.cluster) == (1, "node1", "test")
    assert config.peers == {2: configuration.Address("127.0.0.1", 5402)}
    assert (config.socket, config.key) == (tmp_path / "n1" / "socket", tmp_path / "cluster.key")
    assert (config.history, config.journal) == (tmp_path / "h.jsonl", None)
    assert (config.settings.token_loss_us, config.settings.join_us) == (2_000_000, 50_000)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[node]", "[nodes]", "unknown section 'nodes'; did you mean 'node'?"),
        ("cluster =", "clustre =", "[node] unknown key 'clustre'; did you mean 'cluster'?"),
        ('cluster = "test"', "", "[node] there is no key `cluster`"),
        ("id = 1", 'id = "one"', "[node] id: Expected `int`, got `str`"),
        ("id = 1", "id = -1", "[node] id: Expected `int` >= 0"),
        ("id = 1", "id = ", "Invalid value (at line 3, column 6)"),
        ("127.0.0.1:5401", "localhost:5401", "network.address: 'localhost:5401' is no IP address with a port"),
        ("127.0.0.1:5401", "127.0.0.1:0", "network.address: '127.0.0.1:0' has no port from 1 to 65535"),
        ("2 =", "two =", "network.peers: 'two' is not the number of a node"),
        ("[network.peers]", '[network.peers]\n02 = "127.0.0.1:5"', "network.peers: 2 is there twice"),
        ('key = "cluster.key"', "", "network: no key (ringplug node --new-key FILE makes one"),
        ('key = "cluster.key"', 'key = "k"\nwithout_key = true', "network: a key, and without_key = true"),
        ("[network.peers]", 'multicast = "192.0.2.1:5"\n[network.peers]', "192.0.2.1 is no multicast address"),
        (
            "[network]",
            "[ring]\ntoken_lost_us = 5\n[network]",
            "unknown key 'token_lost_us'; did you mean 'token_loss_us'?",
        ),
        ("[network]", "[ring]\njoin_us = 0\n[network]", "[ring] setting join_us is 0, not at least 1"),
        ("[network]", "record = 5\n[network]", "[node] unknown key 'record'"),
    ],
)
def test_what_is_wrong_with_a_configuration_is_said_with_file_and_key(
    old: str, new: str, says: str, tmp_path: Path
) -> None:
    assert old in TOLD
    with pytest.raises(NodeError) as caught:
        told(tmp_path, TOLD.replace(old, new, 1))
    assert str(caught.value).startswith(f"{tmp_path / 'n1.toml'}: ")
    assert says in str(caught.value)


def test_a_configuration_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match=r"none\.toml: No such file"):
        configuration.read(tmp_path / "none.toml")
    (tmp_path / "n1.toml").write_bytes(b"\xff")
    with pytest.raises(NodeError, match="not text in UTF-8"):
        configuration.read(tmp_path / "n1.toml")


# Keys.


def test_a_new_key_is_for_its_owner_alone_and_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "cluster.key"
    keys.write_new(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (key,) = keys.read(file)
    assert len(key.secret) == keys.KEY_BYTES
    assert key.secret.hex() not in repr(key)
    with pytest.raises(NodeError, match="File exists"):
        keys.write_new(file)
    file.chmod(0o640)
    with pytest.raises(NodeError, match=r"others may read or write it \(mode 0640\); chmod 600"):
        keys.read(file)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "0 keys, not 1 to 8"),
        ("# nothing\n", "0 keys"),
        ("12\n", ":1: not a key of 64 hexadecimal digits"),
        (f"{'0' * 64}\n{'g' * 64}\n", ":2: not a key"),
        (f"{'0' * 64}\n" * 2, "two of its keys have one name"),
        ("\xff", "not a key"),
    ],
)
def test_a_file_that_is_no_key_file_is_refused(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "cluster.key"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(NodeError, match=says.replace("(", r"\(")):
        keys.read(file)


# What is sealed.

KEY, OTHER = keys.Key(bytes(range(32))), keys.Key(bytes(32))
ONE, TWO = ProcessorId(1), ProcessorId(2)


def envelope(
    me: ProcessorId, *, life: int = 7, secrets: tuple[keys.Key, ...] = (KEY,), cluster: str = "test"
) -> Envelope:
    return Envelope(cluster, me, life, secrets, {peer: 0 for peer in (ONE, TWO) if peer != me})


def turned(by: Envelope, datagram: bytes) -> Turned:
    with pytest.raises(TurnedAwayError) as caught:
        by.open(datagram)
    return caught.value.why


def test_what_one_seals_another_opens_once() -> None:
    one, two = envelope(ONE), envelope(TWO)
    sealed = one.seal(b"payload")
    assert b"payload" not in sealed
    assert two.open(sealed) == (ONE, b"payload")
    assert turned(two, sealed) is Turned.REPLAYED
    assert two.turned == {Turned.REPLAYED: 1}


def test_datagrams_may_come_in_any_order_within_the_window() -> None:
    one, two = envelope(ONE), envelope(TWO)
    sealed = [one.seal(bytes([count % 256])) for count in range(WINDOW + 2)]
    assert two.open(sealed[-1])[0] == ONE
    assert turned(two, sealed[1]) is Turned.TOO_LATE
    for late in reversed(sealed[2:-1]):
        assert two.open(late)[0] == ONE
    assert {turned(two, one) for one in sealed[2:]} == {Turned.REPLAYED}


def test_a_window_is_a_set_of_the_last_ones() -> None:
    window, taken = Window(), set[int]()
    for count in (5, 3, 4, 5, 900, 3, 2000, 977, 976, 1500, 1500, 5000, 4000, 3976, 3977):
        refused = window.refusal(count)
        too_late = bool(taken) and max(taken) - count >= WINDOW
        assert refused is (Turned.TOO_LATE if too_late else Turned.REPLAYED if count in taken else None), count
        if refused is None:
            window.take(count)
            taken.add(count)
        assert window.seen.bit_length() <= WINDOW


def changed(datagram: bytes, at: int) -> bytes:
    return datagram[:at] + bytes([datagram[at] ^ 1]) + datagram[at + 1 :]


def test_no_byte_can_be_changed_without_being_noticed() -> None:
    one, two = envelope(ONE), envelope(TWO)
    sealed = one.seal(b"payload")
    why = {at: turned(two, changed(sealed, at)) for at in range(len(sealed))}
    assert {why[at] for at in range(HEADER.size, len(sealed))} == {Turned.FORGED}
    assert {*why.values()} == {
        Turned.FOREIGN, Turned.UNKNOWN_VERSION, Turned.NOT_SEALED, Turned.OTHER_CLUSTER, Turned.UNKNOWN_KEY,
        Turned.UNKNOWN_SENDER, Turned.FORGED,
    }  # fmt: skip
    assert two.open(sealed) == (ONE, b"payload"), "none of that has used the datagram up"


def test_each_reason_to_turn_a_datagram_away() -> None:
    one, two = envelope(ONE), envelope(TWO)
    assert turned(two, b"") is Turned.TRUNCATED
    assert turned(two, one.seal(b"x")[: HEADER.size]) is Turned.TRUNCATED
    assert turned(two, one.seal(b"x")[:-3]) is Turned.FORGED
    assert turned(two, envelope(ONE, secrets=(OTHER,)).seal(b"x")) is Turned.UNKNOWN_KEY
    assert turned(two, envelope(ONE, cluster="another").seal(b"x")) is Turned.OTHER_CLUSTER
    assert turned(two, envelope(ONE, secrets=()).seal(b"x")) is Turned.NOT_SEALED
    assert turned(two, envelope(ProcessorId(3)).seal(b"x")) is Turned.UNKNOWN_SENDER
    assert turned(two, two.seal(b"x")) is Turned.MY_OWN
    assert turned(envelope(TWO, secrets=()), one.seal(b"x")) is Turned.NOT_SEALED
    assert envelope(TWO, secrets=()).open(envelope(ONE, secrets=()).seal(b"x")) == (ONE, b"x")


def test_an_older_life_is_heard_no_more_and_a_newer_one_is_remembered(tmp_path: Path) -> None:
    old, new = envelope(ONE, life=7), envelope(ONE, life=8)
    first, late = old.seal(b"first"), old.seal(b"late")
    storage = Storage(tmp_path)
    two = Envelope("test", TWO, 7, (KEY,), {ONE: 0}, storage.heard_of)
    assert two.open(first) == (ONE, b"first")
    assert two.open(new.seal(b"new")) == (ONE, b"new")
    assert turned(two, late) is Turned.OLDER_LIFE
    storage.close()
    again = Envelope("test", TWO, 8, (KEY,), {ONE: Storage(tmp_path).known_life(ONE)})
    assert turned(again, late) is Turned.OLDER_LIFE
    assert again.open(new.seal(b"on")) == (ONE, b"on")
    assert turned(again, envelope(ONE, life=8).seal(b"twin")) is Turned.OLDER_LIFE


def test_no_two_lives_seal_alike_though_number_and_count_are_the_same() -> None:
    """As when a disk is restored to what it was: the nonce is the same, and the key another."""
    sealed = {envelope(ONE, life=7).seal(b"payload")[HEADER.size :] for _ in range(20)}
    assert len(sealed) == 20


def test_keys_change_while_datagrams_go_on() -> None:
    one, two = envelope(ONE), envelope(TWO)
    under_way = one.seal(b"under way")
    two.rekey((KEY, OTHER))
    one.rekey((OTHER, KEY))
    assert two.open(one.seal(b"new key")) == (ONE, b"new key")
    assert two.open(under_way) == (ONE, b"under way")
    two.rekey((OTHER,))
    assert two.open(one.seal(b"on")) == (ONE, b"on")
    assert turned(two, under_way) is Turned.UNKNOWN_KEY


def test_lives_numbered_by_the_clock_grow_even_if_it_goes_back(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    assert [storage.begin_life(clock) for clock in (100, 50, 200)] == [100, 101, 200]


# State.


def test_what_is_stored_is_there_again_and_no_two_nodes_share_it(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "n1")
    assert storage.ring_seq == 0
    storage.store(RingSeq(9))
    with pytest.raises(NodeError, match="in use by another node"):
        Storage(tmp_path / "n1")
    storage.close()
    assert Storage(tmp_path / "n1").ring_seq == 9
    assert stat.S_IMODE((tmp_path / "n1").stat().st_mode) == 0o700


@pytest.mark.parametrize("text", ["", "{}x", '{"format":"another"}', '{"ring_seq":-1}', '{"more":1}'])
def test_a_state_that_no_node_has_written_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "ring.json").write_text(text)
    with pytest.raises(NodeError, match=r"ring\.json: "):
        Storage(tmp_path)


class Clock:
    """A clock that is set by hand."""

    us = 1_000_000

    def now_us(self) -> int:
        return self.us

    def wall_us(self) -> int:
        return self.us


def node(folder: Path, send: Callable[[ProcessorId | None, bytes], None], record: str = "") -> tuple[Node, Clock]:
    config, clock = told(folder, TOLD + record), Clock()
    storage = Storage(config.state)
    return Node(config, storage, clock, storage.begin_life(clock.us), send, Log("node1", as_json=True)), clock


def test_a_full_disk_stops_the_node_before_anything_that_needs_the_number_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bytes] = []
    one, clock = node(tmp_path, lambda to, datagram: sent.append(datagram))

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reference.node.disk.storage.os, "fsync", full)
    with pytest.raises(NodeError, match=r"n1/ring\.json: cannot be stored: No space left on device"):
        one.start()
    assert sent == []
    assert clock.us == 1_000_000
    monkeypatch.undo()
    assert json.loads((tmp_path / "n1" / "ring.json").read_text())["ring_seq"] == 0, "the old state is whole"


@pytest.mark.parametrize(("took_us", "is_told"), [(499_000, False), (500_000, True)])
def test_a_disk_that_holds_the_token_up_is_told_of(
    took_us: int, is_told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, clock = node(tmp_path, lambda to, datagram: None)
    said = io.StringIO()
    one._log = Log("node1", as_json=True, stream=said)

    def slow(ring_seq: RingSeq) -> None:
        clock.us += took_us

    monkeypatch.setattr(one._storage, "store", slow)
    one.start()
    told = [json.loads(line) for line in said.getvalue().splitlines()]
    found = {(line["stored_in_ms"], line["token_ms"]) for line in told if line["event"] == "slow_disk"}
    assert found == ({(500, 1000)} if is_told else set())


# Records.

RECORD = '[record]\nhistory = "h.jsonl"\njournal = "j.jsonl"\n'


def test_a_node_alone_records_a_history_that_is_legal_and_a_journal_that_repeats(tmp_path: Path) -> None:
    one, clock = node(tmp_path, lambda to, datagram: None, RECORD)
    one.start()
    for _ in range(300):
        clock.us = max(clock.us, one.deadline_us or 0)
        one.time_passed()
    assert one.processor.gate_open
    one.call(lambda: one.evt.unlink("nothing"))
    for _ in range(20):
        clock.us = max(clock.us, one.deadline_us or 0)
        one.time_passed()
    one.close()
    history = FileHistory.open([tmp_path / "h.jsonl"])
    judgement = judge(history)
    assert history.faults == []
    assert not [claim for claim in judgement.claims if claim.verdict == VIOLATED]
    assert judgement.event_count > 20
    repeated = replay(tmp_path / "j.jsonl")
    assert repeated.sent > 20
    assert len(repeated.steps) > 20


def test_a_journal_of_another_run_is_not_repeated(tmp_path: Path) -> None:
    one, clock = node(tmp_path, lambda to, datagram: None, RECORD)
    one.start()
    clock.us = one.deadline_us or 0
    one.time_passed()
    one.close()
    lines = (tmp_path / "j.jsonl").read_text().splitlines()
    began = next(at for at, line in enumerate(lines) if '"started"' in line)
    (tmp_path / "j.jsonl").write_text("".join(f"{line}\n" for line in lines).replace('"life",1,', '"life",2,'))
    with pytest.raises(ReplayError, match=rf"j\.jsonl:{began + 2}: the step at 1000000 us sends something else"):
        replay(tmp_path / "j.jsonl")


def test_what_a_killed_node_could_not_finish_is_taken_away_and_its_end_is_told(tmp_path: Path) -> None:
    one, _ = node(tmp_path, lambda to, datagram: None, RECORD)
    one.start()
    file = tmp_path / "h.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"event":"deliv')
    ended_by_a_crash(file, "found dead")
    assert file.read_bytes().startswith(whole)
    last = json.loads(file.read_text().splitlines()[-1])
    assert (last["event"], last["note"]) == ("crash", "found dead")
    ended_by_a_crash(file, "again")
    assert json.loads(file.read_text().splitlines()[-1]) == last
    assert FileHistory.open([file]).faults == []


def test_the_next_life_goes_on_in_the_same_file_after_the_end_of_the_one_before(tmp_path: Path) -> None:
    one, _ = node(tmp_path, lambda to, datagram: None, RECORD)
    one.start()
    os.close(one._storage._directory)
    two, _ = node(tmp_path, lambda to, datagram: None, RECORD)
    two.start()
    assert two.history
    two.history.ended(quiescent=False)
    two.close()
    events = [json.loads(line) for line in (tmp_path / "h.jsonl").read_text().splitlines()]
    starts = [event["incarnation"] for event in events if event["event"] == "start"]
    assert starts == sorted({*starts})
    assert [event["event"] for event in events if event["event"] in ("start", "crash", "end")] == [
        "start", "crash", "start", "end",
    ]  # fmt: skip
    history = FileHistory.open([tmp_path / "h.jsonl"])
    assert not [claim for claim in judge(history).claims if claim.verdict == VIOLATED]
    assert history.faults == []
    os.close(two._storage._directory)
    with pytest.raises(NodeError, match="no history of node 1 that can go on"):
        node(tmp_path, lambda to, datagram: None, RECORD)


def test_a_long_record_is_handed_on_before_it_takes_memory(tmp_path: Path) -> None:
    lines = Lines(tmp_path / "lines")
    for number in range(10_000):
        lines.put([number, "x" * 100])
    assert len(lines._waiting) < 1 << 17
    lines.close()
    assert msgspec.json.decode((tmp_path / "lines").read_bytes().splitlines()[-1])[0] == 9_999


def test_the_page_has_every_reason_and_every_key() -> None:
    page = (Path(__file__).parent.parent / "docs" / "node.md").read_text()
    rows = [f"| `{why.name.lower()}` | {why.value} |" for why in Turned]
    assert sorted(row for row in rows) == sorted(row for row in page.splitlines() if row in rows)
    for name, section in configuration.SECTIONS.items():
        keys_of = [f"{name}.{key}" for key in getattr(section, "__struct_fields__", ())]
        assert [key for key in keys_of if f"`{key}`" not in page] == []


def test_the_example_on_the_page_is_a_configuration(tmp_path: Path) -> None:
    page = (Path(__file__).parent.parent / "docs" / "node.md").read_text()
    config = told(tmp_path, page.partition("```toml\n")[2].partition("```")[0])
    assert (config.me, config.cluster, sorted(config.peers)) == (1, "demo", [2, 3])
