"""The pytest plugin of ringplug: a marker that lets engines decide claims, and two options. See docs/pytest.md.

It is a package of its own, and imports nothing of ours before a test uses it: pytest loads it in every project where
ringplug is installed, also in one that has a `model.py` of its own.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from properties.check.marking import Case

MARKER = "ringplug"
CASE = "ringplug_case"
"""The parameter that a marked test has, without taking it."""
HELD = pytest.StashKey[bool]()
"""Whether the engine of a marked test is done, and its body runs."""
MARKS = "ringplug(claim, variant=None, scope=None, engine=None): engines decide the claim before the test's body runs."


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("ringplug")
    group.addoption("--ringplug-seed", type=int, metavar="N", help="random runs and lockstep tests from this seed")
    group.addoption("--ringplug-deep", action="store_true", help="engines in all scopes of ringplug check; longer runs")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", MARKS)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a marked test once for each engine."""
    if marks := list(metafunc.definition.iter_markers(MARKER)):
        cases = _cases(marks, metafunc.config)
        metafunc.fixturenames.append(CASE)
        metafunc.parametrize(CASE, cases, ids=str)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse the marker where it would do nothing."""
    for item in items:
        if item.get_closest_marker(MARKER) and _case(item) is None:
            raise pytest.UsageError(f"{item.nodeid}: the marker {MARKER} is for test functions and methods")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    """Let the engine of a marked test decide, and give engines that a test takes what the options say."""
    __tracebackhide__ = True
    _give_options(pyfuncitem)
    if case := _case(pyfuncitem):
        case.decide()
        pyfuncitem.stash[HELD] = True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Of a marked test that its engine fails or skips, show what the engine says, and no frames."""
    report = yield
    if call.when == "call" and call.excinfo and _case(item) and not item.stash.get(HELD, False):
        path, line, _ = item.reportinfo()
        if report.failed and _says_all(call.excinfo.value) and not item.config.getoption("fulltrace"):
            report.longrepr = str(call.excinfo.value)
        elif report.skipped and not hasattr(report, "wasxfail"):
            report.longrepr = (str(path), (line or 0) + 1, f"Skipped: {call.excinfo.value}")
    return report


def _says_all(error: BaseException) -> bool:
    from properties.check.testing import VerdictError

    return isinstance(error, VerdictError)


def _case(item: pytest.Item) -> Case | None:
    call = getattr(item, "callspec", None)
    return call.params.get(CASE) if call else None


def _cases(marks: list[pytest.Mark], config: pytest.Config) -> list[Case]:
    try:
        importlib.import_module("ringplug")  # which says what is in the way, if a file is
        from properties.check.marking import cases

        return cases(marks, *_options(config))
    except (ImportError, TypeError, ValueError) as error:
        raise pytest.Collector.CollectError(f"marker {MARKER}: {error}") from error


def _options(config: pytest.Config) -> tuple[int | None, bool]:
    return config.getoption("ringplug_seed"), bool(config.getoption("ringplug_deep"))


def _give_options(item: pytest.Function) -> None:
    options = _options(item.config)
    if options == (None, False) or "properties.check.testing" not in sys.modules:
        return
    from properties.check.marking import Engine, as_asked

    for name, value in item.funcargs.items():
        if isinstance(value, Engine):
            item.funcargs[name] = as_asked(value, *options)
