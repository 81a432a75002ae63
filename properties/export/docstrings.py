"""What docstrings of actions say: their sentences, and the lines that cite; and how a paragraph is laid out."""

from __future__ import annotations

import itertools
import re
import textwrap

WIDTH = 120
CITES = ("Source:", "Differs:")
"""With what a line begins that is no sentence about the action."""


def sentences(doc: str) -> str:
    """A docstring's sentences in one line, without its Source and Differs lines."""
    kept = itertools.takewhile(lambda line: not line.startswith(CITES), doc.splitlines())
    return " ".join(" ".join(kept).split())


def first_sentence(text: str) -> tuple[str, str]:
    """The first sentence, and what follows it."""
    first, *rest = re.split(r"(?<=\.) (?=[A-Z`])", text, maxsplit=1)
    return first, "".join(rest)


def cited(*docs: str) -> list[str]:
    """What docstrings cite: where they are from, each source once, and where they differ."""
    lines = [
        line for doc in docs for line in itertools.dropwhile(lambda line: not line.startswith(CITES), doc.splitlines())
    ]
    sources = [line.removeprefix("Source: ").removesuffix(".") for line in lines if line.startswith("Source: ")]
    named = dict.fromkeys(one for source in sources for one in source.split("; "))
    return [f"Source: {'; '.join(named)}."] * bool(named) + [line for line in lines if not line.startswith("Source: ")]


def filled(text: str, indent: str = "") -> str:
    """A paragraph in lines of bounded width; `indent` stands before all but the first."""
    text = " ".join(text.split())
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
