"""The directed cases: one for each decision that can be seen from outside, and each way to get a plug layer wrong.

They are run in this order, before anything is left to chance. Processors are 0, 1, 2 and so on, and a visit may
originate one packet where nothing else is said. Left out on purpose: what delivery decides (D12 in part), and how a
token looks on the wire (but for positions, D9).
"""

from __future__ import annotations

from properties.conform.script import (
    Case,
    Steps,
    alone,
    crash,
    create,
    destroy,
    form,
    install,
    late,
    leave,
    packet,
    queue,
    restart,
    stray,
    token,
    tokens,
    unplug,
)
from properties.lockstep.implementation import HIGH, LOW, MEDIUM, RECOVERY


def begun(*members: int, ring: int = 0) -> Steps:
    """A first ring is formed, installed, and all handles are unplugged."""
    return form(ring, *members) + install(ring, *members) + unplug(*members)


def opened(*members: int) -> Steps:
    """The same, and every gate is open; the token is due at the representative."""
    return begun(*members) + tokens(2 * len(members))


def changed(old: int, *members: int) -> Steps:
    """These leave a ring and install the next one, and their handles are plugged."""
    return form(old + 1, *members) + leave(old, *members) + install(old + 1, *members)


def every_age() -> Steps:
    """After seven visits of a ring of three: each older token again where it was sent; from a rotation on, anywhere."""
    there = tuple(step for ago in range(1, 8) for step in late(ago))
    return there + tuple(step for ago in range(3, 8) for to in range(3) for step in late(ago, to=to))


def half_sent(priority: int = LOW) -> Steps:
    """Processor 0 has sent half of a message through its open gate; the token is due at it again."""
    return opened(0, 1) + queue(0, priority, 2) + token(sends=[(priority, 0)]) + token()


ONE = unplug(0, handle=1)

