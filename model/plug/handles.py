"""The plug interface: create, unplug and destroy, called by services at any time and in any order. Mail M2-M4."""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import Processor, within
from model.language.sorts import Handle
from model.plug.state import PlugState


def create(now: PlugState, then: PlugState, p: Processor, h: Handle) -> Guard:
    """A service of p creates handle h: it is registered, unplugged.

    Source: mail M2, M3; D1; openais gmi.c:1084.
    """
    yield "p is up", ~within(p, now.down)
    yield "h is not registered at p", ~within(p, now.handles[h])
    then.handles[h] = now.handles[h] | p


def unplug(now: PlugState, then: PlugState, p: Processor, h: Handle) -> Guard:
    """A service of p has recovered and unplugs handle h; if h is unknown or not plugged, nothing changes.

    Source: mail M2, M4; D5, D6; openais gmi.c:1140.
    """
    yield from ()
    known = p & now.handles[h]
    then.plugged[h] = now.plugged[h] - known


def destroy(now: PlugState, then: PlugState, p: Processor, h: Handle) -> Guard:
    """A service of p destroys handle h: it is released and no longer registered; if h is unknown, nothing changes.

    Source: mail M2; D2, D6.
    Differs: openais gmi.c:1117 removes the handle and evaluates nothing.
    """
    yield from ()
    known = p & now.handles[h]
    then.handles[h] = now.handles[h] - known
    then.plugged[h] = now.plugged[h] - known
