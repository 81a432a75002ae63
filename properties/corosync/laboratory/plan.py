"""What one run does: its nodes, traffic and steps, all drawn from a seed before anything starts.

A plan repeats; a run does not, for the daemons are real and so are their clocks. What is left out on purpose: when a
daemon notices a step.
"""

from __future__ import annotations

from typing import Literal

import msgspec

SystemName = Literal["corosync", "ringplug"]
Transport = Literal["udpu", "knet", "udp", "sealed"]
Load = Literal["light", "heavy", "backlog"]
Wire = Literal["bridge", "tap"]
FrameKind = Literal["any", "token", "mcast", "join", "commit", "sync"]

TRANSPORTS: dict[SystemName, tuple[Transport, Transport]] = {
    "corosync": ("udpu", "knet"),
    "ringplug": ("udp", "sealed"),
}
"""Of each system: in the clear, and encrypted."""
ENCRYPTED: tuple[Transport, ...] = tuple(encrypted for _, encrypted in TRANSPORTS.values())
LOADS: tuple[Load, ...] = ("light", "heavy", "backlog")
NODE_COUNTS = range(2, 10)


class Wait(msgspec.Struct, tag="wait", tag_field="do"):
    """Let the run go on for a time."""

    ms: int


class Settle(msgspec.Struct, tag="settle", tag_field="do"):
    """Wait until every running node has told its client the ring of its part, and a group with all of that part."""

    timeout_ms: int = 15_000


class Split(msgspec.Struct, tag="split", tag_field="do"):
    """Part the network into these groups."""

    groups: list[list[int]]


class Heal(msgspec.Struct, tag="heal", tag_field="do"):
    """Join the network again; one-way cuts end too."""


class CutOneWay(msgspec.Struct, tag="cut-one-way", tag_field="do"):
    """Frames from the source no longer reach the target; the other way they do."""

    source: int
    target: int


class Pause(msgspec.Struct, tag="pause", tag_field="do"):
    """Stop a daemon with SIGSTOP."""

    node: int


class Resume(msgspec.Struct, tag="resume", tag_field="do"):
    """Let a paused daemon go on."""

    node: int


class Kill(msgspec.Struct, tag="kill", tag_field="do"):
    """Kill a daemon with SIGKILL; its client ends by itself."""

    node: int


class Start(msgspec.Struct, tag="start", tag_field="do"):
    """Start a killed node again, with or without the ring id that it stored."""

    node: int
    keep_state: bool = True


class Disturb(msgspec.Struct, tag="disturb", tag_field="do"):
    """From now on the wire treats each frame like this; no value: it forwards every frame at once."""

    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    """The part of the frames that is held back, and overtaken, by up to `jitter_ms`."""
    delay_ms: float = 0.0
    jitter_ms: float = 0.0


class CutAt(msgspec.Struct, tag="cut-at", tag_field="do"):
    """Heal, and part the network into these groups at the n-th frame of this kind that this node sends.

    Where a ring shall form, frames count from its first join message on. Encrypted ones are of any kind, and count
    at once.
    """

    kind: FrameKind
    source: int
    count: int
    groups: list[list[int]]
    forming: bool = True
    timeout_ms: int = 3_000


class Burst(msgspec.Struct, tag="burst", tag_field="do"):
    """Every client queues this many messages as fast as its daemon takes them."""

    count: int


class Lose(msgspec.Struct, tag="lose", tag_field="do"):
    """From now on frames of this kind that the source sends do not reach these targets."""

    kind: FrameKind
    source: int
    targets: list[int]


class Lift(msgspec.Struct, tag="lift", tag_field="do"):
    """From now on nothing is lost any more."""


class Await(msgspec.Struct, tag="await", tag_field="do"):
    """Go on when the source, or any node if it is 0, sends a frame of this kind."""

    kind: FrameKind
    source: int


class Again(msgspec.Struct, tag="again", tag_field="do"):
    """The last frame of this kind that the source has sent arrives at the target once more."""

    kind: FrameKind
    source: int
    target: int


FrameStep = Lose | Lift | Await | Again | Wait | Split


class Scheduled(msgspec.Struct, tag="scheduled", tag_field="do"):
    """Give the switch a schedule, have these nodes send so many messages, and wait until the schedule is at its end."""

    frames: list[FrameStep]
    sends: dict[int, int]
    bytes: int
    """How long these messages are."""
    groups: list[list[int]]
    """How the network is parted then."""
    timeout_ms: int = 5_000


Step = Wait | Settle | Split | Heal | CutOneWay | Pause | Resume | Kill | Start | Disturb | CutAt | Burst | Scheduled


class Traffic(msgspec.Struct):
    """What every client sends by itself."""

    per_second: float
    least_bytes: int = 16
    most_bytes: int = 9_000
    """Larger than a packet of 1500 bytes, so that some messages travel in parts."""
    mixed: bool = True
    """Whether a system that has priorities and safe messages is given some of each."""


class Plan(msgspec.Struct):
    """One run."""

    scenario: str
    nodes: int
    seed: int
    load: Load
    transport: Transport
    wire: Wire
    traffic: Traffic
    steps: list[Step]
    token_ms: int = 200
    join_ms: int = 50
    merge_ms: int = 50
    log_level: Literal["on", "trace"] = "on"
    system: SystemName = "corosync"
    binary: str = ""
    """The daemon of corosync that runs, as a path; without one, the one that is installed."""
    history: bool = True
    """Whether our own nodes write histories."""
    journal: bool = True
    """Whether they write journals besides, so that the run can be repeated and followed."""

    @property
    def is_encrypted(self) -> bool:
        return self.transport in ENCRYPTED

    @property
    def consensus_ms(self) -> int:
        return self.token_ms * 6 // 5

    @property
    def node_ids(self) -> range:
        return range(1, self.nodes + 1)


class Used(msgspec.Struct):
    """What a daemon has used since it started."""

    cpu_s: float
    memory_bytes: int
    """The most that it had at once."""


class Outcome(msgspec.Struct):
    """How a run ended."""

    settled: bool
    """All that ran were in one ring and one group at the end, and every last message had reached everyone."""
    died: list[int]
    """Nodes whose daemon ended although nobody killed it."""
    seconds: float
    used: dict[int, Used] = {}
