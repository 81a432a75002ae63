"""Running jobs side by side in processes, with their progress."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing.queues import Queue
from typing import Protocol, TypeVar

from properties.limits import ScopeTooLargeError

TICK_SECONDS = 0.2
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Job(Protocol[R_co]):
    """Work that can be sent to another process."""

    @property
    def title(self) -> str:
        """What it does, in a few words."""
        ...

    def run(self, progress: Callable[[str], None] | None = None) -> R_co:
        """Do it."""
        ...


@dataclass(frozen=True)
class Tick:
    """How far a search has come."""

    job: int
    words: str


Reports = Callable[[Tick], None]
_ticks: Queue[Tick] | None = None


def run_jobs(jobs: Sequence[Job[R]], on_tick: Reports) -> Iterator[tuple[int, R | ScopeTooLargeError]]:
    """Each job's number and result as they come, or why it was refused; as many processes as there are cores."""
    context = multiprocessing.get_context("spawn")
    ticks: Queue[Tick] = context.Queue()
    workers = min(len(jobs), os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_listen, initargs=(ticks,)) as pool:
        futures = {pool.submit(_work, number, job): number for number, job in enumerate(jobs)}
        waiting: set[Future[R]] = set(futures)
        try:
            while waiting:
                done, waiting = wait(waiting, timeout=TICK_SECONDS, return_when=FIRST_COMPLETED)
                for tick in _drain(ticks):
                    on_tick(tick)
                for future in done:
                    yield futures[future], _result(future)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise


def _result(future: Future[R]) -> R | ScopeTooLargeError:
    try:
        return future.result()
    except ScopeTooLargeError as error:
        return error


def _drain(ticks: Queue[Tick]) -> Iterator[Tick]:
    while True:
        try:
            yield ticks.get_nowait()
        except queue.Empty:
            return


def _listen(ticks: Queue[Tick]) -> None:
    """In each process: where to send progress."""
    global _ticks
    _ticks = ticks
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _work(number: int, job: Job[R]) -> R:
    said = time.monotonic()

    def progress(words: str) -> None:
        nonlocal said
        if _ticks and time.monotonic() - said > TICK_SECONDS:
            said = time.monotonic()
            _ticks.put(Tick(number, words))

    return job.run(progress)
