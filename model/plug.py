"""The recovery plug machine, whole: every rule of it, in the order of the specification."""

from __future__ import annotations

from collections.abc import Sequence

from model import configuration, environment, ghosts, messages, plugs, token
from model.machine import Rule, Text
from model.rules import ENVIRONMENT, EXTENSIONS, GHOSTS, PROTOCOL
from model.state import PlugState, initial

ROOMS = (configuration, token, messages, plugs, environment, ghosts)
"""The modules that state the machine."""


def _in_order(rules: Sequence[Rule]) -> list[Rule]:
    """Room by room, whichever was imported first."""
    return sorted(rules, key=lambda rule: rule.write.__module__)


RULES = (*_in_order(PROTOCOL), *_in_order(ENVIRONMENT))
RECOVERY_PLUG = Text(PlugState, initial, RULES, tuple(GHOSTS), tuple(EXTENSIONS))
