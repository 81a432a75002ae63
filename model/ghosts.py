"""What the claims remember of a run. The protocol never reads these variables."""

from __future__ import annotations

from model.rules import ghost
from model.sets import Processor, any_of
from model.sorts import Handle
from model.state import PlugState


@ghost(watches=("installed", "plugged"))
def has_recovered(now: PlugState, then: PlugState) -> None:
    """In ring r, a member is done from the first moment after its install at which no handle of it is plugged."""
    plugged = any_of(Handle, lambda h: then.plugged[h])
    then.done.each(lambda r: now.done[r] | (then.installed[r] - plugged))


@ghost(after=("install",))
def owes_every_handle(now: PlugState, then: PlugState, p: Processor) -> None:
    """From its install on, p owes an unplug or destroy of every handle registered at that moment."""
    then.owes.each(lambda h: (now.owes[h] - p) | (p & now.handles[h]))


@ghost(after=("unplug", "destroy"))
def owes_it_no_more(now: PlugState, then: PlugState, p: Processor, h: Handle) -> None:
    """An unplug or destroy releases the handle."""
    then.owes[h] = now.owes[h] - (p & now.handles[h])
