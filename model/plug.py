"""The recovery plug machine, whole: every rule of it, in the order of the specification."""

from __future__ import annotations

from model import configuration, environment, ghosts, messages, plugs, token
from model.machine import Text
from model.rules import ENVIRONMENT, EXTENSIONS, GHOSTS, PROTOCOL
from model.state import PlugState, initial

ROOMS = (configuration, token, messages, plugs, environment, ghosts)
"""The modules that state the machine."""

RECOVERY_PLUG = Text(PlugState, initial, (*PROTOCOL, *ENVIRONMENT), tuple(GHOSTS), tuple(EXTENSIONS))
