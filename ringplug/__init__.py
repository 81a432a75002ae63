"""ringplug: the recovery plug of openais as a formal model, its claims, and the engines that decide them.

    >>> import ringplug
    >>> ringplug.check("PLUG-S1").verdict
    'exhaustive'

All names are in docs/api.md. A name is imported when it is first asked for, so `import ringplug` costs nothing. The
set language, in which claims and variants are written, is `ringplug.sets`; tests are made with `ringplug.testing`.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.variants import VARIANTS, Variant
    from properties.catalogue.claim import Claim
    from properties.catalogue.scopes import NamedScope
    from properties.check.ask import check
    from properties.check.verdict import Bounded, Decided, Exhaustive, Holds, Open, Proved, Tested, Verdict, Violated
    from properties.claims import CLAIMS
    from properties.explain.replayed import Replayed
    from properties.explain.replayed import replay_trace as replay
    from properties.explain.runs import trace
    from properties.history.reader import Fault
    from properties.judge.files import HistoryError
    from properties.judge.files import judge_files as judge
    from properties.judge.judgement import JudgedClaim, Judgement
    from properties.limits import ScopeTooLargeError
    from properties.sampling.tries import Tries
    from properties.traces.trace import Trace, TraceError, TraceScope, TraceStep, write_trace
    from ringplug import client, reference, services, sets, simulator, testing

    __version__: str

__all__ = [
    "CLAIMS",
    "VARIANTS",
    "Bounded",
    "Claim",
    "Decided",
    "Exhaustive",
    "Fault",
    "HistoryError",
    "Holds",
    "JudgedClaim",
    "Judgement",
    "NamedScope",
    "Open",
    "Proved",
    "Replayed",
    "ScopeTooLargeError",
    "Tested",
    "Trace",
    "TraceError",
    "TraceScope",
    "TraceStep",
    "Tries",
    "Variant",
    "Verdict",
    "Violated",
    "__version__",
    "check",
    "client",
    "judge",
    "reference",
    "replay",
    "services",
    "sets",
    "simulator",
    "testing",
    "trace",
    "write_trace",
]

_MODULES = ("client", "reference", "services", "sets", "simulator", "testing")
_HOMES = {
    "Bounded": "properties.check.verdict",
    "CLAIMS": "properties.claims",
    "Claim": "properties.catalogue.claim",
    "Decided": "properties.check.verdict",
    "Exhaustive": "properties.check.verdict",
    "Fault": "properties.history.reader",
    "HistoryError": "properties.judge.files",
    "Holds": "properties.check.verdict",
    "JudgedClaim": "properties.judge.judgement",
    "Judgement": "properties.judge.judgement",
    "NamedScope": "properties.catalogue.scopes",
    "Open": "properties.check.verdict",
    "Proved": "properties.check.verdict",
    "Replayed": "properties.explain.replayed",
    "ScopeTooLargeError": "properties.limits",
    "Tested": "properties.check.verdict",
    "Trace": "properties.traces.trace",
    "TraceError": "properties.traces.trace",
    "TraceScope": "properties.traces.trace",
    "TraceStep": "properties.traces.trace",
    "Tries": "properties.sampling.tries",
    "VARIANTS": "model.variants",
    "Variant": "model.variants",
    "Verdict": "properties.check.verdict",
    "Violated": "properties.check.verdict",
    "check": "properties.check.ask",
    "judge": "properties.judge.files:judge_files",
    "replay": "properties.explain.replayed:replay_trace",
    "trace": "properties.explain.runs",
    "write_trace": "properties.traces.trace",
}
"""Where each name comes from; after a colon, what it is called there."""


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return importlib.import_module(f"ringplug.{name}")
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("ringplug")
    if name not in _HOMES:
        raise AttributeError(f"module 'ringplug' has no attribute {name!r}")
    module, _, there = _HOMES[name].partition(":")
    return getattr(importlib.import_module(module), there or name)


def __dir__() -> list[str]:
    return sorted(__all__)


def _check_neighbours() -> None:
    """Refuse to begin where another file or folder is imported in the place of a package that belongs to this one."""
    home = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    for name in ("model", "properties", "reference"):
        spec = importlib.util.find_spec(name)
        found = spec.origin if spec else None
        if found is None:
            raise ImportError(f"ringplug: its own package {name} is missing in {home}", name="ringplug")
        if os.path.dirname(os.path.dirname(os.path.realpath(found))) != home:
            says = f"ringplug: {found} is in the way of its own package {name}; rename it, or run in another folder"
            raise ImportError(says, name="ringplug")


_check_neighbours()
