"""The theorem as a text: a section of the specification. What it says of sets is recorded in `properties.variants`."""

from __future__ import annotations

from collections.abc import Iterator

from model.services import theorem
from model.services.theorem import GIVEN_UP, MEANS
from properties.catalogue.notation import notation
from properties.claims import AUXILIARY
from properties.variants.cases import NORMAL, RECOVERY
from properties.variants.record import minimal

MACHINE = "services"
PRIORITIES = {NORMAL: "normal, as mailed", RECOVERY: "recovery, as built"}
WORDS = """The mail promises that a node is found in the membership service "100% of the time" (M12). Whether that is
so depends on how M4 is read, and on what M1 to M13 leave open: nine decisions, 512 sets of them.

**Theorem.** For any number of processors, handles and rings, each claim holds with a set of decisions if and only if
the set contains one that the second table names.

*What suffices* is proved, by induction over steps. *What does not* has a run to a lookup that finds nothing, for each
largest set that contains none of those; they are at most 20 steps long, with 2 processors and at most 3 rings. The
other sets follow: giving a decision up takes guard parts away, adds steps, or sets a bit or opens a gate sooner, so
what holds with some decisions taken holds with more, and what a run breaks it breaks with fewer.
`ringplug theorem --compute` proves, searches and puts this together again; `--take` does it for one set.
"""
PROOF = """**The proof in words.** Each member has its nodejoin queued from its install until it has sent it. With M4
and D4 it does not unplug before; with D11 its bit is not set before. Either way, whose bit is set has sent its
nodejoin, and with D8 the bit is one of this ring. So behind an open gate every member has sent one, and with D10 only
who has an open gate sends normal messages: every nodejoin of the ring is before them. A nodejoin that was sent is on
its way to a member or in its table. In its ring a message is delivered after all that was before it, which gives
CLM-S1. With D12 nothing is on its way to who opens, which gives CLM-S2; and since such a one sent the message, and
came along, whoever delivers it in the transitional configuration has what the sender has, which gives CLM-S4. A
sender's own nodejoin is before its messages whatever is decided, which gives EVT-S1 of normal messages; of a recovery
add-node that takes order, first in, first out, and D13. The invariants, of every state:
"""
RESULT = """**What clm and evt get from the plug.** With D8, D10 and D11 every nodejoin of a ring is originated before
the ring's first normal message, and delivered before it, since delivery is in order. So any member that is looked up
while a normal message is delivered is there: CLM-S1. M4 read strictly, together with D4, does what D11 does. The code
of 2004 unplugged with its nodejoin still queued and had D11, so it rests on the first set.

**What the plug is not needed for.** A processor sends its own recovery messages before its normal ones, so a normal
message always finds its *sender*: EVT-S1 of normal messages rests on none of the nine, only on recovery priority (M1)
and the total order.

**What comes from registration order and first in, first out.** The plug never holds a recovery message. That a
recovery add-node, as it was built, finds its sender needs clm registered before evt, first in, first out, and D13, and
nothing else: without one of these three the lookup fails in 6, 6 and 11 steps.

**What services must provide themselves.** A recovery message may look up its sender only (N5). Nothing may be looked
up in a configuration change function (N1). To look up when the gate opens (CLM-S2), or in a transitional
configuration a member that did not come along (CLM-S4), the processor must also wait until it has delivered what was
originated before (D12). Receivers never gate: a normal message may be delivered behind a closed gate (N2).

**Before the mail.** Without the plug a message is delivered before the nodejoin of a member, and the lookup finds
nothing: `ringplug trace CLM-S1 --variant no-plug`.
"""


def theorem_section() -> Iterator[str]:
    """The section, as Markdown."""
    yield from ('## <a id="theorem"></a>The theorem', "", *(theorem.__doc__ or "").strip().splitlines(), "")
    yield from (*WORDS.splitlines(), "", "| decision | says | given up by the feature |", "| --- | --- | --- |")
    yield from (f"| {_linked(one)} | {MEANS[one]} | `{feature}` |" for one, feature in GIVEN_UP.items())
    yield from ("", "| claim | add-node | holds if and only if these are taken, at least |", "| --- | --- | --- |")
    for (priority, claim), sets in minimal().items():
        yield f"| [{claim}](#{claim}) | {PRIORITIES[priority]} | {' or '.join(_set(one) for one in sets)} |"
    yield from ("", *PROOF.splitlines(), "", "```", *_invariants(), "```", "", *RESULT.splitlines(), "")


def _invariants() -> Iterator[str]:
    """What the proofs assume and show, with the features for which alone it is needed."""
    for one in AUXILIARY:
        if one.machine == MACHINE:
            given = f" (needed with {' or '.join(sorted(one.features))})" if one.features else ""
            yield f"{one.part.label}{given}:"
            yield f"  {notation(one.part, MACHINE)}"


def _set(decisions: tuple[str, ...]) -> str:
    return "{" + ", ".join(map(_linked, decisions)) + "}" if decisions else "no decision"


def _linked(decision: str) -> str:
    return f"[{decision}](#{decision})" if decision.startswith("D") else decision
