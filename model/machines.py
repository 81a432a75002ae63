"""The machines by name: the recovery plug and its companions, and the machine of delivery, which is no companion."""

from __future__ import annotations

from model.delivery import RING_WITH_MESSAGES
from model.machine import Text
from model.numbered import NUMBERED
from model.ordered import ORDERED
from model.plug import RECOVERY_PLUG
from model.theorem import SERVICES

PLUG = "plug"
DELIVERY = "delivery"
MACHINES: dict[str, Text] = {
    PLUG: RECOVERY_PLUG,
    "ordered": ORDERED,
    "numbered": NUMBERED,
    "services": SERVICES,
    DELIVERY: RING_WITH_MESSAGES,
}
