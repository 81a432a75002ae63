"""Runs test vectors on a plug layer, without ringplug; put your own in place of `Plug`.

ringplug conform --write vectors; python3 examples/conform/vectors.py vectors
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from plug import CallRefusedError, Plug

ASKED = (
    "ring", "members", "token", "packet_count", "priority", "handle", "seq", "sender", "queued_in", "message", "index",
    "count",
)  # fmt: skip


class Runner:
    """The layers of a vector; a name that the vector gives is put in place of the layer's own, and back."""

    def __init__(self) -> None:
        self.layers: dict[int, Plug] = {}
        self.tokens: dict[str, str] = {}
        self.handles: dict[int, dict[int, int]] = {}
        self.messages: dict[int, dict[int, int]] = {}
        """Of each processor's present life: the vector's number of a message, by the layer's own."""
        self.own: dict[int, list[int]] = {}
        """Of each processor: the layer's own number of a message, by the vector's."""

    def step(self, step: dict[str, Any]) -> str | None:
        """Take a step; what is not as it must be, or None."""
        p, call = step["processor"], step["call"]
        if call == "start":
            self.layers[p], self.handles[p], self.messages[p] = Plug(p), {}, {}
            self.own.setdefault(p, [])
            return None
        layer, asked = self.layers[p], {name: step[name] for name in ASKED if name in step}
        if "token" in asked:
            asked["token"] = self.tokens[asked["token"]]
        if "handle" in asked:
            asked["handle"] = self.handles[p][asked["handle"]]
        if "message" in asked:
            asked["message"] = self.own[asked["sender"]][step["message"]]
        try:
            answer = getattr(layer, call)(**asked) or {}
        except CallRefusedError:
            answer = {"call_refused": True}
        for what, found, wanted in (
            ("answer", self.named(p, asked, answer, step), step["answer"]),
            ("after", self.seen(p), step["after"] | {"recovery_waiting": sorted_rings(step["after"])}),
        ):
            if found != wanted:
                return f"{what}: {json.dumps(found)}, and must be {json.dumps(wanted)}"
        return None

    def named(self, p: int, asked: dict[str, Any], answer: dict[str, Any], step: dict[str, Any]) -> dict[str, Any]:
        """The answer with the vector's names."""
        answer, wanted = dict(answer), step["answer"]
        message = answer.get("delivered")
        if message and (message["sender"], message["message"]) == (asked["sender"], asked["message"]):
            answer["delivered"] = {**message, "message": step["message"]}
        if "refused" in answer:
            answer["refused"] = True
        if "handle" in answer and "handle" in wanted:
            self.handles[p][wanted["handle"]] = answer["handle"]
            answer["handle"] = wanted["handle"]
        if answer.get("token") and wanted.get("token"):
            name = wanted["token"]["name"]
            self.tokens[name] = answer["token"]
            answer["token"] = {"name": name, **self.layers[p].read_token(answer["token"])}
        for packet in answer.get("packets", ()):
            known, own = self.messages[p], packet["message"]
            if own not in known:
                known[own] = len(self.own[p])
                self.own[p].append(own)
            packet["message"] = known[own]
        return answer

    def seen(self, p: int) -> dict[str, Any]:
        """What is observed, with the vector's names."""
        seen = self.layers[p].observe()
        names = {own: name for name, own in self.handles[p].items()}
        for key in ("registered", "plugged"):
            seen[key] = sorted(names[handle] for handle in seen[key])
        return seen | {"recovery_waiting": sorted_rings(seen)}


def sorted_rings(seen: dict[str, Any]) -> list[Any]:
    """The rings of the recovery messages that wait, which may be told in any order."""
    return sorted(seen["recovery_waiting"], key=lambda ring: ring or [])


def main() -> int:
    """Run every vector of a directory; 1 if one is not kept."""
    failed = count = 0
    for path in sorted(Path(sys.argv[1]).glob("[0-9]*.json")):
        vector, runner = json.loads(path.read_text()), Runner()
        count += 1
        for number, step in enumerate(vector["steps"], 1):
            if wrong := runner.step(step):
                failed += 1
                print(f"{path.name}, step {number}, {step['call']} at {step['processor']}: {wrong}")
                break
    print(f"{count - failed} of {count} vectors kept")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
