"""Test vectors: directed cases, random episodes and walks, with what a layer must answer and what is to be seen then.

They are what the reference does, held to the machine at each step. What a program names itself, tokens, handles and
messages, has names of the vector's own in them, which a runner puts in place of the program's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from properties.conform.cases import CASES
from properties.conform.recorder import Recorder, Watched
from properties.conform.schema import FORMAT, VectorFile, schema
from properties.conform.script import Case, run_case
from properties.files import write_whole
from properties.lockstep.adapter import ReferenceLayer
from properties.lockstep.divergence import Divergence
from properties.lockstep.implementation import Starts
from properties.lockstep.run import Plan, Run, run

SCHEMA = "schema.json"


class Vector(msgspec.Struct, omit_defaults=True):
    """A case or an episode, as a runner takes it."""

    format: str
    name: str
    processors: int
    about: str = ""
    """The decisions and clauses, as sources are cited."""
    says: str = ""
    steps: list[dict[str, Any]] = []


class VectorError(Exception):
    """The reference does not do what the machine says, so there is nothing to write."""


@dataclass(frozen=True)
class Walk:
    """A walk of a tour: how many processors it has, and how it is taken; the divergence, if there is one."""

    says: str
    processors: int
    take: Callable[[Starts], Divergence | None]


def vectors(plan: Plan, cases: Sequence[Case] = CASES, walks: Iterable[Walk] = ()) -> Iterator[Vector]:
    """The cases, then the episodes of a random run, if it has steps, then the walks."""
    recorder = Recorder(ReferenceLayer)
    for case in cases:
        _held(run_case(case, recorder))
        yield Vector(FORMAT, case.name, case.members, case.about, case.says, steps_of(recorder.taken()))
    if plan.steps:
        yield from _episodes(plan, recorder)
    for number, walk in enumerate(walks, 1):
        _held(walk.take(recorder))
        yield Vector(FORMAT, f"walk-{number}", walk.processors, "", walk.says, steps_of(recorder.taken()))


def _episodes(plan: Plan, recorder: Recorder) -> Iterator[Vector]:
    taken: list[list[Watched]] = []

    def ended(ran: Run) -> None:
        taken.append(recorder.taken())

    _held(run(plan, recorder, ended).divergence)
    says = f"Random events: members {plan.members}, seed {plan.seed}."
    for number, calls in enumerate(taken, 1):
        yield Vector(FORMAT, f"episode-{number}", plan.members, "", says, steps_of(calls))


def _held(divergence: Divergence | None) -> None:
    if divergence:
        raise VectorError("\n".join(divergence.lines()))


def steps_of(calls: Sequence[Watched]) -> list[dict[str, Any]]:
    """The calls with names of the vector's own."""
    names = _Names()
    return [names.step(call) for call in calls]


class _Names:
    """What tokens, handles and messages are called: tokens `t0`, `t1`…, the others by numbers of their processor."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}
        self.handles: dict[int, dict[int, int]] = {}
        self.messages: dict[int, dict[int, int]] = {}
        """Of the present life of each processor."""
        self.message_counts: Counter[int] = Counter()
        """Over all lives of each."""
        self.packets: dict[tuple[tuple[int, ...], int], int] = {}
        """The message of each packet that was received, by ring and number: it may arrive again in another life."""

    def step(self, call: Watched) -> dict[str, Any]:
        """A call as a step of a vector."""
        p = call.processor
        if call.call == "start":
            self.handles[p], self.messages[p] = {}, {}
            return {"processor": p, "call": "start"}
        if call.call == "packet_received":
            return self._received(p, call)
        answer = self._answer(p, call)
        asked = dict(call.asked)
        if "token" in asked:
            asked["token"] = self.tokens[asked["token"]]
        if "handle" in asked:
            asked["handle"] = self.handles[p][asked["handle"]]
        return {"processor": p, "call": call.call, **asked, "answer": answer, "after": self._after(p, call.after)}

    def _received(self, p: int, call: Watched) -> dict[str, Any]:
        """A packet; what is delivered is the message of which it is a part."""
        asked, delivered = call.asked, call.answer["delivered"]
        place = tuple(asked["ring"]), asked["seq"]
        if place not in self.packets:
            self.packets[place] = self._message(asked["sender"], asked["message"])
        message = self.packets[place]
        answer = {"delivered": delivered and {**delivered, "message": message}}
        asked = {**asked, "message": message}
        return {"processor": p, "call": call.call, **asked, "answer": answer, "after": self._after(p, call.after)}

    def _answer(self, p: int, call: Watched) -> dict[str, Any]:
        answer = dict(call.answer)
        if "handle" in answer:
            answer["handle"] = self.handles[p].setdefault(answer["handle"], len(self.handles[p]))
        for refusal in ("refused", "call_refused"):
            if refusal in answer:
                answer[refusal] = True
        if answer.get("token") is not None:
            name = self.tokens.setdefault(answer["token"], f"t{len(self.tokens)}")
            answer["token"] = {"name": name, **(call.sent or {})}
        if "packets" in answer:
            answer["packets"] = [self._packet(p, packet) for packet in answer["packets"]]
        return answer

    def _packet(self, p: int, packet: dict[str, Any]) -> dict[str, Any]:
        return {**packet, "message": self._message(p, packet["message"])}

    def _message(self, p: int, own: int) -> int:
        """What a message goes by: the next number of its sender, if it has none."""
        known = self.messages[p]
        if own not in known:
            known[own] = self.message_counts[p]
            self.message_counts[p] += 1
        return known[own]

    def _after(self, p: int, after: dict[str, Any] | None) -> dict[str, Any]:
        seen = dict(after or {})
        for key in ("registered", "plugged"):
            seen[key] = sorted(self.handles[p][handle] for handle in seen[key])
        return seen


def write_vectors(
    folder: Path, plan: Plan, cases: Sequence[Case], walks: Iterable[Walk], say: Callable[[str], None]
) -> tuple[int, int]:
    """Write a file for each, a step a line, and the schema; how many vectors and steps there are."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / SCHEMA, schema())
    files = steps = 0
    for vector in vectors(plan, cases, walks):
        say(vector.name)
        files, steps = files + 1, steps + len(vector.steps)
        write_whole(folder / f"{files:03}-{vector.name}.json", _written(vector))
    return files, steps


def _written(vector: Vector) -> bytes:
    head = msgspec.json.encode(msgspec.structs.replace(vector, steps=[]))[:-1]
    lines = b",\n".join(msgspec.json.encode(step) for step in vector.steps)
    written = head + b',"steps":[\n' + lines + b"\n]}\n"
    msgspec.json.decode(written, type=VectorFile)
    return written
