"""Which events a subscription is given: one filter a pattern, as in the event service of the SA Forum.

Filters beyond the patterns of an event see an empty pattern; patterns beyond the filters are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum


class Match(Enum):
    """How a filter compares its bytes with a pattern.

    Source: SA Forum AIS, event service (SaEvtEventFilterTypeT)
    """

    PREFIX = "prefix"
    SUFFIX = "suffix"
    EXACT = "exact"
    PASS_ALL = "pass-all"


MATCHES: dict[Match, Callable[[bytes, bytes], bool]] = {
    Match.PREFIX: bytes.startswith,
    Match.SUFFIX: bytes.endswith,
    Match.EXACT: bytes.__eq__,
    Match.PASS_ALL: lambda pattern, wanted: True,
}


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of a subscription."""

    match: Match
    wanted: bytes = b""

    def passes(self, pattern: bytes) -> bool:
        """Whether this pattern passes."""
        return MATCHES[self.match](pattern, self.wanted)


def prefix(wanted: bytes) -> Filter:
    """Patterns that begin so."""
    return Filter(Match.PREFIX, wanted)


def suffix(wanted: bytes) -> Filter:
    """Patterns that end so."""
    return Filter(Match.SUFFIX, wanted)


def exact(wanted: bytes) -> Filter:
    """No other pattern."""
    return Filter(Match.EXACT, wanted)


PASS_ALL = Filter(Match.PASS_ALL)


def all_pass(filters: Sequence[Filter], patterns: Sequence[bytes]) -> bool:
    """Whether an event with these patterns passes all filters."""
    return all(one.passes(patterns[i] if i < len(patterns) else b"") for i, one in enumerate(filters))
