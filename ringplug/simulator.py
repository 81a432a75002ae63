"""The simulator: rings of the reference in virtual time, under the faults of a script. More is in docs/simulator.md."""

from __future__ import annotations

from reference.simulator.applications import Application, SimulatedInterface
from reference.simulator.script import Script, parse
from reference.simulator.world import Outcome, World

__all__ = ["Application", "Outcome", "Script", "SimulatedInterface", "World", "parse"]
