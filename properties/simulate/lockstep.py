"""The plug projection of a run: what its plug layers did is followed by the machine, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from properties.judge.judgement import OK, OPEN, VIOLATED, JudgedClaim
from properties.lockstep.divergence import Divergence
from properties.lockstep.recorded.calls import Life, RecordedStep
from properties.lockstep.recorded.follower import follow
from properties.simulate.historian import Seen

STEP = "PlugStep"
LIVES = {"Started": Life.STARTED, "Crashed": Life.CRASHED}
CLAIM = "LOCKSTEP"


def is_followed(kind: type[object]) -> bool:
    """Whether what is of this kind is a step of a plug layer, or of a life."""
    return kind.__name__ == STEP or kind.__name__ in LIVES


def steps_of(seen: Sequence[Seen]) -> Iterator[RecordedStep]:
    """The steps of the plug layers, and the lives of the processors."""
    for one in seen:
        kind = type(one.what).__name__
        if kind == STEP:
            yield RecordedStep(one.time_us, one.processor, one.what)
        elif kind in LIVES:
            yield RecordedStep(one.time_us, one.processor, LIVES[kind])


def lockstep_verdict(seen: Sequence[Seen]) -> tuple[JudgedClaim, Divergence | None]:
    """Whether the machine can follow."""
    steps = list(steps_of(seen))
    divergence = follow(steps)
    if divergence:
        reason = f"{divergence.event}: {divergence.reason}"
        return JudgedClaim(CLAIM, VIOLATED, divergence.step, reason=reason), divergence
    if not any(not isinstance(one.step, Life) for one in steps):
        return JudgedClaim(CLAIM, OPEN, reason="its premise does not occur"), None
    return JudgedClaim(CLAIM, OK, len(steps)), None
