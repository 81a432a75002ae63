"""Why mutants that nothing notices are no faults."""

from __future__ import annotations

from model.variants import Argument, Harmless


def _the_same(says: str) -> Argument:
    return Argument(Harmless.EQUIVALENT, says)


def _as_good(says: str) -> Argument:
    return Argument(Harmless.SOUND, says)


ARGUMENTS = {
    "install-without-effect:gate": _the_same("who installs has left, which closed its gate (PLUG-S1)."),
    "create-without-guard:h-is-not-registered-at-p": _the_same("create of a registered handle changes nothing."),
    "visit-without-guard:r-has-a-token": _the_same("in a ring of one it is sole_visit."),
    "late_visit-without-guard:r-has-a-token": _the_same("in a ring of one it is sole_visit, with a bitmap of its own."),
    "late_visit-without-effect:gate": _as_good(
        "a gate that a late token does not open is opened by the token (LIVE-2)."
    ),
    "late_visit-without-effect:turn": _as_good(
        "a late token lets nobody send where tokens have numbers, either (D14)."
    ),
    "pass_on-without-guard:r-has-a-token": _the_same("nobody has a turn in a ring of one that is still pending."),
    "pass_on-without-guard:r-is-pending-at-p": _the_same("a turn that ends early is one that was not used."),
    "reject-without-guard:r-has-a-token": _the_same("rejecting changes nothing."),
    "reject-without-guard:r-is-neither-installed-nor-pending-at-p": _the_same("rejecting changes nothing."),
    "numbered:reject_old-without-guard:t-is-addressed-to-p": _the_same("rejecting changes nothing."),
    "numbered:reject_old-without-guard:p-has-accepted-a-token-numbered-t-or-higher": _the_same(
        "rejecting changes nothing."
    ),
}
"""Of the mutants that nothing notices: why each is none."""
