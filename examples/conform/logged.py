"""An implementation that logs its plug calls and tokens, as in production, for `ringplug follow`.

python3 examples/conform/logged.py p0.jsonl p1.jsonl p2.jsonl; ringplug follow p0.jsonl p1.jsonl p2.jsonl
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from plug import CallRefusedError, Plug

RING, MEMBERS = [0, 1], [0, 1, 2]
SENDS = ("ring_pending", "token_received")
"""Calls whose answer may have a token."""


class Logged:
    """A plug layer, and a line in its log for each call: what was asked, what was answered, what is to be seen then."""

    def __init__(self, processor: int, log: TextIO) -> None:
        self.processor, self.plug, self.log = processor, Plug(processor), log
        self.write({"format": "ringplug-calls-1", "source": "an example"})
        self.write({"processor": processor, "call": "start"})

    def write(self, line: dict[str, Any]) -> None:
        """One line."""
        self.log.write(json.dumps(line) + "\n")

    def call(self, call: str, **asked: Any) -> dict[str, Any]:
        """Call the layer, and log it."""
        try:
            answer = getattr(self.plug, call)(**asked) or {}
        except CallRefusedError as refusal:
            answer = {"call_refused": str(refusal)}
        line = {"processor": self.processor, "call": call, **asked, "answer": answer, "after": self.plug.observe()}
        if call in SENDS and answer.get("token"):
            line["sent"] = self.plug.read_token(answer["token"])
        self.write(line)
        return answer


def run(layers: list[Logged]) -> None:
    """A ring of all is formed and installed; they recover, and one sends."""
    handles = [layer.call("create")["handle"] for layer in layers]
    token = ""
    for layer in reversed(layers):
        token = layer.call("ring_pending", ring=RING, members=MEMBERS)["token"]
    for layer in layers:
        layer.call("regular", ring=RING, members=MEMBERS)
    layers[1].call("queue", priority=0, packet_count=1)
    layers[2].call("queue", priority=1, packet_count=2)
    for turn in range(12):
        layer = layers[turn % len(layers)]
        if turn < len(layers):
            layer.call("unplug", handle=handles[turn])
        token = layer.call("token_received", token=token, packet_count=1)["token"]


def main() -> None:
    """A log for each processor."""
    with ExitStack() as stack:
        files = [stack.enter_context(Path(name).open("w")) for name in sys.argv[1:]]
        run([Logged(processor, file) for processor, file in enumerate(files)])


if __name__ == "__main__":
    main()
