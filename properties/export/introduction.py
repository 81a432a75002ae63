"""The first page of the specification: what the system is, what is promised, what is where, and how to read it."""

from __future__ import annotations

from collections.abc import Iterator

from properties.claims import CLAIMS
from properties.export.docstrings import filled
from properties.export.versions import VERSION

SYSTEM = """**The system.** Processors form a *ring*. A *token* goes round it, and only who holds the token may send a
message, which goes to all members. When a processor fails, joins or is cut off, the ring is replaced by another with
other members, a *configuration change*: each member leaves the old ring, is for a while in a *transitional*
configuration, and installs the new one, its *regular* configuration. On the processors are services, such as cluster
membership, that keep a common state. After such a change they must first recover it: with messages of *recovery*
priority they tell each other what a member has to know before messages of high, medium and low priority make sense."""
PROTOCOL = """**The protocol.** So each service has a *handle*, which is plugged from a regular configuration on, until
the service has recovered and calls unplug. The token carries a *bitmap*, a bit for each member, all zero when the ring
is formed. A member that the token visits takes the *plug step*: it sets its own bit if none of its handles is plugged
and its recovery messages are sent; nobody takes a bit back. Who then finds all bits set opens its *gate*, and may from
then on send messages of high, medium and low priority. Recovery messages pass any gate. With the next ring all begins
again."""
PROMISED = "**What is promised.** Among [all that holds](#what-holds):"
PROMISES = ("PLUG-S1", "PLUG-S8", "PLUG-S6", "PLUG-H1", "LIVE-2", "CLM-S1")
"""The claims that say what the protocol is for."""
AGAINST = """**Against whom.** Any live processors may form a ring at any time; processors stop and start again; tokens
are lost, copied and late; services call in any order, at any time. Nothing obliges anybody to take a step."""
PARTS = (
    "[The source](#source): the mail of 2004, in 13 clauses *M1* to *M13*.",
    "[Layer 1](#layer-1), the abstract barrier: what the protocol is for.",
    "[Layer 2](#layer-2), the machine: the protocol itself.",
    """[Layer 3](#layer-3), *companions*. A companion is the machine with further variables and guard parts, for
    something that the machine forgets: *ordered* has the order of the ring, *numbered* the numbers of tokens. So has
    [*services*](#companion-services), which stands apart: two services on top, and the receipt of their messages.""",
    """[*delivery*](#machine-delivery), a machine of its own: what happens to a message between its origination and its
    delivery; [*parts*](#machine-parts), another: what becomes of one that is sent in two parts. Then machines are
    [put together](#composed).""",
    "[What holds](#what-holds) of them, and on which decisions that rests: [the theorem](#theorem).",
    """The [decisions](#decisions) *D1* to *D14*, taken where the mail is silent, and [what is forgotten](#forgotten) on
    purpose.""",
)
READ = """**How to read it.** A state is a handful of sets of processors. An action has a guard, whose parts are named,
and equations for what it changes; what has no equation is unchanged."""
NOTATION = """| written | is |
| --- | --- |
| `bits[r]` | a set of processors; there is one for each ring `r` |
| `bits'[r] = …` | its value after the step; names without a prime are values before it |
| `p` and `q`, `{p}`, `members` | a processor, the set of just it, any set of processors |
| `r` and `x`, `h` | a ring, a handle |
| `t` and `u`, `c` and `d` | a token, a place for late tokens |
| `n` and `k` | numbers of messages |
| `m`, `m0`, `m1` | a kind of message of a service, the nodejoin, the add-node |
| `i` and `j`, `s` | a seat: a place in a fixed order of the processors |
| `S ∖ T`, `everybody` | who is in `S` and not in `T`, all processors |
| `\\|S\\| ≥ 2` | `S` has two processors or more |
| `S if A` | the set `S` where `A` holds, else the empty set |
| `⋃h₁ plugged[h₁]` | the sets of all handles, joined |"""
WORDS = """A step of the *protocol* is taken by a processor; a step of a *service* is one of its calls; a step of the
*environment* is the adversary's. A *feature* is what can be switched off where states are enumerated; proofs have all.
A *ghost* is a variable that remembers something of the past for the claims: rules of its own set it, and the protocol
never reads it."""
CITING = f"""**How to cite it.** This is version `{VERSION}` ([what changed](#versions)). Cite it by version, and
actions, claims and decisions by name or id; each has an anchor of its own, such as `#action-visit`, `#PLUG-S1` or
`#D8`. The text is made from the model by `ringplug spec`, and a test holds them equal; `ringplug spec --format html` is
the same as a page."""


def introduction() -> Iterator[str]:
    """The first page."""
    yield from ("# The recovery plug: specification", "", filled(SYSTEM), "", filled(PROTOCOL), "", PROMISED, "")
    yield from (filled(f"- [{id}](#{id}): {CLAIMS[id].sentence}", "  ") for id in PROMISES)
    yield from ("", filled(AGAINST), "", "**What is where.**", "")
    yield from (filled(f"- {says}", "  ") for says in PARTS)
    yield from ("", filled(READ), "", NOTATION, "", filled(WORDS), "", filled(CITING), "")
