"""The recovery plug machine, whole: every rule of it, who takes it, and the feature without which it is absent.

The order is the one in which actions are recorded and searched: of several shortest runs it decides which is shown, and
it decides what a seed draws.
"""

from __future__ import annotations

from model.language.machine import Edit, Ghost, Kind, Rule, Text
from model.plug import configuration, environment, ghosts, handles, messages, token
from model.plug.state import PlugState, initial

ROOMS = (configuration, token, messages, handles, environment, ghosts)
"""The modules that state the machine, in the order of the specification."""
RULES = (
    Rule(configuration.leave, Kind.PROTOCOL),
    Rule(configuration.install, Kind.PROTOCOL),
    Rule(messages.queue_recovery, Kind.SERVICE, "recovery-queue"),
    Rule(messages.send_recovery, Kind.PROTOCOL, "recovery-queue"),
    Rule(messages.queue_between, Kind.SERVICE, "leftovers"),
    Rule(messages.send_leftover, Kind.PROTOCOL, "leftovers"),
    Rule(messages.originate, Kind.PROTOCOL),
    Rule(messages.begin_long, Kind.PROTOCOL, "long-message"),
    Rule(messages.finish_long, Kind.PROTOCOL, "long-message"),
    Rule(handles.create, Kind.SERVICE, "create-destroy"),
    Rule(handles.unplug, Kind.SERVICE),
    Rule(handles.destroy, Kind.SERVICE, "create-destroy"),
    Rule(token.visit, Kind.PROTOCOL),
    Rule(token.late_visit, Kind.PROTOCOL, "late-copies"),
    Rule(token.pass_on, Kind.PROTOCOL),
    Rule(token.reject, Kind.PROTOCOL),
    Rule(token.sole_visit, Kind.PROTOCOL),
    Rule(environment.form_ring, Kind.ENVIRONMENT),
    Rule(environment.duplicate, Kind.ENVIRONMENT, "late-copies"),
    Rule(environment.duplicate_late, Kind.ENVIRONMENT, "late-copies"),
    Rule(environment.crash, Kind.ENVIRONMENT, "crash"),
    Rule(environment.restart, Kind.ENVIRONMENT, "crash"),
)
EXTENSIONS = (Edit("leave", write=messages.keep_what_is_queued, feature="leftovers"),)
"""What a feature adds to an action that is there without it."""
GHOSTS = (
    Ghost(ghosts.has_recovered, watches=("installed", "plugged")),
    Ghost(ghosts.owes_every_handle, watches=("installed",)),
    Ghost(ghosts.owes_it_no_more, ("unplug", "destroy"), about=("plugged",), but=("install", "create", "crash")),
    Ghost(ghosts.has_signed, watches=("bits", "copy")),
    Ghost(ghosts.is_early, watches=("queued", "queued_two")),
    Ghost(ghosts.is_stale, watches=("installed", "down")),
    Ghost(ghosts.forgets_what_is_sent, watches=("queued", "queued_two")),
    Ghost(
        ghosts.keeps_what_is_queued,
        watches=("installed", "queued", "queued_two"), but=("send_recovery",), feature="leftovers",
    ),
    Ghost(
        ghosts.keeps_what_comes_between, ("queue_between",),
        about=("leftover",), but=("leave", "send_leftover", "crash"), feature="leftovers",
    ),
    Ghost(
        ghosts.keeps_no_more, ("send_leftover", "crash"),
        about=("leftover",), but=("leave", "queue_between"), feature="leftovers",
    ),
    Ghost(
        ghosts.has_begun, ("begin_long",), about=("half",), but=("finish_long", "crash"), feature="long-message"
    ),
    Ghost(
        ghosts.has_finished, ("finish_long", "crash"), about=("half",), but=("begin_long",), feature="long-message"
    ),
)  # fmt: skip
"""What the claims remember, after the action's own text."""
RECOVERY_PLUG = Text(PlugState, initial, RULES, GHOSTS, EXTENSIONS)
