"""The machines put together, as a section of the specification, and what is said of each refinement."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from types import ModuleType

from model.composed import plug_on_delivery, services_on_plug
from model.language import product
from model.language.product import Joint, Product, Step
from model.machines import MACHINES
from properties.claims.barrier import SEEN

WIDTH = 120
STEPS = (
    "A step that *follows* has no guard of its own here: that its guard holds is an obligation. Variables have "
    "the name of their part before them, as in `delivery_member`. In `services-on-delivery` the part that is "
    "called the plug is the machine of the services, which has the plug's variables."
)
ABOUT = {"plug-on-delivery": plug_on_delivery, "services-on-plug": services_on_plug}
HOLDS_OF_THE_WHOLE = {
    "BAR-2": (
        "So each run of the whole is one of the plug, in the plug's variables, and one of delivery, in its own: the "
        "PLUG and CFG claims and EVS-4 hold of it, and are not proved again. A run of the plug that needs a late "
        "token, or a token at a member that has the ring pending, is none of the whole. What a claim says can be "
        "done, or is done at last (of PLUG-S10 and PLUG-S13 that a message can be sent, PLUG-A2, LIVE-1, LIVE-2), is "
        "not carried over: the whole has fewer steps."
    ),
    "BAR-3": (
        "The plug's variables but the gate are those of the services, so its claims hold of the services where they "
        "say nothing of a closed gate. That an open gate stays open and that all open at last are said of the plug's "
        "gate, which may be open sooner (D12)."
    ),
    "BAR-4": (
        "So CLM-S1, CLM-S2, CLM-S4, EVT-S1 and EVS-4 hold of the whole, and by BAR-3 what holds of the plug. Here it "
        "stops: that the nodejoin of the services which is on its way is message n of delivery is not said. When a "
        "message is delivered to the services stays the guard of their own machine, in order, and is not tied to "
        "delivery's. That they deliver nothing which delivery has not delivered could be a further guard, and then "
        "nothing is shown. What would have to be shown is that their order is delivery's: who delivers a normal "
        "message has every nodejoin before it, since these have lower numbers. That needs for every processor whose "
        "nodejoin was sent a number, and delivery's own guard, that lower numbers were given, needs for every number "
        "a processor. Together these leave the fragment in which proofs are decided."
    ),
}
"""What follows from a refinement, and where it stops."""


def composed_section() -> Iterator[str]:
    """The machines put together: which steps are taken as one."""
    yield from (
        '## <a id="composed"></a>The machines put together',
        "",
        *_prose(product),
        "",
        textwrap.fill(STEPS, WIDTH),
        "",
    )
    for name, text in MACHINES.items():
        if isinstance(text, Product):
            yield from (f'### <a id="machine-{name}"></a>`{name}`', "")
            yield from (*_prose(ABOUT[name]), "") if name in ABOUT else ()
            yield from ("| action | steps, in order | waits until |", "| --- | --- | --- |")
            yield from (*map(_joint, text.joint), "", *_alone(text), "")


def _prose(module: ModuleType) -> list[str]:
    return (module.__doc__ or "").strip().splitlines()


def _joint(joint: Joint) -> str:
    """One action: its steps, and what it waits for besides."""
    says = " ".join((inspect.getdoc(joint.guard) or "").split()) if joint.guard else ""
    return f"| `{joint.name}` | {'; '.join(map(_step, joint.steps))} | {says} |"


def _step(step: Step) -> str:
    feature = f" with {step.feature}" if step.feature else ""
    return f"{step.part}{', follows' if step.follows else ''}: {step.action}{feature}"


def _alone(text: Product) -> Iterator[str]:
    """What is taken by one part alone, and by nobody."""
    together = {one.name for one in text.joint}
    alone = ", ".join(f"`{rule.name}`" for rule in text.rules if rule.name not in together)
    nobody = ", ".join(f"`{action}` ({part})" for part, action in text.without)
    says = f"Taken by one part, and nothing for the other: {alone}. Taken by nobody: {nobody}."
    yield textwrap.fill(says, WIDTH, break_long_words=False, break_on_hyphens=False)


def refinement_map() -> Iterator[str]:
    """The barrier's variables in the machine (BAR-1)."""
    yield from ("The barrier's variables are the machine's:", "", "| barrier | machine |", "| --- | --- |")
    yield from (f"| `{abstract}` | `{ours}` |" for abstract, ours in SEEN.items())
    says = (
        "A step at one of the actions named is that action of the barrier: its guard holds before the step, and the "
        "four variables are after it as that action leaves them. *Nothing* is a step that changes none of the four."
    )
    yield from ("", textwrap.fill(says, WIDTH, break_long_words=False, break_on_hyphens=False), "")
