"""What docstrings of actions say: their sentences, and the lines that cite."""

from __future__ import annotations

import itertools

CITES = ("Source:", "Differs:")
"""With what a line begins that is no sentence about the action."""


def sentences(doc: str) -> str:
    """A docstring's sentences in one line, without its Source and Differs lines."""
    kept = itertools.takewhile(lambda line: not line.startswith(CITES), doc.splitlines())
    return " ".join(" ".join(kept).split())


def cited(*docs: str) -> list[str]:
    """The Source and Differs lines of docstrings."""
    return [
        line for doc in docs for line in itertools.dropwhile(lambda line: not line.startswith(CITES), doc.splitlines())
    ]
