"""The abstraction list: what the machine forgets, in which direction that errs, and where it is checked instead."""

from __future__ import annotations

from dataclasses import dataclass

from model.decisions import decide

decide(
    "D9",
    "Which position in the bitmap is which member's?",
    "Decided on the wire: the index in the ring's sorted member list. In the machine a bit is the processor itself.",
)


@dataclass(frozen=True)
class Abstraction:
    """One thing forgotten."""

    what: str
    errs: str
    checked: str


ABSTRACTIONS = (
    Abstraction(
        "The order of the ring: any member may be visited next.",
        "More behaviours: what is proved holds of every order. Bounds on visits cannot be stated.",
        "The companion with a fixed order: LIVE-1, N3.",
    ),
    Abstraction(
        "The oracle of ring formation: how membership is agreed on.",
        "More behaviours: any live processors form any ring at any time.",
        "Not here: ring ids that grow, and membership that settles, are claims about a membership algorithm.",
    ),
    Abstraction(
        "Atomic formation: a ring is formed, and pending at all its members, in one step.",
        "Fewer behaviours: no member learns of a ring before another. What a member does before it installs is inert "
        "(PLUG-S7), so the moment at which it learns makes no difference to the plug.",
        "By this argument.",
    ),
    Abstraction(
        "The representative: any member creates the token.",
        "More behaviours.",
        "The companion with a fixed order, where it is the lowest member.",
    ),
    Abstraction(
        "Delay and loss: a step happens or not, and a lost token is one that nobody receives.",
        "More behaviours: nothing forces a step.",
        "LIVE-1 and LIVE-2 state what may be hoped for, and of which steps.",
    ),
    Abstraction(
        "Token numbers: a late token of the ring that a member has installed is taken for the token.",
        "More behaviours.",
        "The companion with numbered tokens: RING-S1, RING-S4, PLUG-A1.",
    ),
    Abstraction(
        "Receipt: an originated message is not followed to those who receive it.",
        "Says nothing about delivery.",
        "D12, and claims about histories, are decided where messages are delivered.",
    ),
    Abstraction(
        "Numbers of messages: a queue of up to two, an allowance of one a visit, one message half sent.",
        "Fewer behaviours. Two with an allowance of one is the least that shows a queue longer than the allowance.",
        "LIVE-1 is stated in visits that drain the queue.",
    ),
    Abstraction(
        "Positions: a bit is the processor itself.",
        "Fewer behaviours: no member can set another's bit by counting wrongly.",
        "On the wire: PLUG-S4 and D9.",
    ),
    Abstraction(
        "Clocks and time-outs.",
        "More behaviours: what a time-out causes may happen at any time.",
        "Not here.",
    ),
    Abstraction(
        "Leftovers of an older configuration count as one message, however many there were.",
        "Fewer behaviours: one visit sends them all.",
        "Not here.",
    ),
    Abstraction(
        "Wholeness of a message sent in two halves: `half` says only that a part is still to be sent.",
        "Says nothing about receivers.",
        "D10 is decided on the wire.",
    ),
    Abstraction(
        "Tokens with numbers: where states are enumerated, 6 of them are sent in a run, numbered in that order.",
        "Fewer behaviours in the exhaustive engine. The proofs have any number, in any order, also equal ones.",
        "The proofs.",
    ),
    Abstraction(
        "Copies: where states are enumerated, one late token of each ring at a time.",
        "Fewer behaviours in the exhaustive engine. The proofs have any number of places.",
        "The proofs.",
    ),
)
