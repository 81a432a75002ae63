"""The specification as a text: every registry of the model and the catalogue, layer on layer.

Formulas, names and numbers come from the terms that the engines decide; the prose is the docstrings'.
"""

from __future__ import annotations

import inspect
import itertools
import re
import textwrap
from collections.abc import Iterator, Sequence
from types import ModuleType

from model import delivery
from model import parts as in_parts
from model.language.machine import Action, Ghost, Text
from model.language.notation import Notation, equations
from model.language.state import Declared, constant
from model.machines import DELIVERY, MACHINES, PARTS, PLUG, is_companion
from model.notes.abstractions import ABSTRACTIONS, OF_DELIVERY, OF_PARTS, Abstraction
from model.notes.decisions import DECISIONS, Decision
from model.notes.glossary import GLOSSARY
from model.notes.mail import CLAUSES, REFERENCES, TITLE
from model.plug import barrier, ghosts, numbered, ordered, state
from model.plug.barrier import BARRIER
from model.plug.machine import ROOMS
from model.services import actions
from model.services.actions import RECOVERY_ADD_NODE
from properties.catalogue.claim import Claim
from properties.catalogue.notation import goals, notation
from properties.claims import CLAIMS
from properties.claims.barrier import BAR_1
from properties.export.composed_text import HOLDS_OF_THE_WHOLE, composed_section, refinement_map
from properties.export.docstrings import cited, sentences
from properties.export.theorem_text import theorem_section
from properties.export.versions import VERSION, versions_section

WIDTH = 120
RECORDED = {name: text.record() for name, text in MACHINES.items()}
PLUG_VARIABLES = MACHINES[PLUG].state.declared
SERVICES = "services"
SHOWN = frozenset({RECOVERY_ADD_NODE})
"""The features with which that machine is shown."""


def specification() -> str:
    """The whole text, as Markdown."""
    sections = (
        _introduction, _source, _barrier, _machine, _companions, _services, _delivery, _parts, composed_section,
        _claims, theorem_section, _decisions, _abstractions, _glossary, _corrections, versions_section, _references,
    )  # fmt: skip
    return "\n".join(line for section in sections for line in section()) + "\n"


INTRODUCTION = """# The recovery plug: specification

Version `{version}` ([what changed](#versions)). Cite it by version, and actions, claims and decisions by name or id;
each has an anchor of its own, such as `#action-visit`, `#PLUG-S1` or `#D8`. This text is made from the model by
`ringplug spec`, and a test holds them equal; `ringplug spec --format html` is the same as a page.

Processors form a token ring. When the ring's configuration changes, services must first recover their state, and
until every member has done so only recovery priority messages may be sent. The protocol that achieves this is stated
in three layers: an abstract barrier, which is what the protocol is for; the machine, which is the protocol; and
*companions*. A companion is the machine with further variables and guard parts, for something that the machine forgets:
*ordered* has the order of the ring, *numbered* the numbers of tokens, and *services*, which stands apart, two services
on top. A machine of its own, *delivery*, has what happens to a message between its origination and its delivery, and
another, *parts*, what becomes of one that is sent in two parts. Then follow what must hold of them, the decisions taken
where the source is silent, and a list of what was forgotten on purpose.

**How to read it.** A state is a handful of sets of processors. `bits[r]` is one set for each ring `r`. An action has a
guard, whose parts are named, and equations for what it changes; a primed name is the value after the step, and what has
no equation is unchanged. Parameters: `p` and `q` are one processor, `{{p}}` is the set of just it, `members` any set of
processors, `r` a ring, `h` a handle, `c` a place for late tokens, `t` and `u` tokens, `n` a message's number. `S if A`
is the set `S` where `A` holds, and else the empty set; `⋃h₁ plugged[h₁]` joins the sets of all handles. A step of the
*protocol* is taken by a processor; a step of a *service* is one of its calls; a step of the *environment* is the
adversary's. Nothing obliges anybody to take a step. A *feature* is what can be switched off where states are
enumerated; proofs have all. A *ghost* is a variable that remembers something of the past for the claims: rules of its
own set it, and the protocol never reads it.
"""


def _introduction() -> Iterator[str]:
    yield INTRODUCTION.format(version=VERSION)


def _source() -> Iterator[str]:
    yield from ("## The source", "", f"{TITLE}. Its clauses, in our words:", "", "| clause | says |", "| --- | --- |")
    for id, says in CLAUSES.items():
        yield f'| <a id="mail-{id}"></a>{id} | {says} |'
    yield ""


