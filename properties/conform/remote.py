"""A program in any language as an implementation under test: one process a processor.

A processor that restarts is a new process: what the old one had in memory is gone, as in a crash. So a plug layer with
global variables can be driven as it is, and no processor can look into another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, TypeVar

from properties.conform.messages import (
    FORMAT,
    FORMER,
    Answer,
    AnswerError,
    DeliveredAnswer,
    HandleAnswer,
    HelloAnswer,
    ObserveAnswer,
    ReadTokenAnswer,
    TokenAnswer,
    hello,
    read_answer,
    read_visit,
    request,
)
from properties.conform.program import Program, ProgramError, shown
from properties.conform.recorder import packet_said
from properties.lockstep.implementation import (
    CallRefusedError,
    Delivered,
    Observation,
    Packet,
    RingName,
    TokenReading,
    Visit,
)

LAST_LINES = 8
"""How many lines of the conversation a divergence shows: a call, its answer, and what was observed, for two calls."""
R = TypeVar("R")
A = TypeVar("A", bound=Answer)


class DriveError(Exception):
    """A program could not be driven further: at which processor and request, what it did, and what it said last."""

    def __init__(self, processor: int, line: bytes, error: ProgramError) -> None:
        super().__init__(f"the program of processor {processor} {error.what}")
        self.request = shown(line)
        self.said = error.said


class RemoteLayer:
    """One processor, whose plug layer is a program."""

    def __init__(self, processor: int, program: Program, programs: Programs) -> None:
        self._processor = processor
        self._program = program
        self._programs = programs

    def start(self) -> bool:
        """Greet the program; it must speak this format, or the former one. Whether its receiving can be driven."""
        line = hello(self._processor)
        spoken = self._unrefused(line, HelloAnswer).format
        if spoken not in (FORMAT, FORMER):
            raise self._failure(line, f"speaks {spoken[:40]!r}, not {FORMAT!r}")
        return spoken == FORMAT

    def ring_pending(self, ring: RingName, members: Sequence[int]) -> bytes | None:
        token = self._call(TokenAnswer, "ring_pending", ring=ring, members=list(members)).token
        return None if token is None else token.encode()

    def transitional(self, ring: RingName, members: Sequence[int]) -> None:
        self._call(Answer, "transitional", ring=ring, members=list(members))

    def regular(self, ring: RingName, members: Sequence[int]) -> None:
        self._call(Answer, "regular", ring=ring, members=list(members))

    def token_received(self, token: bytes, packet_count: int) -> Visit:
        line = request("token_received", token=token.decode(), packet_count=packet_count)
        return self._ask(line, read_visit)

    def visit_alone(self, packet_count: int) -> Visit:
        return self._ask(request("visit_alone", packet_count=packet_count), read_visit)

    def queue(self, priority: int, packet_count: int) -> None:
        self._call(Answer, "queue", priority=priority, packet_count=packet_count)

    def create(self) -> int:
        return self._unrefused(request("create"), HandleAnswer).handle

    def unplug(self, handle: int) -> None:
        self._call(Answer, "unplug", handle=handle)

    def destroy(self, handle: int) -> None:
        self._call(Answer, "destroy", handle=handle)

    def observe(self) -> Observation:
        return self._call(ObserveAnswer, "observe").plain

    def read_token(self, token: bytes) -> TokenReading:
        return self._call(ReadTokenAnswer, "read_token", token=token.decode()).plain

    def _call(self, wanted: type[A], call: str, **arguments: Any) -> A:
        return self._ask(request(call, **arguments), lambda answer: read_answer(answer, wanted))

    def _unrefused(self, line: bytes, wanted: type[A]) -> A:
        """The answer to a request that is never wrong, so that a program without it cannot be driven."""
        try:
            return self._ask(line, lambda answer: read_answer(answer, wanted))
        except CallRefusedError as error:
            raise self._failure(line, f"refused what it may not refuse: {error}") from error

    def _ask(self, line: bytes, read: Callable[[bytes], R]) -> R:
        self._programs.say(self._processor, ">", line)
        try:
            answer = self._program.ask(line)
        except ProgramError as error:
            raise self._programs.failure(self._processor, line, error) from error
        self._programs.say(self._processor, "<", answer)
        try:
            return read(answer)
        except AnswerError as error:
            raise self._failure(line, f"answered with {error}: {shown(answer)}") from error

    def _failure(self, line: bytes, what: str) -> DriveError:
        return self._programs.failure(self._processor, line, self._program.error(what))


class ReceivingLayer(RemoteLayer):
    """One that is told of packets, too."""

    def packet_received(self, ring: RingName, seq: int, sender: int, packet: Packet) -> Delivered | None:
        asked = {"ring": ring, "seq": seq, "sender": sender, **packet_said(packet)}
        return self._call(DeliveredAnswer, "packet_received", **asked).plain


class Programs:
    """Starts the program for each processor, and ends them all."""

    def __init__(
        self, command: Sequence[str], timeout_seconds: float, log: Callable[[str], object] | None = None
    ) -> None:
        self._command = list(command)
        self._timeout_seconds = timeout_seconds
        self._log = log
        self._running = dict[int, Program]()
        self.said: deque[str] = deque(maxlen=LAST_LINES)
        """The last requests and answers, as a report shows them."""
        self.receives = True
        """Every program that was started has its receiving driven."""
        self.failed: DriveError | None = None
        """Why a program could not be driven further."""

    def __call__(self, processor: int) -> RemoteLayer:
        """The program of a processor; one that ran for it is ended."""
        if processor in self._running:
            self._running.pop(processor).close()
        line = hello(processor)
        try:
            program = self._running[processor] = Program(self._command, self._timeout_seconds)
        except ProgramError as error:
            raise self.failure(processor, line, error) from error
        layer = ReceivingLayer(processor, program, self)
        if layer.start():
            return layer
        self.receives = False
        return RemoteLayer(processor, program, self)

    def heading(self, name: str) -> None:
        """Write to the log, if there is one, what begins: all processors start anew."""
        if self._log:
            self._log(f"# {name}\n")

    def say(self, processor: int, sign: str, line: bytes) -> None:
        """Remember a line of the conversation, and write it to the log, if there is one."""
        self.said.append(f"p{processor} {sign} {shown(line)}")
        if self._log:
            self._log(f"p{processor} {sign} {line.decode(errors='replace')}\n")

    def failure(self, processor: int, line: bytes, error: ProgramError) -> DriveError:
        """Remember that a program could not be driven further."""
        self.failed = DriveError(processor, line, error)
        return self.failed

    def __enter__(self) -> Programs:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for program in self._running.values():
            program.close()
