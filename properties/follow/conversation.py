"""The conversation that `ringplug conform --log` wrote, as runs in the format of logged calls.

Each case and each episode begins all processors anew, so each is a run. What is observed after a call is the next
answer of that processor to `observe`; of handles that are created one after the other, which are observed once, the
later ones are left out of what is taken to be seen between.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from properties.conform.messages import ObserveAnswer, ReadTokenAnswer
from properties.follow.messages import FORMAT, NEEDS, PACKET, START, CallLine, Head, LogError, Logged

HEADING = "# "
SAID = re.compile(r"p(\d+) ([<>]) (.*)")


@dataclass
class Run:
    """A case or an episode."""

    name: str
    calls: list[Logged] = field(default_factory=list[Logged])


def is_conversation(path: Path) -> bool:
    """Whether a file begins as the log of a conversation does."""
    try:
        with path.open("rb") as lines:
            head = lines.readline(200).decode(errors="replace")
    except OSError:
        return False
    return head.startswith(HEADING) or SAID.match(head) is not None


def read_conversation(path: Path) -> list[Run]:
    """The runs in a log; LogError says in which line it is none."""
    return _Reader(str(path)).read(path.read_text(errors="replace").split("\n"))


class _Reader:
    def __init__(self, file: str) -> None:
        self.file, self.line = file, 0
        self.runs: list[Run] = []
        self.asked: dict[int, dict[str, Any]] = {}
        self.open: dict[int, list[CallLine]] = {}
        """Calls that were answered, and after which the processor was not observed yet."""
        self.readings: dict[str, ReadTokenAnswer] = {}

    def read(self, lines: Iterable[str]) -> list[Run]:
        for self.line, text in enumerate(lines, 1):
            if not text:
                continue
            if text.startswith(HEADING):
                self._next(text.removeprefix(HEADING))
                continue
            found = SAID.match(text)
            if found is None:
                raise self._error("neither a request, an answer nor a heading")
            processor, said = int(found[1]), self._json(found[3])
            if found[2] == ">":
                self.asked[processor] = said
            else:
                self._answered(processor, said)
        self._close()
        return [run for run in self.runs if run.calls]

    def _error(self, reason: str) -> LogError:
        return LogError(self.file, self.line, reason)

    def _json(self, text: str) -> dict[str, Any]:
        try:
            return msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError) as error:
            raise self._error(f"not JSON: {error}") from error

    def _next(self, name: str) -> None:
        self._close()
        self.runs.append(Run(name))

    def _answered(self, processor: int, answer: dict[str, Any]) -> None:
        request = self.asked.pop(processor, None)
        if request is None:
            raise self._error("an answer to no request")
        call = str(request.get("call"))
        if call == "observe":
            self._observed(processor, answer)
        elif call == "read_token":
            self.readings[str(request.get("token"))] = self._reading(answer)
        elif call == START:
            self._put(self.line, CallLine(processor, START))
        elif call in NEEDS:
            self._put(self.line, self._call(processor, request, answer))
            self.open.setdefault(processor, []).append(self.runs[-1].calls[-1].call)
        else:
            raise self._error(f"an unknown call {call!r}")

    def _put(self, line: int, call: CallLine) -> None:
        if not self.runs:
            self.runs.append(Run("run"))
        self.runs[-1].calls.append(Logged(self.file, line, call))

    def _call(self, processor: int, request: dict[str, Any], answer: dict[str, Any]) -> CallLine:
        names = (*NEEDS[str(request["call"])], *(("queued_in",) if request["call"] == PACKET else ()))
        fields = {name: request[name] for name in names if name in request}
        raw = msgspec.Raw(msgspec.json.encode(answer))
        try:
            call = msgspec.convert({"processor": processor, "call": request["call"], **fields}, CallLine)
        except msgspec.ValidationError as error:
            raise self._error(f"not a call: {error}") from error
        call.answer = raw
        return call

    def _reading(self, answer: dict[str, Any]) -> ReadTokenAnswer:
        try:
            return msgspec.convert(answer, ReadTokenAnswer)
        except msgspec.ValidationError as error:
            raise self._error(f"not a reading of a token: {error}") from error

    def _observed(self, processor: int, answer: dict[str, Any]) -> None:
        """What was seen after the calls that this one ends."""
        later: list[Any] = []
        for call in reversed(self.open.pop(processor, [])):
            try:
                kept = {key: [h for h in answer[key] if h not in later] for key in ("registered", "plugged")}
                call.after = msgspec.convert({**answer, **kept}, ObserveAnswer)
            except (msgspec.ValidationError, KeyError, TypeError) as error:
                raise self._error(f"not an observation: {error}") from error
            if call.call == "create":
                later.append(msgspec.json.decode(call.answer).get("handle"))

    def _close(self) -> None:
        """Calls after which nothing was observed are the end of a run that was cut; what is sent is read."""
        if not self.runs:
            return
        run = self.runs[-1]
        run.calls = list(self._whole(run.calls))
        self.open, self.asked, self.readings = {}, {}, {}

    def _whole(self, calls: Iterable[Logged]) -> Iterator[Logged]:
        for one in calls:
            if one.call.call != START and one.call.after is None:
                return
            token = self._token(one.call)
            if token is not None:
                if token not in self.readings:
                    return
                one.call.sent = self.readings[token]
            yield one

    def _token(self, call: CallLine) -> str | None:
        token = msgspec.json.decode(call.answer).get("token") if call.call != START else None
        return token if isinstance(token, str) else None


def written(run: Run) -> bytes:
    """A run as a file of logged calls."""
    head = Head(FORMAT, f"conform: {run.name}")
    return b"".join(msgspec.json.encode(one) + b"\n" for one in (head, *(logged.call for logged in run.calls)))
