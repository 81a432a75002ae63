"""What is printed of a run and of a campaign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from rich.markup import escape
from rich.table import Table

from properties.catalogue.register import REGISTER
from properties.judge.judgement import NOT_OBSERVABLE, OK, OPEN, VIOLATED, JudgedClaim
from properties.simulate.campaign import Plan, Tally
from properties.simulate.run import Run
from properties.simulate.shrink import Reduced
from reference.simulator.script import Script

STYLES = {OK: "green", VIOLATED: "bold red", OPEN: "yellow", NOT_OBSERVABLE: "dim"}


def claim_table(claims: Sequence[JudgedClaim]) -> Table:
    """Each claim with its verdict."""
    table = Table(box=None, pad_edge=False)
    for heading in ("claim", "verdict", "times", "says"):
        justify = "right" if heading == "times" else "left"
        table.add_column(heading, overflow="fold", no_wrap=heading != "says", justify=justify)
    for one in claims:
        says = escape(REGISTER[one.claim].sentence if one.verdict == OK else one.reason)
        table.add_row(one.claim, f"[{STYLES[one.verdict]}]{one.verdict}[/]", f"{one.met:,}" if one.met else "", says)
    return table


def run_lines(found: Run, reduced: Reduced | None, command: str, again: str) -> Iterator[str]:
    """A run: what happened, how fast, what failed, and how to see it again."""
    yield _what(found.script)
    yield _counts("datagrams and faults", found.counts)
    after = found.settled_us
    settled = "never settled" if after is None else f"settled {after / 1e6:.2f} s after the faults"
    yield (
        f"{found.messages:,} messages queued, {found.deliveries:,} deliveries, {found.rings:,} rings formed; {settled} "
        f"(bound {found.bound_us / 1e6:.2f} s); {speed(found.ended_us, found.seconds)}"
    )
    for one in found.claims:
        if one.verdict == VIOLATED:
            yield from _violation(one)
    if found.divergence:
        yield from found.divergence.lines()
    if found.violated:
        yield f"again: {command}"
    if reduced:
        yield f"\n{reduced.claim} fails in a smaller run, too ({reduced.tried} runs tried):"
        yield from ("  " + line for line in reduced.run.script.text().splitlines())
        reason = next(one.reason for one in reduced.run.claims if one.claim == reduced.claim)
        yield f"  {reason}"
        yield f"again: {again}"


def _violation(one: JudgedClaim) -> Iterator[str]:
    yield f"\n{one.claim} violated: {REGISTER[one.claim].sentence}"
    yield f"  {one.reason}"
    for shown in one.events:
        yield f"  line {shown.line}: {msgspec.json.encode(shown.event).decode()}"


def _what(script: Script) -> str:
    return (
        f"{script.members} processors, seed {script.seed}, {script.lasts_us / 1e6:g} s of {len(script.faults)} faults, "
        f"{script.load} messages a second"
    )


def speed(simulated_us: int, seconds: float) -> str:
    """How fast it was."""
    rate = simulated_us / 1e6 / max(seconds, 1e-9)
    return f"{simulated_us / 1e6:,.1f} simulated seconds in {seconds:.1f} s, {rate:.1f} a second"


def _counts(what: str, counts: Counter[str]) -> str:
    return f"{what}: {', '.join(f'{name} {count:,}' for name, count in sorted(counts.items()))}"


def run_record(found: Run, reduced: Reduced | None, command: str) -> dict[str, Any]:
    """A run as plain values."""
    record: dict[str, Any] = {
        "script": found.script.text(),
        "verdicts": found.claims,
        "counts": found.counts,
        "messages": found.messages,
        "deliveries": found.deliveries,
        "rings": found.rings,
        "transitions": {" ".join(way): count for way, count in sorted(found.transitions.items())},
        "settled_us": found.settled_us,
        "bound_us": found.bound_us,
        "simulated_us": found.ended_us,
        "seconds": round(found.seconds, 3),
        "divergence": found.divergence,
        "command": command,
    }
    if reduced:
        record["reduced"] = {"claim": reduced.claim, "script": reduced.run.script.text(), "runs": reduced.tried}
    return record


def campaign_lines(tally: Tally, absent: Sequence[str]) -> Iterator[str]:
    """What occurred in a campaign, what failed, and what never occurred."""
    yield f"{tally.runs:,} runs: {speed(tally.simulated_us, tally.seconds)} of each process"
    yield _counts("in all", tally.totals)
    yield _counts("datagrams and faults", tally.counts)
    yield "transitions of the membership:"
    yield from (f"  {count:>9,}  {way}" for way, count in sorted(tally.transitions.items()))
    yield "claims, and how often each was decided:"
    yield from (f"  {count:>9,}  {id}" for id, count in tally.met.items())
    yield f"settled at most {tally.settled_us / 1e6:.2f} s after the faults (bound {tally.bound_us / 1e6:.2f} s)"
    for one in tally.failures:
        yield f"seed {one.seed} violates {one.claim}: {one.reason}"
        yield f"  again: {one.command}"
    yield from (f"never occurred: {what}" for what in absent)
    yield from (f"lost: {one}" for one in tally.lost)
    if not tally.failures and not tally.lost:
        yield f"Nothing is violated{_how_much_occurred(absent)}."


def _how_much_occurred(absent: Sequence[str]) -> str:
    if not absent:
        return ", and everything occurred"
    return f"; {len(absent)} of what this campaign is meant to show never occurred: more or longer runs may show it"


def campaign_record(tally: Tally, plan: Plan, absent: Sequence[str]) -> dict[str, Any]:
    """A campaign as plain values."""
    return {"plan": plan, **msgspec.structs.asdict(tally), "never_occurred": list(absent), "partial": bool(tally.lost)}
