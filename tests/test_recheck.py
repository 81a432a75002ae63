"""The second solver gives z3's answers, and what it does not confirm is never a pass."""

from __future__ import annotations

from functools import cache

import pytest

from model.services.actions import RECOVERY_ADD_NODE
from properties.check import proof as proofs
from properties.check.job import Job
from properties.check.verdict import Open
from properties.symbolic import cvc5
from properties.symbolic.cvc5 import Answer
from properties.symbolic.induction import Proof, prove
from properties.symbolic.round import POSSIBLE
from properties.terminal.exit_codes import UNDETERMINED, exit_code
from properties.traces.trace import machine_text

MACHINES = ["plug", "numbered", "services"]
EVERY = 20
"""The default suite asks one obligation in so many."""


@cache
def proof(machine: str, variant: str | None = None, wanted: tuple[str, ...] = ()) -> Proof:
    text = machine_text(machine, variant)
    features = frozenset({RECOVERY_ADD_NODE}) if machine == "services" else text.features
    return prove(text.record(features), machine, wanted=wanted, writes_queries=True)


def unlike(answers: list[Answer]) -> list[str]:
    return [answer.words for answer in answers if answer.said != answer.query.said]


@pytest.mark.parametrize("machine", MACHINES)
def test_a_sample_of_the_obligations_is_confirmed(machine: str) -> None:
    queries = list(proof(machine).queries.values())
    assert {query.said for query in queries if query.label != POSSIBLE} == {"unsat"}
    assert len([query for query in queries if query.label != POSSIBLE]) == sum(proof(machine).obligations.values())
    sample = [*queries[::EVERY], *(query for query in queries if query.label == POSSIBLE)]
    assert not unlike(list(cvc5.recheck(sample)))


@pytest.mark.deep
@pytest.mark.parametrize("machine", [*MACHINES, "ordered"])
def test_every_obligation_is_confirmed(machine: str) -> None:
    assert not unlike(list(cvc5.recheck(proof(machine).queries.values())))


def test_both_solvers_refute_a_mutant() -> None:
    queries = proof("plug", "open-on-own-bit", ("PLUG-S1",)).queries.values()
    refuted = [one for one in queries if one.said != one.wanted]
    assert [(query.owner, query.action) for query in refuted] == [("PLUG-S1", "visit")]
    (answer,) = cvc5.recheck(refuted)
    assert answer.said == "sat"
    assert answer.words == "behind an open gate every member is done at visit: not kept, and z3 says so too"


@pytest.mark.parametrize("said", ["sat", "unknown", "", "(error unsupported)"])
def test_what_is_not_confirmed_is_open(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One obligation of one claim: then no claim is proved, since each assumes the others."""

    def one_is_different(queries: list[cvc5.Query], progress: object = None) -> list[Answer]:
        return [Answer(one, said if one.owner == "PLUG-S5" else one.said) for one in queries]

    monkeypatch.setattr(proofs, "recheck", one_is_different)
    verdicts = Job(claims=("PLUG-S1", "PLUG-S5", "LIVE-1"), engine="cvc5").run()
    opened = [one for one in verdicts if isinstance(one, Open)]
    assert len(opened) == len(verdicts) == 3
    words = "DISAGREEMENT" if said == "sat" else "cvc5 gave up"
    assert [words in one.reason for one in opened if not one.beside] == [True, True]
    assert exit_code(verdicts, frozenset()) == UNDETERMINED


def test_a_text_that_is_not_smtlib_is_no_answer() -> None:
    with pytest.raises(Exception, match="Symbol"):
        cvc5.ask("(assert nothing)\n(check-sat)\n")
