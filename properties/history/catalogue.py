"""The claims that a history is judged by: what each says, its source, and what must be seen to decide it.

`docs/history.md` has this as a table. An id that the catalogue of the machine has, too, is the same claim, read off
what happened. Each has a mutant: one step that makes a history break it (`tests/history_mutants.py`), and what else
that step breaks, because one clause implies the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from properties.history.events import Facet

SENDS: tuple[Facet, ...] = ("originate", "queue")
SENDERS: tuple[Facet, ...] = ("sender", "originate", "queue")
SURVIVORS: tuple[Facet, ...] = ("transitional", "lists")
Needs = tuple[tuple[Facet, ...], ...]


@dataclass(frozen=True)
class HistoryClaim:
    """A claim about histories."""

    id: str
    sentence: str
    source: str
    needs: Needs
    """What the source must see: of each group at least one."""
    witness: str
    """The premise: without it the claim says nothing of a history, and stays open."""
    mutant: str
    """One step that breaks it."""
    implies: tuple[str, ...] = ()
    """What that step breaks, too."""
    due: str = ""
    """When an obligation falls due, for those that are not broken at once."""

    def missing(self, observes: frozenset[Facet]) -> str | None:
        """What the source would have to see, and does not."""
        lacking = self.lacking(observes)
        if not lacking:
            return None
        return f"the source does not observe {', nor '.join(' or '.join(group) for group in lacking)}"

    def lacking(self, observes: frozenset[Facet]) -> Needs:
        """Of each of these groups the source would have to see one facet."""
        return tuple(group for group in self.needs if not any(facet in observes for facet in group))


EVS = "EVS 1994"
ALL: list[HistoryClaim] = [
    HistoryClaim(
        "EVS-1.1",
        "No event precedes itself: each process has its order, and a send precedes its deliveries.",
        f"{EVS} 1.1",
        (SENDS, ("deliver",)),
        "a message is sent and delivered",
        "a process delivers what it sends only afterwards",
        implies=("EVS-6.1", "EVS-6.2"),
    ),
    HistoryClaim(
        "EVS-1.2",
        "The events of a process are in one order: its count grows, and nothing follows a crash.",
        f"{EVS} 1.2",
        (),
        "a process starts",
        "an event comes after its process's crash",
    ),
    HistoryClaim(
        "EVS-1.3",
        "A message is delivered only if it was sent, and in the ring that it was sent in: in its regular "
        "configuration or the transitional one directly after.",
        f"{EVS} 1.3",
        (("regular",), ("deliver",), SENDS),
        "a message is delivered",
        "a message is delivered that nobody sent",
        due="its possible senders have left the ring",
    ),
    HistoryClaim(
        "EVS-1.4",
        "A message has one origin, and no process delivers it twice.",
        f"{EVS} 1.4",
        (("deliver",), SENDS),
        "a message is sent or delivered",
        "a message is sent twice",
    ),
    HistoryClaim(
        "EVS-2.1",
        "When all is quiet, the last configuration of a process that lives is the last of each of its members, "
        "and none of them failed in it.",
        f"{EVS} 2.1",
        (("regular",),),
        "a process lives in a configuration at the end",
        "a member crashes at the end, and its ring stays",
        due="the history is quiescent",
    ),
    HistoryClaim(
        "EVS-2.2",
        "Events lie inside their configuration: after its install at that process, which is one of its members "
        "and installs it once, and before the next install.",
        f"{EVS} 2.2",
        (("regular",),),
        "a process installs a configuration",
        "a delivery says another ring than the process is in",
    ),
    HistoryClaim(
        "EVS-3",
        "Who sends a message in a ring delivers it in that ring, unless it fails there.",
        f"{EVS} 3",
        (("regular",), ("deliver",), SENDS),
        "a message is sent",
        "a sender leaves without its own last message",
        due="the sender has left the ring",
    ),
    HistoryClaim(
        "EVS-4",
        "Processes that move together from one configuration to the next deliver the same messages in the first.",
        f"{EVS} 4",
        (("regular",), ("deliver",), SURVIVORS),
        "two processes move together",
        "one of them lacks the last message of another",
    ),
    HistoryClaim(
        "EVS-5",
        "If a message was sent after its sender had sent or delivered another one of the same ring, no process "
        "delivers it in that ring without the other before it.",
        f"{EVS} 5",
        (("regular",), ("deliver",), SENDS),
        "a message with a cause is delivered",
        "a process sends one more message, which nobody gets, before one that is delivered",
    ),
    HistoryClaim(
        "EVS-6.1",
        "Some total order extends the precedence of events.",
        f"{EVS} 6.1",
        (SENDS, ("deliver",)),
        "a message is sent and delivered",
        "a process delivers what it sends only afterwards",
        implies=("EVS-1.1", "EVS-6.2"),
    ),
    HistoryClaim(
        "EVS-6.2",
        "In that order the deliveries of one message in one ring are one moment, and so are the installs of one "
        "configuration.",
        f"{EVS} 6.2",
        (("regular",), ("deliver",)),
        "a configuration is installed by two processes",
        "two deliveries change places in a transitional configuration",
    ),
    HistoryClaim(
        "EVS-6.3",
        "Who delivers a message delivers all that come before it in its ring and whose senders are members of the"
        " configuration that it is delivered in.",
        f"{EVS} 6.3",
        (("regular",), ("deliver",), SENDERS),
        "members deliver a message that is not the first",
        "in its transitional configuration a process lacks a message of a member, and delivers a later one",
        due="the process has left the ring",
    ),
    HistoryClaim(
        "EVS-7.1",
        "A safe message that one process delivers is delivered by all members of that configuration, unless they fail.",
        f"{EVS} 7.1",
        (("regular",), ("transitional",), ("deliver",), ("level",)),
        "a safe message is delivered",
        "a message that a member rightly went without is safe",
        due="the member has left the ring, or is past it",
    ),
    HistoryClaim(
        "EVS-7.2",
        "If a safe message is delivered in a regular configuration, all its members installed it.",
        f"{EVS} 7.2",
        (("regular",), ("transitional",), ("deliver",), ("level",)),
        "a safe message is delivered in a regular configuration",
        "a member crashes before it installs the ring",
        due="the member is past the ring",
    ),
    HistoryClaim(
        "RING-S2",
        "The ring numbers that a process installs grow, over its whole life.",
        "Totem 1995; corosync 3675dace; pacemaker #2030",
        (("regular",),),
        "a process installs a second ring",
        "a ring has the number of the one before",
    ),
    HistoryClaim(
        "RING-S3",
        "One ring id is one formation: one member list in one order, one incarnation of each member.",
        "Totem 1995; corosync d99fba72, 3675dace, 9b3782e4",
        (("regular",),),
        "two processes install a ring",
        "a process is told the members in another order",
    ),
    HistoryClaim(
        "CFG-S1",
        "Between a ring and the next there is exactly one transitional configuration, of members of both that all"
        " came from the first; left and joined are what lies between. Where nobody joins it may be skipped.",
        f"{EVS} (transitional, then regular); corosync 7fb24709, 23e17953",
        (("regular",), SURVIVORS),
        "a process installs a second ring",
        "a process is not told of one that joined",
    ),
    HistoryClaim(
        "RING-H1",
        "Of any two members of a regular configuration, what one delivered in it, not in its transitional one, is"
        " a prefix of what the other delivered in it.",
        "Totem 1995 (one sequence a ring, no holes)",
        (("regular",), ("deliver",)),
        "two processes install a ring",
        "what one that leaves alone delivers behind a hole comes before its transitional configuration",
    ),
    HistoryClaim(
        "PLUG-H1",
        "In a ring, every recovery message queued before its sender's bit was set is delivered before every "
        "normal message.",
        "mail M3, M7; D11",
        (("regular",), ("deliver",), ("priority",), ("queue",), ("bit",)),
        "a process delivers a recovery message and a normal one",
        "a recovery message that came late was queued early",
    ),
    HistoryClaim(
        "PLUG-H2",
        "A process delivers no normal message of a ring before it has recovered in it.",
        "mail M3, M7",
        (("regular",), ("deliver",), ("priority",), ("plug", "sync")),
        "a normal message is delivered",
        "a handle is unplugged only at the end",
    ),
    HistoryClaim(
        "PLUG-H3",
        "What a service counts as recovery of a ring was queued in it.",
        "mail M9; D13; corosync 40263892, 2ab885ab",
        (("regular",), ("queue",), ("counted",)),
        "a service counts a message",
        "a message that is counted was queued before its sender installed the ring",
        due="the ring's members have left it, or are past it",
    ),
    HistoryClaim(
        "CLM-S1",
        "While a normal message of a ring is delivered, every member's record is found.",
        "mail M10, M12; openais ca369e8c",
        (("regular",), ("deliver",), ("priority",), ("lookup",)),
        "a member is looked up while a normal message is delivered",
        "such a lookup finds nothing",
    ),
    HistoryClaim(
        "CLM-S2",
        "When a gate opens, the table of the cluster membership service has every member.",
        "mail M12; D12",
        (("regular",), ("gate",), ("table",)),
        "a gate opens where clm has told its table",
        "a member's record comes only after the gate has opened",
    ),
    HistoryClaim(
        "CLM-S3",
        "After a process has opened, its table has only members, and whenever two deliver one message they have "
        "equal tables.",
        "corosync 2ab885ab, 816d7687, fbe8768f, 7fb24709",
        (("regular",), ("deliver",), ("table", "group"), ("gate", "sync")),
        "a process with a table delivers a message after it has opened",
        "a table has a ghost",
    ),
    HistoryClaim(
        "EVT-S1",
        "While a message of the event service is delivered, its sender's record is found.",
        "openais 59d13092; mail M11, M12",
        (("regular",), ("deliver",), ("lookup",), SENDERS),
        "evt looks up the sender of a message while it is delivered",
        "such a lookup finds nothing, of a recovery message",
    ),
    HistoryClaim(
        "EVT-S2",
        "In a ring one member at most says that all retained events of the event service are sent.",
        "openais 59d13092 (the oldest member leads)",
        (("regular",), ("queue",), ("step",)),
        "a member says so",
        "a second member says so",
    ),
    HistoryClaim(
        "EVT-S3",
        "Who says that all retained events are sent has delivered a check-in of each member, made in this ring.",
        "openais 59d13092; D13",
        (("regular",), ("deliver",), ("queue",), ("step",)),
        "a member says so",
        "a member never checks in",
        due="the member that is missing has left the ring, or is past it",
    ),
]
HISTORY_CLAIMS: dict[str, HistoryClaim] = {claim.id: claim for claim in ALL}


def history_rows() -> list[str]:
    """The catalogue as Markdown."""
    heads = ("claim", "says", "source", "must be observed", "premise", "falls due when", "mutant", "which breaks, too")
    rows = [f"| {' | '.join(heads)} |", f"| {' | '.join('---' for _ in heads)} |"]
    for one in ALL:
        needs = "; ".join(" or ".join(f"`{facet}`" for facet in group) for group in one.needs)
        cells = (one.id, one.sentence, one.source, needs, one.witness, one.due, one.mutant, ", ".join(one.implies))
        rows.append(f"| {' | '.join(cells)} |")
    return rows
