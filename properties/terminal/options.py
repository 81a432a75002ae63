"""What several commands take: sizes, features, variants, claims by id, and how a search may work."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TypeVar

import click

from model.machines import MACHINES, PLUG
from properties.catalogue.claim import Claim
from properties.catalogue.scopes import FEATURES
from properties.claims import CLAIMS
from properties.explain.asked import check_variant
from properties.explicit.checkpoint import Kept
from properties.sampling.tries import DEFAULT_TRIES, Tries
from properties.terminal.names import CLAIM, FEATURE, VARIANT, OneOf
from properties.terminal.numbers import MOST_RUNS, SEED, RealRange
from properties.terminal.output import FORMATS, HTML, ITF, LOOKED_AT, TEXT

C = TypeVar("C", bound=Callable[..., int])


def sized(command: C) -> C:
    """The options that choose a machine's scope."""
    for option in (
        click.option("--variant", metavar="NAME", type=VARIANT,
                     help="A variant instead of the protocol; most are broken."),
        click.option("--without", "off", metavar="FEATURE", multiple=True, type=FEATURE,
                     help=f"Switch a feature off: {', '.join(sorted(FEATURES))}. Repeatable."),
        click.option("--rings", type=click.IntRange(1, 8), help="How many rings may form."),
        click.option("--handles", type=click.IntRange(1, 8),
                     help="Plug handles at each processor; of the machines delivery and parts: messages."),
        click.option("--members", type=click.IntRange(1, 16), help="How many processors there are."),
    ):  # fmt: skip
        command = option(command)
    return command


def searched(command: Callable[..., int]) -> Callable[..., int]:
    """The options of a search: `memory_gib`, `no_symmetry`, and where it is `kept`."""

    @wraps(command)
    def with_kept(checkpoint: Path | None, disk: Path | None, executor: str = "", **options: object) -> int:
        return command(kept=Kept(checkpoint, disk, executor), **options)

    for option in (
        click.option("--disk", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
                     help="Go on with what does not fit the memory here, in sorted files."),
        click.option("--checkpoint", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
                     help="Write a search down here every minute; the same command goes on from there."),
        click.option("--memory", "memory_gib", type=RealRange(0.001, 65_536), default=4.0, show_default=True,
                     help="Memory a search may use, in GiB."),
        click.option("--no-symmetry", is_flag=True, help="Keep apart states that differ only in processors' names."),
    ):  # fmt: skip
        with_kept = option(with_kept)
    return with_kept


def looked_for(command: Callable[..., int]) -> Callable[..., int]:
    """How far the bounded engine looks, and how much the stateful one tries: `depth` and `tries`."""

    @wraps(command)
    def with_tries(examples: int, steps: int, seed: int, **options: object) -> int:
        return command(tries=Tries(examples, steps, seed), **options)

    for option in (
        click.option("--seed", type=SEED, default=DEFAULT_TRIES.seed, show_default=True,
                     help="Stateful: where the random runs come from."),
        click.option("--steps", type=click.IntRange(1, 400), default=DEFAULT_TRIES.steps, show_default=True,
                     help="Stateful: steps a run."),
        click.option("--examples", type=click.IntRange(1, MOST_RUNS), default=DEFAULT_TRIES.examples, show_default=True,
                     help="Stateful: how many runs."),
        click.option("--depth", metavar="K", type=click.IntRange(1, 100), help="Bounded: how many steps."),
    ):  # fmt: skip
        with_tries = option(with_tries)
    return with_tries


def for_claims(command: C) -> C:
    """The option that chooses claims."""
    return click.option("--claim", "ids", metavar="ID", type=CLAIM, multiple=True, help="Only this claim. Repeatable.")(
        command
    )


def of_machine(command: C) -> C:
    """The option that chooses a machine."""
    return click.option(
        "--machine", type=OneOf("machine", MACHINES), default=PLUG, show_default=True, help="Which machine."
    )(command)


def claims_named(ids: tuple[str, ...]) -> list[Claim]:
    """The claims with these ids, in the catalogue's order; without any, all."""
    return [claim for claim in CLAIMS.values() if not ids or claim.id in ids]


FORMAT = click.option(
    "--format", "form", type=OneOf("format", FORMATS), default=TEXT, show_default=True,
    help="In words with an explanation, in the format of Apalache and Quint, as a test file, page or picture.",
)  # fmt: skip


LANES = click.option("--lanes", is_flag=True, help="Draw the lanes, too: up to five processors in 100 columns.")


def features_on(off: Iterable[str], *machines: str) -> frozenset[str]:
    """The features of these machines that can be switched off, without those that are; one of them has to have each."""
    known = FEATURES & frozenset[str]().union(*(MACHINES[one].features for one in machines))
    for feature in off:
        if feature not in known:
            it_has = f"; it has {', '.join(sorted(known))}" if known else ""
            raise click.UsageError(f"--without {feature}: {' or '.join(dict.fromkeys(machines))} has none{it_has}")
    return known - set(off)


def suiting(variant: str | None, *machines: str) -> str | None:
    """The variant, if it edits each of these machines: else what is asked of it would be asked of the protocol."""
    try:
        check_variant(variant, *machines)
    except ValueError as error:
        raise click.UsageError(f"--variant: {error}") from error
    return variant


def check_file(most: int, form: str, out: Path | None) -> None:
    """Refuse to print several runs where a file holds one."""
    if form in (ITF, *LOOKED_AT) and most > 1 and not out:
        what = "an ITF file" if form == ITF else "a page" if form == HTML else "a picture"
        raise click.UsageError(f"{what} holds one run: with --most, name a file with --out")
