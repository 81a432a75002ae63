"""The machines by name: the recovery plug, and its companions."""

from __future__ import annotations

from model.machine import Text
from model.numbered import NUMBERED
from model.ordered import ORDERED
from model.plug import RECOVERY_PLUG
from model.theorem import SERVICES

PLUG = "plug"
MACHINES: dict[str, Text] = {PLUG: RECOVERY_PLUG, "ordered": ORDERED, "numbered": NUMBERED, "services": SERVICES}
