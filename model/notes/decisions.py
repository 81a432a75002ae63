"""The numbered decisions: where the mail is silent, what this specification does.

A decision is stated beside the action that takes it (`decide`), and collected here for the command line and the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Decision:
    """One question that the mail leaves open, and the answer taken."""

    id: str
    question: str
    answer: str
    rejected: Mapping[str, str] = field(default_factory=dict[str, str])
    """The variants that take the other choice, each with the claim that it breaks: why it was not taken."""
    both_sound: str | None = None
    """Of a choice that would do as well: the variant, the feature or the argument that shows it."""


DECISIONS: dict[str, Decision] = {}


def decide(
    id: str,
    question: str,
    answer: str,
    *,
    rejected: Mapping[str, str] | None = None,
    both_sound: str | None = None,
) -> None:
    """State a decision where the reader meets it."""
    if id in DECISIONS:
        raise ValueError(f"decision {id} is already taken")
    DECISIONS[id] = Decision(id, question, answer, rejected or {}, both_sound)
