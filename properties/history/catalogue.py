"""The claims that a history is judged by, and what must be seen to decide each; the register says what it states.

`docs/history.md` has this as a table. An id that the catalogue of the model has, too, is the same claim, read off what
happened. Each has a mutant: one step that makes a history break it (`tests/history_mutants.py`), and what else
that step breaks, because one clause implies the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from properties.catalogue.register import HISTORY, REGISTER
from properties.history.events import Facet, Lack

SENDS: tuple[Facet, ...] = ("originate", "queue")
SENDERS: tuple[Facet, ...] = ("sender", "originate", "queue")
SURVIVORS: tuple[Facet, ...] = ("transitional", "lists")
Needs = tuple[tuple[Facet, ...], ...]


@dataclass(frozen=True)
class HistoryClaim:
    """A claim about histories."""

    id: str
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

    @property
    def sentence(self) -> str:
        """What it says."""
        return REGISTER[self.id].sentence

    @property
    def says(self) -> str:
        """What it says, and what that is on a history."""
        return REGISTER[self.id].says(HISTORY)

    @property
    def source(self) -> str:
        """Where it is from."""
        return REGISTER[self.id].source

    def missing(self, observes: frozenset[Facet], without: frozenset[Lack] = frozenset()) -> str | None:
        """What the source would have to see, and does not."""
        told = frozenset[Facet]({*observes, "transitional"}) if "transitional" in without else observes
        lacking = self.lacking(told)
        if not lacking:
            return COMPARES_RINGS if self.id in undecidable(without) else None
        return f"the source does not observe {', nor '.join(' or '.join(group) for group in lacking)}"

    def lacking(self, observes: frozenset[Facet]) -> Needs:
        """Of each of these groups the source would have to see one facet."""
        return tuple(group for group in self.needs if not any(facet in observes for facet in group))


COMPARES_RINGS = "rings have no ids, so that it is not known who is in the same one"
WITHOUT_IDS = frozenset({
    "EVS-1.1", "EVS-1.2", "EVS-1.4", "EVS-2.2", "EVS-6.1", "CFG-S1", "CFG-S3", "PLUG-H2", "CLM-S1", "CLM-S2", "CLM-S3",
    "EVT-S1",
})  # fmt: skip
"""Claims about one process alone, or messages: of these something can be said where rings have no ids."""
ALL: list[HistoryClaim] = [
    HistoryClaim(
        "EVS-1.1",
        (SENDS, ("deliver",)),
        "a message is sent and delivered",
        "a process delivers what it sends only afterwards",
        implies=("EVS-6.1", "EVS-6.2"),
    ),
    HistoryClaim(
        "EVS-1.2",
        (),
        "a process starts",
        "an event comes after its process's crash",
    ),
    HistoryClaim(
        "EVS-1.3",
        (("regular",), ("deliver",), SENDS),
        "a message is delivered",
        "a message is delivered that nobody sent",
        due="its possible senders have left the ring",
    ),
    HistoryClaim(
        "EVS-1.4",
        (("deliver",), SENDS),
        "a message is sent or delivered",
        "a message is sent twice",
    ),
    HistoryClaim(
        "EVS-2.1",
        (("regular",),),
        "a process lives in a configuration at the end",
        "a member crashes at the end, and its ring stays",
        due="the history is quiescent",
    ),
    HistoryClaim(
        "EVS-2.2",
        (("regular",),),
        "a process installs a configuration",
        "a delivery says another ring than the process is in",
    ),
    HistoryClaim(
        "EVS-3",
        (("regular",), ("deliver",), SENDS),
        "a message is sent",
        "a sender leaves without its own last message",
        due="the sender has left the ring",
    ),
    HistoryClaim(
        "EVS-4",
        (("regular",), ("deliver",)),
        "two processes move together",
        "one of them lacks the last message of another",
    ),
    HistoryClaim(
        "EVS-5",
        (("regular",), ("deliver",), SENDS),
        "a message with a cause is delivered",
        "a process sends one more message, which nobody gets, before one that is delivered",
    ),
    HistoryClaim(
        "EVS-6.1",
        (SENDS, ("deliver",)),
        "a message is sent and delivered",
        "a process delivers what it sends only afterwards",
        implies=("EVS-1.1", "EVS-6.2"),
    ),
    HistoryClaim(
        "EVS-6.2",
        (("regular",), ("deliver",)),
        "a configuration is installed by two processes",
        "two deliveries change places in a transitional configuration",
    ),
    HistoryClaim(
        "EVS-6.3",
        (("regular",), ("deliver",), SENDERS),
        "members deliver a message that is not the first",
        "in its transitional configuration a process lacks a message of a member, and delivers a later one",
        due="the process has left the ring",
    ),
    HistoryClaim(
        "EVS-7.1",
        (("regular",), ("transitional",), ("deliver",), ("level",)),
        "a safe message is delivered",
        "a message that a member rightly went without is safe",
        due="the member has left the ring, or is past it",
    ),
    HistoryClaim(
        "EVS-7.2",
        (("regular",), ("transitional",), ("deliver",), ("level",)),
        "a safe message is delivered in a regular configuration",
        "a member crashes before it installs the ring",
        due="the member is past the ring",
    ),
    HistoryClaim(
        "LIVE-2",
        (("regular",), ("gate", "sync")),
        "a process lives in a ring at the end",
        "a gate never opens in the last ring",
        due="the history is quiescent",
    ),
    HistoryClaim(
        "LIVE-3",
        (("regular",), ("deliver",), SENDS),
        "a process lives that has sent a message",
        "a message is queued at the end, and nobody delivers it",
        due="the history is quiescent",
    ),
    HistoryClaim(
        "RING-S2",
        (("regular",),),
        "a process installs a second ring",
        "a ring has the number of the one before",
    ),
    HistoryClaim(
        "RING-S3",
        (("regular",),),
        "two processes install a ring",
        "a process is told the members in another order",
    ),
    HistoryClaim(
        "CFG-S1",
        (("regular",), SURVIVORS),
        "a process installs a second ring",
        "a process is not told of one that joined",
    ),
    HistoryClaim(
        "CFG-S3",
        (("regular",), SURVIVORS, ("group",)),
        "a process is told a second group",
        "a group says that one joined who was in it and did not leave",
        due="a normal message is delivered in the next ring, or the history is quiescent",
    ),
    HistoryClaim(
        "CFG-S4",
        (("regular",), ("deliver",), ("group",)),
        "two in a group deliver one message and move together, or stay",
        "one of them is told of who joined only after the next message",
        implies=("CLM-S3",),
    ),
    HistoryClaim(
        "CFG-S5",
        (("regular",), ("primary",)),
        "two configurations are primary",
        "a ring that stands beside a primary one is told to be primary, too",
        due="all processes are past both",
    ),
    HistoryClaim(
        "RING-H1",
        (("regular",), ("deliver",)),
        "two processes install a ring",
        "what one that leaves alone delivers behind a hole comes before its transitional configuration",
    ),
    HistoryClaim(
        "PLUG-S1",
        (("regular",), ("gate",), ("plug",)),
        "a gate opens",
        "a member opens, and another never unplugs",
        due="the member that has not unplugged has left the ring, or is past it",
    ),
    HistoryClaim(
        "PLUG-H1",
        (("regular",), ("deliver",), ("priority",), ("queue",), ("bit",)),
        "a process delivers a recovery message and a normal one",
        "a recovery message that came late was queued early",
    ),
    HistoryClaim(
        "PLUG-H2",
        (("regular",), ("deliver",), ("priority",), ("plug", "sync")),
        "a normal message is delivered",
        "a handle is unplugged only at the end",
    ),
    HistoryClaim(
        "PLUG-H3",
        (("regular",), ("queue",), ("counted",)),
        "a service counts a message",
        "a message that is counted was queued before its sender installed the ring",
        due="the ring's members have left it, or are past it",
    ),
    HistoryClaim(
        "CLM-S1",
        (("regular",), ("deliver",), ("priority",), ("lookup",)),
        "a member is looked up while a normal message is delivered",
        "such a lookup finds nothing",
    ),
    HistoryClaim(
        "CLM-S2",
        (("regular",), ("gate",), ("table",)),
        "a gate opens where clm has told its table",
        "a member's record comes only after the gate has opened",
    ),
    HistoryClaim(
        "CLM-S3",
        (("regular",), ("deliver",), ("table", "group"), ("gate", "sync")),
        "a process with a table delivers a message after it has opened",
        "a table has a ghost",
    ),
    HistoryClaim(
        "EVT-S1",
        (("regular",), ("deliver",), ("lookup",), SENDERS),
        "evt looks up the sender of a message while it is delivered",
        "such a lookup finds nothing, of a recovery message",
    ),
    HistoryClaim(
        "EVT-S2",
        (("regular",), ("queue",), ("step",)),
        "a member says so",
        "a second member says so",
    ),
    HistoryClaim(
        "EVT-S3",
        (("regular",), ("deliver",), ("queue",), ("step",)),
        "a member says so",
        "a member never checks in",
        due="the member that is missing has left the ring, or is past it",
    ),
]
HISTORY_CLAIMS: dict[str, HistoryClaim] = {claim.id: claim for claim in ALL}


def undecidable(without: frozenset[Lack]) -> frozenset[str]:
    """The claims that nothing can be said of where the system lacks this."""
    return frozenset(HISTORY_CLAIMS) - WITHOUT_IDS if "ids" in without else frozenset()


def history_rows() -> list[str]:
    """The catalogue as Markdown."""
    heads = ("claim", "says", "source", "must be observed", "premise", "falls due when", "mutant", "which breaks, too")
    rows = [f"| {' | '.join(heads)} |", f"| {' | '.join('---' for _ in heads)} |"]
    for one in ALL:
        needs = "; ".join(" or ".join(f"`{facet}`" for facet in group) for group in one.needs)
        cells = (one.id, one.says, one.source, needs, one.witness, one.due, one.mutant, ", ".join(one.implies))
        rows.append(f"| {' | '.join(cells)} |")
    return rows
