"""The versions of the specification, and what changed from one to the next."""

from __future__ import annotations

import re
from collections.abc import Iterator

from properties.export.docstrings import filled

IDS, LINK = r"\b(?:D\d+|[A-Z]+-[A-Z]\d+)\b", r"[\g<0>](#\g<0>)"
"""Ids of claims and decisions in a sentence, and what they become."""
VERSION = "spec-1.0"
CHANGES: dict[str, tuple[str, ...]] = {
    "spec-1.0, 26 November 2026": (
        "PLUG-S11 says of every step that who has a message queued does not get its bit set, in late tokens too; it "
        "said so of `visit` and `sole_visit`.",
        "LIVE-2 and PLUG-A2 have a rank: what could be reached is reached, at last, if some actions are fair. "
        "`sole_visit` is no longer among the steps by which PLUG-A2 can be reached.",
        "D10: what is left of a message goes ahead of every other high, medium or low priority message, in a later "
        "ring too. The machine had it so, and the words left it open.",
        "Ghosts of the machine follow who writes a variable, and no longer actions by name, where it is the writing "
        "that matters.",
        "In the machine of the services a second nodejoin of one processor in one ring is not followed; it took the "
        "place of the first. CLM-S1, CLM-S2, CLM-S4 and EVT-S1 are proved for any number, and so is what suffices for "
        "each in the theorem.",
        "Each action of the services is shown whole.",
        "The all-received-up-to that `pass_token` leaves was written wrongly, with one comparison turned round; the "
        "machine had it right.",
        "A first page, a list of the machine's steps, headings for the claims, names for sets that formulas of "
        "delivery and of the services have again and again. An action is said in one sentence, and what else "
        "there is to say stands below it. What is stated is the same.",
        "The machine of messages in parts: PART-S1 to PART-S4, which decide of the receivers what D10 asks.",
        "BAR-2, BAR-3 and BAR-4, and the machines put together of which they speak.",
    ),
    "spec-0.9, 22 November 2026": ("The first that was given to others.",),
}
"""By version and date, the newest first."""


def versions_section() -> Iterator[str]:
    """A section of the specification: each version, and what it changed."""
    yield from ("", '## <a id="versions"></a>Versions')
    for version, changes in CHANGES.items():
        yield from ("", f"**{version}**", "")
        for change in changes:
            linked = f"- {re.sub(IDS, LINK, change)}"
            yield filled(linked, "  ")
