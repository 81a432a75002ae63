"""Running jobs side by side in processes, with their progress; a job that is alone runs in this process.

A process that dies (killed, or out of memory) loses the job that it was at, and no other: another process takes its
place.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import queue
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, Protocol, TypeVar, cast, runtime_checkable

from properties.collecting import collect_seldom
from properties.executors import Crew, hired
from properties.limits import LostJobError

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


@runtime_checkable
class Divisible(Protocol):
    """A job that may have parts, which are done apart."""

    def parts(self) -> Sequence[Callable[[], Any]]:
        """The parts; none if it is not divided."""
        ...

    def joined(self, parts: Sequence[Any]) -> Any:
        """The job's result, of those of all its parts; None if it has to be done undivided."""
        ...


@dataclass(frozen=True)
class Tick:
    """How far a job has come."""

    job: int
    words: str


@dataclass(frozen=True)
class Done(Generic[R]):
    """What became of a job: its result, or the error that ended it."""

    job: int
    result: R | Exception


Reports = Callable[[Tick], None]
Refusals = tuple[type[Exception], ...]


def run_jobs(
    jobs: Sequence[Job[R]], on_tick: Reports, *, refusals: Refusals = (), workers: int | None = None,
    executor: str = "",
) -> Generator[tuple[int, R | Exception]]:  # fmt: skip
    """Each job's number and result as they come. To close it ends the jobs left.

    There are as many processes as cores, unless another number of workers is asked for.
    They are done by the workers of an executor, if one is named (`properties.executors`); these say nothing on the way.

    Instead of its result, a job may have `LostJobError`, or an error of one of the types that are named as refusals.
    Any other error that a job raises is raised here, and ends the jobs that are left.
    """
    if executor:
        done = _elsewhere(jobs, executor)
    elif len(jobs) == 1:
        done = _alone(jobs[0], on_tick)
    else:
        done = _side_by_side(jobs, on_tick, workers or os.cpu_count() or 1)
    for one in done:
        if isinstance(one.result, Exception) and not isinstance(one.result, (LostJobError, *refusals)):
            raise one.result
        yield one.job, one.result


def _alone(job: Job[R], on_tick: Reports) -> Iterator[Done[R]]:
    """One job, in a thread: so an interrupt is noticed at once, whatever library is at work."""
    said: queue.SimpleQueue[Tick | Done[R]] = queue.SimpleQueue()
    threading.Thread(target=_work, args=(0, job, said.put), daemon=True).start()
    while isinstance(message := said.get(), Tick):
        on_tick(message)
    yield message


def _elsewhere(jobs: Sequence[Job[R]], executor: str) -> Iterator[Done[R]]:
    with Crew(hired(executor)) as crew:
        yield from by_crew(jobs, crew)


def by_crew(jobs: Sequence[Job[R]], crew: Crew) -> Iterator[Done[R]]:
    """Have jobs done, those that are divisible in parts, and then those undivided of which the parts do not tell."""
    divided = {
        number: parts for number, job in enumerate(jobs) if isinstance(job, Divisible) and (parts := job.parts())
    }
    tasks = [(number, at, part) for number, parts in divided.items() for at, part in enumerate(parts)]
    tasks += [(number, 0, job.run) for number, job in enumerate(jobs) if number not in divided]
    undivided, found = list[int](), {number: dict[int, Any]() for number in divided}
    for i, result in crew.perform([task for _, _, task in tasks]):
        number, at, _ = tasks[i]
        if number not in divided:
            yield _done(jobs, number, result)
            continue
        found[number][at] = result
        if len(found[number]) == len(divided[number]):
            whole = _joined(jobs[number], found[number])
            if whole is None:
                undivided.append(number)
            else:
                yield _done(jobs, number, whole)
    for i, result in crew.perform([jobs[number].run for number in undivided]):
        yield _done(jobs, undivided[i], result)


def _joined(job: Job[R], found: dict[int, Any]) -> R | Exception | None:
    """The result of a job of which all parts are done: the first error, or what they are together."""
    parts = [found[at] for at in sorted(found)]
    error = next((one for one in parts if isinstance(one, Exception)), None)
    return error or cast("Divisible", job).joined(parts)


def _done(jobs: Sequence[Job[R]], number: int, result: R | Exception) -> Done[R]:
    lost = isinstance(result, LostJobError)
    return Done(number, LostJobError(f"{jobs[number].title}: {result}") if lost else result)


def _side_by_side(jobs: Sequence[Job[R]], on_tick: Reports, most: int) -> Iterator[Done[R]]:
    waiting = deque(enumerate(jobs))
    workers = [_Worker[R]() for _ in range(min(len(jobs), most))]
    try:
        for worker in workers:
            worker.take(waiting)
        while busy := {worker.connection: worker for worker in workers if worker.job}:
            for connection in wait(list(busy)):
                worker = busy[connection]  # pyright: ignore[reportArgumentType]
                message = worker.message()
                if isinstance(message, Tick):
                    on_tick(message)
                    continue
                worker.take(waiting)
                yield message
    finally:
        for worker in workers:
            worker.end()


class _Worker(Generic[R]):
    """A process, which is begun again if it dies, and the job that it is at."""

    def __init__(self) -> None:
        self.job: tuple[int, Job[R]] | None = None
        self._begin()

    def _begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def take(self, waiting: deque[tuple[int, Job[R]]]) -> None:
        """Begin the next job, if there is one."""
        self.job = waiting.popleft() if waiting else None
        if self.job:
            if not self.process.is_alive():
                self._begin()
            with contextlib.suppress(OSError):  # A process that is dead by now has nothing to say, either.
                self.connection.send(self.job)

    def message(self) -> Tick | Done[R]:
        """What the process says next: that the job is lost, if it says nothing more."""
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            self.process.join()
            self.connection.close()
            number, job = self.job or (-1, None)
            return Done(number, LostJobError(f"{job.title if job else ''}: {_ended_by(self.process.exitcode)}"))

    def end(self) -> None:
        """End the process, whatever it is at."""
        self.process.terminate()
        self.process.join()
        self.connection.close()


def _ended_by(code: int | None) -> str:
    if code is None or code >= 0:
        return f"its process ended with exit code {code}"
    name = signal.Signals(-code).name
    memory = ", as happens when memory runs out" if name == "SIGKILL" else ""
    return f"its process was ended by {name}{memory}"


def _serve(connection: Connection) -> None:
    """In each process: do one job after the other."""
    collect_seldom()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        number, job = connection.recv()
        _work(number, job, lambda message: connection.send_bytes(_pickled(message)))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _pickled(message: Tick | Done[R]) -> bytes:
    """The message; one that cannot be sent is an error that says so."""
    try:
        return pickle.dumps(message)
    except Exception as error:
        result = message.result if isinstance(message, Done) else message
        return pickle.dumps(Done(message.job, RuntimeError(f"{result!r} cannot be sent: {error}")))


def _work(number: int, job: Job[R], say: Callable[[Tick | Done[R]], None]) -> None:
    """Do a job; say now and then how far it is, and last of all what became of it."""
    said = time.monotonic()

    def progress(words: str) -> None:
        nonlocal said
        if time.monotonic() - said > TICK_SECONDS:
            said = time.monotonic()
            say(Tick(number, words))

    try:
        result = job.run(progress)
    except MemoryError:
        result = LostJobError(f"{job.title}: memory ran out")
    except Exception as error:
        error.add_note(traceback.format_exc())
        result = error
    except BaseException as error:
        result = LostJobError(f"{job.title}: {error!r}")
    say(Done(number, result))
