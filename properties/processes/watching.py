"""What is seen of a cluster while it runs: each node's state, rates between two looks, and what has just happened."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from properties.processes.processes import NodeProcess, Power, Processes
from reference.node.client import Client, ClientError

ANSWER_SECONDS = 1.0
SAID_MOST = 200
State = dict[str, Any]


@dataclass
class View:
    """What is known of one node."""

    node: NodeProcess
    state: State = field(default_factory=dict[str, Any])
    at: float = 0.0
    visits_a_second: float = 0.0
    cut_off: bool = False

    def take(self, state: State, now: float) -> None:
        """Its state as it is now."""
        if self.state.get("life") == state["life"] and now > self.at:
            self.visits_a_second = (state["visits"] - self.state["visits"]) / (now - self.at)
        else:
            self.visits_a_second = 0.0
        self.state, self.at = state, now

    @property
    def ring(self) -> tuple[int, int] | None:
        """The ring that is installed."""
        ring = self.state.get("ring")
        return (ring[0], ring[1]) if ring else None


class Watching:
    """Looks at all nodes, again and again."""

    def __init__(self, processes: Processes) -> None:
        self.views = {number: View(node) for number, node in processes.nodes.items()}
        self.began = time.monotonic()
        self.said: deque[str] = deque(maxlen=SAID_MOST)
        self.rings: set[tuple[int, int]] = set()
        self.held_count = 0
        """How often a ring was seen with a closed gate, and later with that gate open."""
        self._held: set[tuple[int, int]] = set()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.began

    def say(self, words: str) -> None:
        """Something has happened."""
        self.said.append(f"{self.seconds:6.1f} s  {words}")

    async def look(self) -> None:
        """Ask every node that should answer for its state."""
        await asyncio.gather(*(self._look(view) for view in self.views.values()))

    async def _look(self, view: View) -> None:
        node = view.node
        if not node.is_alive():
            if node.why and view.state:
                self.say(f"node {node.number} has stopped: {node.why}")
            view.state = {}
            return
        if node.power is not Power.UP:
            return
        with contextlib.suppress(ClientError, TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS), Client.connect(node.socket) as client:
                self._tell(view, await client.state())

    def _tell(self, view: View, state: State) -> None:
        before, was_open = view.ring, bool(view.state.get("gate_open"))
        view.take(state, time.monotonic())
        if view.ring and view.ring != before:
            members = " ".join(map(str, state["members"]))
            self.say(f"node {view.node.number} is in ring {view.ring[0]}:{view.ring[1]} of {members}")
        if view.ring and len(state["members"]) > 1:
            self.rings.add(view.ring)
            if not state["gate_open"]:
                self._held.add(view.ring)
        if state["gate_open"] and not (was_open and before == view.ring):
            self.say(f"node {view.node.number} opens its gate: all have recovered")
            self.held_count += view.ring in self._held
            self._held.discard(view.ring or (0, 0))

    def is_settled(self) -> bool:
        """Whether all that are up are one ring with open gates, and nothing that they queued is undelivered."""
        states = [view.state for view in self.views.values() if view.node.is_alive()]
        up = sorted(view.node.number for view in self.views.values() if view.node.is_alive())
        return all(
            state and state["members"] == up and state["gate_open"] and state["ring"] == states[0]["ring"]
            and state["phase"] == "operational"
            for state in states
        )  # fmt: skip

    def is_quiet(self) -> bool:
        """Whether, besides, nothing is under way."""
        states = [view.state for view in self.views.values() if view.node.is_alive()]
        return self.is_settled() and not any(state["waiting"] or state["undelivered"] for state in states)
