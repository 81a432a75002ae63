"""The machines by name: the recovery plug and its companions, and delivery and parts, which are machines apart."""

from __future__ import annotations

from model.composed.plug_on_delivery import PLUG_ON_DELIVERY, SERVICES_ON_DELIVERY
from model.composed.services_on_plug import SERVICES_ON_PLUG
from model.delivery import RING_WITH_MESSAGES
from model.language.machine import Text
from model.parts import MESSAGES_IN_PARTS
from model.plug.machine import RECOVERY_PLUG
from model.plug.numbered import NUMBERED
from model.plug.ordered import ORDERED
from model.services.machine import SERVICES

PLUG = "plug"
DELIVERY = "delivery"
PARTS = "parts"
MACHINES: dict[str, Text] = {
    PLUG: RECOVERY_PLUG,
    "ordered": ORDERED,
    "numbered": NUMBERED,
    "services": SERVICES,
    DELIVERY: RING_WITH_MESSAGES,
    PARTS: MESSAGES_IN_PARTS,
    "plug-on-delivery": PLUG_ON_DELIVERY,
    "services-on-plug": SERVICES_ON_PLUG,
    "services-on-delivery": SERVICES_ON_DELIVERY,
}


def is_companion(name: str) -> bool:
    """Whether the machine has the variables of the plug's, so that its claims are claims about both."""
    return issubclass(MACHINES[name].state, MACHINES[PLUG].state)


def has_the_plugs_claims(name: str) -> bool:
    """Whether the plug's claims are about the machine too: it has the plug's variables, and keeps its ghosts."""
    return is_companion(name) and set(MACHINES[PLUG].ghosts) <= set(MACHINES[name].ghosts)
