"""The states of the membership, and the only ways from one to another: a table, beside where each row comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Phase(Enum):
    """A state of the membership.

    Source: Totem 1995
    """

    GATHER = "gather"
    COMMIT = "commit"
    RECOVERY = "recovery"
    OPERATIONAL = "operational"


class Event(Enum):
    """Why the membership moves."""

    STARTED = "the processor starts"
    JOIN = "a join with news"
    FOREIGN = "a multicast of another ring"
    MERGE = "another ring says that it exists"
    CONSENSUS_TIMEOUT = "not all have agreed in time"
    TOKEN_LOSS = "no token for too long"
    FAILED_TO_RECEIVE = "what this processor misses holds the others up for too long"
    CONSENSUS = "all have agreed, and this processor is the smallest"
    COMMIT_TOKEN = "a commit token for those who have agreed"
    COMMIT_TOKEN_AGAIN = "the commit token comes again, with what all come with"
    ALL_HERE = "all members have all that was recovered"


@dataclass(frozen=True, slots=True)
class Row:
    """One way from a state to another."""

    before: Phase
    event: Event
    after: Phase
    source: str


_G, _C, _R, _O = Phase.GATHER, Phase.COMMIT, Phase.RECOVERY, Phase.OPERATIONAL

ROWS = (
    Row(_G, Event.STARTED, _G, "Totem 1995 (a processor starts alone, and gathers)"),
    Row(_G, Event.JOIN, _G, "Totem 1995 (merge the sets, send a join)"),
    Row(_G, Event.FOREIGN, _G, "Totem 1995 (foreign message)"),
    Row(_G, Event.MERGE, _G, "corosync totemsrp.c (memb_merge_detect)"),
    Row(_G, Event.CONSENSUS_TIMEOUT, _G, "Totem 1995 (consensus timeout)"),
    Row(_G, Event.CONSENSUS, _C, "Totem 1995 (the representative creates the commit token)"),
    Row(_G, Event.COMMIT_TOKEN, _C, "Totem 1995 (commit token, first rotation)"),
    Row(_C, Event.COMMIT_TOKEN_AGAIN, _R, "Totem 1995 (commit token, second rotation)"),
    Row(_C, Event.TOKEN_LOSS, _G, "Totem 1995 (token loss)"),
    Row(_C, Event.JOIN, _G, "Totem 1995 (join of a member that has left the ring)"),
    Row(_R, Event.TOKEN_LOSS, _G, "Totem 1995 (token loss)"),
    Row(_R, Event.JOIN, _G, "Totem 1995 (join of a member that has left the ring)"),
    Row(_R, Event.ALL_HERE, _O, "Totem 1995 (install sequence number, two rotations)"),
    Row(_O, Event.TOKEN_LOSS, _G, "Totem 1995 (token loss)"),
    Row(_O, Event.JOIN, _G, "Totem 1995 (join); corosync cfbb021e (not each)"),
    Row(_O, Event.FOREIGN, _G, "Totem 1995 (foreign message)"),
    Row(_O, Event.MERGE, _G, "corosync totemsrp.c (memb_merge_detect)"),
    Row(_O, Event.FAILED_TO_RECEIVE, _G, "Totem 1995 (failure to receive); corosync totemsrp.c (fail_to_recv_const)"),
)
NEXT = MappingProxyType({(row.before, row.event): row.after for row in ROWS})
