"""What a reader sees of a search: counts, and what was never exercised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from properties.terminal.rows import out as out

if TYPE_CHECKING:  # few of the commands that print have searched
    from model.language.ground import GroundMachine
    from properties.catalogue.scopes import NamedScope
    from properties.explicit.search import Report


def search_lines(report: Report, ground: GroundMachine) -> Iterator[str]:
    """What a search counted, and which actions and guard parts it never exercised."""
    yield report.words
    yield f"{report.stutters:,} further steps change nothing"
    for action in ground.machine.actions:
        if action.name not in report.fired:
            yield f"never enabled: {action.name}"
        for label, _ in action.guard:
            if (action.name, label) not in report.refused:
                yield f"never false: {action.name}, {label}"


def search_record(report: Report, scope: NamedScope) -> dict[str, object]:
    """A search's counts as a JSON object."""
    return {
        "scope": scope.name,
        "features": sorted(scope.features),
        "states": report.states,
        "transitions": report.transitions,
        "stutters": report.stutters,
        "depth": report.depth,
        "enabled_actions": sorted(report.fired),
    }
