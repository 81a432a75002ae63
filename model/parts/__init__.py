"""The machine of messages in parts: a first part, a rest, and a change of the configuration between them."""

from __future__ import annotations

from model.language.machine import Kind, Rule, Text
from model.parts import changing, sending, state

ROOMS = (sending, changing)
"""The modules that state it, in order."""
MESSAGES_IN_PARTS = Text(
    state.PartsState,
    state.initial,
    rules=(
        Rule(sending.begin, Kind.PROTOCOL),
        Rule(sending.begin_again, Kind.PROTOCOL),
        Rule(sending.send_rest, Kind.PROTOCOL),
        Rule(sending.send_rest_and_another, Kind.PROTOCOL),
        Rule(changing.change, Kind.ENVIRONMENT),
    ),
)
