"""Whose log is it: by what was said of it, by what it says, or by being the only one that is in all of its rings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from properties.importers.logs import Log
from properties.importers.reader import LogFacts

MOST_CHARACTERS = 400
"""So much of a reason is shown."""


class ImportFaultError(Exception):
    """A log that cannot be imported: which file, and why."""

    def __init__(self, file: str, reason: str, line: int = 0) -> None:
        reason = reason if len(reason) <= MOST_CHARACTERS else f"{reason[:MOST_CHARACTERS]}…"
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")
        self.file, self.line, self.reason = file, line, reason


@dataclass
class Named:
    """A log's own process, or a life of it, and who it is."""

    log: Log
    own: str
    process: str
    by_rings: bool
    """It was found out by being in all of its rings, so that it is in them is no finding."""


def names_of(read: Sequence[tuple[Log, LogFacts]]) -> list[Named]:
    """The own processes of the logs; ImportFaultError if one is not known, or two logs are of one process."""
    found = [_named(log, facts, own) for log, facts in read for own in sorted(facts.own)]
    owners: dict[str, Log] = {}
    for one in found:
        other = owners.setdefault(one.process, one.log)
        if other is not one.log:
            reason = (
                f"a second log of {one.process}, as {other.label}; if they are parts of one, name them in order: "
                f"{one.process}={other.files[0].path} {one.process}={one.log.files[0].path}"
            )
            raise ImportFaultError(one.log.label, reason)
    return found


def _named(log: Log, facts: LogFacts, own: str) -> Named:
    if log.name is not None:
        return Named(log, own, log.name, by_rings=False)
    names, said = sorted(facts.names.get(own, ())), facts.said.get(own)
    if said is not None and (said in names or own not in facts.names):
        return Named(log, own, said, by_rings=False)
    if len(names) == 1:
        return Named(log, own, names[0], by_rings=True)
    raise ImportFaultError(log.label, _unknown(names, log.files[0].path, is_in_rings=own in facts.names))


def _unknown(names: list[str], path: Path, *, is_in_rings: bool) -> str:
    """Why it is not known whose log it is, and what can be done."""
    if not is_in_rings:
        return f"no membership in it that can be read, and nothing says whose log it is; say NAME={path}"
    if not names:
        return f"nobody is in all of its rings; it may be of several processes: name its files apart, NAME={path}"
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return f"whose log is it? {listed} are in all of its rings; say {names[0]}={path}, or who it is"
