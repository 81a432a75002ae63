"""The source: what the mail of 16 September 2004 says, clause by clause. Cited as `mail M5`."""

from __future__ import annotations

TITLE = "Steven Dake, [Openais] Re: confchg_fn, cluster membership, etc., 16 September 2004"

CLAUSES = {
    "M1": "The plug is not a service and not part of evs: it stops new high, medium and low priority messages of the "
    "group messaging interface. Recovery priority is the fourth priority and is not stopped.",
    "M2": "Three calls, each returning an int: gmi_recovery_plug_create, gmi_recovery_plug_destroy, "
    "gmi_recovery_plug_unplug.",
    "M3": "A service calls create in its aisexec_init_fn if it does not want low, medium or high priority messages to "
    "be sent by any service until it has finished recovering its state (not messages).",
    "M4": "When the recovery of the service has completed, the service calls unplug.",
    "M5": "A bitmap is added to the token. It represents positions in the member list that have been unplugged.",
    "M6": "Once the bitmap has all positions set for all members, high, medium and low priority messages may be sent.",
    "M7": "While the bitmap is not completely set, no high, medium or low priority message may be sent.",
    "M8": "After a regular configuration change the bitmap is set to zero in the token.",
    "M9": "A position is set by the processor once all handles that have registered with create have executed an "
    "unplug after the configuration change.",
    "M10": "The nodejoin message of the cluster membership service is never sent until after a configuration change, "
    "and it alone carries the node information. So clm_get_by_nodeid cannot be used in a configuration change "
    "function.",
    "M11": "The workaround for the event service: evt_add_node sends an executive message, and its handler does what "
    "evt_add_node did.",
    "M12": "Even there the node pointer was seen to be NULL. The plug is needed for this scheme to work correctly 100% "
    "of the time.",
    "M13": "Node information in the form token was rejected: the token uses too much space already for membership, "
    "and it would reduce scalability.",
}

REFERENCES = {
    "mail": f"{TITLE}, on the openais mailing list.",
    "openais": "the sources of openais, file exec/gmi.c at its last revision, 454a5af4, in the history of corosync.",
    "corosync": "the sources of corosync; a hexadecimal number is a commit.",
    "EVS 1994": "L. E. Moser, Y. Amir, P. M. Melliar-Smith, D. A. Agarwal: Extended virtual synchrony. ICDCS 1994.",
    "Totem 1995": "Y. Amir, L. E. Moser, P. M. Melliar-Smith, D. A. Agarwal, P. Ciarfella: The Totem single-ring "
    "ordering and membership protocol. ACM TOCS 13(4), 1995.",
}
"""What the sources cited by a word are."""