def _barrier() -> Iterator[str]:
    yield from ("## Layer 1: the abstract barrier", "", *_prose(barrier), "")
    yield from _variables(BARRIER)
    for action in BARRIER.record().actions:
        yield from _action(action, "barrier-")


def _machine() -> Iterator[str]:
    yield from ("## Layer 2: the machine", "", *_prose(state), "")
    yield from _variables(MACHINES[PLUG])
    says = _says(inspect.getdoc(state.initial) or "")
    yield from (
        _filled(f"**Initially.** {says} So `handles[h]` is everybody for every `h`; all other sets are empty."),
        "",
    )
    for room in ROOMS:
        if room is not ghosts:
            yield from _room(room)
    yield from _ghosts()


def _room(room: ModuleType, machine: str = PLUG, prefix: str = "") -> Iterator[str]:
    """A module of the model: what it says, the decisions it takes, its actions in the order in which it states them."""
    heading = (room.__doc__ or "").partition(":")[0].partition(".")[0]
    yield from (f"### {heading}", "", *_prose(room), "")
    mine = [action for action in RECORDED[machine].actions if action.rule.write.__module__ == room.__name__]
    for action in sorted(mine, key=lambda action: inspect.getsourcelines(action.rule.write)[1]):
        yield from _action(action, prefix)


def _action(action: Action, kind: str, added: Sequence[str] = ()) -> Iterator[str]:
    """One action: heading, sentence, guard, equations, source; if more is added to it, those docstrings' too."""
    doc = inspect.getdoc(action.rule.write) or ""
    says = " *Here:* ".join(filter(None, (_says(doc), " ".join(map(_says, added)))))
    who = "" if kind == "barrier-" else f", {action.rule.kind.value}"
    feature = f", feature {action.rule.feature}" if action.rule.feature else ""
    yield from (f'<a id="{kind}action-{action.name}"></a>', "")
    yield from (_filled(f"**{action.name}**({', '.join(action.parameters)}){who}{feature}. {says}"), "", "```")
    width = max((len(label) for label, _ in action.guard), default=0)
    for label, part in action.guard:
        yield f"when {label:<{width}}   {Notation().truth(part)}"
    yield from equations(action)
    if not action.writes:
        yield "nothing changes"
    yield from ("```", "", *_notes(doc, *added), "")


def _ghosts() -> Iterator[str]:
    yield from ("### Ghosts", "", *_prose(ghosts), "")
    for ghost in MACHINES[PLUG].ghosts:
        yield _ghost(ghost)
    yield ""


def _ghost(ghost: Ghost) -> str:
    """A ghost's rule."""
    says = _says(inspect.getdoc(ghost.write) or "")
    return _filled(f"- **{ghost.name}**, {_when(ghost)}: {says}")


def _when(ghost: Ghost) -> str:
    if ghost.after:
        return f"after {', '.join(ghost.after)}"
    *most, last = ghost.watches
    changes = f"{', '.join(most)} or {last}" if most else last
    return f"whenever {changes} changes" + (f", but not after {', '.join(ghost.but)}" if ghost.but else "")


def _companions() -> Iterator[str]:
    yield from ("## Layer 3: the companions `ordered` and `numbered`", "")
    for name, module in (("ordered", ordered), ("numbered", numbered)):
        yield from (f'### <a id="companion-{name}"></a>The companion `{name}`', "", *_prose(module), "")
        yield from _table({n: d for n, d in MACHINES[name].state.declared.items() if n not in PLUG_VARIABLES})
        for action in RECORDED[name].actions:
            yield from _companion_action(name, action)


def _companion_action(name: str, action: Action) -> Iterator[str]:
    """What a companion adds to an action of the machine, or the whole of an action of its own."""
    ours = _of_the_machine(action)
    if ours is None:
        yield from _action(action, f"{name}-")
        return
    guard = [part for part in action.guard if part[0] not in dict(ours.guard)]
    says_ours = equations(ours)
    changes = [line for line in equations(action) if line not in says_ours]
    if not guard and not changes:
        return
    yield from (f'<a id="{name}-action-{action.name}"></a>', "")
    says = " ".join(_says(doc) for doc in _added(name, action))
    yield from (_filled(f"**{action.name}**({', '.join(action.parameters)}), added. {says}"), "", "```")
    width = max((len(label) for label, _ in guard), default=0)
    yield from (f"when {label:<{width}}   {Notation().truth(part)}" for label, part in guard)
    yield from (*changes, "```", "")


def _of_the_machine(action: Action) -> Action | None:
    """The machine's action of this name, if it has one."""
    return next((one for one in RECORDED[PLUG].actions if one.name == action.name), None)


