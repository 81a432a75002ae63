"""Broken variants of the running services, each with the model's run that it repeats.

A variant is another order of registration, a service with a rule taken out, or a plug layer with one. Each has a script
in which the lookup fails, and says which search of the model finds the shortest run to the same lookup. Where the
mechanism has no rule of its own in the model, `stands_for` says why the run is the same all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from msgspec import structs

from properties.claims import CLAIMS
from properties.traces.trace import Trace
from properties.variants.cases import ALL, NORMAL, RECOVERY
from properties.variants.theorem import SMALLEST, given_up, search
from reference.plug import queues
from reference.plug.layer import PlugLayer
from reference.plug.plugs import Handle
from reference.priorities import Priority
from reference.ring.effects import ConfigurationChange, Delivery, Kind
from reference.rings import RingId
from reference.services.clm import Clm
from reference.services.evt.recovering import Recovering
from reference.services.evt.service import Evt
from reference.simulator.campaigns import script_of
from reference.simulator.script import Script, parse
from reference.simulator.services import Kinds

NO_EVT: Kinds = Kinds(order=lambda clm, evt, evs: (clm, evs))
"""Without evt, whose own recovery would hold the gate until clm has recovered."""


class UnpluggedInTheHandler(Clm):
    """A clm that takes its plug out in the configuration change handler, as in 2004.

    Source: openais clm.c:425
    """

    def confchg_fn(self, change: ConfigurationChange) -> None:
        super().confchg_fn(change)
        if change.kind is Kind.REGULAR:
            self._take_the_plug_out()


class NodejoinHigh(UnpluggedInTheHandler):
    """A clm whose nodejoin has high priority, as before the plug: it can wait for nothing with its plug in.

    Source: corosync ca369e8c
    """

    NODEJOIN_PRIORITY = Priority.HIGH


class OwnDelivered(Clm):
    """A clm that has recovered when its own nodejoin is delivered: M4, read strictly."""

    def _has_recovered(self, delivery: Delivery) -> bool:
        return delivery.message.sender == self._executive.me


class LeftoverClm(Clm):
    """A clm that takes a nodejoin of any configuration for one of this."""

    def _counts(self, ring_id: RingId) -> bool:
        return True


class LeftoverRecovering(Recovering):
    """A recovery of evt that takes its messages of any configuration for those of this."""

    def _counts(self, ring_id: RingId) -> bool:
        return True


class LeftoverEvt(Evt):
    """An evt that recovers so."""

    RECOVERING = LeftoverRecovering


@contextmanager
def _changed(of: Any, name: str, value: object) -> Generator[None, None, None]:
    before = getattr(of, name)
    setattr(of, name, value)
    try:
        yield
    finally:
        setattr(of, name, before)


def no_gate() -> AbstractContextManager[None]:
    """A plug layer that sends messages of every priority whatever its gate."""
    held_back = queues.next_to_originate

    def next_to_originate(queue: queues.Queue, *, gate_open: bool) -> queues.Waiting | None:
        return held_back(queue, gate_open=True)

    return _changed(queues, "next_to_originate", next_to_originate)


def opening_at_unplug() -> AbstractContextManager[None]:
    """A plug layer whose own unplug opens the gate, where it counts one member.

    Source: openais gmi.c:1173, 2214
    """
    unplug = PlugLayer.gmi_recovery_plug_unplug

    def opens(layer: PlugLayer, handle: Handle) -> None:
        unplug(layer, handle)
        state = layer.state
        if state.installed and state.plugs.are_out:
            layer._state = structs.replace(state, gate_open=True)  # pyright: ignore[reportPrivateUsage]

    return _changed(PlugLayer, "gmi_recovery_plug_unplug", opens)


@dataclass(frozen=True)
class ServiceVariant:
    """A variant: what runs, under which script, and the search of the model whose run it repeats."""

    name: str
    says: str
    claim: str
    script: Callable[[int], Script]
    """By seed."""
    kinds: Kinds = NO_EVT
    plug: Callable[[], AbstractContextManager[None]] = nullcontext
    add_node: str = NORMAL
    without: frozenset[str] = frozenset()
    """The decisions that the model gives up."""
    variant: str | None = None
    """The variant of the model."""
    stands_for: str = ""

    def trace(self) -> Trace:
        """The model's shortest run to the lookup that fails."""
        found = search(CLAIMS[self.claim], SMALLEST, given_up(ALL - self.without, self.add_node), variant=self.variant)
        if found.trace is None:
            raise AssertionError(f"{self.name}: the model has no such run")
        return found.trace


def _two(seed: int, more: str = "") -> Script:
    """Two processors that start together, and some messages."""
    return parse(f"members 2\nseed {seed}\nlasts 2s\nload 40\n{more}")


def _merging(seed: int) -> Script:
    """Two processors that come together while the second has so much to send that its nodejoin is late."""
    ahead = "".join(f"at {at_ms}ms send 2 recovery 200000\n" for at_ms in range(1020, 1500, 20))
    return _two(seed, f"at 0s partition 1 | 2\nat 1s heal\n{ahead}")


def _heavy(members: int, seed: int) -> Script:
    return script_of("heavy", members=members, seed=seed, lasts_us=3_000_000, load=60)


SERVICE_VARIANTS: Mapping[str, ServiceVariant] = {
    one.name: one
    for one in (
        ServiceVariant(
            "no-plug", "There is no plug, as before the mail.", "CLM-S1", _two,
            plug=no_gate, variant="no-plug",
        ),
        ServiceVariant(
            "nodejoin-high", "The nodejoin has high priority, as before the plug.", "CLM-S1", _two,
            kinds=replace(NO_EVT, clm=NodejoinHigh), without=frozenset({"M4", "D11"}),
            stands_for="In the model each nodejoin has recovery priority. Without M4 and D11 the plug waits for it as "
            "little as for one of high priority; that one goes out only behind the gate.",
        ),
        ServiceVariant(
            "evt-before-clm", "Evt is registered before clm.", "EVT-S1", _two,
            kinds=Kinds(order=lambda clm, evt, evs: (evt, clm, evs)), add_node=RECOVERY, variant="evt-before-clm",
        ),
        ServiceVariant(
            "leftover-recovery", "Recovery messages of an older configuration count in the next.", "EVT-S1",
            partial(_heavy, 4), kinds=Kinds(clm=LeftoverClm, evt=LeftoverEvt), add_node=RECOVERY,
            without=frozenset({"D13"}),
        ),
        ServiceVariant(
            "unplug-in-handler", "Clm takes its plug out in the configuration change handler.", "CLM-S2",
            partial(_heavy, 3), kinds=replace(NO_EVT, clm=UnpluggedInTheHandler), without=frozenset({"M4", "D12"}),
        ),
        ServiceVariant(
            "gmi-2004", "The plug as it was built: an unplug opens the gate of who counts one member, itself.",
            "CLM-S1", _merging,
            kinds=replace(NO_EVT, clm=OwnDelivered, recovery_granted=("clm", "evs")), plug=opening_at_unplug,
            variant="gmi-2004",
        ),
    )
}  # fmt: skip
"""By name. Clm that unplugs in the handler breaks CLM-S1 only where D11 is given up, too; the ring keeps it."""
