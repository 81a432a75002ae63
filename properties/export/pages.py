"""What a reader sees of variants and mutants: lines, JSON records, and the two pages under docs/."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from model.variants import Harmless, Variant
from properties.catalogue.scopes import NamedScope
from properties.claims import CLAIMS
from properties.variants.results import Break, Fate, Pair, Tried
from properties.variants.scopes import COMPOSED, LARGER, STANDARD


@dataclass(frozen=True)
class Row:
    """A variant, and the claims that it breaks."""

    variant: Variant
    tried: Tried
    recorded: str | None = None
    """The version for which it was recorded, if it is not computed now."""

    @property
    def broken(self) -> list[Break]:
        """The claims."""
        return self.tried.broken

    @property
    def harmless(self) -> Harmless | None:
        """Why it breaks nothing, if it does."""
        return self.variant.argument.kind if self.variant.argument and not self.broken else None


def break_words(one: Break) -> str:
    """A break: the claim, the number of steps, and where."""
    return f"{one.claim} {'no run' if one.length is None else one.length} at {one.where}"


def variant_lines(row: Row) -> list[str]:
    """A variant, the claims that it breaks, and what it is put together of."""
    variant = row.variant
    lines = [f"{variant.id}: {variant.says}", f"  source: {variant.source}"]
    for one in row.broken:
        steps = f"{one.length} steps" if one.length is not None else "no run"
        lines.append(f"  {one.claim:<8} {steps:<9} {one.where}: {one.clause}")
    if not row.broken:
        lines.append(f"  breaks nothing; {variant.argument}")
    lines += [f"  too large to search: {where}" for where in row.tried.too_large]
    lines += [f"  of {part}" for part in variant.parts]
    return lines + [f"  left out: {one}" for one in variant.leaves_out]


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """How many break something, and how many do not, by kind of argument."""
    kinds = Counter(row.harmless.value for row in rows if row.harmless)
    return {"broken": sum(bool(row.broken) for row in rows), **{kind.value: kinds[kind.value] for kind in Harmless}}


def variants_summary(rows: Sequence[Row]) -> str:
    """The counts in a line, and how many claims are broken by something."""
    found = counts(rows)
    claims = {one.claim for row in rows for one in row.broken}
    kinds = ", ".join(f"{count} {kind}" for kind, count in found.items() if kind != "broken")
    return (
        f"{len(rows)} variants: {found['broken']} break a claim; that break none: {kinds}. "
        f"{len(claims)} of {len(CLAIMS)} claims are broken by one of them."
    )


def variants_record(rows: Sequence[Row]) -> dict[str, object]:
    """Variants as a JSON object."""
    return {"variants": [_variant_record(row) for row in rows], "counts": counts(rows)}


def _variant_record(row: Row) -> dict[str, object]:
    variant = row.variant
    argument = variant.argument and {"kind": variant.argument.kind.value, "says": variant.argument.says}
    return {
        "id": variant.id,
        "says": variant.says,
        "source": variant.source,
        "breaks": row.broken,
        "too_large": row.tried.too_large,
        "argument": argument,
        "parts": variant.parts,
        "leaves_out": variant.leaves_out,
        "recorded": row.recorded,
    }


def pair_lines(pair: Pair) -> list[str]:
    """A pair, and what it breaks that the second alone does not, or not so soon."""
    more = [f"  {break_words(one)}" for one in pair.more] or ["  breaks no more than the second alone"]
    not_searched = [f"  too large to search: {where}" for where in pair.too_large]
    return [f"{pair.harmless} with {pair.other}", *more, *not_searched]


def mutant_line(fate: Fate) -> str:
    """A mutant and what notices it, or why it is none."""
    return f"{fate.mutant}: {_noticed(fate)}"


def _noticed(fate: Fate) -> str:
    if fate.argument:
        return str(fate.argument)
    if not fate.caught:
        return "noticed by nothing"
    one = fate.caught
    where = f", {one.length} steps at {one.where}" if one.length is not None else ""
    return f"{one.claim}, {one.engine}{where}: {one.clause}"


def score(fates: Sequence[Fate]) -> dict[str, int]:
    """How many mutants are noticed, by engine, and how many are none, by kind of argument."""
    engines = Counter(fate.caught.engine for fate in fates if fate.caught)
    kinds = Counter(fate.argument.kind.value for fate in fates if fate.argument)
    return {
        "mutants": len(fates),
        **{engine: engines[engine] for engine in ("exhaustive", "inductive")},
        **{kind.value: kinds[kind.value] for kind in Harmless},
        "unexplained": sum(not fate.explained for fate in fates),
    }


def mutants_summary(fates: Sequence[Fate]) -> str:
    """The score in a line."""
    found = score(fates)
    kinds = ", ".join(f"{found[kind.value]} {kind.value}" for kind in Harmless)
    return (
        f"{found['mutants']} mutants: noticed by search {found['exhaustive']}, only by proof {found['inductive']}; "
        f"none by argument: {kinds}; unexplained {found['unexplained']}."
    )


def mutants_record(fates: Sequence[Fate]) -> dict[str, object]:
    """Mutants as a JSON object."""
    records = [
        {
            "id": fate.mutant,
            "caught": fate.caught,
            "argument": fate.argument and str(fate.argument),
            "recorded": fate.recorded,
        }
        for fate in fates
    ]
    return {"mutants": records, "score": score(fates)}


# The pages ------------------------------------------------------------------------------------------------------------

VARIANTS_HEAD = """# Variants

