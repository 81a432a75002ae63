"""Verdicts as JUnit XML, which continuous integration shows beside its tests: a suite an engine, a case a claim there.

A violation is a failure, with its run. What is not decided is an error and no pass, unless the engine or the scope
leaves the claim out: then it is skipped.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence

import junitparser

from properties.check.verdict import Open, Verdict, Violated
from properties.claims import CLAIMS
from properties.explain.replayed import told


def junit_xml(verdicts: Sequence[Verdict]) -> bytes:
    """The document."""
    report = junitparser.JUnitXml("ringplug check")
    ordered = sorted(verdicts, key=lambda one: (one.engine, one.machine, one.scope, one.features))
    for (engine, where), group in itertools.groupby(ordered, key=lambda one: (one.engine, _where(one))):
        suite = junitparser.TestSuite(f"{engine}, {where}")
        for verdict in group:
            suite.add_testcase(_case(verdict))
        report.add_testsuite(suite)
    report.update_statistics()
    written = io.BytesIO()
    report.write(written, pretty=True)
    return written.getvalue()


def _where(verdict: Verdict) -> str:
    features = f" with {', '.join(verdict.features)}" if verdict.features else ""
    return f"{verdict.scope}{features}"


def _case(verdict: Verdict) -> junitparser.TestCase:
    claim = CLAIMS.get(verdict.claim)
    name = f"{verdict.claim}: {claim.sentence}" if claim else verdict.claim
    case = junitparser.TestCase(name, f"ringplug.{verdict.engine}", verdict.seconds)
    match verdict:
        case Violated(reason=reason, trace=trace):
            failure = junitparser.Failure(reason, str(verdict.verdict))
            failure.text = "\n".join(told(trace)) if trace else reason
            case.result = [failure]
        case Open(reason=reason, beside=True):
            case.result = [junitparser.Skipped(reason)]
        case Open(reason=reason):
            case.result = [junitparser.Error(reason, str(verdict.verdict))]
        case _:
            pass
    return case
