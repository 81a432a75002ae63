"""Names: what the sources call a thing, and what it is called here."""

from __future__ import annotations

GLOSSARY = (
    ("processor, node", "processor `p`", "mail; openais"),
    ("memb_list, member list", "`member[r]`, a set: its order is forgotten", "mail M5"),
    ("ring, configuration, ring id", "ring `r`", "Totem 1995"),
    ("regular configuration change", "`install`", "mail M8; EVS 1994"),
    ("transitional configuration", "from `leave` to `install`", "EVS 1994"),
    ("form token, commit token, membership", "`form_ring`, an oracle", "openais; Totem 1995"),
    ("token, orf token", "`bits[r]`, its bitmap", "mail M5; openais"),
    ("retransmitted, duplicated or delayed token", "`copy[c, r]`", "Totem 1995"),
    ("hop, token visit", "`visit`, `late_visit`, `pass_on`, `reject`", "Totem 1995"),
    ("gmi_recovery_plug_create, _unplug, _destroy", "`create`, `unplug`, `destroy`", "mail M2"),
    ("plug_instance.plugged", "`plugged[h]`", "openais gmi.c:229"),
    ("PROCESSOR_PLUGGED, PROCESSOR_REQUEST_UNPLUG", "some handle is plugged, or none is", "openais gmi.c:118"),
    ("PROCESSOR_UNPLUGGED", "`p ∈ bits[r]`", "openais gmi.c:118"),
    ("GROUP_UNPLUGGED", "`p ∈ gate`", "openais gmi.c:118"),
    ("single member configuration", "a ring of one, `sole_visit`", "openais gmi.c:947"),
    ("recovery priority queue", "`queued`, `queued_two`", "openais gmi.c:1835"),
    ("gmi_fragment", "`half`", "openais gmi.c:1494"),
    ("token_seqid", "the number of a `Token`, in the companion", "openais gmi.c:3040"),
    ("sync, barrier", "the abstract barrier", "corosync"),
)
"""Each: the sources' name, ours, and the source."""
