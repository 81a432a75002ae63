"""Jobs for `test_pool.py`, apart from it: a process that does one of them imports little else."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass


class RefusedError(Exception):
    """What a job may say that cannot be done."""


@dataclass(frozen=True)
class Deed:
    """A job that does one thing, and has its process as its result."""

    does: str = "nothing"

    @property
    def title(self) -> str:
        return f"the job that does {self.does}"

    def run(self, progress: Callable[[str], None] | None = None) -> int:
        match self.does:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "exit":
                os._exit(7)
            case "memory":
                raise MemoryError
            case "refuse":
                raise RefusedError("too large")
            case "fail":
                raise ZeroDivisionError("by mistake")
            case "report":
                time.sleep(0.3)
                assert progress
                progress("half done")
            case _:
                pass
        return os.getpid()
