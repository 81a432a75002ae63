"""Variants of delivery's machine beside the faults of the ring that are the same, and the script that shows each.

The scripts are in `runs/`. What runs on a processor there sends what the script says and nothing else, so
that little happens beside the steps that count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from model.machines import DELIVERY
from properties.catalogue.scopes import NamedScope
from properties.claims import CLAIMS
from properties.explicit.exhaustive import explore, found_trace
from properties.simulate.faults import copy_of
from properties.simulate.run import Run, run
from properties.traces.trace import Trace, machine_text
from reference.ring.effects import Guarantee
from reference.simulator.applications import SimulatedInterface
from reference.simulator.script import Script, parse

RUNS = Path(__file__).parent / "runs"


class Scripted:
    """An application that sends what the script says."""

    deadline_us: int | None = None
    interface: SimulatedInterface

    def started(self, interface: SimulatedInterface, now_us: int) -> None:
        self.interface = interface

    def time_passed(self, now_us: int) -> None:
        """Nothing is ever due."""

    def told_to_send(self, priority: int, size_bytes: int, guarantee: Guarantee) -> None:
        self.interface.gmi_mcast(priority, bytes(size_bytes), guarantee)

    def rest(self) -> None:
        """It rests all the time."""


@dataclass(frozen=True)
class DeliveryVariant:
    """A variant of the model, and the fault of the ring that repeats its shortest run."""

    name: str
    claim: str
    """Which the model's run violates."""
    sizes: tuple[int, int, int]
    """Processors, messages and rings of the scope in which the run is shortest."""
    fault: str
    violates: str
    """The claim that says the same of a simulated run."""
    remark: str = ""
    features: frozenset[str] = field(default_factory=frozenset[str])

    @property
    def script(self) -> Script:
        """What happens in the simulated run."""
        return parse((RUNS / f"{self.name}.txt").read_text())

    def run(self, *, with_fault: bool = True) -> Run:
        """The simulated run, of a copy with the fault or of the reference."""
        copy = copy_of(self.fault if with_fault else None)
        return run(self.script, copy, follow=False, keep=True, application=Scripted)

    def trace(self) -> Trace:
        """The model's shortest run."""
        machine = machine_text(DELIVERY, self.name).record(self.features)
        scope = NamedScope(*self.sizes, self.features, DELIVERY)
        found = explore(machine, scope.ground, [CLAIMS[self.claim]])
        violation = found.outcomes[self.claim].violation
        if violation is None:
            raise AssertionError(f"{self.name}: the model has no such run")
        return found_trace(found, violation, DELIVERY, self.name, self.claim)


DELIVERY_VARIANTS: Mapping[str, DeliveryVariant] = {
    one.name: one
    for one in (
        DeliveryVariant(
            "free-before-the-token-is-accepted", "RING-S5", (3, 1, 1), "frees-before-the-token-is-accepted", "RING-S5",
        ),
        DeliveryVariant("free-at-one-rotation", "RING-S5", (3, 1, 1), "frees-after-one-rotation", "RING-S5"),
        DeliveryVariant(
            "representative-reloads-its-old-number", "RING-S2", (1, 1, 2), "reloads-its-old-number", "RING-S2",
            "A ring of one sends no token: all that its commit token and its first token do is one step.",
            frozenset({"crash"}),
        ),
        DeliveryVariant(
            "first-token-is-created-twice", "RING-S6", (2, 2, 1), "first-token-again", "LIVE-3",
            "A history has no numbers: the second message of a number is dropped by all, and never delivered.",
        ),
        DeliveryVariant(
            "recovery-after-the-first-rotation", "EVS-4", (3, 1, 2), "recovers-with-what-the-first-rotation-told",
            "EVS-4", "The membership goes to recovery at the second visit, and knows then what the first one told.",
        ),
    )
}  # fmt: skip
