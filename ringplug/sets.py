"""The language in which claims and variants are written: sets of processors, statements about them, claims, edits.

An action, a claim's part or a variant's edit is a function of states (`now`, `then`) and parameters. What it says is
recorded and not computed, so Python's `if`, `and`, `not` and `==` on sets and statements raise: there are `when`, `&`,
`|`, `~` and `equal`. docs/pytest.md has an example, SPEC.md the variables of each machine.
"""

from __future__ import annotations

from model.delivery.state import DeliveryState
from model.language.machine import Guard, Kind
from model.language.sets import (
    EVERYBODY,
    FALSE,
    NOBODY,
    TRUE,
    Processor,
    Processors,
    Set,
    Truth,
    all_of,
    any_of,
    at_most,
    empty,
    equal,
    every,
    exists,
    implies,
    same,
    several,
    some,
    when,
    within,
)
from model.language.sorts import Copy, Handle, Message, NewRing, NewToken, Number, Ring, Seat, Token
from model.parts.state import PartsState
from model.plug.numbered import NumberedState
from model.plug.ordered import OrderedState
from model.plug.state import PlugState
from model.services.actions import ServicesState
from model.variants import Argument, Harmless, edits
from model.variants.variant import adds
from properties.catalogue.claim import Bound, Least, Reach
from properties.claims import claim

__all__ = [
    "EVERYBODY",
    "FALSE",
    "NOBODY",
    "TRUE",
    "Argument",
    "Bound",
    "Copy",
    "DeliveryState",
    "Guard",
    "Handle",
    "Harmless",
    "Kind",
    "Least",
    "Message",
    "NewRing",
    "NewToken",
    "Number",
    "NumberedState",
    "OrderedState",
    "PartsState",
    "PlugState",
    "Processor",
    "Processors",
    "Reach",
    "Ring",
    "Seat",
    "ServicesState",
    "Set",
    "Token",
    "Truth",
    "adds",
    "all_of",
    "any_of",
    "at_most",
    "claim",
    "edits",
    "empty",
    "equal",
    "every",
    "exists",
    "implies",
    "same",
    "several",
    "some",
    "when",
    "within",
]
