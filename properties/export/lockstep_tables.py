"""The tables of `docs/lockstep.md` and `docs/conform.md`, made from the data that lockstep runs on."""

from __future__ import annotations

from collections.abc import Iterator

from properties.conform.cases import CASES
from properties.lockstep.events import NEVER, OTHERS, PACKETS, QUEUES, STUTTER, TOKENS
from properties.lockstep.faults import described, fault_names, found
from properties.lockstep.refinement import REFINEMENT


def map_rows() -> Iterator[str]:
    """The refinement map."""
    yield "| variable | from | is |"
    yield "| --- | --- | --- |"
    yield from (f"| `{row.variable}` | {row.source} | {row.says} |" for row in REFINEMENT)


def event_rows() -> Iterator[str]:
    """What each event is to the machine."""
    yield "| event | is |"
    yield "| --- | --- |"
    for kind, action in OTHERS.items():
        yield f"| {kind.value} | {_action(action)} |"
    for (recovery, installed), action in QUEUES.items():
        which = "a recovery message" if recovery else "a high, medium or low priority message"
        yield f"| {which} is queued, {'a' if installed else 'no'} ring installed | {_action(action)} |"
    yield "| a recovery message is queued, a ring installed, and two of that ring wait | *stutter* |"
    for case, actions in PACKETS.items():
        yield f"| a packet: {case.value} | {', then '.join(map(_action, actions or (STUTTER,)))} |"


def token_rows() -> Iterator[str]:
    """What the arrival of a token is to the machine."""
    yield "| token | its ring is | accepted | refused |"
    yield "| --- | --- | --- | --- |"
    for newest, at in dict.fromkeys((newest, at) for newest, at, _ in TOKENS):
        accepted, refused = (_action(TOKENS[newest, at, taken]) for taken in (True, False))
        yield f"| {'newest' if newest else 'late'} | {at.value} | {accepted} | {refused} |"


def fault_rows() -> Iterator[str]:
    """The named faults, and when lockstep finds them."""
    yield "| fault | says | members | seed | found at step |"
    yield "| --- | --- | --- | --- | --- |"
    for name in fault_names():
        members, seed, step = found(name)
        yield f"| `{name}` | {described(name)} | {members} | {seed} | {step} |"


def case_rows() -> Iterator[str]:
    """The directed cases of `conform`."""
    yield "| case | about | says |"
    yield "| --- | --- | --- |"
    yield from (f"| `{case.name}` | {case.about} | {case.says} |" for case in CASES)


def _action(action: str) -> str:
    return f"*{action}*" if action in (STUTTER, NEVER) else f"`{action}`"
