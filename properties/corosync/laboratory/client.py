"""The recording client: one process for each incarnation of a node, run inside that node's namespaces.

It writes what it sent and what it was told, in its own order, one JSON object a line, each written whole; the line of a
message that it sends follows the call, and no callback can run in between. Lines that the laboratory waits for go to
standard output as well. Commands come on standard input: `burst N`, `stop` (send a last message), `end` (record no
more). It ends when its daemon does, or when standard input closes.
"""

from __future__ import annotations

import json
import os
import random
import select
import sys
import time

from properties.corosync.laboratory.libcpg import LIBRARY_GONE, OK, TRY_AGAIN, Cpg, Member
from properties.corosync.laboratory.payload import LEAST_BYTES, Message, pack, unpack

GROUP = b"ringplug"
BOOT_TIMEOUT_S = 30.0
CATCH_UP_COUNT = 20
RETRY_S = 0.002
SIZES = ((0.55, LEAST_BYTES, 200), (0.8, 200, 1300), (0.92, 1300, 1600))
"""Shares of short messages, middling ones, and those about the size of a packet; the rest is larger."""


class Client:
    """One incarnation: its connection, what it still has to send, and its record."""

    def __init__(self, node: int, incarnation: int, seed: int, per_second: float, most_bytes: int, path: str) -> None:
        self.node, self.incarnation, self.most_bytes = node, incarnation, most_bytes
        self.random = random.Random(f"client/{seed}/{node}/{incarnation}")
        self.interval_s = 1 / per_second
        self.record = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.cpg = Cpg(self.on_deliver, self.on_confchg, self.on_totem)
        self.number, self.refused = 0, 0
        self.waiting: bytes | None = None
        self.burst, self.last_due, self.sending, self.recording = 0, False, True, True

    def write(self, event: dict[str, object], *, tell: bool = False) -> None:
        if not self.recording:
            return
        line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        os.write(self.record, line)
        if tell:
            os.write(1, line)

    def on_deliver(self, node: int, pid: int, text: bytes) -> None:
        message = unpack(text)
        if message is None:
            self.write({"e": "mangled", "from": [node, pid], "size": len(text), "head": text[:32].hex()})
            return
        name = [message.node, message.incarnation, message.number]
        event: dict[str, object] = {"e": "deliver", "m": name, "from": [node, pid], "size": len(text)}
        if message.last:
            event["last"] = True
        self.write(event, tell=message.last)

    def on_confchg(self, members: list[Member], left: list[Member], joined: list[Member]) -> None:
        self.write({"e": "group", "members": members, "left": left, "joined": joined}, tell=True)

    def on_totem(self, node: int, seq: int, members: list[int]) -> None:
        self.write({"e": "ring", "ring": [node, seq], "members": members}, tell=True)

    def boot(self) -> bool:
        """Wait for the daemon and join the group; it refuses while it synchronizes."""
        end = time.monotonic() + BOOT_TIMEOUT_S
        for call in (self.cpg.connect, lambda: self.cpg.join(GROUP)):
            while (code := call()) != OK:
                if time.monotonic() > end or os.getppid() == 0:
                    self.write({"e": "end", "why": f"no start: code {code}"}, tell=True)
                    return False
                time.sleep(RETRY_S)
        self.write({"e": "start", "node": self.node, "incarnation": self.incarnation, "pid": os.getpid()}, tell=True)
        return True

    def size(self) -> int:
        draw = self.random.random()
        for share, least, most in SIZES:
            if draw < share:
                return self.random.randint(least, min(most, self.most_bytes))
        return self.random.randint(1600, self.most_bytes)

    def send(self) -> int:
        """Try to send one message; one that was refused is tried again, the same."""
        if self.waiting is None:
            self.waiting = pack(self.next(), self.size())
        code = self.cpg.send(self.waiting)
        if code == TRY_AGAIN:
            self.refused += 1
            return code
        self.write({"e": "send", "n": self.number, "size": len(self.waiting), "refused": self.refused, "code": code})
        self.waiting, self.refused = None, 0
        return code

    def next(self) -> Message:
        """The next message: of the burst that is owed, or the last one, or just another."""
        self.number += 1
        last = self.last_due and not self.burst
        self.burst = max(0, self.burst - 1)
        self.last_due = self.last_due and not last
        return Message(self.node, self.incarnation, self.number, last)

    def obey(self, line: str) -> bool:
        """Carry out a command; false at the end."""
        word, _, rest = line.partition(" ")
        if word == "burst":
            self.burst += int(rest)
        elif word == "stop":
            self.sending, self.last_due = False, True
        elif word == "end":
            self.write({"e": "end", "why": "the run is over"}, tell=True)
            self.recording = False
        return bool(word)

    def run(self) -> None:
        """Send, dispatch and obey until the daemon or the laboratory is gone."""
        cpg_fd, due = self.cpg.fd(), time.monotonic()
        while True:
            busy = self.burst or self.last_due or self.waiting
            wait_s = RETRY_S if busy else max(0.0, due - time.monotonic()) if self.sending else 1.0
            ready, _, _ = select.select([cpg_fd, 0], [], [], wait_s)
            if 0 in ready and not all(self.obey(line) for line in os.read(0, 4096).decode().split("\n")[:-1] or [""]):
                return
            if cpg_fd in ready and self.cpg.dispatch() not in (OK, TRY_AGAIN):
                break
            if not self.recording:
                continue
            if self.sending and time.monotonic() >= due:
                due = max(due + self.interval_s, time.monotonic() - CATCH_UP_COUNT * self.interval_s)
                if self.send() == LIBRARY_GONE:
                    break
            if not self.pour():
                break
        self.write({"e": "end", "why": "the daemon is gone"}, tell=True)

    def pour(self) -> bool:
        """Send what is owed at once, as far as the daemon takes it; false if the daemon is gone."""
        code = OK
        for _ in range(CATCH_UP_COUNT):
            if code != OK or not (self.waiting or self.burst or self.last_due):
                break
            code = self.send()
        return code in (OK, TRY_AGAIN)


def main(arguments: list[str]) -> None:
    """Run one incarnation: node, incarnation, seed, messages a second, most bytes, file."""
    node, incarnation, seed, per_second, most_bytes, path = arguments
    client = Client(int(node), int(incarnation), int(seed), float(per_second), int(most_bytes), path)
    if client.boot():
        client.run()


if __name__ == "__main__":
    main(sys.argv[1:])