def _added(name: str, action: Action) -> list[str]:
    """The docstrings of what a companion adds to an action of the machine."""
    machines = {edit.write for edit in MACHINES[PLUG].edits}
    return [
        inspect.getdoc(edit.write) or ""
        for edit in MACHINES[name].edits
        if edit.action == action.name and edit.write and edit.write not in machines and edit.feature in (None, *SHOWN)
    ]


SHOWN_WHOLE = (
    "Each action is shown whole, with what services add to it: first what the machine says of it, after *Here* what is "
    "added. As in the machine, and part of no feature:"
)


def _services() -> Iterator[str]:
    """The machine of the services: each action as it is in the whole, and a list of those that are as before."""
    recorded = MACHINES[SERVICES].record(SHOWN)
    yield from ('## <a id="companion-services"></a>Services on top', "", *_prose(actions), "")
    yield from _table({n: d for n, d in MACHINES[SERVICES].state.declared.items() if n not in PLUG_VARIABLES})
    as_before = [action for action in recorded.actions if _of_the_machine(action) and not _added(SERVICES, action)]
    links = ", ".join(f"[{action.name}](#action-{action.name})" for action in as_before)
    yield _filled(
        f"Each action is shown whole: what it is in the machine, and *here* what is added. As before: {links}."
    )
    yield ""
    for action in recorded.actions:
        if action not in as_before:
            yield from _action(action, f"{SERVICES}-", _added(SERVICES, action))


def _delivery() -> Iterator[str]:
    """The machine of delivery, whole, and what it forgets."""
    yield from ('## <a id="machine-delivery"></a>Messages', "", *_prose(delivery.state), "")
    yield from _variables(MACHINES[DELIVERY])
    for room in delivery.ROOMS:
        yield from _room(room, DELIVERY, "delivery-")
    for ghost in MACHINES[DELIVERY].ghosts:
        yield from (_ghost(ghost), "")
    yield from _axioms()
    yield from ("### What it forgets", "", *_forgotten(OF_DELIVERY))


def _parts() -> Iterator[str]:
    """The machine of messages in parts, whole, and what it forgets."""
    yield from ('## <a id="machine-parts"></a>Messages in parts', "", *_prose(in_parts.state), "")
    yield from _variables(MACHINES[PARTS])
    for room in in_parts.ROOMS:
        yield from _room(room, PARTS, "parts-")
    yield from ("### What it takes from elsewhere, and forgets", "", *_forgotten(OF_PARTS))


def _axioms() -> Iterator[str]:
    """What proofs about the machine of delivery take for granted, and searches have as tables."""
    yield from ("### Order", "", "What proofs take for granted of numbers, ring ids and seats:", "", "```")
    now = MACHINES[DELIVERY].state()
    for axiom in MACHINES[DELIVERY].state.axioms:
        yield f"{axiom.__name__.replace('_', ' ')}:"
        yield f"  {Notation().truth(axiom(now))}"
    yield from ("```", "")


AT_LAST = """That a goal can be reached says nothing of whether it is. A claim with a *rank* says that it is, at last:
if each step of the actions under *by* is *fair*, that is, taken at last or now and then not enabled; if no step is
taken that stands under *unless*; and if the premise stays true. The rank is a list of sets, by weight. While the
premise is true and the goal is not, some fair step is enabled that lowers it (a set loses somebody, and the sets before
and beside it gain nobody), no step raises it, and what would lower it goes on doing so until it is lowered. Processors
and handles are finitely many, so it is lowered only so often. `ringplug trace CLAIM --unfair ACTION` shows for each
fair action a run that goes round for ever without it."""


def _claims() -> Iterator[str]:
    yield from (
        "## What holds", "",
        "Each claim has a *witness*, a run in which its premise is true, and a *mutant*, a broken variant that it",
        "rejects. *Proved* is for any number of processors, handles, rings, copies and tokens. The verdicts are in the",
        "README's table; `ringplug check` computes them again.", "", *AT_LAST.splitlines(), "",
    )  # fmt: skip
    for claim in CLAIMS.values():
        yield from _claim(claim)


def _claim(claim: Claim) -> Iterator[str]:
    about = "" if claim.machine == PLUG else f" *({_kind(claim.machine)} {claim.machine})*"
    yield from (f'<a id="{claim.id}"></a>', "", _filled(f"**{claim.id}.** {claim.sentence}{about}"), "")
    formulas = [*_formulas(claim), *goals(claim)]
    if formulas:
        yield from ("```", *formulas, "```", "")
    if claim.id == BAR_1.id:
        yield from refinement_map()
    if claim.id in HOLDS_OF_THE_WHOLE:
        yield from (_filled(HOLDS_OF_THE_WHOLE[claim.id]), "")
    if claim.bound and claim.bound.sum:
        yield from (_filled(claim.bound.sum), "")
    witness = f"Witness: {claim.witness.label}. " if claim.witness else ""
    yield from (_filled(f"{witness}Mutant: `{claim.mutant}`. Source: {_linked(claim.source)}."), "")


