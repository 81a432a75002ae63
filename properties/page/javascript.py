"""Recorded terms read as JavaScript: the machine and its claims as a program of the page's own set language.

What is generated says the same as the graph, operation by operation: `assets/terms.mjs` has a function for each. So the
page computes, words and explains a step that nobody recorded; a test in Node holds it equal to Python.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from model.language.interpretation import Interpretation
from model.language.machine import Action, Parameter
from model.language.sets import Processor, Processors, Set, Truth
from model.language.sorts import Index
from model.language.state import Write

NAMES = (
    "anyOf", "atMost", "both", "common", "equal", "every", "everybody", "fact", "families", "nobody", "not",
    "processor", "processors", "same", "several", "sorts", "those", "union", "when", "within", "without",
)  # fmt: skip
"""What a program takes from `terms.mjs`."""


class JavaScript(Interpretation[str, str]):
    """Reads sets and truths as expressions."""

    def nobody(self) -> str:
        return "nobody"

    def everybody(self) -> str:
        return "everybody"

    def those(self, bitmap: int) -> str:
        return f"those({bitmap})"

    def variable(self, name: str, at: tuple[Index, ...]) -> str:
        state = "then" if name.endswith("'") else "now"
        return f"{state}.{name.removesuffix(chr(39))}({', '.join(map(index_text, at))})"

    def parameter(self, term: Processor | Processors) -> str:
        return f"{'processor' if isinstance(term, Processor) else 'processors'}({quoted(term.name)})"

    def union(self, left: str, right: str) -> str:
        return f"union({left}, {right})"

    def common(self, left: str, right: str) -> str:
        return f"common({left}, {right})"

    def without(self, left: str, right: str) -> str:
        return f"without({left}, {right})"

    def when(self, condition: str, then: str) -> str:
        return f"when({condition}, {then})"

    def any_of(self, index: Index, body: Set) -> str:
        return f"anyOf({index_text(index)}, {self.set(body)})"

    def fact(self, known: bool) -> str:
        return f"fact({quoted(known)})"

    def within(self, inner: str, outer: str) -> str:
        return f"within({inner}, {outer})"

    def equal(self, left: str, right: str) -> str:
        return f"equal({left}, {right})"

    def several(self, of: str) -> str:
        return f"several({of})"

    def same(self, left: Index, right: Index) -> str:
        return f"same({index_text(left)}, {index_text(right)})"

    def at_most(self, left: Index, right: Index) -> str:
        return f"atMost({index_text(left)}, {index_text(right)})"

    def negation(self, of: str) -> str:
        return f"not({of})"

    def both(self, left: str, right: str) -> str:
        return f"both({left}, {right})"

    def every(self, index: Index, body: Truth) -> str:
        return f"every({index_text(index)}, {self.truth(body)})"


def index_text(one: Index) -> str:
    """An index by its name, an element by its number."""
    return f"of.{one.sort.__name__}({quoted(one.name if one.value is None else one.value)})"


def quoted(value: object) -> str:
    """A value as a literal, which may stand in a script of a page."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def action_text(action: Action) -> Iterator[str]:
    """A recorded action as an object."""
    reading = JavaScript()
    yield f"{{ name: {quoted(action.name)},"
    yield f"  parameters: [{', '.join(_parameter(name, one) for name, one in action.parameters.items())}],"
    yield "  guard: ["
    yield from (f"    [{quoted(label)}, {reading.truth(part)}]," for label, part in action.guard)
    yield "  ],"
    yield "  effect: ["
    for name, writes in action.writes.items():
        yield from (f"    {_write(name, write, reading)}," for write in writes)
    yield "  ] },"


def _parameter(name: str, parameter: Parameter) -> str:
    if isinstance(parameter, Index):
        fresh = ", fresh: true" if parameter.fresh else ""
        return f'{{ name: {quoted(name)}, kind: "index", sort: of.{parameter.sort.__name__}.sort{fresh} }}'
    kind = "processor" if isinstance(parameter, Processor) else "processors"
    return f"{{ name: {quoted(name)}, kind: {quoted(kind)} }}"


def _write(name: str, write: Write, reading: JavaScript) -> str:
    place = reading.variable(name, write.at)
    return f"{{ variable: {place}, value: {reading.set(write.value)}, whole: {quoted(write.whole)} }}"
