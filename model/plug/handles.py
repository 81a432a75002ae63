"""The plug interface: create, unplug and destroy, called by services at any time and in any order. Mail M2-M4."""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import Processor, within
from model.language.sorts import Handle
from model.notes.decisions import decide
from model.plug.rules import service
from model.plug.state import PlugState

decide(
    "D1",
    "What does create do in the middle of a configuration?",
    "The handle is registered unplugged, and counts from the next regular configuration on: create neither closes a "
    "gate nor takes back a bit.",
    rejected={"create-plugs-at-once": "PLUG-C1", "create-plugs-before-the-bit": "PLUG-C1"},
)
decide(
    "D2",
    "What does destroy of a plugged handle do?",
    "It counts as its unplug: destroying the last plugged handle makes the processor ready.",
    rejected={"destroy-forgets-the-plug": "PLUG-C2", "gmi-destroy-evaluates-nothing": "PLUG-C2"},
)
decide(
    "D5",
    "What does a second unplug do?",
    "Nothing: unplug is idempotent.",
    rejected={"unplug-asks-again": "PLUG-S9", "gmi-request-whatever-the-state": "PLUG-S9"},
)
decide(
    "D6",
    "What does a call with an unknown or destroyed handle do?",
    "It is an error to the caller, and nothing changes.",
    rejected={"unplug-registers-what-it-does-not-know": "PLUG-C2"},
)


@service(feature="create-destroy")
def create(now: PlugState, then: PlugState, p: Processor, h: Handle) -> Guard:
    """A service of p creates handle h: it is registered, unplugged.

    Source: mail M2, M3; D1; openais gmi.c:1084.
    """
    yield "p is up", ~within(p, now.down)
    yield "h is not registered at p", ~within(p, now.handles[h])
    then.handles[h] = now.handles[h] | p


@service()
def unplug(now: PlugState, then: PlugState, p: Processor, h: Handle) -> Guard:
    """A service of p has recovered and unplugs handle h; if h is unknown or not plugged, nothing changes.

    Source: mail M2, M4; D5, D6; openais gmi.c:1140.
    """
    yield from ()
    known = p & now.handles[h]
    then.plugged[h] = now.plugged[h] - known


@service(feature="create-destroy")
def destroy(now: PlugState, then: PlugState, p: Processor, h: Handle) -> Guard:
    """A service of p destroys handle h: it is released and no longer registered; if h is unknown, nothing changes.

    Source: mail M2; D2, D6.
    Differs: openais gmi.c:1117 removes the handle and evaluates nothing.
    """
    yield from ()
    known = p & now.handles[h]
    then.handles[h] = now.handles[h] - known
    then.plugged[h] = now.plugged[h] - known
