"""The numbered decisions: where the mail is silent, what this specification does.

A decision is stated beside the action that takes it (`decide`), and collected here for the command line and the text.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Decision:
    """One question that the mail leaves open, and the answer taken."""

    id: str
    question: str
    answer: str


DECISIONS: dict[str, Decision] = {}


def decide(id: str, question: str, answer: str) -> None:
    """State a decision where the reader meets it."""
    if id in DECISIONS:
        raise ValueError(f"decision {id} is already taken")
    DECISIONS[id] = Decision(id, question, answer)
