"""Which observation of a simulated run is which step of the services' machine.

What is seen is told apart by the names of its classes. Evt's recovery messages all look up their sender, so each of
them counts as the add-node of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from properties.replay.matcher import number
from properties.simulate.historian import Seen, message_of
from properties.traces.trace import TraceStep
from reference.services.executive_messages import decode

NODEJOIN = 0
"""The nodejoin among the messages of the model; the other is the add-node."""
OF_EVT = ("add-node", "open-count", "check-in", "retained", "handed", "done")


def kind_of(seen: Seen) -> str:
    """What kind of observation it is."""
    return type(seen.what).__name__


def functions_of(run: list[Seen]) -> dict[Any, str]:
    """The function of each message that was delivered."""
    return {seen.what.message: decode(seen.what.payload).function for seen in run if kind_of(seen) == "Delivery"}


@dataclass
class Names:
    """Which processor and ring of the run is which of the model; the first ring that is asked for a number is it."""

    processors: dict[int, int]
    rings: dict[int, Any]
    functions: Mapping[Any, str]
    final: Any = field(default=None)
    """The message at whose delivery the run ends, None if it ends at a gate."""

    def is_ring(self, step: TraceStep, ring_id: Any) -> bool:
        """Whether this is the ring of the step."""
        return bool(self.rings.setdefault(number(step.arguments["r"]), ring_id) == ring_id)

    def is_message(self, m: int, message: Any) -> bool:
        """Whether the message is the model's nodejoin, or its add-node."""
        function = self.functions.get(message)
        return function == "nodejoin" if m == NODEJOIN else function in OF_EVT


Fits = Callable[[Names, TraceStep, Seen], bool]


def _forms(names: Names, step: TraceStep, seen: Seen) -> bool:
    return (
        kind_of(seen) == "PlugStep" and seen.what.call == "ring_pending" and names.is_ring(step, seen.what.arguments[0])
    )


def _installs(names: Names, step: TraceStep, seen: Seen) -> bool:
    change = seen.what
    return (
        kind_of(seen) == "ConfigurationChange"
        and change.kind.value == "regular"
        and names.is_ring(step, change.ring_id)
    )


def _leaves(names: Names, step: TraceStep, seen: Seen) -> bool:
    return kind_of(seen) == "ConfigurationChange" and seen.what.kind.value == "transitional"


def _visits(names: Names, step: TraceStep, seen: Seen) -> bool:
    if kind_of(seen) != "PlugStep" or seen.what.call not in ("token_received", "visit_alone"):
        return False
    installed = seen.what.state.installed
    return installed is not None and names.is_ring(step, installed.configuration.ring_id)


def _unplugs(names: Names, step: TraceStep, seen: Seen) -> bool:
    return kind_of(seen) == "PlugCalled" and seen.what.call == "unplug"


def _sends_recovery(names: Names, step: TraceStep, seen: Seen) -> bool:
    m, what = number(step.arguments["m"]), seen.what
    if kind_of(seen) != "Origination" or not names.is_message(m, what.message):
        return False
    return (m == NODEJOIN or what.message == names.final) and names.is_ring(step, what.ring_id)


def _sends_the_last(names: Names, step: TraceStep, seen: Seen) -> bool:
    """The message at whose delivery the run ends."""
    what = seen.what
    return kind_of(seen) == "Origination" and what.message == names.final and names.is_ring(step, what.ring_id)


def _delivers(m: int) -> Fits:
    def fits(names: Names, step: TraceStep, seen: Seen) -> bool:
        what = seen.what
        if kind_of(seen) != "Delivery" or not names.is_message(m, what.message):
            return False
        sender = names.processors[number(step.arguments["i"])]
        return what.message.sender == sender and names.is_ring(step, what.ring_id)

    return fits


def _delivers_normal(names: Names, step: TraceStep, seen: Seen) -> bool:
    return kind_of(seen) == "Delivery" and seen.what.message == names.final


FITS: Mapping[str, Fits] = {
    "form_ring": _forms, "install": _installs, "leave": _leaves, "visit": _visits, "unplug": _unplugs,
    "send_recovery": _sends_recovery, "send_stale": _sends_the_last, "originate": _sends_the_last,
    "deliver_nodejoin": _delivers(NODEJOIN), "deliver_add_node": _delivers(1 - NODEJOIN),
    "deliver_normal": _delivers_normal,
}  # fmt: skip


def said(names: Names, seen: Seen) -> str:
    """An observation in words."""
    what, kind = seen.what, kind_of(seen)
    match kind:
        case "ConfigurationChange" if what.kind.value == "transitional":
            return "is told of the transitional configuration"
        case "ConfigurationChange":
            return f"installs ring {_ring(what.ring_id)}"
        case "PlugStep" if what.call == "ring_pending":
            return f"may install ring {_ring(what.arguments[0])}"
        case "PlugStep":
            opens = any(type(effect).__name__ == "GateOpened" for effect in what.effects)
            return "has the token, and opens its gate" if opens else "has the token"
        case "PlugCalled":
            return "unplugs"
        case _:
            verb = "originates" if kind == "Origination" else "delivers"
            return f"{verb} {names.functions.get(what.message, 'message')} {message_of(what.message)}"


def _ring(ring_id: Any) -> str:
    return f"{ring_id[0]}:{ring_id[1]}"
