"""What `variants`, `mutants` and `theorem` share: their names, and what is recorded in the place of computing it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from rich.console import Console

from model.variants import Variant
from properties.terminal.rows import print_row


def variants_named(ids: tuple[str, ...], known: dict[str, Variant]) -> list[Variant]:
    """The variants of these names; without any, all."""
    return [known[id] for id in ids or known]


def print_lines(console: Console | None, lines: Iterable[str]) -> None:
    """Print lines of a result, if there is a console."""
    if console:
        for line in lines:
            print_row(console, line)


def recorded_line(version: str, command: str) -> str:
    """Says that a result was not computed now, for which version it was, and how to compute it."""
    return f"Recorded for ringplug {version}, not computed now: `ringplug {command} --compute` computes it again."


def recorded_lines(versions: Sequence[str | None], command: str) -> list[str]:
    """The same of several results, of which some may be computed now."""
    return [recorded_line(version, command) for version in sorted({one for one in versions if one})]


def write_json(record: Mapping[str, object]) -> None:
    """Print one JSON object on standard output."""
    sys.stdout.write(msgspec.json.encode(record).decode() + "\n")