Each is a small edit of the protocol; most break something. They show what each clause is for. This page is
`ringplug variants --markdown`, made of what is recorded; tests compute it again, and so does `--compute`.
`ringplug trace CLAIM --variant NAME`, with the sizes and features given here, shows a shortest run.

An entry such as `PLUG-S1 4 at 2/1/1 with all features` says that a run of 4 steps breaks PLUG-S1 with 2 processors,
1 handle at each and 1 ring; it is the shortest in the scopes tried. `no run` stands for a claim that is broken by what
can no longer happen: a bound not attained, a run that does not exist. A claim that the variant leaves vacuous is not
counted as broken. BAR-1 wants each step to be one step of the barrier, so it also refuses a step that does two at once.
"""

MUTANTS_HEAD = """# Mutants

Each guard part and each effect of each protocol and service action is dropped, one at a time, by machine. A mutant is
noticed by a claim that it breaks: in a search, with the length of a shortest run in the first scope that shows one, or
else in a proof, which then fails. What nothing notices has an argument why it is the same protocol, or one as good.
This page is `ringplug mutants --markdown`, made of what is recorded; tests compute it again, and so does `--compute`.
"""


def variants_page(rows: Sequence[Row], tried: Sequence[Pair]) -> Iterator[str]:
    """docs/variants.md."""
    yield from VARIANTS_HEAD.splitlines()
    yield from ("", variants_summary(rows), "", "| variant | changes | source | breaks |", "| --- | --- | --- | --- |")
    yield from (variant_row(row) for row in rows)
    yield from (
        "",
        "## Scopes",
        "",
        f"Tried for every variant, where it changes the machine: {_titles((*STANDARD, *COMPOSED))}.",
        "",
    )
    yield f"Tried as well by the deep tests, if not too large, and show nothing more or sooner: {_titles(LARGER)}."
    for row in rows:
        if row.variant.leaves_out:
            yield from _built(row.variant)
    yield from ("", "## In pairs", "", "Deviations of openais that break nothing alone, each with each other one.", "")
    yield from ("| deviation | with | breaks more, or sooner, than the second alone |", "| --- | --- | --- |")
    yield from (pair_row(one) for one in tried)


def variant_row(row: Row) -> str:
    """A variant's line of the table."""
    what = (_cell(row.broken) or f"nothing; {row.variant.argument}") + _not_searched(row.tried.too_large)
    return f"| `{row.variant.id}` | {row.variant.says} | {row.variant.source} | {what} |"


def pair_row(pair: Pair) -> str:
    """A pair's line of its table."""
    what = (_cell(pair.more) or "nothing") + _not_searched(pair.too_large)
    return f"| `{pair.harmless}` | `{pair.other}` | {what} |"


def _not_searched(scopes: Sequence[str]) -> str:
    return "".join(f"<br>too large to search: {where}" for where in scopes)


def _built(variant: Variant) -> Iterator[str]:
    yield from ("", f"## What {variant.id} is", "", "Put together of, in this order:", "")
    yield from (f"- `{part}`" for part in variant.parts)
    yield from ("", "What the machine leaves out of the code:", "")
    yield from (f"- {one}" for one in variant.leaves_out)


def _cell(broken: Sequence[Break]) -> str:
    return "<br>".join(break_words(one) for one in broken)


def _titles(scopes: Sequence[NamedScope]) -> str:
    return "; ".join(scope.title for scope in scopes)


def mutants_page(fates: Sequence[Fate]) -> Iterator[str]:
    """docs/mutants.md."""
    yield from MUTANTS_HEAD.splitlines()
    yield from ("", mutants_summary(fates), "", "| mutant | noticed |", "| --- | --- |")
    yield from (mutant_row(fate) for fate in fates)


def mutant_row(fate: Fate) -> str:
    """A mutant's line of the table."""
    return f"| `{fate.mutant}` | {_noticed(fate)} |"
