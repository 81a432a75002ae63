"""The second solver: cvc5 answers the obligations that z3 was asked, from their SMT-LIB text.

The only module that knows cvc5, which is an optional package. An answer that is not z3's is a disagreement, and
`unknown` is no answer: neither is a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from properties.symbolic.round import Query

TIMEOUT_MS = 20_000
PACKAGE = "cvc5"
OPTIONS = {"finite-model-find": "true", "fresh-binders": "true", "tlimit-per": str(TIMEOUT_MS)}
"""cvc5's options: without the first it finds no model of a formula with quantifiers, and says `unknown`."""


class NoSecondSolverError(Exception):
    """The package is not installed."""


@dataclass(frozen=True)
class Answer:
    """What both solvers say of one query."""

    query: Query
    said: str
    """`sat`, `unsat`, or anything else: then the solver did not decide."""

    @property
    def disagrees(self) -> bool:
        """Whether the solvers contradict each other."""
        return {self.said, self.query.said} == {"sat", "unsat"}

    @property
    def words(self) -> str:
        """What there is to say if this is not what a proof needs."""
        at = f"{self.query.label} at {self.query.action}"
        if self.disagrees:
            return f"DISAGREEMENT: {at} is {self.said} to cvc5 and {self.query.said} to z3"
        for solver, said in (("cvc5", self.said), ("z3", self.query.said)):
            if said not in ("sat", "unsat"):
                return f"{at}: {solver} gave up ({said})"
        return f"{at}: not kept, and z3 says so too"


def is_installed() -> bool:
    """Whether cvc5 can be asked."""
    return find_spec(PACKAGE) is not None


def recheck(queries: Iterable[Query], progress: Callable[[str], None] | None = None) -> Iterator[Answer]:
    """Ask cvc5 every query."""
    if not is_installed():
        raise NoSecondSolverError(f"the second solver is not installed: pip install {PACKAGE}")
    for number, query in enumerate(queries, 1):
        if progress:
            progress(f"obligation {number}: {query.owner} at {query.action}")
        yield Answer(query, ask(query.smtlib))


def ask(smtlib: str) -> str:
    """What cvc5 prints for a text with one `check-sat`."""
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    for option, value in OPTIONS.items():
        solver.setOption(option, value)
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, smtlib, "obligation")
    symbols, said = parser.getSymbolManager(), list[str]()
    while not (command := parser.nextCommand()).isNull():
        said += command.invoke(solver, symbols).split()
    return " ".join(said)
