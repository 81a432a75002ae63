"""Where work is done beside this process: any `concurrent.futures.Executor`, and Dask distributed, here or elsewhere.

A task whose worker dies is done again by another, so it must be one that may be done twice. Dask does that by itself;
an executor that breaks as a whole, as a pool of processes does, is opened again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, as_completed
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from types import TracebackType
from typing import Generic, TypeVar

from properties.limits import LostJobError, UnavailableError

DASK = "dask"
TRIES = 3
R = TypeVar("R")
Task = Callable[[], R]
Hire = Callable[[], AbstractContextManager[Executor]]
"""Opens an executor, such as the class `ProcessPoolExecutor`."""


@dataclass(frozen=True)
class _Outcome(Generic[R]):
    """What a task gave: its result, in a list, or its error. What a future raises beside is of its worker."""

    results: list[R]
    error: Exception | None = None


class Crew:
    """Workers that do tasks, hired when the first is to be done."""

    def __init__(self, hire: Hire) -> None:
        self.hire, self._open = hire, ExitStack()
        self._executor: Executor | None = None

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._dismiss()

    def perform(self, tasks: Sequence[Task[R]]) -> Generator[tuple[int, R | Exception]]:
        """Each task's number, and its result or error, as they come. `LostJobError`: its workers died.

        What is lost when an executor breaks may be no fault of its own: it is done again, in the end by itself.
        """
        left = list(range(len(tasks)))
        for _ in range(TRIES - 1):
            lost = list[int]()
            yield from self._round(tasks, left, lost)
            left = lost
        for number in left:
            lost = list[int]()
            yield from self._round(tasks, [number], lost)
            if lost:
                yield number, LostJobError("its worker died, each time that it was tried")

    def _round(
        self, tasks: Sequence[Task[R]], numbers: Sequence[int], lost: list[int]
    ) -> Iterator[tuple[int, R | Exception]]:
        """Do these tasks; those whose workers died are `lost`."""
        if not numbers:
            return
        executor = self._opened()
        futures = {executor.submit(_outcome, tasks[number]): number for number in numbers}
        try:
            for future in as_completed(futures):
                try:
                    outcome = future.result()
                except Exception as error:
                    lost.append(futures[future])
                    if isinstance(error, BrokenExecutor):
                        self._dismiss()
                    continue
                yield futures[future], outcome.error or outcome.results[0]
        finally:
            for future in futures:
                future.cancel()

    def _opened(self) -> Executor:
        if self._executor is None:
            self._executor = self._open.enter_context(self.hire())
        return self._executor

    def _dismiss(self) -> None:
        self._executor = None
        self._open.close()


def _outcome(task: Task[R]) -> _Outcome[R]:
    """Do a task, wherever this is."""
    try:
        return _Outcome([task()])
    except Exception as error:
        return _Outcome([], error)


def hired(name: str) -> Hire:
    """How the executor of this name is opened: `dask`, or `dask:` and a scheduler's address.

    UnavailableError: Dask distributed is not installed, or nobody answers at the address.
    """
    _, _, address = name.partition(":")
    if not find_spec("distributed"):
        raise UnavailableError("--executor dask needs a package: pip install distributed")
    return partial(_dask, address)


def is_executor(name: str) -> bool:
    """Whether there can be an executor of this name."""
    return name == DASK or (name.startswith(f"{DASK}:") and len(name) > len(DASK) + 1)


@contextmanager
def _dask(address: str) -> Generator[Executor]:
    from distributed import Client, LocalCluster  # here: it is optional, and slow to import

    cluster = nullcontext(address) if address else LocalCluster(
        n_workers=os.cpu_count() or 1, threads_per_worker=1, dashboard_address=None, silence_logs=50
    )  # fmt: skip
    try:
        with cluster as where, Client(where, timeout="10s") as client:
            yield client.get_executor(pure=False)
    except (OSError, ValueError) as error:
        raise UnavailableError(f"Dask at {address or 'this machine'}: {error}") from error
