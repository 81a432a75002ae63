"""Searches on a disk, in partitions: the counts and shortest runs are those of a search in memory, whoever works."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from distributed import Client, LocalCluster

from properties.check.job import Job
from properties.check.task import INDUCTIVE
from properties.check.verdict import Verdict, record
from properties.claims import CLAIMS
from properties.executors import Crew, Hire, hired
from properties.explicit import partition, sheets, spread
from properties.explicit.checkpoint import LIST
from properties.explicit.columns import Word
from properties.explicit.compiled import CompiledSearch
from properties.explicit.search import Report, Search
from properties.explicit.shortest import shortest_run
from properties.explicit.spread import SpreadSearch
from properties.limits import CheckpointError, LostJobError
from properties.pool import by_crew, run_jobs
from properties.traces.trace import show_step
from tests.command import refused, ringplug
from tests.test_checkpoint import CASES, COMMAND, Case, KilledError, broken

ENOUGH_GIB = 0.1
TINY_GIB = {"with symmetry, and finds": 2**-15, "without, in words of its own": 2**-13}
"""Each task writes several runs, each merge takes several ranges."""


@pytest.fixture(autouse=True)
def _small(needs_program: Callable[[str], str]) -> Iterator[None]:
    needs_program("cc")
    with (
        patch.object(spread, "TASK_ROWS", 1000), patch.object(sheets, "LEAST_ROWS", 64),
        patch.object(partition, "LEAST_ROWS", 1),
    ):  # fmt: skip
        yield


def on_disk(case: Case, folder: Path, hire: Hire | None = None, memory_gib: float = ENOUGH_GIB) -> SpreadSearch:
    return SpreadSearch(case.ground, folder, hire=hire, symmetry=case.ground.is_symmetric, memory_gib=memory_gib)


def in_memory(case: Case) -> CompiledSearch:
    search = case.search()
    search.run(case.probes)
    return search


def all_states(search: Search) -> list[tuple[int, ...]]:
    return sorted(zip(*(word.tolist() for word in search.index.rows(0, search.index.size)), strict=True))


def check_alike(found: Search, expected: Search) -> None:
    """All but the order of states within a level."""
    mine, theirs = (
        (
            r.states,
            r.transitions,
            r.stutters,
            r.depth,
            r.fired,
            r.refused,
            {c: one.length for c, one in r.found.items()},
        )
        for r in (found.report, expected.report)
    )
    assert mine == theirs
    assert found.starts == expected.starts
    assert all_states(found) == all_states(expected)


@pytest.mark.parametrize("name", CASES)
def test_with_little_memory_it_finds_the_same(name: str, tmp_path: Path) -> None:
    case, written = CASES[name](), list[str]()
    search = on_disk(case, tmp_path, memory_gib=TINY_GIB[name])

    def note(folder: Path, sheet: str, partition: int, words: Sequence[Word]) -> sheets.Sheet:
        written.append(sheet)
        return real(folder, sheet, partition, words)

    real = sheets.write_sheet
    with patch.object(partition, "write_sheet", note):
        search.run(case.probes)
    check_alike(search, in_memory(case))
    runs = [one for one in written if one.endswith(".found")]
    assert max(int(one[:-6].split("-")[2]) for one in runs) > 2 * partition.PARTITIONS, "several runs a task"
    numbers = np.arange(search.index.size, dtype=np.uint32)
    assert (search.index.numbers(search.index.rows(0, search.index.size)) == numbers).all()
    assert {path.suffix for path in search.folder.iterdir()} == {".states", ".json", ""}, "only what is needed is left"


def test_it_shows_the_same_runs(tmp_path: Path) -> None:
    case = broken()
    search, expected = on_disk(case, tmp_path), in_memory(case)
    search.run(case.probes)
    for clause, found in sorted(expected.report.found.items(), key=lambda item: -item[1].length)[:1]:
        theirs = [show_step(step) for step in shortest_run(expected, found)]
        assert [show_step(step) for step in shortest_run(search, search.report.found[clause])] == theirs


def test_what_is_killed_goes_on_from_the_last_level(tmp_path: Path) -> None:
    case = broken()
    part = on_disk(case, tmp_path)

    def progress(report: Report) -> None:
        if report.depth == 5:
            raise KilledError

    with pytest.raises(KilledError):
        part.run(case.probes, progress)
    part.checkpoint.lock.close()
    again = on_disk(case, tmp_path)
    again.run(case.probes)
    assert again.went_on_from.endswith("depth 5")
    check_alike(again, in_memory(case))


def test_a_sheet_that_is_damaged_is_named(tmp_path: Path) -> None:
    case = broken()
    part = on_disk(case, tmp_path)
    part.run(case.probes)
    part.checkpoint.lock.close()
    for path in [part.folder / LIST, *sorted(part.folder.glob("*.states"))[:3]]:
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        again = on_disk(case, tmp_path)
        with pytest.raises(CheckpointError, match=path.name):
            again.run(case.probes)
        again.checkpoint.lock.close()
        path.write_bytes(whole)


def kill_once(flag: Path) -> str:
    """Kill the process, the first time."""
    if not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def kill() -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def say(words: str) -> str:
    return words


def fail() -> str:
    raise ZeroDivisionError


def test_a_worker_that_dies_loses_no_result_of_any_executor(tmp_path: Path) -> None:
    hire = partial(ProcessPoolExecutor, 2, mp_context=get_context("fork"))
    tasks = [partial(kill_once, tmp_path / "flag"), *(partial(say, word) for word in "abc"), fail, kill]
    with Crew(hire) as crew:
        done = dict(crew.perform(tasks))
    assert [done[number] for number in range(4)] == ["done", "a", "b", "c"]
    assert isinstance(done[4], ZeroDivisionError)
    assert isinstance(done[5], LostJobError)


def check_with_a_killed_worker(hire: Hire, folder: Path, kill_one: Callable[[], None]) -> None:
    """In the middle of the search a worker is killed."""
    killed = list[int]()

    def progress(report: Report) -> None:
        if report.depth == 6 and not killed:
            killed.append(report.depth)
            kill_one()

    case = broken()
    search = on_disk(case, folder, hire)
    search.run(case.probes, progress)
    assert killed
    check_alike(search, in_memory(case))


@pytest.mark.deep
def test_a_search_by_processes_of_which_one_is_killed(tmp_path: Path) -> None:
    pids = list[Future[int]]()

    @contextmanager
    def hire() -> Generator[Executor]:
        with ProcessPoolExecutor(2, mp_context=get_context("fork")) as executor:
            pids.append(executor.submit(os.getpid))
            yield executor

    check_with_a_killed_worker(hire, tmp_path, lambda: os.kill(pids[-1].result(), signal.SIGKILL))
    assert len(pids) > 1, "another pool was opened"


@dataclass(frozen=True)
class Sum:
    """A job of parts, of which one dies at the first try; it joins them, or has to be done undivided."""

    flag: Path
    joins: bool
    title = "a sum"

    def parts(self) -> Sequence[Callable[[], int]]:
        return [partial(kill_or, self.flag, number) for number in range(4)]

    def joined(self, parts: Sequence[int]) -> int | None:
        return sum(parts) if self.joins else None

    def run(self, progress: Callable[[str], None] | None = None) -> int:
        return 100


def kill_or(flag: Path, number: int) -> int:
    if number == 2:
        kill_once(flag)
    return number


def test_a_job_is_divided_and_a_worker_that_dies_loses_no_part(tmp_path: Path) -> None:
    jobs = [Sum(tmp_path / "a", joins=True), Sum(tmp_path / "b", joins=False)]
    with Crew(partial(ProcessPoolExecutor, 2, mp_context=get_context("fork"))) as crew:
        done = {one.job: one.result for one in by_crew(jobs, crew)}
    assert done == {0: 6, 1: 100}


def plain(verdicts: Sequence[Verdict] | Exception) -> list[dict[str, object]]:
    """Verdicts without the time that they took."""
    assert not isinstance(verdicts, Exception)
    return [{**record(one), "seconds": None} for one in verdicts]


def test_a_proof_that_is_divided_by_action_gives_the_same_verdicts() -> None:
    claims = [claim.id for claim in CLAIMS.values() if claim.machine == "services"]
    jobs = [
        Job(engine=INDUCTIVE, machine="services", claims=tuple(claims), variant=one) for one in (None, "evt-before-clm")
    ]
    assert len(jobs[0].parts()) > 10
    with Crew(partial(ProcessPoolExecutor, 2, mp_context=get_context("fork"))) as crew:
        divided = {one.job: one.result for one in by_crew(jobs, crew)}
    assert [plain(divided[number]) for number in range(2)] == [plain(job.run()) for job in jobs]


@pytest.fixture(scope="module")
def dask() -> Generator[Client]:
    """Two workers of a real cluster on this machine."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster,
        Client(cluster) as client,
    ):
        yield client


