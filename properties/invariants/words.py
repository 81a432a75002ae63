"""What `ringplug invariants` says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from properties.invariants.finding import FOLLOWS, Found
from properties.invariants.templates import TEMPLATES
from properties.words import counted

SAID = {FOLLOWS: "found", "sat": "not found", "unknown": "undecided"}
"""Of an invariant of ours, by z3's word for its opposite."""


def found_record(found: Found) -> dict[str, object]:
    """What was found of a machine, as plain values."""
    return {
        "machine": found.machine, "scopes": found.scopes, "states": found.states,
        "candidates": {form: found.candidates[form] for form in TEMPLATES},
        "invariants": [{"form": one.template, "says": one.part.label} for one in found.kept],
        "undecided": found.undecided, "rounds": found.rounds,
        "ours": {label: SAID[said] for label, said in found.ours.items()},
        "follow_from_ours": found.follow, "claims": found.claims,
    }  # fmt: skip


def found_lines(found: Found, *, whole: bool) -> Iterator[str]:
    """The same in words; with the `whole` list of what was found."""
    yield f"{found.machine}: searched {counted(found.states, 'state')} of {', '.join(found.scopes)}"
    kept = Counter(one.template for one in found.kept)
    width = max(map(len, TEMPLATES))
    for form in TEMPLATES:
        yield f"  {form:{width}}   {counted(found.candidates[form], 'candidate')}, {kept[form]} kept"
    yield f"  after {counted(found.rounds, 'round')}, {found.undecided} dropped undecided"
    if whole:
        yield from (f"    {one.part.label}" for one in found.kept)
    ours = len(found.ours)
    yield f"  {len(found.found_of_ours)} of our {counted(ours, 'auxiliary invariant')} follow from what was found"
    yield from (f"    {SAID[said]}: {label}" for label, said in found.ours.items() if said != FOLLOWS)
    yield f"  {found.follow} of {len(found.kept)} found follow from our claims and auxiliary invariants"
    proved = [id for id, is_proved in found.claims.items() if is_proved]
    others = [id for id in found.claims if id not in proved]
    yield f"  proved from what was found, each with itself: {', '.join(proved) or 'none'}"
    if others:
        yield f"  not proved so: {', '.join(others)}"
