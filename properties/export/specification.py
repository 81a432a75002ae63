"""The specification as a text: every registry of the model and the catalogue, layer on layer.

Formulas, names and numbers come from the terms that the engines decide; the prose is the docstrings'.
"""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Iterator, Sequence
from types import ModuleType

from model import delivery
from model import parts as in_parts
from model.language.machine import Action, Ghost, Text
from model.language.notation import Naming, Notation, equations
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
from properties.export.docstrings import cited, filled, first_sentence, sentences
from properties.export.introduction import introduction
from properties.export.named_sets import definitions, names_in
from properties.export.theorem_text import theorem_section
from properties.export.versions import versions_section

RECORDED = {name: text.record() for name, text in MACHINES.items()}
PLUG_VARIABLES = MACHINES[PLUG].state.declared
SERVICES = "services"
SHOWN = frozenset({RECOVERY_ADD_NODE})
"""The features with which that machine is shown."""


def specification() -> str:
    """The whole text, as Markdown."""
    sections = (
        introduction, _source, _barrier, _machine, _companions, _services, _delivery, _parts, composed_section,
        _claims, theorem_section, _decisions, _abstractions, _glossary, _corrections, versions_section, _references,
    )  # fmt: skip
    return "\n".join(line for section in sections for line in section()) + "\n"


def _source() -> Iterator[str]:
    yield from ('## <a id="source"></a>The source', "", f"{TITLE}. Its clauses, in our words:", "")
    yield from ("| clause | says |", "| --- | --- |")
    for id, says in CLAUSES.items():
        yield f'| <a id="mail-{id}"></a>{id} | {says} |'
    yield ""


def _barrier() -> Iterator[str]:
    yield from ('## <a id="layer-1"></a>Layer 1: the abstract barrier', "", *_prose(barrier), "")
    yield from _variables(BARRIER)
    for action in BARRIER.record().actions:
        yield from _action(action, "barrier-")


def _machine() -> Iterator[str]:
    yield from ('## <a id="layer-2"></a>Layer 2: the machine', "", *_prose(state), "")
    yield from _variables(MACHINES[PLUG])
    says = _says(inspect.getdoc(state.initial) or "")
    yield from (
        filled(f"**Initially.** {says} So `handles[h]` is everybody for every `h`; all other sets are empty."),
        "",
    )
    yield from _steps()
    for room in ROOMS:
        if room is not ghosts:
            yield from _room(room)
    yield from _ghosts()


def _steps() -> Iterator[str]:
    """The actions of the machine, in the order in which they follow."""
    yield from ("**Steps.** A run is any sequence of these, each where its guard is true:", "")
    yield from ("| action | taken by | in one sentence |", "| --- | --- | --- |")
    for action in (one for room in ROOMS for one in _in_room(room, PLUG)):
        says, _ = first_sentence(_says(inspect.getdoc(action.rule.write) or ""))
        yield f"| [{action.name}](#action-{action.name}) | {action.rule.kind.value} | {says} |"
    yield ""


def _room(room: ModuleType, machine: str = PLUG, prefix: str = "") -> Iterator[str]:
    """A module of the model: its subject is the heading, then what else it says, and its actions."""
    heading, _, says = (room.__doc__ or "").strip().partition(": ")
    yield from (f"### {heading}", "", *f"{says[0].upper()}{says[1:]}".splitlines(), "")
    for action in _in_room(room, machine):
        yield from _action(action, prefix)


def _in_room(room: ModuleType, machine: str) -> list[Action]:
    """The actions of a module, in the order in which it states them."""
    mine = [action for action in RECORDED[machine].actions if action.rule.write.__module__ == room.__name__]
    return sorted(mine, key=lambda action: inspect.getsourcelines(action.rule.write)[1])


def _action(action: Action, kind: str, added: Sequence[str] = ()) -> Iterator[str]:
    """One action: heading, a sentence, guard, equations, what else is to be said, source.

    If more is added to it, what is said of that too.
    """
    doc, names = inspect.getdoc(action.rule.write) or "", names_in(action.parameters.values(), kind.rstrip("-"))
    says, more = first_sentence(_says(doc))
    says = " *Here:* ".join(filter(None, (says, " ".join(map(_says, added)))))
    who = "" if kind == "barrier-" else f", {action.rule.kind.value}"
    feature = f", feature {action.rule.feature}" if action.rule.feature else ""
    yield from (f'<a id="{kind}action-{action.name}"></a>', "")
    yield from (filled(f"**{action.name}**({', '.join(action.parameters)}){who}{feature}. {says}"), "", "```")
    width = max((len(label) for label, _ in action.guard), default=0)
    for label, part in action.guard:
        yield f"when {label:<{width}}   {Naming(names).truth(part)}"
    yield from equations(action, names=names)
    if not action.writes:
        yield "nothing changes"
    yield from ("```", "", *((filled(more), "") if more else ()), *_notes(doc, *added), "")


def _ghosts() -> Iterator[str]:
    yield from ("### Ghosts", "", *_prose(ghosts), "")
    for ghost in MACHINES[PLUG].ghosts:
        yield _ghost(ghost)
    yield ""


def _ghost(ghost: Ghost) -> str:
    """A ghost's rule."""
    says = _says(inspect.getdoc(ghost.write) or "")
    return filled(f"- **{ghost.name}**, {_when(ghost)}: {says}", "  ")


