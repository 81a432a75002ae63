"""The numbered decisions: where the mail is silent, what this specification does.

The action that takes a decision cites it as a source (`Source: … D4`). A choice that was rejected names the variants
that take it, and a test runs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Decision:
    """One question that the mail leaves open, and the answer taken."""

    id: str
    question: str
    answer: str
    rejected: Mapping[str, str] = field(default_factory=dict[str, str])
    """The variants that take the other choice, each with the claim that it breaks: why it was not taken."""
    both_sound: str | None = None
    """Of a choice that would do as well: the variant, the feature or the argument that shows it."""


TAKEN = (
    Decision(
        "D1",
        "What does create do in the middle of a configuration?",
        "The handle is registered unplugged, and counts from the next regular configuration on: create neither closes "
        "a gate nor takes back a bit.",
        rejected={"create-plugs-at-once": "PLUG-C1", "create-plugs-before-the-bit": "PLUG-C1"},
    ),
    Decision(
        "D2",
        "What does destroy of a plugged handle do?",
        "It counts as its unplug: destroying the last plugged handle makes the processor ready.",
        rejected={"destroy-forgets-the-plug": "PLUG-C2", "gmi-destroy-evaluates-nothing": "PLUG-C2"},
    ),
    Decision(
        "D3",
        "When is a processor with no handle ready?",
        "At once: M9 holds of it vacuously. Its first visit sets its bit, so it never holds up the ring.",
        rejected={"bit-needs-an-unplug": "PLUG-C3"},
    ),
    Decision(
        "D4",
        "Does an unplug count that was called before the regular configuration is installed?",
        "No: install plugs every registered handle again, so only a call after it counts.",
        rejected={"old-unplug-counts": "PLUG-S3", "gmi-plugs-before-transitional": "PLUG-S3"},
    ),
    Decision(
        "D5",
        "What does a second unplug do?",
        "Nothing: unplug is idempotent.",
        rejected={"unplug-asks-again": "PLUG-S9", "gmi-request-whatever-the-state": "PLUG-S9"},
    ),
    Decision(
        "D6",
        "What does a call with an unknown or destroyed handle do?",
        "It is an error to the caller, and nothing changes.",
        rejected={"unplug-registers-what-it-does-not-know": "PLUG-C2"},
    ),
    Decision(
        "D7",
        "What does a ring of one member do, which has no token?",
        "Its member counts as holding one: it takes the same plug step, at any moment after it has installed the ring.",
        rejected={
            "sole-member-waits-for-a-token": "LIVE-2",
            "sole-install-plugs-nothing": "PLUG-S6",
            "sole-member-needs-no-gate": "PLUG-S8",
        },
    ),
    Decision(
        "D8",
        "Who zeroes the bitmap, and how does a member know that a token is of its ring?",
        "The representative zeroes it when it creates the token, at formation. The token carries the ring id: a "
        "member that has installed the ring takes the plug step, a member for which it is pending passes the bitmap "
        "on unchanged, anyone else rejects the token.",
        rejected={
            "any-visitor-sets-its-bit": "PLUG-S4",
            "plug-step-while-pending": "PLUG-S7",
            "gmi-token-without-ring-id": "PLUG-S3",
            "first-token-is-not-zero": "PLUG-S6",
        },
    ),
    Decision(
        "D9",
        "Which position in the bitmap is which member's?",
        "Decided on the wire: the index in the ring's sorted member list. In the machine a bit is the processor "
        "itself.",
    ),
    Decision(
        "D10",
        "What happens to a normal message that is half sent when the gate closes?",
        "Recovery messages go first, whatever is half sent. What is left follows when the gate is open again, ahead of "
        "every other high, medium or low priority message; in a later ring the message starts again, still ahead of "
        "them, so that it is whole at every receiver there, and receivers drop what they have of it. In the machine "
        "`half` says only that a part is still to be sent; the machine of parts has the rest (PART-S1 to PART-S4).",
        rejected={
            "half-sent-goes-first": "PLUG-S10",
            "rest-passes-a-closed-gate": "PLUG-S8",
            "rest-is-forgotten": "PLUG-S13",
            "sender-resumes-in-the-middle": "PART-S3",
            "receiver-keeps-parts-across-a-change": "PART-S2",
        },
        both_sound="Receivers may keep parts until their sender begins anew: `first-part-replaces-what-is-kept`.",
    ),
    Decision(
        "D11",
        "When is a processor ready whose recovery messages are still queued?",
        "Its bit waits until they are sent. The test is made when the token arrives, before sending: with k visits "
        "needed to drain the longest queue, all of a ring of n open within (2+k)n-1 visits (LIVE-1). Tested after "
        "sending it would be (2+max(0,k-1))n-1, and as safe: variant bit-after-sending.",
        rejected={"bit-ignores-the-queue": "PLUG-S11"},
        both_sound="Testing after sending, too: `bit-after-sending` breaks nothing but that the bound is attained.",
    ),
    Decision(
        "D12",
        "May a processor open its gate before it has delivered the recovery messages of others?",
        "Yes, as mailed: a full bitmap opens it. That a message delivered in its ring finds its sender and every "
        "member (CLM-S1, EVT-S1) does not depend on D12: the total order does it. Lookups when the gate opens, and of "
        "a member that is gone, in a transitional configuration (CLM-S2, CLM-S4), need the other rule: the gate waits "
        "until all that was originated before the bitmap was full is delivered to its processor. That costs no byte; "
        "the machine of the services has it.",
    ),
    Decision(
        "D13",
        "What happens to recovery messages queued in an old configuration?",
        "They keep the tag of their configuration and never count in the new one; they are still sent, in their place "
        "in the queue. Dropping them at the change is as sound: without the feature leftovers the machine does that.",
        rejected={"leftovers-count": "PLUG-H3", "leftover-is-overtaken": "PLUG-H4"},
        both_sound="Dropping them at the change, too: without the feature leftovers the machine does, and claims hold.",
    ),
    Decision(
        "D14",
        "What does a token do that is lost, retransmitted, duplicated, or late from an older ring?",
        "A member accepts each number of its ring once; what it does not accept changes nothing at all. A lost token "
        "that is retransmitted is a late one. The machine without numbers accepts late tokens of its own ring, and is "
        "safe all the same.",
        rejected={
            "accept-the-last-number-again": "PLUG-A1",
            "rejected-token-gives-the-turn": "RING-S4",
            "rejected-token-leaves-its-bits": "PLUG-S3",
        },
    ),
)
DECISIONS = {decision.id: decision for decision in TAKEN}
"""By id."""
