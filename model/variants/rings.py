"""Variants of the ring's tokens, in the companion where these have numbers."""

from __future__ import annotations

from model.language.machine import Guard, Kind
from model.language.sets import Processor, several, within
from model.language.sorts import Ring
from model.plug.state import PlugState
from model.variants.variant import adds, edits


@edits("visit", without=("p has accepted no token numbered t or higher",))
def accept_the_last_number_again(now: PlugState, then: PlugState) -> None:
    """A token that was already accepted is accepted again; tokens have numbers in a companion only.

    Source: against D14.
    """


@adds(Kind.PROTOCOL)
def first_token_is_created_again(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """Whoever has installed the ring creates its first token once more, with a zero bitmap.

    Source: corosync 4ee84c51 (a duplicate commit token created the first token again).
    """
    yield "r has a token", several(now.member[r])
    yield "p has installed r", within(p, now.installed[r])
    then.bits[r] = now.bits[r] - now.member[r]