def _kind(machine: str) -> str:
    return "companion" if is_companion(machine) else "machine"


def _formulas(claim: Claim) -> Iterator[str]:
    for label, parts in itertools.groupby(claim.parts, lambda part: part.label):
        yield f"{label}:"
        yield from _notations(claim, [notation(part, claim.machine) for part in parts])


def _notations(claim: Claim, lines: list[str]) -> Iterator[str]:
    """A part's formulas; those of the refinement are obligations, written out only by the engines."""
    if claim.id == BAR_1.id:
        yield f"  at {', '.join(line.partition(':')[0].removeprefix('at ') for line in lines)}"
    else:
        yield from (f"  {line}" for line in lines)


def _decisions() -> Iterator[str]:
    yield from (
        "## Decisions", "",
        "Where the mail is silent. A rejected choice has a variant: `ringplug trace CLAIM --variant NAME` shows a",
        "shortest run to what it breaks, and `docs/variants.md` has all that it breaks.", "",
        "| id | question | answer | the other choice |", "| --- | --- | --- | --- |",
    )  # fmt: skip
    for id, decision in sorted(DECISIONS.items(), key=lambda one: int(one[0][1:])):
        yield f'| <a id="{id}"></a>{id} | {decision.question} | {decision.answer} | {_other_choice(decision)} |'
    yield ""


def _other_choice(decision: Decision) -> str:
    """The variants that take it, if it is rejected, and why it would do, if it would."""
    rejected = ", ".join(f"`{name}` breaks [{claim}](#{claim})" for name, claim in decision.rejected.items())
    said = [f"Rejected: {rejected}."] if rejected else []
    return " ".join([*said, decision.both_sound or ""]).strip() or "Not of this machine."


def _abstractions() -> Iterator[str]:
    yield from ("## What is forgotten", "", *_forgotten(ABSTRACTIONS))


def _forgotten(abstractions: Sequence[Abstraction]) -> Iterator[str]:
    yield from ("| forgotten | errs towards | checked instead |", "| --- | --- | --- |")
    yield from (f"| {one.what} | {one.errs} | {one.checked} |" for one in abstractions)
    yield ""


def _glossary() -> Iterator[str]:
    yield from ("## Names", "", "| in the sources | here | source |", "| --- | --- | --- |")
    yield from (f"| {theirs} | {ours} | {source} |" for theirs, ours, source in GLOSSARY)
    yield ""


def _corrections() -> Iterator[str]:
    yield from ("## Corrections", "")
    yield "Claims that were worded otherwise before there was a model, and what was changed."
    for claim in CLAIMS.values():
        if claim.correction:
            yield from ("", _filled(f"- **{claim.id}**: {_linked(claim.correction)}"))


def _references() -> Iterator[str]:
    yield from ("", "## References", "")
    yield from (_filled(f"- **{name}**: {text}") for name, text in REFERENCES.items())


def _variables(text: Text) -> Iterator[str]:
    yield from _table(text.state.declared)


def _table(declared: dict[str, Declared]) -> Iterator[str]:
    yield from ("| variable | is |", "| --- | --- |")
    for name, one in declared.items():
        letters = ", ".join(sort.sort.__name__[0].lower() for sort in one.sorts)
        mark = "; a ghost" if one.ghost else "; constant" if isinstance(one, constant) else ""
        yield f"| `{name}{f'[{letters}]' if letters else ''}` | {one.means}{mark} |"
    yield ""


def _prose(module: ModuleType) -> list[str]:
    """A module's docstring."""
    return (module.__doc__ or "").strip().splitlines()


def _filled(text: str) -> str:
    """A paragraph in lines of bounded width."""
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _linked(text: str) -> str:
    """Clauses of the mail and decisions, as links."""
    text = re.sub(r"\bM(\d+)\b", r"[M\1](#mail-M\1)", text)
    return re.sub(r"\bD(\d+)\b", r"[D\1](#D\1)", text)


def _says(doc: str) -> str:
    """A docstring's sentences."""
    return re.sub(r"\bP\b", "`p`", sentences(doc))


def _notes(*docs: str) -> list[str]:
    """The Source and Differs lines of docstrings."""
    noted = cited(*docs)
    return [f"{_linked(line)}  " if index < len(noted) - 1 else _linked(line) for index, line in enumerate(noted)]
