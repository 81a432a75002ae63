"""A program under test as a process: one line in, one line out, within a time.

What the lines say is decided in `messages.py`. Each program leads a process group of its own, and the whole group is
killed when the program is closed, so that nothing it started is left. Left out on purpose: any limit on what the
program may do to the machine it runs on.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, cast

LONGEST_LINE_BYTES = 1 << 20
SHOWN_CHARACTERS = 120
STDERR_BYTES = 4096
STDERR_LINES = 5
ENDING_SECONDS = 1.0
"""How long a program that closed its output may take to end."""


class ProgramError(Exception):
    """A program that cannot be driven: what it did, and its last lines on standard error."""

    def __init__(self, what: str, said: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = printable(what)
        self.said = tuple(said)


def shown(line: bytes) -> str:
    """A line as a report shows it: shortened, and nothing in it that a terminal obeys."""
    text = line.decode(errors="replace")
    if len(text) <= SHOWN_CHARACTERS:
        return printable(text)
    return f"{printable(text[:SHOWN_CHARACTERS])}… ({len(text):,} characters)"


def printable(text: str) -> str:
    """The text with what cannot be printed as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text)


class Program:
    """A running program."""

    def __init__(self, command: Sequence[str], timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        try:
            self._process = subprocess.Popen(
                command, bufsize=0, process_group=0,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
        except OSError as error:
            raise ProgramError(f"cannot be started: {error.strerror}: {error.filename}") from error
        self._stdin, self._stdout, self._stderr = (
            cast("IO[bytes]", pipe) for pipe in (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        self._unsent, self._answered, self._said = b"", b"", b""
        os.set_blocking(self._stdin.fileno(), False)  # a program that stops reading must not stop us
        self._selector = selectors.DefaultSelector()
        for pipe in (self._stdout, self._stderr):
            self._selector.register(pipe, selectors.EVENT_READ)

    def ask(self, line: bytes) -> bytes:
        """The program's answer to a line; ProgramError if there is none in time, or more than one."""
        self._pass_on(0)
        self._refuse_more()
        self._unsent = line + b"\n"
        self._selector.register(self._stdin, selectors.EVENT_WRITE)
        deadline = time.monotonic() + self._timeout_seconds
        while self._unsent or b"\n" not in self._answered:
            if self._stdout not in self._open():
                raise self._ended()
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise self.error(self._silence(len(line) + 1))
            self._pass_on(remaining)
            if len(self._answered) > LONGEST_LINE_BYTES:
                raise self.error(f"answered with a line of more than {LONGEST_LINE_BYTES:,} bytes")
        answer, _, self._answered = self._answered.partition(b"\n")
        self._refuse_more()
        return answer

    def _silence(self, line_bytes: int) -> str:
        """What a program did not do in time."""
        within = f"within {self._timeout_seconds:g} s"
        if not self._unsent:
            return f"gave no answer {within}"
        taken = line_bytes - len(self._unsent)
        return f"did not read its request {within}: it took {taken:,} of {line_bytes:,} bytes"

    def error(self, what: str) -> ProgramError:
        """An error with what the program last said on standard error."""
        lines = self._said.decode(errors="replace").splitlines()[-STDERR_LINES:]
        return ProgramError(what, [shown(line.encode()) for line in lines])

    def close(self) -> None:
        """Kill the program and all that it started in its group. Before it is waited for: its id is still its own."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):  # it may have left its own group
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()
            self._process.wait()
        self._selector.close()
        for pipe in (self._stdin, self._stdout, self._stderr):
            pipe.close()

    def _refuse_more(self) -> None:
        if self._answered:
            raise self.error(f"said more than one line for a request: {shown(self._answered)}")

    def _pass_on(self, seconds: float) -> None:
        """Send and read what can be within this time."""
        for key, _ in self._selector.select(seconds):
            if key.fileobj is self._stdin:
                self._send()
                continue
            chunk = os.read(key.fd, 1 << 16)
            if not chunk:
                self._selector.unregister(key.fileobj)
            if key.fileobj is self._stderr:
                self._said = (self._said + chunk)[-STDERR_BYTES:]
            else:
                self._answered += chunk

    def _send(self) -> None:
        """Send as much of the request as the program takes now."""
        try:
            self._unsent = self._unsent[os.write(self._stdin.fileno(), self._unsent) :]
        except BlockingIOError:
            return
        except OSError:
            self._selector.unregister(self._stdin)
            raise self._ended("closed its standard input, and runs on") from None
        if not self._unsent:
            self._selector.unregister(self._stdin)

    def _open(self) -> list[object]:
        """Which of its outputs it has not closed."""
        return [key.fileobj for key in self._selector.get_map().values()]

    def _ended(self, otherwise: str = "closed its standard output, and runs on") -> ProgramError:
        """The error of a program that no longer speaks: how it ended, if it did."""
        deadline = time.monotonic() + ENDING_SECONDS
        while (ended := self._exit()) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        while self._stderr in self._open() and self._selector.select(0) and time.monotonic() < deadline:
            self._pass_on(0)
        return self.error(ended or otherwise)

    def _exit(self) -> str | None:
        """How the program ended, without releasing its id."""
        result = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if result is None:
            return None
        if result.si_code == os.CLD_EXITED:
            return f"ended with exit code {result.si_status}"
        return f"was ended by {signal.Signals(result.si_status).name}"
