"""Mechanical mutants: each guard part and each effect of each step of a processor, dropped one at a time.

Made from the recorded actions, so nobody chooses them. The adversary's actions are left out: with fewer guard parts or
effects it is another adversary, not another protocol. So is the order of the companion `ordered`, an assumption about
runs; and that a token which is sent is a new one, which is what a fresh name means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from model.language.machine import Action, Edit, Kind, Text
from model.language.sorts import Index
from model.language.state import State
from model.plug.machine import RECOVERY_PLUG
from model.plug.numbered import NUMBERED
from model.variants import VARIANTS, Variant
from model.variants.check import checked


def _mutants(text: Text, prefix: str) -> Iterator[Variant]:
    """The mutants of a machine's protocol and service actions."""
    for action in text.record().actions:
        if action.rule.kind is not Kind.ENVIRONMENT:
            yield from _without_guards(action, prefix)
            yield from _without_effects(action, prefix)


def _without_guards(action: Action, prefix: str) -> Iterator[Variant]:
    fresh = {f"{name} is unused" for name, one in action.parameters.items() if isinstance(one, Index) and one.fresh}
    for label, _ in action.guard:
        if label not in fresh:
            id = f"{prefix}{action.name}-without-guard:{_slug(label)}"
            says = f"{action.name} without its guard part “{label}”."
            yield Variant(id, says, edits=(Edit(action.name, without=(label,)),))


def _without_effects(action: Action, prefix: str) -> Iterator[Variant]:
    for name in action.writes:
        if not action.now.declared[name].ghost:
            id = f"{prefix}{action.name}-without-effect:{name}"
            yield Variant(id, f"{action.name} leaves {name} as it is.", edits=(Edit(action.name, write=_keeps(name)),))


def _keeps(name: str) -> Callable[..., None]:
    def keep(now: State, then: State) -> None:
        if name in then.families:
            then.families[name].keep()

    return keep


def _slug(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", label.lower().replace("'", "")).strip("-")


def _by_id() -> dict[str, Variant]:
    """Those of the machine, then those of what the companion with numbered tokens adds to it."""
    mine = {one.id: one for one in _mutants(RECOVERY_PLUG, "")}
    numbered = {one.id: one for one in _mutants(NUMBERED, "numbered:")}
    return mine | {id: one for id, one in numbered.items() if id.removeprefix("numbered:") not in mine}


MUTANTS: dict[str, Variant] = _by_id()
"""By id, such as `visit-without-guard:p-has-installed-r` or `leave-without-effect:gate`."""


def find_variant(id: str) -> Variant | None:
    """A named variant, if it does what it says (`check.py`), or a mechanical mutant."""
    return checked(VARIANTS[id]) if id in VARIANTS else MUTANTS.get(id)
