"""The register: each claim id once, with its sentence, its source, and who decides it.

The deciders keep their own part beside it: the model its clauses (`properties.claims`), the judge of histories what
must be seen (`properties.history.catalogue`), the simulator and corosync's logs their checks. What a decider can see
may be less than the sentence says, or more: `readings` says so. Nothing is imported here, so that an id can be looked
up without a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MODEL, HISTORY, SIMULATOR, COROSYNC, PROCESSES = "model", "history", "simulator", "corosync", "processes"
ON = {
    MODEL: "in the model", HISTORY: "on a history", SIMULATOR: "in a simulated run", COROSYNC: "on corosync's logs",
    PROCESSES: "in a run of processes",
}  # fmt: skip
"""The deciders, and where each reads a claim."""


@dataclass(frozen=True)
class Entry:
    """A claim id."""

    id: str
    sentence: str
    source: str
    readings: Mapping[str, str]
    """By decider, what it adds to the sentence or leaves out of it; empty if nothing."""

    def says(self, decider: str) -> str:
        """The sentence, and how this decider reads it."""
        reading = self.readings[decider]
        return f"{self.sentence} {ON[decider].capitalize()}: {reading}" if reading else self.sentence

    def decided_by(self) -> list[str]:
        """A line for each decider."""
        return [f"{decider}: {reading}" if reading else decider for decider, reading in self.readings.items()]


def entry(id: str, sentence: str, source: str, by: str = "", **readings: str) -> Entry:
    """An entry; `by` are the deciders that take the sentence as it stands, in words."""
    return Entry(id, sentence, source, dict.fromkeys(by.split(), "") | readings)


ENTRIES = (
    entry("PLUG-S1", "A gate is open only if every member has unplugged in this configuration.",
        "mail M6, M7", "model",
        history="That a member unplugs there at all is judged, not that it comes before the gate opens.",
        corosync="Who opens in a ring opened when every member had committed all services but the last."),
    entry("PLUG-S2", "A member's bit is set only after the member has unplugged in that ring.",
        "mail M5, M9; openais gmi.c:1835", "model"),
    entry("PLUG-S3",
        "An unplug counts for a ring only if it is called after the ring's regular configuration is installed.",
        "mail M9 (after the configuration change); D4", "model"),
    entry("PLUG-S4", "Only members of a ring have bits in its token.", "mail M5; D9", "model"),
    entry("PLUG-S5", "A visit only adds bits, and only the visited member's own.",
        "mail M5, M9; openais gmi.c:1811", "model"),
    entry("PLUG-S6",
        "A regular configuration starts from zero: the first token's bitmap is empty, the gate is closed, every "
        "registered handle is plugged.",
        "mail M8, M9; D8; corosync 212126fa, 0fab390a", "model",
        corosync="In each ring all services synchronize, in order and once."),
    entry("PLUG-S7",
        "A member that has not installed a ring is inert for it: it changes no bit, opens no gate, originates nothing.",
        "mail M8, M9; D4, D8", "model"),
    entry("PLUG-S8",
        "A high, medium or low priority message, or a part of one, is originated only through an open gate.",
        "mail M6, M7; corosync 40263892", "model",
        corosync="Other messages are let out only after the synchronization of the ring is complete."),
    entry("PLUG-S9", "An open gate stays open while its ring is installed, and a second unplug changes nothing.",
        "mail M6; D5", "model",
        corosync="A ring is completed once, and nothing is committed in it afterwards."),
    entry("PLUG-S10", "A recovery message is never held up: not by the gate, and not by a message that is half sent.",
        "mail M1; D10; corosync 92e0f9c7, e7a82370", "model"),
    entry("PLUG-S11", "A member sets its bit only when no recovery message of its configuration is queued at it.",
        "D11; openais gmi.c:1835", "model"),
    entry("PLUG-S12",
        "Only who holds the token of its ring originates: one message a visit, to all members of the ring, and none "
        "once the token has gone on.",
        "Totem 1995; openais gmi.c:1494", "model"),
    entry("PLUG-S13",
        "A long message that is begun is finished once: its rest is not forgotten and not repeated, and no other "
        "high, medium or low priority message comes between.",
        "D10; openais gmi.c:1494", "model"),
    entry("PLUG-S14",
        "A recovery message is queued once and sent once: sending takes one off the queue, queueing adds one, and "
        "nothing else changes the queue of a processor that keeps its ring.",
        "mail M1, M3; corosync a3d98f16", "model"),
    entry("PLUG-H1",
        "In a ring, every recovery message queued before its sender's bit was set comes before every normal message.",
        "mail M3, M7; D11", "model history"),
    entry("PLUG-H3", "What counts as recovery in a configuration was queued in it, and what is queued in it counts.",
        "mail M9; D13; corosync 2ab885ab, 40263892", "model",
        history="Only what is counted is judged: that it was queued in the ring.",
        simulator="A recovery message carries the ring that it was queued in, wherever it is delivered.",
        corosync="Each member's list of group members is counted once, in the ring that it was sent for."),
    entry("PLUG-H4",
        "What is queued when its ring is left is still sent: once, and before anything that is queued later.",
        "D13; EVS 1994 (transitional configuration)", "model"),
    entry("PLUG-C1",
        "A handle created in a configuration changes neither a bit nor a gate, and plugs nothing until the next one.",
        "mail M3, M9; D1; openais gmi.c:1084", "model"),
    entry("PLUG-C2",
        "Destroy counts as unplug: a destroyed handle holds up nothing. A call with an unknown handle changes nothing.",
        "mail M2; D2, D6", "model"),
    entry("PLUG-C3",
        "A member with no handle is ready at once: it is done when it installs, and the first visit that finds its "
        "queue empty sets its bit.",
        "mail M9; D3, D7", "model"),
    entry("PLUG-A1", "Once a member has opened, every token of its ring that would be accepted has all bits set.",
        "mail M6; D14", "model"),
    entry("PLUG-A2",
        "Once a member has opened, and while all have the ring installed, all can open: by visits and sending alone.",
        "mail M6; D2, D11", "model"),
    entry("CFG-S1",
        "A processor leaves its ring before it installs another, and installs only a ring that is pending at it.",
        "EVS 1994 (transitional, then regular); D8; corosync 7fb24709, 23e17953", "model",
        history="Between a ring and the next there is exactly one transitional configuration, of members of both "
                "that all came from the first, and all of these; left and joined are what lies between. Where nobody "
                "joins it may be skipped."),
    entry("CFG-S2",
        "A processor that is down holds nothing and is in no new ring, so it restarts as a fresh incarnation.",
        "EVS 1994 (fail events); Totem 1995; corosync 3675dace", "model"),
    entry("CFG-S3",
        "A group as it was, without who left and with who joined, is the group as it is; who did not come along to the "
        "next ring has left it, before a high, medium or low priority message is delivered there.",
        "corosync fbe8768f, 7fb24709; EVS 1994 (transitional, then regular)", "history"),
    entry("CFG-S4",
        "Processors that move together from one ring to the next, or stay in it, are told the same groups in the same "
        "places of the order.",
        "corosync 7fb24709; EVS 1994 (specification 4)", "history"),
    entry("CFG-S5",
        "Primary configurations follow one another: to each, in the order of their numbers, comes a process that was "
        "in the one before.",
        "EVS 1994 (primary component: uniqueness, continuity); Chockler, Keidar, Vitenberg 2001 (primary component "
        "membership)", "history"),
    entry("RING-S1",
        "A ring has one token: any two that would be accepted are the same, and who accepts it sends it on.",
        "Totem 1995; D14; corosync 4ee84c51", "model"),
    entry("RING-S2",
        "Ring ids grow: a processor installs only rings numbered higher than all that it ever installed, also before "
        "it stopped and started again.",
        "Totem 1995 (ring id in stable storage); corosync 3675dace, 107ef199; pacemaker #2030",
        "model history corosync"),
    entry("RING-S3",
        "A ring id names one formation, with one member list, also after its representative stopped and started again.",
        "Totem 1995 (ring id in stable storage); corosync d99fba72, 3675dace, 9b3782e4", "model",
        history="The member list is told in one order, and with one incarnation of each member.",
        corosync="Each member was in it in one incarnation."),
    entry("RING-S4", "A rejected token changes nothing.",
        "D8, D14; Totem 1995; corosync 79c60fd0, b8878d2e, 40d636e9", "model"),
    entry("RING-S5", "A member frees a message only when every member of its ring has received it.",
        "Totem 1995 (two rotations); corosync 79c60fd0", "model",
        simulator="It is judged of packets."),
    entry("RING-S6", "The token of a ring is at one member, and in a ring of several it gives a number to one message.",
        "Totem 1995 (regular token); corosync 4ee84c51", "model"),
    entry("LIVE-1",
        "Once all members of a ring of n have installed it and unplugged, and while nothing more is queued and the "
        "ring stays, all have opened after at most (2+k)n-1 visits, where k visits drain the longest queue; and some "
        "run needs that many.",
        "mail M6, M9; D11; openais gmi.c:1835", "model"),
    entry("LIVE-2",
        "While all members of a ring have it installed or pending, all its gates can still open: by visits, sending, "
        "leaving, installing and unplug alone.",
        "mail M4, M6; D2, D3, D7", "model",
        history="When all is quiet, and all members of a ring are in it, each has opened.",
        corosync="If the last ring stays, all its members open."),
    entry("BAR-1", "Every step is a step of the abstract barrier, or changes nothing that the barrier sees.",
        "mail M6, M7, M8", "model"),
    entry("BAR-2",
        "What delivery does is what the plug takes from an oracle: in the plug on delivery every step is a step of "
        "each, or changes nothing of it.",
        "Totem 1995 (membership, regular token); EVS 1994 (transitional, then regular); D7, D8", "model"),
    entry("BAR-3",
        "Every step of the services is a step of the plug, or several, or changes nothing of it; who may send by them "
        "may send by the plug.",
        "mail M6, M7, M10, M11; D12", "model"),
    entry("BAR-4",
        "The same as BAR-2 of services on the plug: in services on plug on delivery every step is a step of the "
        "services and one of delivery, or changes nothing of it.",
        "mail M10, M11; Totem 1995 (membership, regular token); EVS 1994 (transitional, then regular)", "model"),
    entry("CLM-S1",
        "When a high, medium or low priority message is delivered in its ring, a lookup finds every member of the "
        "ring.",
        "mail M10, M12; D8, D10, D11; openais ca369e8c", "model",
        history="Of members that are looked up, also while the message is delivered in the transitional "
                "configuration."),
    entry("CLM-S2", "When a gate opens, a lookup there finds every member of the ring.",
        "mail M12; D12", "model",
        history="By the table of the cluster membership service, as it was last told."),
    entry("CLM-S4",
        "When such a message is delivered in the transitional configuration, a lookup finds every member of its ring, "
        "also one that did not come along.",
        "mail M12; D12; EVS 1994 (specification 6.3)", "model"),
    entry("EVT-S1", "When a message of the event service is delivered, recovery or normal, a lookup finds its sender.",
        "mail M11, M12; D13; openais evt.c:2999, 59d13092", "model history"),
    entry("EVS-4",
        "Processors that move together from one configuration to the next deliver the same messages in the first.",
        "EVS 1994 (specification 4); Totem 1995 (recovery)", "model history"),
    entry("PART-S1",
        "Of those who receive the rest of a message in parts, and of those who come along to the next ring, all "
        "deliver it or none.",
        "D10; EVS 1994 (specification 4)", "model"),
    entry("PART-S2",
        "What is delivered as a message in parts is its own parts, each once, and nothing of another message.",
        "D10; EVS 1994 (specification 1)", "model"),
    entry("PART-S3",
        "Who receives the rest of a message delivers the message, and its sender does: also where it was begun in "
        "another ring.",
        "D10; EVS 1994 (specification 3)", "model"),
    entry("PART-S4",
        "Who receives a packet delivers the whole messages in it, whatever message its beginning belongs to.",
        "D10; EVS 1994 (specification 4)", "model"),
    entry("N1",
        "It is false that the lookup works inside the configuration change function: whoever joined is not yet known.",
        "mail M10", "model"),
    entry("N2",
        "It is false that a member delivers no high, medium or low priority message while its own gate is closed: "
        "another opened first.",
        "mail M6, M7", "model"),
    entry("N3",
        "It is false that all members open in the same rotation: the token may be back at the representative while "
        "some gates are open and some are not.",
        "mail M6; Totem 1995 (representative)", "model"),
    entry("N4",
        "It is false that an unplug once counted survives a configuration change: a member that was done in an older "
        "ring has a handle plugged again.",
        "mail M8, M9; D4", "model"),
    entry("N5",
        "It is false that a recovery message may look up any member: the plug never holds it, so it finds its sender "
        "only.",
        "mail M1, M11; openais evt.c:2999", "model"),
    entry("EVS-1.1", "No event precedes itself: each process has its order, and a send precedes its deliveries.",
        "EVS 1994 1.1", "history"),
    entry("EVS-1.2", "The events of a process are in one order: its count grows, and nothing follows a crash.",
        "EVS 1994 1.2", "history"),
    entry("EVS-1.3",
        "A message is delivered only if it was sent, and in the ring that it was sent in: in its regular "
        "configuration or the transitional one directly after.",
        "EVS 1994 1.3", "history"),
    entry("EVS-1.4", "A message has one origin, and no process delivers it twice.", "EVS 1994 1.4", "history"),
    entry("EVS-2.1",
        "When all is quiet, the last configuration of a process that lives is the last of each of its members, and "
        "none of them failed in it.",
        "EVS 1994 2.1", "history"),
    entry("EVS-2.2",
        "Events lie inside their configuration: after its install at that process, which is one of its members and "
        "installs it once, and before the next install.",
        "EVS 1994 2.2", "history"),
    entry("EVS-3", "Who sends a message in a ring delivers it in that ring, unless it fails there.",
        "EVS 1994 3", "history"),
    entry("EVS-5",
        "If a message was sent after its sender had sent or delivered another one of the same ring, no process "
        "delivers it in that ring without the other before it.",
        "EVS 1994 5", "history"),
    entry("EVS-6.1", "Some total order extends the precedence of events.", "EVS 1994 6.1", "history"),
    entry("EVS-6.2",
        "In that order the deliveries of one message in one ring are one moment, and so are the installs of one "
        "configuration.",
        "EVS 1994 6.2", "history"),
    entry("EVS-6.3",
        "Who delivers a message delivers all that come before it in its ring and whose senders are members of the "
        "configuration that it is delivered in.",
        "EVS 1994 6.3", "history"),
    entry("EVS-7.1",
        "A safe message that one process delivers is delivered by all members of that configuration, unless they fail.",
        "EVS 1994 7.1", "history"),
    entry("EVS-7.2", "If a safe message is delivered in a regular configuration, all its members installed it.",
        "EVS 1994 7.2", "history"),
    entry("RING-H1",
        "Of any two members of a regular configuration, what one delivered in it, not in its transitional one, is a "
        "prefix of what the other delivered in it.",
        "Totem 1995 (one sequence a ring, no holes)", "history"),
    entry("PLUG-H2", "A process delivers no normal message of a ring before it has recovered in it.",
        "mail M3, M7", "history"),
    entry("CLM-S3",
        "After a process has opened, its table has only members, each in the life that is in the ring, and in one "
        "place of the order all tables are equal.",
        "corosync 2ab885ab, 816d7687, fbe8768f, 7fb24709", "history"),
    entry("EVT-S2", "In a ring one member at most says that all retained events of the event service are sent.",
        "openais 59d13092 (the oldest member leads)", "history"),
    entry("EVT-S3",
        "Who says that all retained events are sent has delivered a check-in of each member, made in this ring.",
        "openais 59d13092; D13", "history"),
    entry("LIVE-3",
        "After the last fault the processors that hear each other come to be in one ring with open gates within the "
        "bound, and all that was queued is delivered.",
        "mail M6; Totem 1995 (membership)", "simulator",
         history="When all is quiet, somebody delivers what a process that lives has sent, and who stays in its last "
                "ring delivers there what another does that stays.",
         processes="The bound has ten seconds more, since no machine promises when a process has its turn."),
    entry("LIVE-T",
        "Once all n members of a ring have installed it and unplugged, and while nothing more is queued and the ring "
        "stays, all have opened within (2+k)n times the longest hop of its token, where k visits drain the longest "
        "queue.",
        "LIVE-1; mail M6", "simulator"),
    entry("STEP-1", "No step of a processor raises an error, whatever its peers and the network do.",
        "D14", "simulator",
        processes="A node that ends by itself is counted, whatever made it."),
    entry("STEP-2", "The same calls make a processor take the same steps: a run that was recorded can be repeated.",
        "docs/node.md", processes="Of each step, what it wants sent is compared."),
    entry("EVT-OPENS", "When all is quiet, every member counts every channel as often open as programs have it open.",
        "openais evt.c (open counts)", "simulator"),
    entry("EVT-RETAINED", "When all is quiet, what a member of the ring has once retained, all members retain.",
        "openais 59d13092", "simulator"),
    entry("EVT-REFUSED", "A message of a service is refused only as recovery of another configuration.",
        "D13", "simulator"),
    entry("LOCKSTEP", "What the plug layers do is a run of the machine.", "SPEC.md", "simulator processes"),
)  # fmt: skip
REGISTER: Mapping[str, Entry] = {one.id: one for one in ENTRIES}
"""By id: what the model decides, in the order of the README's table, then what only runs show."""
