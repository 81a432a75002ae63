"""What came of driving a program: it conforms as far as it was driven, it diverged, or it cannot be driven."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence

import msgspec

from properties.conform.remote import DriveError, Programs
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


class Conformance(msgspec.Struct):
    """The outcome of a run of a program."""

    verdict: str
    command: list[str]
    members: int
    seed: int
    steps: int
    episodes: int
    seconds: float
    again: str
    """The command that repeats the run up to here."""
    events: dict[str, int] = {}
    divergence: Divergence | None = None
    failure: Failure | None = None

    def lines(self) -> Iterator[str]:
        """For a reader; how it came to a divergence, the divergence itself says."""
        counts = ((self.steps, "step"), (self.episodes, "episode"), (self.members, "member"))
        ran = f"{', '.join(counted(count, what) for count, what in counts)}, seed {self.seed}"
        if self.failure:
            yield f"cannot be driven: {self.failure.what}"
            yield f"  event    {self.failure.event}; {ran}"
            yield f"  request  {self.failure.request}"
            for line in self.failure.stderr:
                yield f"  stderr   {line}"
            yield f"  again    {self.again}"
        else:
            yield f"{self.verdict}: {ran}, {self.seconds:.1f} s"
            yield "  events   " + ", ".join(f"{count:,} {kind}" for kind, count in self.events.items())


def conform(
    command: Sequence[str],
    plan: Plan,
    timeout_seconds: float,
    *,
    log: Callable[[str], object] | None = None,
    progress: Callable[[Run], None] | None = None,
) -> Conformance:
    """Drive a program in lockstep with the machine; however it ends, no process of it is left."""
    with Programs(command, timeout_seconds, log) as programs:
        ran = run(plan, programs, progress)
    return _outcome(command, timeout_seconds, ran, programs.failed)


def _outcome(command: Sequence[str], timeout_seconds: float, ran: Run, failed: DriveError | None) -> Conformance:
    plan, divergence = ran.plan, ran.divergence
    steps = ran.steps + 1 if failed else max(1, ran.steps)  # one more, since it may have failed before the next event
    again = (
        f"ringplug conform --members {plan.members} --seed {plan.seed} --steps {steps}"
        f" --timeout {timeout_seconds:g} -- {shlex.join(command)}"
    )
    verdict = NOT_DRIVEN if failed else DIVERGED if divergence else CONFORMS
    failure = None
    if failed:
        event = divergence.event if divergence and ran.steps else "the start"
        failure = Failure(str(failed), failed.request, list(failed.said), event)
    if divergence:
        divergence.command = again
    return Conformance(
        verdict, list(command), plan.members, plan.seed, ran.steps, ran.episodes, ran.seconds, again, ran.events,
        None if failed else divergence, failure,
    )  # fmt: skip
