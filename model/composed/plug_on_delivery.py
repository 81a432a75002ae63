"""The plug on delivery, and services on both: what the plug takes from an oracle is what the machine of delivery does.

To the plug a ring forms when delivery creates its first token: then all its members are in recovery for it, and for no
other ring. A member leaves its old ring, and installs the next, when recovery is at its end. The token visits who
holds it, and what the plug originates delivery multicasts.

Left out on purpose: late tokens, which delivery rejects, and tokens at a member that is still in recovery: their
rotations are one step of delivery, `settle`.
"""

from __future__ import annotations

from model.delivery import RING_WITH_MESSAGES
from model.delivery.ring import operational
from model.delivery.state import DeliveryState
from model.language.machine import Guard
from model.language.product import Joint, Member, Step, part_of, product
from model.language.sets import Processor, Set, Truth, any_of, several, within
from model.language.sorts import Ring
from model.language.state import State
from model.plug.machine import RECOVERY_PLUG
from model.plug.state import PlugState
from model.services.machine import SERVICES
from model.services.theorem import GIVEN_UP

DELIVERY, PLUG = "delivery", "plug"


def delivery(state: State) -> DeliveryState:
    """What delivery has of this state."""
    return part_of(state, DELIVERY, DeliveryState)


def plug(state: State) -> PlugState:
    """What the plug has of this state."""
    return part_of(state, PLUG, PlugState)


def listed(now: State, then: State, r: Ring) -> Set:
    """The members of ring r, as its commit token lists them."""
    return delivery(now).member[r]


def is_up(now: State, then: State, p: Processor) -> Guard:
    """A processor that has stopped takes part again when it has started."""
    yield "p is up", ~within(p, plug(now).down)


def recovery_is_over(now: State, then: State, p: Processor, r: Ring, x: Ring) -> Guard:
    """Recovery for ring x is at its end, and p has not left its old ring r."""
    yield "p is in recovery for x", within(p, delivery(now).recovers[x])
    yield "recovery is at its end", within(p, delivery(now).settled[x])
    yield "p has not left r", within(p, plug(now).installed[r])


def has_left(now: State, then: State, p: Processor) -> Guard:
    """Its old ring was left in a step before."""
    yield "p has left its old ring", ~within(p, any_of(Ring, lambda x: plug(now).installed[x]))


def _holds(now: State, p: Processor, r: Ring) -> Guard:
    yield "the token of r is due at p", within(p, delivery(now).due[r])
    yield "p is operational in r", within(p, operational(delivery(now), r))


def _has_others(now: State, r: Ring) -> Truth:
    return several(delivery(now).member[r])


def holds_the_token_of_several(now: State, then: State, p: Processor, r: Ring) -> Guard:
    """P holds the token of ring r, which has other members."""
    yield from _holds(now, p, r)
    yield "r has other members", _has_others(now, r)


def holds_its_own_token(now: State, then: State, p: Processor, r: Ring) -> Guard:
    """P holds the token of ring r, and is its only member."""
    yield from _holds(now, p, r)
    yield "r has no other member", ~_has_others(now, r)


SENDS = ("send_recovery", "send_leftover", "originate", "begin_long", "finish_long")
"""The plug's actions that originate a message, each a multicast of delivery."""
FORMING = (
    Joint("create_commit_token", "P lists the members of ring r.", (Step(DELIVERY, "create_commit_token"),), is_up),
    Joint("pass_commit_token", "P tells what it has.", (Step(DELIVERY, "pass_commit_token"),), is_up),
    Joint(
        "create_first_token", "The first token of ring r is created: to the plug, r forms.",
        (Step(DELIVERY, "create_first_token"), Step(PLUG, "form_ring", follows=True, given={"members": listed})),
    ),
)  # fmt: skip
CHANGING = (
    Joint(
        "leave", "P leaves ring r when recovery for x is over.", (Step(PLUG, "leave", follows=True),), recovery_is_over
    ),
    Joint(
        "install_ring", "P installs ring r, which it recovered for.",
        (Step(DELIVERY, "install_ring"), Step(PLUG, "install", follows=True)), has_left,
    ),
    Joint(
        "stop_and_start", "P stops, and all that it held in memory is gone.",
        (Step(DELIVERY, "stop_and_start"), Step(PLUG, "crash", follows=True)),
    ),
)  # fmt: skip
HOLDING = (
    Joint("visit", "The token of ring r is at p.", (Step(PLUG, "visit", follows=True),), holds_the_token_of_several),
    Joint("sole_visit", "P holds its own token.", (Step(PLUG, "sole_visit", follows=True),), holds_its_own_token),
    *(
        Joint(name, "P originates message n, which the plug allows.", (Step(PLUG, name), Step(DELIVERY, "multicast")))
        for name in SENDS
    ),
)  # fmt: skip
JOINT = (*FORMING, *CHANGING, *HOLDING)
PLUG_ON_DELIVERY = product(
    "PlugOnDelivery",
    (Member(DELIVERY, RING_WITH_MESSAGES), Member(PLUG, RECOVERY_PLUG, never=frozenset({"late-copies"}))),
    JOINT,
    without=((PLUG, "pass_on"), (PLUG, "reject")),
)
SERVICES_ON_DELIVERY = product(
    "ServicesOnDelivery",
    (
        Member(DELIVERY, RING_WITH_MESSAGES, never=frozenset({"crash"})),
        Member(PLUG, SERVICES, never=frozenset(GIVEN_UP.values())),
    ),
    tuple(one for one in JOINT if one.name != "stop_and_start"),
    without=((PLUG, "pass_on"),),
)
"""The part that is called the plug is here the plug with services on it."""
