"""What the claims remember of a run. The protocol never reads these variables.

A rule follows what is written, whoever writes it, so that a new action is followed too. Where only the call tells what
happened (a service unplugs, a message is sent), a rule follows the actions of that name; who else writes the variables
that it is about leaves open what the claims say of them.
"""

from __future__ import annotations

from model.language.sets import Processor, Set, any_of
from model.language.sorts import Copy, Handle, Ring
from model.plug.state import PlugState


def _leaves(now: PlugState, then: PlugState) -> Set:
    """Who loses a ring that it had installed, in this step."""
    return any_of(Ring, lambda r: now.installed[r] - then.installed[r])


def _installs(now: PlugState, then: PlugState) -> Set:
    """Who gets a ring installed."""
    return any_of(Ring, lambda r: then.installed[r] - now.installed[r])


def has_recovered(now: PlugState, then: PlugState) -> None:
    """In ring r, a member is done from the first moment after its install at which no handle of it is plugged."""
    plugged = any_of(Handle, lambda h: then.plugged[h])
    then.done.each(lambda r: now.done[r] | (then.installed[r] - plugged))


def owes_every_handle(now: PlugState, then: PlugState) -> None:
    """From its install on, a member owes an unplug or destroy of every handle registered at that moment."""
    installs = _installs(now, then)
    then.owes.each(lambda h: (now.owes[h] - installs) | (installs & now.handles[h]))


def owes_it_no_more(now: PlugState, then: PlugState, p: Processor, h: Handle) -> None:
    """An unplug or destroy releases the handle."""
    then.owes[h] = now.owes[h] - (p & now.handles[h])


def has_signed(now: PlugState, then: PlugState) -> None:
    """A member has signed ring r once its bit is in any token of r."""
    then.signed.each(lambda r: now.signed[r] | then.bits[r] | any_of(Copy, lambda c: then.copy[c, r]))


def is_early(now: PlugState, then: PlugState) -> None:
    """A message is early if it is queued before the processor has signed its ring."""
    queues = (then.queued - now.queued) | (then.queued_two - now.queued_two)
    then.early = now.early | (queues - any_of(Ring, lambda r: now.installed[r] & now.signed[r]))


def is_stale(now: PlugState, then: PlugState) -> None:
    """What still counts after its ring was left, or already counts when a ring is installed, is stale."""
    moves = _leaves(now, then) | _installs(now, then) | (then.down - now.down)
    then.stale = now.stale | (moves & (then.queued | then.queued_two))


def forgets_what_is_sent(now: PlugState, then: PlugState) -> None:
    """An empty queue holds nothing early and nothing stale."""
    then.early = then.early & then.queued
    then.stale = then.stale & (then.queued | then.queued_two)


def keeps_what_is_queued(now: PlugState, then: PlugState) -> None:
    """What is queued when its ring is left is kept, and so is what goes off the queue and is not sent."""
    gone = (now.queued - then.queued) | (now.queued_two - then.queued_two)
    then.kept = now.kept | (now.queued & (_leaves(now, then) | gone))


def keeps_what_comes_between(now: PlugState, then: PlugState, p: Processor) -> None:
    """So is what is queued between two rings."""
    then.kept = now.kept | p


def keeps_no_more(now: PlugState, then: PlugState, p: Processor) -> None:
    """Until it is sent, or its processor stops."""
    then.kept = now.kept - p


def has_begun(now: PlugState, then: PlugState, p: Processor) -> None:
    """A long message is begun with its first half."""
    then.begun = now.begun | p


def has_finished(now: PlugState, then: PlugState, p: Processor) -> None:
    """It is finished with its second, or its processor stops."""
    then.begun = now.begun - p
