"""The recovery plug machine, whole: every rule of it, in the order of the specification."""

from __future__ import annotations

from collections.abc import Sequence

from model.language.machine import Rule, Text
from model.plug import configuration, environment, ghosts, handles, messages, token
from model.plug.rules import ENVIRONMENT, EXTENSIONS, GHOSTS, PROTOCOL
from model.plug.state import PlugState, initial

ROOMS = (configuration, token, messages, handles, environment, ghosts)
"""The modules that state the machine."""
RECORDED = [room.__name__ for room in (configuration, environment, ghosts, messages, handles, token)]
"""The order in which their rules are recorded."""


def _in_order(rules: Sequence[Rule]) -> list[Rule]:
    """Room by room, whichever was imported first."""
    return sorted(rules, key=lambda rule: RECORDED.index(rule.write.__module__))


RULES = (*_in_order(PROTOCOL), *_in_order(ENVIRONMENT))
RECOVERY_PLUG = Text(PlugState, initial, RULES, tuple(GHOSTS), tuple(EXTENSIONS))
