"""Names that somebody types: of claims, variants, faults, scenarios. Found whatever their case; the nearest if wrong.

What a command takes is looked up in the catalogues themselves, which are imported for it. What a shell completes is
read from `completion.json` beside this file, so that nothing is imported for it: a test holds it equal to them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from click.shell_completion import CompletionItem

from properties.executors import is_executor
from properties.words import unknown

FILE = Path(__file__).with_name("completion.json")


def _claims() -> Collection[str]:
    from properties.claims import CLAIMS

    return CLAIMS


def _entries() -> Collection[str]:
    from properties.catalogue.register import REGISTER

    return REGISTER


def _history_claims() -> Collection[str]:
    from properties.history.catalogue import HISTORY_CLAIMS

    return HISTORY_CLAIMS


def _variants() -> Collection[str]:
    from model.variants import VARIANTS

    return VARIANTS


def _mutants() -> Collection[str]:
    from model.variants.mutants import MUTANTS

    return MUTANTS


def _service_variants() -> Collection[str]:
    from properties.replay.service_variants import SERVICE_VARIANTS

    return SERVICE_VARIANTS


def _delivery_variants() -> Collection[str]:
    from properties.replay.delivery_variants import DELIVERY_VARIANTS

    return DELIVERY_VARIANTS


def _features() -> Collection[str]:
    from properties.catalogue.scopes import FEATURES

    return sorted(FEATURES)


def _plug_faults() -> Collection[str]:
    from properties.lockstep.faults import FAULTS

    return FAULTS.names()


def _ring_faults() -> Collection[str]:
    from properties.simulate.faults import FAULTS

    return FAULTS.names()


def _cases() -> Collection[str]:
    from properties.conform.cases import CASES

    return [case.name for case in CASES]


def _scenarios() -> Collection[str]:
    from properties.corosync.laboratory.scenarios import SCENARIOS

    return SCENARIOS


def _log_claims() -> Collection[str]:
    from properties.importers.barrier import CLAIMS

    return list(CLAIMS)


def _log_kinds() -> Collection[str]:
    from properties.importers.kinds import KINDS

    return KINDS


CATALOGUES: dict[str, Callable[[], Collection[str]]] = {
    "claim": _claims, "entry": _entries, "history claim": _history_claims, "variant": _variants, "mutant": _mutants,
    "service variant": _service_variants, "delivery variant": _delivery_variants,
    "feature": _features, "plug fault": _plug_faults, "ring fault": _ring_faults, "scenario": _scenarios,
    "case": _cases, "log kind": _log_kinds, "log claim": _log_claims,
}  # fmt: skip
"""The kinds of names, and where those of a kind are."""


class Parameter(msgspec.Struct, omit_defaults=True):
    """An option or an argument: its names, and what completes its value."""

    names: list[str]
    kinds: tuple[str, ...] = ()
    """Names of these kinds."""
    words: list[str] = []
    path: str | None = None
    """`file` or `dir`: the shell completes it."""
    values: int = 1
    says: tuple[str, str] | None = None
    """Of an option: its line in the help."""
    help: str | None = None
    is_flag: bool = False
    is_repeatable: bool = False
    alone: str | None = None
    """Its value if none follows."""


class Command(msgspec.Struct, omit_defaults=True):
    """A command, or a group of commands."""

    help: str
    usage: list[str]
    parameters: list[Parameter]
    commands: dict[str, Command] = {}


class Stored(msgspec.Struct):
    """What `completion.json` holds: names by kind, and commands."""

    names: dict[str, list[str]]
    commands: dict[str, Command]


@cache
def stored() -> Stored:
    """What the command line says of itself, without importing what it works with."""
    return msgspec.json.decode(FILE.read_bytes(), type=Stored)


def names(kind: str) -> list[str]:
    """The names of a kind, without importing what they name."""
    return stored().names[kind]


if TYPE_CHECKING:
    Text = click.ParamType[str]
else:
    Text = click.ParamType


class Name(Text):
    """A name of one kind or of several, or one of a few words; `what` is what an error calls it."""

    def __init__(self, what: str, *kinds: str, also: tuple[str, ...] = ()) -> None:
        self.name, self.kinds, self.also = what, kinds, also

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as it is written in its catalogue; an error if it is in none."""
        if ctx and ctx.resilient_parsing:
            return value
        known = [*(name for kind in self.kinds for name in CATALOGUES[kind]()), *self.also]
        found = {name.casefold(): name for name in known}.get(value.casefold())
        if found is None:
            raise click.ClickException(unknown(self.name, value, known))
        return found

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The names that begin so; of the first kind that has any, so that mutants do not crowd out variants."""
        begin = incomplete.casefold()
        for kind in self.kinds:
            if begun := [name for name in (*names(kind), *self.also) if name.casefold().startswith(begin)]:
                return [CompletionItem(name) for name in begun]
        return []


class OneOf(click.Choice[str]):
    """One of a few words, whatever its case; an error names the nearest."""

    def __init__(self, what: str, words: Iterable[str]) -> None:
        super().__init__(list(words), case_sensitive=False)
        self.what = what

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word as it is written among the choices; an error if it is none of them."""
        if value.casefold() not in map(str.casefold, self.choices) and not (ctx and ctx.resilient_parsing):
            raise click.ClickException(unknown(self.what, value, self.choices))
        return super().convert(value, param, ctx)


class LogKind(Name):
    """A kind of log, or a file with a mapping for one."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name of a kind, or a file `NAME.toml` as it is."""
        return value if value.endswith(MAPPING_SUFFIX) else super().convert(value, param, ctx)


MAPPING_SUFFIX = ".toml"
LOG_KIND = LogKind("kind of log", "log kind")
CLAIM, ENTRY, HISTORY_CLAIM = (
    Name("claim", "claim"),
    Name("claim", "entry"),
    Name("claim", "history claim", "log claim"),
)
NAMED_VARIANT, MUTANT = Name("variant", "variant"), Name("mutant", "mutant")
VARIANT = Name("variant", "variant", "mutant")
FEATURE, SCENARIO, CASE = Name("feature", "feature"), Name("scenario", "scenario"), Name("case", "case")
PLUG_FAULT, RING_FAULT = Name("fault", "plug fault"), Name("fault", "ring fault")
EVERY_VARIANT = "every"
SERVICE_VARIANT = Name("variant", "service variant", also=(EVERY_VARIANT,))
DELIVERY_VARIANT = Name("variant", "delivery variant", also=(EVERY_VARIANT,))
TYPES = (
    CLAIM, ENTRY, HISTORY_CLAIM, NAMED_VARIANT, MUTANT, VARIANT, FEATURE, SCENARIO, CASE, PLUG_FAULT, RING_FAULT,
    SERVICE_VARIANT, DELIVERY_VARIANT, LOG_KIND,
)  # fmt: skip


HTML_FILE = click.option(
    "--html", "html", type=click.Path(path_type=Path, dir_okay=False),
    help="Also write a page on which it explains itself: one file, to step through.",
)  # fmt: skip


def _executor(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if value and not is_executor(value):
        raise click.BadParameter(f"{value!r} is no executor; there are dask, and dask:ADDRESS of a scheduler.")
    return value


EXECUTOR = click.option(
    "--executor",
    metavar="NAME",
    default="",
    callback=_executor,
    help="Who works: dask begins workers here, dask:ADDRESS takes those of a scheduler.",
)
