"""The machines by name: the recovery plug and its companions, and the machine of delivery, which is no companion."""

from __future__ import annotations

from model.delivery import DELIVERY
from model.machine import Text
from model.numbered import NUMBERED
from model.ordered import ORDERED
from model.plug import RECOVERY_PLUG
from model.theorem import SERVICES

PLUG = "plug"
MACHINES: dict[str, Text] = {
    PLUG: RECOVERY_PLUG,
    "ordered": ORDERED,
    "numbered": NUMBERED,
    "services": SERVICES,
    "delivery": DELIVERY,
}


def is_companion(name: str) -> bool:
    """Whether each step of the machine is one of the plug's machine, so that its claims are claims about both."""
    return issubclass(MACHINES[name].state, MACHINES[PLUG].state)
