"""Configuration changes at one processor: leaving the old ring, installing the new one. Mail M8 and M9."""

from __future__ import annotations

from model.language.machine import Guard
from model.language.sets import Processor, any_of, within
from model.language.sorts import Ring
from model.plug.state import PlugState


def leave(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """P leaves ring r for one that is pending: its transitional configuration. Its gate closes.

    What is queued no longer counts: it is dropped, or with the feature leftovers kept and tagged.

    Source: mail M7, M8; EVS 1994 (transitional configuration); openais gmi.c:2084; D13.
    """
    yield "p has installed r", within(p, now.installed[r])
    yield "another ring is pending at p", within(p, any_of(Ring, lambda x: now.pending[x]))
    then.installed[r] = now.installed[r] - p
    then.gate = now.gate - p
    then.turn = now.turn - p
    then.queued = now.queued - p
    then.queued_two = now.queued_two - p


def install(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """P installs ring r, its regular configuration: its gate is closed and every handle of p is plugged.

    Source: mail M8, M9; D4; openais gmi.c:2084.
    """
    yield "r is pending at p", within(p, now.pending[r])
    yield "p has left its old ring", ~within(p, any_of(Ring, lambda x: now.installed[x]))
    then.pending[r] = now.pending[r] - p
    then.installed[r] = now.installed[r] | p
    then.gate = now.gate - p
    then.plugged.each(lambda h: now.plugged[h] | (p & now.handles[h]))
