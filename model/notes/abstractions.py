"""The abstraction list: what the machine forgets, in which direction that errs, and where it is checked instead."""

from __future__ import annotations

from dataclasses import dataclass


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
        "Ring ids that grow: the machine of delivery. Membership that settles is a claim about a membership algorithm.",
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
        "D12 where services are; freeing, recovery and EVS-4 in the machine of delivery; the rest in histories.",
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
OF_DELIVERY = (
    Abstraction(
        "The plug, priorities and services: every message is alike.",
        "More behaviours: a gate only holds messages back.",
        "The machine of the plug.",
    ),
    Abstraction(
        "Membership: any live processors may be listed in a commit token at any time, and its visits may end anywhere.",
        "More behaviours.",
        "Not here.",
    ),
    Abstraction(
        "Delay and loss: a message that is lost at a member may arrive there later, and nobody asks for it.",
        "More behaviours: it arrives, or never does, also when nobody holds it any more.",
        "Not needed.",
    ),
    Abstraction(
        "A member delivers as soon as it can.",
        "Fewer behaviours: one that is slow to deliver has had its token and its messages all the same.",
        "By this argument.",
    ),
    Abstraction(
        "Safe delivery.",
        "Says nothing about it. It waits for the same two visits as freeing.",
        "EVS-7.1 and EVS-7.2 in histories.",
    ),
    Abstraction(
        "What the commit token carries is read where it stands: an old ring is told, what a processor has is looked up "
        "when recovery begins.",
        "Fewer behaviours: a message that arrives between is not sent again for nothing.",
        "By this argument.",
    ),
    Abstraction(
        "The token during recovery: messages that are sent again have no numbers there, and that all members have them "
        "is one step, once every member is there and has them.",
        "Fewer behaviours: the two rotations that show it are those that RING-S5 decides.",
        "By this argument.",
    ),
    Abstraction(
        "Old tokens: the one that a member accepted last may arrive again, and no older one.",
        "Fewer behaviours of variants only: what is rejected changes nothing.",
        "The companion with numbered tokens: RING-S1, RING-S4.",
    ),
    Abstraction(
        "Numbers: a run gives out each number once, whatever the ring.",
        "Fewer behaviours: messages of two rings are never taken for each other.",
        "RING-S3: no two rings have one id.",
    ),
    Abstraction(
        "A stop and the start after it are one step.",
        "More behaviours than none in between: who stays away is one that takes no step.",
        "By this argument.",
    ),
)
"""What the machine of delivery forgets."""
OF_PARTS = (
    Abstraction(
        "How those who come along get to have received the same, and all in order what a processor sends in a ring.",
        "More behaviours: any members may part after any packet.",
        "The machine of delivery: EVS-4, RING-S6.",
    ),
    Abstraction(
        "When a packet arrives: who ever receives it does so at once.",
        "Fewer behaviours: nobody sends by what it has received, so a packet that comes late is one that came at once.",
        "By this argument.",
    ),
    Abstraction(
        "The order among senders, the token, gates and priorities.",
        "More behaviours.",
        "PLUG-S8, PLUG-S10, PLUG-S13 of the machine; RING-S6.",
    ),
    Abstraction(
        "A message has two parts, and a packet at most one whole message behind a rest.",
        "Fewer behaviours: a part in the middle is kept as the first one is, and is followed by the rest as that is.",
        "By this argument.",
    ),
    Abstraction(
        "Leaving a ring and installing the next are one step, and who is listed and never installs is not listed.",
        "Fewer behaviours: between the two a processor sends nothing and takes nothing in.",
        "CFG-S1, PLUG-S7.",
    ),
    Abstraction(
        "A processor that stops: a new one has its place, and nothing of what it kept.",
        "Says nothing of it: messages of two lives are told apart by their names.",
        "RING-S2, EVS-1.4 in histories.",
    ),
)
"""What the machine of parts forgets."""
