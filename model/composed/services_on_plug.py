"""Services on the plug: each step of theirs is made by the plug beside them, in its own variables.

At an install services queue their recovery messages at once: to the plug these are steps that follow the install. A
gate of the services waits for delivery (D12), so the plug's may open sooner.

Left out on purpose: what the services' machine leaves out, and decisions given up.
"""

from __future__ import annotations

from model.language.product import Joint, Member, Step, part_of, product
from model.language.state import State
from model.plug.machine import RECOVERY_PLUG
from model.plug.state import PlugState
from model.services.actions import RECOVERY_ADD_NODE, ServicesState
from model.services.machine import PLUG_RULES, SERVICES
from model.services.theorem import GIVEN_UP

ABOVE, PLUG = "services", "plug"
MET = frozenset({"recovery-queue", "leftovers", "long-message"})
"""Features of the plug that services always meet."""
NEVER_MET = RECOVERY_PLUG.features - MET


def services(state: State) -> ServicesState:
    """What the services have of this state: the plug's variables too, as they see them."""
    return part_of(state, ABOVE, ServicesState)


def plug(state: State) -> PlugState:
    """What the plug has of this state."""
    return part_of(state, PLUG, PlugState)


QUEUED = (
    Step(PLUG, "queue_recovery", follows=True),
    Step(PLUG, "queue_recovery", follows=True, feature=RECOVERY_ADD_NODE),
)
JOINT = tuple(
    Joint(
        rule.name, rule.write.__doc__ or "",
        (
            Step(ABOVE, rule.name), Step(PLUG, rule.name, follows=True), *(QUEUED if rule.name == "install" else ()),
        ),
    )
    for rule in PLUG_RULES
)  # fmt: skip
SERVICES_ON_PLUG = product(
    "ServicesOnPlug",
    (
        Member(ABOVE, SERVICES, never=frozenset(GIVEN_UP.values())),
        Member(PLUG, RECOVERY_PLUG, always=MET, never=NEVER_MET, is_fixed=True),
    ),
    JOINT,
    without=((PLUG, "reject"), (PLUG, "queue_between")),
)
