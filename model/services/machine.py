"""The machine of the services, action by action: what each has of the plug's machine, and all that is changed of it.

Changes of one action stand beside each other, in the order in which they are made: each sees what those before it
assigned. One with a feature `no-…` belongs to a decision given up, and is written in `theorem.py`; the others are the
machine. SPEC.md shows every action with all of them made, but for those of decisions given up.
"""

from __future__ import annotations

from dataclasses import replace

from model.language.machine import Edit, Kind, Rule
from model.plug import configuration, environment, handles, messages, token
from model.plug.machine import RECOVERY_PLUG
from model.services import actions, theorem
from model.services.actions import IN_A_CONFIGURATION, NODEJOIN_FIRST, OWN_DELIVERED, RECOVERY_ADD_NODE, ServicesState
from model.services.theorem import OTHER_DELIVERED

PLUG_RULES = (
    Rule(configuration.leave, Kind.PROTOCOL),
    Rule(configuration.install, Kind.PROTOCOL),
    Rule(messages.send_recovery, Kind.PROTOCOL),
    Rule(messages.send_leftover, Kind.PROTOCOL),
    Rule(messages.originate, Kind.PROTOCOL),
    Rule(messages.begin_long, Kind.PROTOCOL),
    Rule(messages.finish_long, Kind.PROTOCOL),
    Rule(handles.unplug, Kind.SERVICE),
    Rule(token.visit, Kind.PROTOCOL),
    Rule(token.pass_on, Kind.PROTOCOL),
    Rule(token.sole_visit, Kind.PROTOCOL),
    Rule(environment.form_ring, Kind.ENVIRONMENT),
)
"""The plug's actions that services meet, whatever the feature that they belong to there."""
OWN_RULES = (
    Rule(actions.deliver_nodejoin, Kind.PROTOCOL),
    Rule(actions.deliver_add_node, Kind.PROTOCOL, RECOVERY_ADD_NODE),
    Rule(actions.deliver_normal, Kind.PROTOCOL),
    Rule(actions.deliver_in_transition, Kind.PROTOCOL),
    Rule(theorem.visit_of_another_ring, Kind.PROTOCOL, "no-d8"),
    Rule(theorem.install_with_an_old_unplug, Kind.PROTOCOL, "no-d4"),
    Rule(theorem.finish_rest, Kind.PROTOCOL, "no-d10"),
    Rule(theorem.send_stale, Kind.PROTOCOL, "no-d13"),
)
LEAVE = (
    Edit("leave", write=messages.keep_what_is_queued),
    Edit("leave", write=actions.leaves_for_a_transitional_configuration),
    Edit("leave", write=theorem.keeps_what_is_queued, feature="no-d13"),
)
INSTALLS = ("install", "install_with_an_old_unplug")
INSTALL = tuple(
    edit
    for action in INSTALLS
    for edit in (
        Edit(action, write=actions.begins_to_recover),
        Edit(action, write=actions.queues_an_add_node, feature=RECOVERY_ADD_NODE),
        Edit(action, write=theorem.forgets_the_call, feature="no-d4"),
        Edit(action, write=theorem.owes_its_own, feature="no-d13"),
    )
)
UNPLUG = (
    Edit("unplug", write=actions.after_its_own_delivery),
    Edit("unplug", write=theorem.remembers_the_call, feature="no-d4"),
    Edit("unplug", (OWN_DELIVERED,), theorem.after_any_delivery_of_its_own, "no-d13"),
    Edit("unplug", (OWN_DELIVERED, OTHER_DELIVERED, IN_A_CONFIGURATION), feature="no-m4"),
)
SEND = (
    Edit("send_recovery", write=actions.sends_one_of_them),
    Edit("send_recovery", (NODEJOIN_FIRST,), feature="no-order"),
    Edit("send_recovery", (NODEJOIN_FIRST, messages.LEFTOVERS_FIRST), feature="no-fifo"),
    Edit("send_stale", (NODEJOIN_FIRST,), feature="no-order"),
    Edit("send_stale", (NODEJOIN_FIRST,), feature="no-fifo"),
    Edit("send_leftover", write=theorem.drops_what_was_kept, feature="no-d13"),
)
ORIGINATE = (
    Edit("originate", write=actions.is_sent_to_all),
    Edit("finish_long", write=actions.is_sent_to_all),
)
VISITS = ("visit", "sole_visit")
VISIT = tuple(
    edit
    for action in VISITS
    for edit in (
        Edit(action, write=theorem.ignores_the_queue, feature="no-d11"),
        Edit(action, write=actions.waits_for_delivery),
        Edit(action, write=theorem.opens_at_once, feature="no-d12"),
    )
)
VISIT_OF_ANOTHER_RING = (
    Edit("visit_of_another_ring", write=actions.waits_for_delivery),
    Edit("visit_of_another_ring", write=theorem.opens_on_another_rings_bitmap, feature="no-d12"),
)
DELIVER = (
    Edit("deliver_nodejoin", write=theorem.has_its_own_nodejoin, feature="no-d13"),
    Edit("deliver_add_node", write=theorem.has_its_own_add_node, feature="no-d13"),
)
SERVICES = replace(
    RECOVERY_PLUG,
    state=ServicesState,
    rules=(*PLUG_RULES, *OWN_RULES),
    ghosts=(),
    edits=(*LEAVE, *INSTALL, *UNPLUG, *SEND, *ORIGINATE, *VISIT, *VISIT_OF_ANOTHER_RING, *DELIVER),
)