@dataclass(frozen=True)
class Deed:
    """A job of which the first try dies."""

    flag: Path
    number: int
    title = "a deed"

    def run(self, progress: Callable[[str], None] | None = None) -> int:
        if self.number == 1:
            kill_once(self.flag)
        return self.number


def test_dask_loses_no_state_and_no_job_when_a_worker_is_killed(dask: Client, tmp_path: Path) -> None:
    executor = f"dask:{dask.cluster.scheduler_address}"

    def kill_one() -> None:
        os.kill(next(iter(dask.run(os.getpid).values())), signal.SIGKILL)

    check_with_a_killed_worker(hired(executor), tmp_path / "states", kill_one)
    jobs = [Deed(tmp_path / "flag", number) for number in range(4)]
    assert dict(run_jobs(jobs, lambda tick: None, executor=executor)) == {number: number for number in range(4)}


@pytest.mark.deep
def test_the_commands_take_dask(dask: Client, tmp_path: Path) -> None:
    executor = ("--executor", f"dask:{dask.cluster.scheduler_address}")
    checked = ("check", "--claim", "PLUG-S1", "--engine", "exhaustive", "--members", "2", "--json")
    mine, theirs, states = (
        ringplug(*checked, *more) for more in ((), executor, (*executor, "--disk", str(tmp_path / "states")))
    )
    for done in (mine, theirs, states):
        assert done.returncode == 0, done
    results = [json.loads(done.stdout)["results"] for done in (mine, theirs, states)]
    assert results[0][0]["states"] > 1000
    for (one,) in results:
        one.pop("seconds")
    assert results[0] == results[1] == results[2]
    assert not [*(tmp_path / "states").iterdir()], "the answer is there, so nothing is kept"
    tried = ("simulate", "--runs", "6", "--members", "2", "--seconds", "0.2", "--json")
    mine, theirs = (json.loads(ringplug(*tried, *more).stdout) for more in ((), executor))
    for one in (mine, theirs):
        one.pop("seconds", None)
    assert mine == theirs


def test_what_does_not_fit_the_memory_goes_to_the_disk(tmp_path: Path) -> None:
    scope = (*COMMAND, "--json")
    assert "scope too large" in refused(*scope, "--memory", "0.001")
    counts, on_disk = (
        json.loads(ringplug(*scope, *more).stdout) for more in ((), ("--memory", "0.001", "--disk", str(tmp_path)))
    )
    assert counts == on_disk


def test_an_executor_has_a_name_and_a_folder(tmp_path: Path) -> None:
    assert "'dusk' is no executor; there are dask, and dask:ADDRESS" in refused(
        "explore", "--executor", "dusk", "--disk", str(tmp_path)
    )
    assert "--executor goes with --disk" in refused("explore", "--executor", "dask")
