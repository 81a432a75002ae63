"""The client of corosync: a member of one closed process group.

The line of a message that it sends follows the call, and no callback can run in between. Commands come on standard
input: `burst N`, `stop` (send a last message), `end` (record no more). It ends when its daemon does, or when standard
input closes.
"""

from __future__ import annotations

import os
import select
import sys
import time

from properties.corosync.laboratory.clients.libcpg import LIBRARY_GONE, OK, TRY_AGAIN, Cpg, Member
from properties.corosync.laboratory.clients.record import Record
from properties.corosync.laboratory.clients.sending import CATCH_UP_COUNT, Outgoing, Told

GROUP = b"ringplug"
BOOT_TIMEOUT_S = 30.0
RETRY_S = 0.002


class Client:
    """One incarnation: its connection, what it still has to send, and its record."""

    def __init__(self, told: Told) -> None:
        self.told, self.outgoing, self.record = told, Outgoing(told), Record(told.path)
        self.cpg = Cpg(self.on_deliver, self.on_confchg, self.on_totem)
        self.refused = 0
        self.waiting: bytes | None = None

    def on_deliver(self, node: int, pid: int, text: bytes) -> None:
        self.record.delivered([node, pid], text)

    def on_confchg(self, members: list[Member], left: list[Member], joined: list[Member]) -> None:
        self.record.write({"e": "group", "members": members, "left": left, "joined": joined}, tell=True)

    def on_totem(self, node: int, seq: int, members: list[int]) -> None:
        self.record.write({"e": "ring", "ring": [node, seq], "members": members}, tell=True)

    def boot(self) -> bool:
        """Wait for the daemon and join the group; it refuses while it synchronizes."""
        end = time.monotonic() + BOOT_TIMEOUT_S
        for call in (self.cpg.connect, lambda: self.cpg.join(GROUP)):
            while (code := call()) != OK:
                if time.monotonic() > end or os.getppid() == 0:
                    self.record.end(f"no start: code {code}")
                    return False
                time.sleep(RETRY_S)
        about = {"e": "start", "node": self.told.node, "incarnation": self.told.incarnation, "pid": os.getpid()}
        self.record.write(about, tell=True)
        return True

    def send(self) -> int:
        """Try to send one message; one that was refused is tried again, the same."""
        if self.waiting is None:
            _, self.waiting = self.outgoing.next()
        code = self.cpg.send(self.waiting)
        if code == TRY_AGAIN:
            self.refused += 1
            return code
        about = {"e": "send", "n": self.outgoing.number, "size": len(self.waiting), "refused": self.refused}
        self.record.write({**about, "code": code, "asked_us": self.outgoing.asked_us})
        self.waiting, self.refused = None, 0
        return code

    def obey(self, line: str) -> bool:
        """Carry out a command; false at the end."""
        word, _, rest = line.partition(" ")
        self.outgoing.obey(word, rest)
        if word == "end":
            self.record.end("the run is over")
        return bool(word)

    def run(self) -> None:
        """Send, dispatch and obey until the daemon or the laboratory is gone."""
        cpg_fd = self.cpg.fd()
        while True:
            busy = self.waiting or self.outgoing.owes
            ready, _, _ = select.select([cpg_fd, 0], [], [], RETRY_S if busy else self.outgoing.wait_s())
            if 0 in ready and not all(self.obey(line) for line in os.read(0, 4096).decode().split("\n")[:-1] or [""]):
                return
            if cpg_fd in ready and self.cpg.dispatch() not in (OK, TRY_AGAIN):
                break
            if not self.record.is_open:
                continue
            if self.outgoing.is_due() and self.send() == LIBRARY_GONE:
                break
            if not self.pour():
                break
        self.record.end("the daemon is gone")

    def pour(self) -> bool:
        """Send what is owed at once, as far as the daemon takes it; false if the daemon is gone."""
        code = OK
        for _ in range(CATCH_UP_COUNT):
            if code != OK or not (self.waiting or self.outgoing.owes):
                break
            code = self.send()
        return code in (OK, TRY_AGAIN)


def main(arguments: list[str]) -> None:
    """Run one incarnation."""
    client = Client(Told.from_words(arguments))
    if client.boot():
        client.run()


if __name__ == "__main__":
    main(sys.argv[1:])
