"""The E prover, a program of the system. It shows that something follows; that something does not, seldom."""

from __future__ import annotations

import re
import subprocess

PROGRAM = "eprover"
OPTIONS = ("--auto", "--definitional-cnf=3", "--silent")
"""Names for subformulas from a few uses on: with E's own limit a proof of 0.05 s takes minutes."""
THEOREM = "Theorem"
SECONDS = 10


class ProverError(Exception):
    """It said nothing that can be read, such as of a text that is not TPTP."""


def ask(problem: str, seconds: int = SECONDS) -> str:
    """Its word for a problem by the SZS ontology, such as `Theorem`, `CounterSatisfiable`, `ResourceOut`.

    `seconds` are of its processor time. FileNotFoundError, if there is no such program; ProverError.
    """
    command = [PROGRAM, *OPTIONS, f"--cpu-limit={seconds}", "-"]
    done = subprocess.run(command, input=problem, capture_output=True, text=True, check=False)
    said = re.findall(r"SZS status (\w+)", done.stdout)
    if len(said) != 1:
        raise ProverError((done.stderr or done.stdout).strip()[:200] or f"{PROGRAM} said nothing")
    return said[0]
