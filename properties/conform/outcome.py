"""What came of driving a program: it conforms as far as it was driven, it diverged, or it cannot be driven."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from properties.conform.cases import CASES
from properties.conform.messages import FORMAT
from properties.conform.remote import DriveError, Programs
from properties.conform.script import Case, run_case
from properties.lockstep.divergence import Divergence
from properties.lockstep.run import Plan, Run, run
from properties.words import counted

CONFORMS, DIVERGED, NOT_DRIVEN = "conforms", "diverged", "not driven"


class Failure(msgspec.Struct):
    """Why a program could not be driven further."""

    what: str
    request: str
    """The line that it was sent last."""
    stderr: list[str]
    """What it said last on standard error."""
    event: str
    """During which event."""


class CaseTaken(msgspec.Struct):
    """A directed case that was run: to its end, but for the last of a run that diverged or failed."""

    name: str
    about: str
    says: str
    events: int


class Conformance(msgspec.Struct):
    """The outcome of a run of a program: the directed cases, then random steps."""

    verdict: str
    command: list[str]
    members: int
    seed: int
    steps: int
    """Random ones."""
    episodes: int
    seconds: float
    again: str
    """The command that repeats the run up to here."""
    cases: list[CaseTaken] = []
    events: dict[str, int] = {}
    """The random steps, by their kinds."""
    divergence: Divergence | None = None
    said: list[str] = []
    """Of a divergence: the last requests and answers."""
    failure: Failure | None = None
    receiving: bool = True
    """Whether packets were sent to it, too."""

    def lines(self) -> Iterator[str]:
        """For a reader; how it came to a divergence, the divergence itself says."""
        for case in self.cases:
            yield f"case {case.name} ({case.about}): {counted(case.events, 'event')}"
        counts = ((self.steps, "step"), (self.episodes, "episode"), (self.members, "member"))
        ran = f"{counted(len(self.cases), 'case')}; {', '.join(counted(count, what) for count, what in counts)}"
        ran += f", seed {self.seed}"
        if self.failure:
            yield f"cannot be driven: {self.failure.what}"
            yield f"  event    {self.failure.event}; {ran}"
            yield f"  request  {self.failure.request}"
            for line in self.failure.stderr:
                yield f"  stderr   {line}"
            yield f"  again    {self.again}"
            return
        yield f"{self.verdict}: {ran}, {self.seconds:.1f} s"
        if not self.receiving:
            yield f"  not driven: receiving, for which a program has to speak {FORMAT}"
        if self.events:
            yield "  events   " + ", ".join(f"{count:,} {kind}" for kind, count in self.events.items())
        for line in self.said:
            yield f"  said     {line}"


def conform(
    command: Sequence[str],
    plan: Plan,
    timeout_seconds: float,
    *,
    cases: Sequence[Case] = CASES,
    log: Callable[[str], object] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Conformance:
    """Drive a program in lockstep with the machine, first through the cases; however it ends, no process is left."""
    say, began = progress or _say_nothing, time.perf_counter()
    with Programs(command, timeout_seconds, log) as programs:
        taken, divergence = _tour(cases, programs, say)
        ran = Run(plan, divergence=divergence) if divergence else _random(plan, programs, say)
    ran.seconds = time.perf_counter() - began
    return _outcome(command, timeout_seconds, ran, programs, taken)


def _say_nothing(words: str) -> None:
    """Where nobody listens."""


def _random(plan: Plan, programs: Programs, say: Callable[[str], None]) -> Run:
    def ended(ran: Run) -> None:
        say(f"{ran.steps:,} of {plan.steps:,} steps, {ran.episodes} episodes")
        if ran.steps < plan.steps:
            programs.heading(f"episode {ran.episodes + 1}")

    if plan.steps:
        programs.heading("episode 1")
    return run(plan, programs, ended)


def _tour(
    cases: Sequence[Case], programs: Programs, say: Callable[[str], None]
) -> tuple[list[CaseTaken], Divergence | None]:
    """The cases that were taken, up to the first that diverges, if one does."""
    taken = list[CaseTaken]()
    for number, case in enumerate(cases, 1):
        say(f"case {number} of {len(cases)}: {case.name}")
        programs.heading(f"case {case.name}")
        divergence = run_case(case, programs)
        events = divergence.step if divergence else len(case.steps)
        taken.append(CaseTaken(case.name, case.about, case.says, events))
        if divergence:
            return taken, divergence
    return taken, None


def _outcome(
    command: Sequence[str], timeout_seconds: float, ran: Run, programs: Programs, taken: list[CaseTaken]
) -> Conformance:
    plan, divergence, failed = ran.plan, ran.divergence, programs.failed
    again = _again(command, timeout_seconds, ran, failed)
    if divergence:
        divergence.command = again
    verdict = NOT_DRIVEN if failed else DIVERGED if divergence else CONFORMS
    return Conformance(
        verdict, list(command), plan.members, plan.seed, ran.steps, ran.episodes, ran.seconds, again, taken, ran.events,
        None if failed else divergence, list(programs.said) if verdict == DIVERGED else [],
        _failure(failed, ran) if failed else None, programs.receives,
    )  # fmt: skip


def _again(command: Sequence[str], timeout_seconds: float, ran: Run, failed: DriveError | None) -> str:
    """A case repeats itself; a random run repeats up to its last step, or one more, in which it may have failed."""
    plan, case = ran.plan, ran.divergence.case if ran.divergence else ""
    steps = ran.steps + 1 if failed else max(1, ran.steps)
    which = f"--case {case}" if case else f"--members {plan.members} --seed {plan.seed} --steps {steps}"
    return f"ringplug conform {which} --timeout {timeout_seconds:g} -- {shlex.join(command)}"


def _failure(failed: DriveError, ran: Run) -> Failure:
    divergence = ran.divergence
    began = divergence and (ran.steps or divergence.step)
    event = divergence.event if divergence and began else "the start"
    if divergence and divergence.case:
        event += f", in the case {divergence.case}"
    return Failure(str(failed), failed.request, list(failed.said), event)