def _when(ghost: Ghost) -> str:
    if ghost.after:
        return f"after {', '.join(ghost.after)}"
    *most, last = ghost.watches
    changes = f"{', '.join(most)} or {last}" if most else last
    return f"whenever {changes} changes" + (f", but not after {', '.join(ghost.but)}" if ghost.but else "")


def _companions() -> Iterator[str]:
    yield from ('## <a id="layer-3"></a>Layer 3: the companions `ordered` and `numbered`', "")
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
    yield from (filled(f"**{action.name}**({', '.join(action.parameters)}), added. {says}"), "", "```")
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
    yield from (
        '## <a id="companion-services"></a>A companion with services on top: `services`',
        "",
        *_prose(actions),
        "",
    )
    yield from _table({n: d for n, d in MACHINES[SERVICES].state.declared.items() if n not in PLUG_VARIABLES})
    yield from definitions(SERVICES)
    as_before = [action for action in recorded.actions if _of_the_machine(action) and not _added(SERVICES, action)]
    links = ", ".join(f"[{action.name}](#action-{action.name})" for action in as_before)
    yield filled(
        f"Each action is shown whole: what it is in the machine, and *here* what is added. As before: {links}."
    )
    yield ""
    for action in recorded.actions:
        if action not in as_before:
            yield from _action(action, f"{SERVICES}-", _added(SERVICES, action))


def _delivery() -> Iterator[str]:
    """The machine of delivery, whole, and what it forgets."""
    yield from ('## <a id="machine-delivery"></a>A machine of messages: `delivery`', "", *_prose(delivery.state), "")
    yield from _variables(MACHINES[DELIVERY])
    yield from definitions(DELIVERY)
    for room in delivery.ROOMS:
        yield from _room(room, DELIVERY, "delivery-")
    for ghost in MACHINES[DELIVERY].ghosts:
        yield from (_ghost(ghost), "")
    yield from _axioms()
    yield from ("### What it forgets", "", *_forgotten(OF_DELIVERY))


def _parts() -> Iterator[str]:
    """The machine of messages in parts, whole, and what it forgets."""
    yield from ('## <a id="machine-parts"></a>A machine of messages in parts: `parts`', "", *_prose(in_parts.state), "")
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


GROUPS = {
    "PLUG": "The plug", "CFG": "Configurations", "RING": "The ring", "LIVE": "What is reached at last",
    "BAR": "One machine held to another", "CLM": "Cluster membership", "EVT": "The event service",
    "EVS": "Delivery", "PART": "Messages in parts", "N": "What is not so",
}  # fmt: skip
"""Of claims, by the first letters of their ids."""
WHAT_HOLDS = """Each claim has a *witness*, a run in which its premise is true, and a *mutant*, a broken variant that it
rejects. *Proved* is for any number of processors, handles, rings, copies and tokens. The verdicts are in the README's
table; `ringplug check` computes them again."""
AT_LAST = """That a goal can be reached says nothing of whether it is. A claim with a *rank* says that it is, at last:
if each step of the actions under *by* is *fair*, that is, taken at last or now and then not enabled; if no step is
taken that stands under *unless*; and if the premise stays true. The rank is a list of sets, by weight. While the
premise is true and the goal is not, some fair step is enabled that lowers it (a set loses somebody, and the sets before
and beside it gain nobody), no step raises it, and what would lower it goes on doing so until it is lowered. Processors
and handles are finitely many, so it is lowered only so often. `ringplug trace CLAIM --unfair ACTION` shows for each
fair action a run that goes round for ever without it."""


def _claims() -> Iterator[str]:
    yield from (
        '## <a id="what-holds"></a>What holds', "", filled(WHAT_HOLDS), "", filled(AT_LAST), "",
    )  # fmt: skip
    for group, claims in itertools.groupby(CLAIMS.values(), lambda claim: claim.id.rstrip("0123456789").split("-")[0]):
        yield from (f"### {GROUPS[group]}", "")
        for claim in claims:
            yield from _claim(claim)


def _claim(claim: Claim) -> Iterator[str]:
    about = "" if claim.machine == PLUG else f" *({_kind(claim.machine)} {claim.machine})*"
    yield from (f'<a id="{claim.id}"></a>', "", filled(f"**{claim.id}.** {claim.sentence}{about}"), "")
    formulas = [*_formulas(claim), *goals(claim)]
    if formulas:
        yield from ("```", *formulas, "```", "")
    if claim.id == BAR_1.id:
        yield from refinement_map()
    if claim.id in HOLDS_OF_THE_WHOLE:
        yield from (filled(HOLDS_OF_THE_WHOLE[claim.id]), "")
    if claim.bound and claim.bound.sum:
        yield from (filled(claim.bound.sum), "")
    witness = f"Witness: {claim.witness.label}. " if claim.witness else ""
    yield from (filled(f"{witness}Mutant: `{claim.mutant}`. Source: {_linked(claim.source)}."), "")


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
        '## <a id="decisions"></a>Decisions', "",
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
    yield from ('## <a id="forgotten"></a>What is forgotten', "", *_forgotten(ABSTRACTIONS))


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
            yield from ("", filled(f"- **{claim.id}**: {_linked(claim.correction)}", "  "))


def _references() -> Iterator[str]:
    yield from ("", "## References", "")
    yield from (filled(f"- **{name}**: {text}", "  ") for name, text in REFERENCES.items())


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
