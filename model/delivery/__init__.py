"""The machine of delivery: origination, receipt, all-received-up-to, freeing, and recovery of old messages."""

from __future__ import annotations

from model.delivery import membership, ring, state
from model.language.machine import Ghost, Kind, Rule, Text

ROOMS = (ring, membership)
"""The modules that state it, in order."""
PROTOCOL = (
    ring.multicast, ring.pass_token, ring.token_again,
    membership.create_commit_token, membership.pass_commit_token, membership.enter_recovery,
    membership.create_first_token, membership.send_again, membership.settle, membership.install_ring,
)  # fmt: skip
ENVIRONMENT = (
    Rule(ring.receive_late, Kind.ENVIRONMENT),
    Rule(membership.catch_up, Kind.ENVIRONMENT),
    Rule(membership.stop_and_start, Kind.ENVIRONMENT, "crash"),
)
RING_WITH_MESSAGES = Text(
    state.DeliveryState,
    state.initial,
    rules=(*(Rule(write, Kind.PROTOCOL) for write in PROTOCOL), *ENVIRONMENT),
    ghosts=(Ghost(membership.has_reached, watches=("installed",)),),
)
