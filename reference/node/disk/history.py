"""What a node is seen to do, as a history: `docs/history.md` has the format, `ringplug judge` reads it.

One file a node, over all its lives. Events are written before anything that they led to is sent, so a node that is
killed has told all that the others may have heard of it. Its end is told by whoever finds it dead: its next life, or
`ended_by_a_crash`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from reference.node.disk.errors import NodeError
from reference.node.disk.lines import Lines
from reference.plug.effects import SendToken
from reference.priorities import Priority
from reference.ring.effects import (
    ConfigurationChange,
    Delivery,
    Effect,
    Guarantee,
    Kind,
    MessageId,
    Origination,
    PlugStep,
)
from reference.rings import ProcessorId, RingId
from reference.services.observations import Counted, Lookup, Observation, PlugCall, Queued, Table

FORMAT = "ringplug-history-1"
OBSERVES = (
    "regular", "transitional", "lists", "queue", "originate", "deliver", "sender", "priority", "level", "plug", "bit",
    "gate", "lookup", "table", "counted", "step",
)  # fmt: skip
STEPS = ("check-in", "retained", "done")
Line = dict[str, Any]


class History:
    """The history of one node."""

    def __init__(self, path: Path, me: ProcessorId, life: int, now_us: Callable[[], int]) -> None:
        self._lines, self._me, self._now_us = Lines(path), str(me), now_us
        self._signed: RingId | None = None
        self._gate = False
        self._steps: dict[MessageId, str] = {}
        self._is_over = False
        last: Any = self._lines.last
        if last is None:
            self._lines.put({"event": "meta", "format": FORMAT, "observes": OBSERVES, "processes": [self._me],
                             "source": "ringplug node"})  # fmt: skip
        elif not _is_of(last, self._me):
            raise NodeError(f"{path}: no history of node {me} that can go on; name another file")
        self._seq = _seq_of(last)
        self._bury(last)
        self._put("start", incarnation=life)

    # What is written.

    def take(self, effect: Effect) -> None:
        """An effect of a step."""
        match effect:
            case Delivery():
                self._put("deliver", sender=str(effect.message.sender), **self._placed(effect))
            case Origination():
                self._put("originate", **self._placed(effect))
            case ConfigurationChange():
                self._changed(effect)
            case PlugStep():
                self._stepped(effect)
            case _:
                pass

    def queued(self, message: MessageId, priority: Priority, guarantee: Guarantee) -> None:
        """The ring has taken a message."""
        step = self._steps.pop(message, None)
        more = {"service": "evt", "step": step} if step else {}
        self._put("queue", message=name_of(message), priority=priority.name.lower(), level=guarantee.value, **more)

    def plug_called(self, call: str, handle: int) -> None:
        """The plug was called."""
        self._put("plug", call=call, handle=str(handle))

    def observe(self, observation: Observation) -> None:
        """What a service was seen to do; of what it queued only the step, which the queueing itself is told with."""
        match observation:
            case Queued(service="evt", function=function) if function in STEPS:
                self._steps[observation.message] = function
            case Counted():
                self._put("counted", message=name_of(observation.message), service=observation.service)
            case Lookup():
                message = {"message": name_of(observation.message)} if observation.message else {}
                of, service = str(observation.of), observation.service
                self._put("lookup", of=of, found=observation.found, service=service, **message)
            case Table():
                keys = [str(key) for key in observation.keys]
                self._put("table", service=observation.service, keys=keys, digest=observation.digest)
            case PlugCall() | _:
                pass

    def flush(self) -> None:
        """Before anything is sent."""
        self._lines.flush()

    def crashed(self) -> None:
        """The node stops."""
        self._put("crash")

    def ended(self, *, quiescent: bool) -> None:
        """The record ends here, whatever the node does after it."""
        self._put("end", quiescent=quiescent)
        self._is_over = True
        self._lines.flush()

    def close(self) -> None:
        """No more of this life."""
        self._lines.close()

    # How.

    def _put(self, event: str, **fields: Any) -> None:
        if not self._is_over:
            self._seq += 1
            place = {"process": self._me, "seq": self._seq, "time_ms": self._now_us() / 1000}
            self._lines.put({"event": event, **place, **fields})

    def _bury(self, last: Line | None) -> None:
        """Tell of the end of the life before, if it could not."""
        if last and last.get("event") not in ("meta", "crash", "end"):
            self._put("crash", note="found dead at the next start")
        self._seq = 0

    def _placed(self, what: Delivery | Origination) -> Line:
        return {
            "message": name_of(what.message), "ring": ring_of(what.ring_id),
            "priority": Priority(what.priority).name.lower(), "level": what.guarantee.value,
        }  # fmt: skip

    def _changed(self, change: ConfigurationChange) -> None:
        kind = "regular" if change.kind is Kind.REGULAR else "transitional"
        members, left, joined = ([str(one) for one in some] for some in (change.members, change.left, change.joined))
        self._put("configuration", kind=kind, ring=ring_of(change.ring_id), members=members, left=left, joined=joined)

    def _stepped(self, step: PlugStep) -> None:
        ring_id = step.state.installed_id
        if ring_id and self._signed != ring_id and has_signed(step):
            self._signed = ring_id
            self._put("bit")
        if step.state.gate_open != self._gate:
            self._gate = step.state.gate_open
            self._put("gate", open=self._gate)


def has_signed(step: PlugStep) -> bool:
    """Whether the processor's bit is set in the token that it sends on, or holds alone."""
    ring = step.state.installed
    if ring is None:
        return False
    position = ring.configuration.position(step.state.me)
    tokens = [effect.token for effect in step.effects if isinstance(effect, SendToken)]
    return any(
        token.ring_id == ring.configuration.ring_id and token.bitmap[position // 8] >> position % 8 & 1
        for token in [*tokens, *([ring.held] if ring.held else [])]
    )


def name_of(message: MessageId) -> str:
    """What a message is called: its sender, which of its lives, and its number there."""
    return f"{message.sender}:{message.incarnation}:{message.number}"


def ring_of(ring_id: RingId) -> tuple[str, int]:
    """A ring id."""
    return str(ring_id.representative), ring_id.seq


def ended_by_a_crash(path: Path, note: str) -> None:
    """Tell of the end of a node that is dead for good, if it did not itself."""
    if path.exists():
        lines = Lines(path)
        last = lines.last
        if isinstance(last, dict) and cast("Line", last).get("event") not in ("meta", "crash", "end"):
            line = cast("Line", last)
            lines.put({"event": "crash", "process": line["process"], "seq": _seq_of(line) + 1, "note": note})
        lines.close()


def _is_of(last: Any, me: str) -> bool:
    """Whether a history that ends so is of this node, and has not been ended."""
    if not isinstance(last, dict):
        return False
    line = cast("Line", last)
    return line.get("event") != "end" and me in (line.get("process"), *line.get("processes", ()))


def _seq_of(last: Line | None) -> int:
    seq = last.get("seq", 0) if last else 0
    return seq if isinstance(seq, int) else 0