CASES = (
    # Tokens.
    Case("late-tokens-of-every-age", "D14", "Each number of a ring is accepted once, however late a token comes.", 3,
         form(0, 0, 1, 2) + install(0, 0, 1, 2) + tokens(7) + every_age() + unplug(0, 1, 2) + tokens(7) + every_age()
         + tokens(3)),
    Case("duplicated-tokens", "D14", "A token that arrives twice is accepted once.", 2,
         begun(0, 1) + (token() + late(1)) * 6),
    Case("late-token-after-the-install", "D14", "What was accepted while the ring was pending is late, too.", 2,
         form(0, 0, 1) + tokens(2) + install(0, 0, 1) + late(2) + late(1) + unplug(0, 1) + tokens(4) + late(6)),
    Case("tokens-of-an-older-ring", "D8, D14; RING-S4", "A token of a ring that was left changes nothing.", 2,
         opened(0, 1) + form(1, 0, 1) + leave(0, 0) + queue(0, RECOVERY) + stray(0, 0) + install(1, 0)
         + stray(0, 0) + leave(0, 1) + install(1, 1) + stray(0, 0, 1) + late(1, to=0) + late(2, to=1)
         + tokens(3, 1) + stray(0, 0, 1) + unplug(0, 1) + tokens(3, 1) + stray(0, 1)),
    Case("tokens-of-a-foreign-ring", "D8", "A token of a ring that one is no member of changes nothing.", 3,
         form(0, 0, 1) + install(0, 0, 1) + stray(0, 2) + form(1, 2) + stray(0, 2) + install(1, 2) + stray(0, 2)
         + unplug(0, 1) + tokens(3) + stray(0, 2) + alone(2, 1)),
    Case("token-before-the-install", "D8; mail M9", "While a ring is pending, its token is passed on unchanged.", 2,
         destroy(0) + form(0, 0, 1) + tokens(2) + install(0, 0) + tokens(2) + install(0, 1) + unplug(1) + tokens(4)),
    Case("token-of-the-ring-to-come", "D8", "The token of a pending ring passes a member whose gate is open.", 2,
         opened(0, 1) + form(1, 0, 1) + tokens(3, 1) + token() + tokens(1, 1) + leave(0, 0) + tokens(2, 1)
         + install(1, 0) + tokens(2, 1) + leave(0, 1) + install(1, 1) + tokens(2, 1) + unplug(0, 1) + tokens(4, 1)),
    Case("first-token", "D8; mail M8", "The representative creates it, with no bit set, though nothing is plugged.", 3,
         destroy(0, 1, 2) + form(0, 1, 2) + form(1, 0, 1, 2) + stray(0, 1, 2)),
    # Positions.
    Case("three-positions", "D9; mail M5", "A position is an index in the sorted member list, from 0.", 4,
         form(0, 1, 2, 3) + install(0, 1, 2, 3) + unplug(3) + tokens(3) + unplug(1) + tokens(3) + unplug(2)
         + tokens(5)),
    Case("nine-members", "D9; mail M5", "A bitmap of nine positions.", 9, begun(*range(9)) + tokens(18)),
    # Gates.
    Case("gate-needs-every-bit", "mail M6, M7; D12", "A gate opens at the first visit with a full bitmap.", 3,
         form(0, 0, 1, 2) + install(0, 0, 1, 2)
         + tuple(step for p in range(3) for step in queue(p, HIGH) + queue(p, HIGH))
         + unplug(2) + token(sends=[]) * 3 + unplug(0) + token(sends=[]) * 4 + unplug(1) + token(sends=[(HIGH, 0)]) * 6
         + token(sends=[]) * 3),
    Case("closed-gate", "mail M1, M7", "Behind a closed gate only recovery messages are sent.", 2,
         form(0, 0, 1) + install(0, 0, 1) + queue(0, LOW) + queue(0, MEDIUM, 2) + queue(0, HIGH) + queue(0, RECOVERY)
         + token(granted=3, sends=[(RECOVERY, 0)]) + token() + token(granted=3, sends=[]) + token() + unplug(0, 1)
         + tokens(2) + token(granted=4, sends=[(HIGH, 0), (MEDIUM, 0), (MEDIUM, 1), (LOW, 0)])),
    Case("gate-closes-at-a-change", "mail M8, M9; D4; PLUG-S6", "A new ring plugs all again.", 2,
         opened(0, 1) + queue(0, HIGH) + queue(1, HIGH) + form(1, 0, 1) + leave(0, 0) + token(1, sends=[])
         + install(1, 0) + leave(0, 1) + install(1, 1) + token(1, sends=[]) * 4 + unplug(0) + token(1, sends=[]) * 3
         + unplug(1) + token(1, sends=[]) + token(1, sends=[(HIGH, 0)]) * 2),
    Case("priorities", "mail M1", "Recovery, then high, medium, low; of equals the oldest; as many as granted.", 2,
         opened(0, 1) + queue(0, LOW) + queue(0, MEDIUM) + queue(0, HIGH, 2) + queue(0, RECOVERY, 2) + queue(0, HIGH)
         + token(granted=0, sends=[]) + token() + token(granted=3, sends=[(RECOVERY, 0), (RECOVERY, 1), (HIGH, 0)])
         + token() + token(sends=[(HIGH, 1)]) + token()
         + token(granted=5, sends=[(HIGH, 0), (MEDIUM, 0), (LOW, 0)])),
    # Plugs.
    Case("create-in-a-configuration", "D1", "A new handle counts from the next regular configuration on.", 2,
         destroy(0, handle=1) + begun(0, 1) + unplug(1, handle=1) + create(0, 1) + tokens(4) + destroy(0, handle=1)
         + create(0, 1) + tokens(2) + changed(0, 0, 1) + unplug(0, 1) + unplug(1, handle=1) + tokens(4, 1) + ONE
         + tokens(4, 1), handles=2),
    Case("destroy-of-a-plugged-handle", "D2", "Destroy counts as unplug.", 2,
         begun(0, 1) + unplug(1, handle=1) + tokens(2) + destroy(0, handle=1) + tokens(4) + create(0, 1)
         + changed(0, 0, 1) + unplug(0) + destroy(0, handle=1) + destroy(1) + unplug(1, handle=1) + tokens(4, 1),
         handles=2),
    Case("destroy-of-one-of-two", "D2, D6", "Another handle of the processor stays plugged.", 2,
         form(0, 0, 1) + install(0, 0, 1) + destroy(0) + destroy(1) + tokens(4) + ONE + tokens(2)
         + unplug(1, handle=1) + tokens(4), handles=2),
    Case("no-handle", "D3", "A processor with no handle sets its bit at its first visit.", 2,
         destroy(0, 1) + form(0, 0, 1) + install(0, 0, 1) + tokens(4) + changed(0, 0, 1) + tokens(4, 1)),
    Case("unplug-before-the-install", "D4", "What is unplugged before the regular configuration is plugged by it.", 2,
         form(0, 0, 1) + unplug(0, 1) + install(0, 0, 1) + tokens(4) + unplug(0, 1) + tokens(4) + form(1, 0, 1)
         + unplug(0) + leave(0, 0, 1) + unplug(1) + install(1, 0, 1) + tokens(4, 1) + unplug(0, 1) + tokens(4, 1)),
    Case("every-handle-is-plugged", "D4; mail M9", "A regular configuration plugs all; each must be unplugged.", 1,
         begun(0) + alone(0) + ONE + alone(0) + changed(0, 0) + ONE + alone(0, 1) + unplug(0) + alone(0, 1),
         handles=2),
    Case("change-during-recovery", "mail M9; D4", "A ring that comes before the gate opens begins recovery again.", 2,
         form(0, 0, 1) + install(0, 0, 1) + unplug(0) + unplug(1) + tokens(2) + changed(0, 0, 1) + ONE
         + unplug(1, handle=1) + tokens(4, 1) + unplug(0, 1) + tokens(4, 1), handles=2),
    Case("second-unplug", "D5", "It does nothing: the gate stays open, and a bit stays set.", 2,
         begun(0, 1) + unplug(0) + tokens(1) + unplug(0) + tokens(3) + unplug(0, 1) + queue(0, HIGH)
         + token(sends=[(HIGH, 0)]) + tokens(3)),
    Case("destroyed-handle", "D6", "A call with it is refused, and changes nothing.", 2,
         form(0, 0, 1) + install(0, 0, 1) + destroy(0) + unplug(0) + destroy(0) + tokens(4) + ONE
         + unplug(1) + unplug(1, handle=1) + unplug(0) + tokens(4) + destroy(0), handles=2),
    # A ring of one.
    Case("only-member", "D7", "It takes its turn without a token, and needs its bit as any other.", 1,
         form(0, 0) + install(0, 0) + queue(0, HIGH) + queue(0, RECOVERY, 2) + alone(0, granted=0, sends=[])
         + alone(0, sends=[(RECOVERY, 0)]) + unplug(0) + alone(0, sends=[(RECOVERY, 1)]) + alone(0, sends=[(HIGH, 0)])
         + queue(0, LOW) + changed(0, 0) + alone(0, 1, sends=[]) + unplug(0) + alone(0, 1, sends=[(LOW, 0)])),
    Case("alone-between-two-rings", "D7, D8", "From a ring of two into one of one, and back.", 2,
         opened(0, 1) + form(1, 0) + leave(0, 0) + install(1, 0) + stray(0, 0) + alone(0, 1) + unplug(0) + alone(0, 1)
         + form(2, 0, 1) + tokens(2, 2) + alone(0, 1) + leave(1, 0) + leave(0, 1) + install(2, 0, 1) + tokens(3, 2)
         + unplug(0, 1) + tokens(4, 2)),
    # Recovery messages.
    Case("recovery-before-the-bit", "D11; PLUG-S11", "The bit waits for the visit after the last recovery message.", 2,
         begun(0, 1) + queue(0, RECOVERY) + queue(0, RECOVERY, 2) + token(sends=[(RECOVERY, 0)]) + token()
         + token(sends=[(RECOVERY, 0)]) + token() + token(sends=[(RECOVERY, 1)]) + tokens(3)),
    Case("recovery-in-one-visit", "D11", "Tested when the token arrives, before sending, however many are sent.", 2,
         begun(0, 1) + queue(0, RECOVERY) + queue(0, RECOVERY) + token(granted=2, sends=[(RECOVERY, 0)] * 2) + token()
         + tokens(3)),
    Case("left-over", "D13", "What is queued when its ring is left goes first in the next, and counts for none.", 2,
         opened(0, 1) + queue(0, RECOVERY) + form(1, 0, 1) + leave(0, 0, 1) + queue(0, RECOVERY) + install(1, 0, 1)
         + unplug(0, 1) + token(1, granted=0) + token(1) + token(1, sends=[(RECOVERY, 0)]) + queue(0, RECOVERY)
         + token(1) + token(1, sends=[(RECOVERY, 0)]) + token(1) + token(1, sends=[(RECOVERY, 0)]) + tokens(3, 1)),
    Case("left-over-before-new", "D13; PLUG-H4", "What was queued earlier, in whatever ring, is sent earlier.", 2,
         queue(0, RECOVERY) + begun(0, 1) + queue(0, RECOVERY, 2)
         + token(granted=3, sends=[(RECOVERY, 0), (RECOVERY, 0), (RECOVERY, 1)]) + tokens(4)),
    # Messages of more than one packet.
    Case("half-sent-and-recovery", "D10; PLUG-S10", "A recovery message goes before what is half sent.", 2,
         half_sent() + queue(0, RECOVERY) + token(sends=[(RECOVERY, 0)]) + token() + token(sends=[(LOW, 1)])),
    Case("half-sent-and-higher", "D10; PLUG-S13", "No high priority message overtakes what is half sent.", 2,
         half_sent() + queue(0, HIGH) + queue(0, MEDIUM) + token(sends=[(LOW, 1)]) + token()
         + token(granted=2, sends=[(HIGH, 0), (MEDIUM, 0)])),
    Case("half-sent-at-a-change", "D10; PLUG-S8, PLUG-S13", "In the next ring it starts again, and goes first.", 2,
         half_sent() + queue(0, HIGH) + changed(0, 0, 1) + token(1, sends=[]) * 2 + unplug(0, 1)
         + token(1, sends=[]) * 2 + token(1, sends=[(LOW, 0)]) + token(1) + token(1, sends=[(LOW, 1)]) + token(1)
         + token(1, sends=[(HIGH, 0)])),
    Case("half-sent-at-two-changes", "D10; PLUG-S10", "It starts again each time, behind recovery messages.", 2,
         half_sent(HIGH) + changed(0, 0, 1) + unplug(0, 1) + tokens(2, 1) + token(1, sends=[(HIGH, 0)]) + token(1)
         + changed(1, 0, 1) + unplug(0, 1) + tokens(2, 2) + queue(0, RECOVERY)
         + token(2, granted=3, sends=[(RECOVERY, 0), (HIGH, 0), (HIGH, 1)])),
    Case("half-sent-recovery-at-a-change", "D10, D13", "A recovery message starts again, too, and does not count.", 2,
         begun(0, 1) + queue(0, RECOVERY, 2) + token(sends=[(RECOVERY, 0)]) + changed(0, 0, 1) + unplug(0, 1)
         + token(1, sends=[(RECOVERY, 0)]) + token(1) + token(1, sends=[(RECOVERY, 1)]) + tokens(2, 1)),
    # What is received.
    Case("received-in-a-transitional-configuration", "D10; EVS 1994", "The ring that was left is still finished.", 2,
         half_sent() + form(1, 0, 1) + leave(0, 1) + token(sends=[(LOW, 1)]) + leave(0, 0) + install(1, 0, 1)
         + unplug(0, 1) + tokens(4, 1)),
    Case("parts-of-two-rings", "D10", "Parts that arrived in a ring that was left are not put together with others.", 2,
         half_sent() + changed(0, 0, 1) + unplug(0, 1) + tokens(2, 1) + token(1, sends=[(LOW, 0)], lost_at=(1,))
         + token(1) + token(1, sends=[(LOW, 1)]) + queue(0, HIGH, 2) + token(1) + token(1, sends=[(HIGH, 0)])
         + token(1) + token(1, sends=[(HIGH, 1)])),
    Case("parts-of-two-lives", "D10; CFG-S2", "Who crashes with half of a message sent begins anew with its first.", 3,
         begun(0, 1, 2) + queue(1, RECOVERY, 2) + tokens(2) + crash(1) + restart(1) + changed(0, 0, 2)
         + form(2, 0, 1, 2) + leave(1, 0, 2) + install(2, 0, 1, 2) + queue(1, RECOVERY, 2) + tokens(8, 2)),
    Case("received-one-beside-another", "D10", "Recovery and another message of one sender may both be unfinished.", 3,
         opened(0, 1, 2) + queue(0, MEDIUM, 3) + queue(1, HIGH, 2) + tokens(3) + queue(0, RECOVERY, 2) + tokens(15)),
    Case("a-packet-is-missing", "D10", "Without one of its packets a message is not delivered, and all others are.", 2,
         opened(0, 1) + queue(0, LOW, 3) + queue(0, LOW, 2) * 3
         + token(granted=1, sends=[(LOW, 0)]) + token() + token(granted=1, sends=[(LOW, 1)], lost_at=(1,)) + token()
         + token(granted=2, sends=[(LOW, 2), (LOW, 0)]) + token()
         + token(granted=2, sends=[(LOW, 1), (LOW, 0)], lost_at=(1,)) + token()
         + token(granted=3, sends=[(LOW, 1), (LOW, 0), (LOW, 1)])),
    Case("a-message-is-missing", "D10", "What comes behind a message that is lost is whole.", 2,
         opened(0, 1) + queue(0, HIGH, 2) + queue(0, HIGH, 2) + token(granted=2, lost_at=(1,)) + token()
         + token(granted=2, sends=[(HIGH, 0), (HIGH, 1)])),
    Case("packets-that-arrive-again", "D10", "A packet that was received before, or is of an older ring, is none.", 2,
         opened(0, 1) + queue(0, HIGH, 2) + token(sends=[(HIGH, 0)]) + packet(0, 1, 0, 1) + token()
         + token(sends=[(HIGH, 1)]) + packet(0, 2, 0, 1) + packet(0, 1, 1) + packet(0, 2, 1) + changed(0, 0, 1)
         + packet(0, 1, 0, 1) + packet(0, 2, 0, 1) + queue(1, RECOVERY, 2) + tokens(2, 1) + packet(0, 1, 0, 1)
         + tokens(2, 1)),
    Case("packet-of-the-ring-to-come", "D8; D10", "A packet of a ring that is not installed changes nothing.", 2,
         opened(0, 1) + form(1, 0, 1) + leave(0, 0) + install(1, 0) + queue(0, RECOVERY, 2)
         + token(1, sends=[(RECOVERY, 0)]) + packet(1, 1, 1) + token(1) + leave(0, 1) + packet(1, 1, 1)
         + install(1, 1) + token(1, sends=[(RECOVERY, 1)])),
    # Configuration changes.
    Case("pending-ring-is-replaced", "CFG-S1; D8", "A ring that is told later takes the place of a pending one.", 2,
         opened(0, 1) + form(1, 0, 1) + tokens(1, 1) + form(2, 0, 1) + stray(1, 0, 1) + tokens(2, 2) + token()
         + leave(0, 0, 1) + stray(1, 0, 1) + install(2, 0, 1) + stray(1, 0, 1) + unplug(0, 1) + tokens(4, 2)),
    Case("two-rings-and-one", "D8; EVS 1994", "A ring breaks into two, which go on apart and merge.", 4,
         opened(0, 1, 2, 3) + form(1, 0, 1) + form(2, 2, 3) + leave(0, 0, 1, 2, 3) + install(1, 0, 1)
         + install(2, 2, 3) + stray(1, 2, 3) + stray(2, 0, 1) + unplug(0, 1) + tokens(4, 1) + tokens(2, 2)
         + form(3, 0, 1, 2, 3) + leave(1, 0, 1) + leave(2, 2, 3) + install(3, 0, 1, 2, 3) + tokens(4, 3)
         + unplug(0, 1, 2, 3) + tokens(8, 3)),
    Case("crash-and-restart", "CFG-S2", "A processor that starts again knows no ring.", 2,
         opened(0, 1) + queue(1, RECOVERY) + crash(1) + restart(1) + stray(0, 1) + form(1, 0, 1) + leave(0, 0)
         + install(1, 0, 1) + tokens(4, 1) + unplug(0, 1) + tokens(4, 1)),
)  # fmt: skip
"""In the order in which they are run."""
