"""Events of a history as a picture has them: what a lane has from then on, what a row shows, words."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from properties.history.events import (
    Bit,
    Configuration,
    Counted,
    Crash,
    Deliver,
    End,
    Event,
    Facet,
    Gate,
    Group,
    Lookup,
    Message,
    Originate,
    Plug,
    Primary,
    Queue,
    Ring,
    Start,
    Sync,
    Table,
)


class Mark(msgspec.Struct, omit_defaults=True):
    """Something drawn in a row."""

    kind: str
    lane: int
    label: str = ""
    priority: str = ""
    how: str = ""
    to: list[int] = []
    begin: dict[str, int] | None = msgspec.field(default=None, name="from")
    """Where a line to it begins: a row and a lane."""


class Reading:
    """Reads events one after the other: it remembers handles, rings, and where each message was sent."""

    def __init__(self, lanes: Mapping[str, int], observes: frozenset[Facet]) -> None:
        self.lanes, self.observes = lanes, observes
        self.rings: dict[Ring, int] = {}
        self.handles: dict[str, dict[str, bool]] = {name: {} for name in lanes}
        self.sent: dict[str, dict[str, int]] = {}
        self.priorities: dict[str, str] = {}

    def words(self, event: Event) -> str:
        """An event in words, the process first."""
        return f"{event.process} {_words(event)}"

    def stands(self, event: Event) -> dict[str, object] | None:
        """What is from then on otherwise in the process's lane."""
        match event:
            case Configuration(kind="regular"):
                handles = self.handles[event.process]
                self.handles[event.process] = dict.fromkeys(handles, True)
                return {**self._band("regular", event.ring), **self._gate("closed"), **self._handles(event.process)}
            case Configuration():
                return {**self._band("between", event.ring), "label": f"→ {ring_name(event.ring)}"}
            case Gate(open=is_open):
                return self._gate("open" if is_open else "closed")
            case Plug(call=call, handle=handle):
                self._plug(event.process, call, handle)
                return self._handles(event.process)
            case Crash():
                self.handles[event.process] = {}
                return {"band": "down", "ring": None, "gate": None, "handles": []}
            case Start():
                return {"band": "none", "ring": None, "gate": None, "handles": []}
            case _:
                return None

    def marks(self, event: Event, row: int) -> list[Mark]:
        """What is drawn; a message is joined to where it was originated, or queued if nothing more is known."""
        lane = self.lanes[event.process]
        match event:
            case Crash():
                return [Mark("crash", lane, "crash")]
            case Queue() | Originate():
                self._learn(event)
                if isinstance(event, Originate) or event.message not in self.sent:
                    self.sent[event.message] = {"row": row, "lane": lane}
                if isinstance(event, Queue):
                    return [Mark("does", lane, f"queue {event.message}")]
                return [Mark("sends", lane, event.message, self._shape(event))]
            case Deliver():
                self._learn(event)
                return [Mark("delivers", lane, event.message, self._shape(event), begin=self.sent.get(event.message))]
            case _:
                return [Mark("does", lane, _label(event))]

    def _learn(self, event: Message) -> None:
        if event.priority:
            self.priorities[event.message] = event.priority

    def _shape(self, event: Message) -> str:
        return "recovery" if self.priorities.get(event.message) == "recovery" else "normal"

    def _band(self, band: str, ring: Ring) -> dict[str, object]:
        return {"band": band, "ring": self.rings.setdefault(ring, len(self.rings)), "label": ring_name(ring)}

    def _gate(self, gate: str) -> dict[str, object]:
        return {"gate": gate} if "gate" in self.observes else {}

    def _plug(self, process: str, call: str, handle: str) -> None:
        if call == "destroy":
            self.handles[process].pop(handle, None)
        elif call == "unplug" or handle not in self.handles[process]:
            self.handles[process][handle] = False

    def _handles(self, process: str) -> dict[str, object]:
        return {"handles": list(self.handles[process].values())}


def ring_name(ring: Ring) -> str:
    """A ring id as it is called: representative and number."""
    return f"{ring[0]}.{ring[1]}"


def _words(event: Event) -> str:
    match event:
        case Start(incarnation=number):
            return f"start {number}"
        case Configuration(kind=kind, ring=ring, members=members):
            return f"{kind} {ring_name(ring)} {{{' '.join(members)}}}"
        case Group(members=members):
            return f"group {{{' '.join(name for name, _ in members)}}}"
        case Queue(message=message) | Originate(message=message) | Counted(message=message):
            return f"{type(event).__name__.lower()} {message}{_of_priority(event)}"
        case Deliver(message=message, sender=sender):
            return f"deliver {message}{f' of {sender}' if sender else ''}{_of_priority(event)}"
        case Plug(call=call, handle=handle):
            return f"{call} {handle}"
        case Bit():
            return "sets its bit"
        case Gate(open=is_open):
            return f"gate {'opens' if is_open else 'closes'}"
        case Lookup(of=of, found=found):
            return f"looks up {of}: {'found' if found else 'not found'}"
        case Table(service=service, keys=keys):
            return f"table of {service} {{{' '.join(keys)}}}"
        case Primary(inside=inside):
            return "is primary" if inside else "is not primary"
        case Sync(phase=phase, service=service):
            return " ".join(filter(None, ("sync", phase, service)))
        case End(quiescent=quiescent):
            return "end, quiescent" if quiescent else "end"
        case _:
            return type(event).__name__.lower()


def _label(event: Event) -> str:
    """The same where there is little room."""
    match event:
        case Lookup(of=of, found=found):
            return f"{of} {'found' if found else 'absent'}"
        case Bit():
            return "bit"
        case Table(service=service):
            return f"table {service}"
        case _:
            return _words(event)


def _of_priority(event: Event) -> str:
    return f" ({event.priority})" if isinstance(event, Message) and event.priority else ""
