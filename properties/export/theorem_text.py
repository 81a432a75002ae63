"""The theorem as a text: a section of the specification. What it says of sets is recorded in `properties.variants`."""

from __future__ import annotations

from collections.abc import Iterator

from model.services import theorem
from model.services.theorem import GIVEN_UP, MEANS
from properties.variants.cases import NORMAL, RECOVERY
from properties.variants.record import minimal

PRIORITIES = {NORMAL: "normal, as mailed", RECOVERY: "recovery, as built"}
WORDS = """The mail promises that a node is found in the membership service "100% of the time" (M12). Whether that is
so depends on how M4 is read, and on what M1 to M13 leave open. `ringplug theorem --compute` decides each claim for
every set of these nine decisions, and prints the sets that suffice, none of which can spare a decision; of each with
one decision less it prints the shortest run to a lookup that finds nothing. *Suffices* means here: in every state at
2/1/2, 3/1/1 and 2/1/3. Three rings are needed to see that CLM-S4 rests on D4 and D10: a call, or half a message, may
be older than the last ring.
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
    yield from ("", "| claim | add-node | suffices, and no less |", "| --- | --- | --- |")
    for (priority, claim), sets in minimal().items():
        yield f"| [{claim}](#{claim}) | {PRIORITIES[priority]} | {' or '.join(_set(one) for one in sets)} |"
    yield from ("", *RESULT.splitlines(), "")


def _set(decisions: tuple[str, ...]) -> str:
    return "{" + ", ".join(map(_linked, decisions)) + "}" if decisions else "no decision"


def _linked(decision: str) -> str:
    return f"[{decision}](#{decision})" if decision.startswith("D") else decision
