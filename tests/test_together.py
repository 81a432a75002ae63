"""Small histories by hand: who moved together, who was apart, who heard what.

A line is one event: `n1 [4] n1 n2` a regular configuration, `n1 ~[8] n1` a transitional one (`-n2 +n3`: left, joined),
`n1 send m1`, `n1 queue m1`, `n1 m1` a delivery, `n1 group n1#1 n2#1`. Processes start by themselves and end quietly.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from history_sources import excerpt

from properties.history.events import (
    Configuration,
    Crash,
    Deliver,
    End,
    Event,
    Facet,
    Group,
    Originate,
    Queue,
    Start,
)  # fmt: skip
from properties.judge.judgement import judge

CONFIGURATION = re.compile(r"(~?)\[(\d+)\] (.*)")
PLAIN: frozenset[Facet] = frozenset({"regular", "transitional", "originate", "deliver", "level", "sender"})
LISTS: frozenset[Facet] = frozenset({"regular", "lists", "originate", "deliver", "sender"})
GROUP: frozenset[Facet] = frozenset({"regular", "lists", "group", "queue", "deliver", "sender"})


def event(name: str, says: str, sender: dict[str, str]) -> Event:
    """What a line says."""
    if found := CONFIGURATION.fullmatch(says):
        transitional, number, names = found.groups()
        members, left, joined = (tuple(re.findall(rf"(?<!\S){mark}(\w+)", names)) for mark in ("", "-", r"\+"))
        lists: dict[str, Any] = {"left": left, "joined": joined} if left or joined or "=" in names else {}
        kind = "transitional" if transitional else "regular"
        ring = ("n1", int(number))
        attached = "(attached)" in names
        return Configuration(name, 0, kind=kind, ring=ring, members=members, attached=attached, **lists)
    word, _, rest = says.partition(" ")
    if word in ("send", "queue"):
        message, _, level = rest.partition(" ")
        sender[message] = name
        return (Originate if word == "send" else Queue)(name, 0, message=message, level="safe" if level else None)
    if word == "group":
        return Group(name, 0, members=tuple((one.split("#")[0], int(one.split("#")[1])) for one in rest.split()))
    if word == "restart":
        return Start(name, 0, incarnation=2)
    return Crash(name, 0) if word == "crash" else Deliver(name, 0, message=word)


def judged(text: str, observes: frozenset[Facet] = PLAIN, *, quiet: bool = True) -> dict[str, str]:
    """The verdicts on a history."""
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    names = sorted({name for name, _ in lines})
    sender: dict[str, str] = {}
    events = [Start(name, 0, incarnation=1) for name in names] + [event(name, says, sender) for name, says in lines]
    last = {one.process: one for one in events}
    events += [End(name, 0, quiescent=quiet) for name in names if not isinstance(last[name], Crash)]
    for i, one in enumerate(events):
        one.seq = i
        if isinstance(one, Deliver):
            one.sender = sender.get(one.message, "n9")
    return {one.claim: one.verdict for one in judge(excerpt(events, observes)).claims}


def broken(text: str, observes: frozenset[Facet] = PLAIN, *, quiet: bool = True) -> set[str]:
    """The claims that it violates."""
    return {id for id, verdict in judged(text, observes, quiet=quiet).items() if verdict == "violated"}


APART = """
n1 [4] n1 n2
n2 [4] n1 n2
n1 send m1
n1 send m2
n1 m1
{n1}
{n2}
n1 ~[12] n1
n1 [12] n1 n2
n2 ~[8] n2
n2 [8] n2
n2 ~[12] n2
n2 [12] n1 n2
"""
"""Both were in ring 4 and both are in ring 12, and n2 was alone in between."""


def test_who_was_apart_in_between_may_have_delivered_less() -> None:
    assert not broken(APART.format(n1="n1 m2", n2="n2 m1"))


def test_a_hole_counts_although_they_parted() -> None:
    assert broken(APART.format(n1="n1 m2", n2="n2 m2")) == {"RING-H1", "EVS-5", "EVS-6.3"}


def test_who_moved_together_delivered_the_same() -> None:
    together = """
    n1 [4] n1 n2
    n2 [4] n1 n2
    n1 send m1
    n1 m1
    {lacks}
    n1 ~[8] n1 n2
    n1 [8] n1 n2
    n2 ~[8] n1 n2
    n2 [8] n1 n2
    """
    assert broken(together.format(lacks="")) == {"EVS-4"}
    assert not broken(together.format(lacks="n2 m1"))


def test_who_moved_together_delivered_the_same_in_the_transitional_configuration_too() -> None:
    text = """
    n1 [4] n1 n2 n3
    n2 [4] n1 n2 n3
    n1 send m1
    n1 ~[8] n1 n2
    n1 m1
    n1 [8] n1 n2
    n2 ~[8] n1 n2
    {n2}
    n2 [8] n1 n2
    """
    assert broken(text.format(n2="n2 m1")) == set()
    assert broken(text.format(n2="n2 send m2")) == {"EVS-3", "EVS-4"}
    assert broken(text.format(n2="n2 m1").replace("~[8] n1 n2\n    n2 m1", "~[8] n1\n    n2 m1", 1)) >= {"CFG-S1"}


def test_a_delivery_before_the_transitional_configuration_at_one_and_after_it_at_another() -> None:
    text = """
    n1 [4] n1 n2
    n2 [4] n1 n2
    n1 send m1
    n1 m1
    n1 ~[8] n1 n2
    n1 [8] n1 n2
    n2 ~[8] n1 n2
    n2 m1
    n2 [8] n1 n2
    """
    assert broken(text) == {"EVS-4", "EVS-6.2"}


def test_one_crash_excuses_and_a_cut_leaves_open() -> None:
    text = "n1 [4] n1 n2\nn2 [4] n1 n2\nn1 send m1 safe\nn1 m1\n"
    assert broken(text) == {"EVS-7.1", "LIVE-3"}
    assert judged(text, quiet=False)["EVS-7.1"] == "open"
    assert judged(f"{text}n2 crash", quiet=False)["EVS-7.1"] == "ok"
    assert judged(f"{text}n2 ~[8] n2\nn2 [8] n2", quiet=False)["EVS-7.1"] == "violated"


def test_a_member_that_crashed_on_the_way_to_the_ring_breaks_only_7_2() -> None:
    text = "n1 [4] n1 n2\nn1 send m1 safe\nn1 m1\nn2 [2] n2\n"
    assert broken(f"{text}n2 crash\nn2 restart\nn2 [8] n2", quiet=False) == {"EVS-7.2"}
    assert broken(f"{text}n2 [8] n2", quiet=False) == {"EVS-7.1", "EVS-7.2"}


def test_nothing_is_demanded_of_who_was_not_observed() -> None:
    assert not broken("n1 [4] n1 n2 n7\nn2 [4] n1 n2 n7\nn1 send m1 safe\nn1 m1\nn2 m1")


# Sources without transitional configurations.

TOLD = """
n1 [4] n1 n2 =
n2 [4] n1 n2 =
n1 send m1
n1 send m2
n1 m1
{n2}
n1 [12] n1 n2 {told}
n2 [12] n1 n2 {told2}
"""


def test_who_goes_directly_moves_together_whatever_the_lists_say() -> None:
    apart = {"told": "-n2 +n2", "told2": "-n1 +n1"}
    assert broken(TOLD.format(n2="", **apart), LISTS) == {"EVS-3", "EVS-4", "CFG-S1"}
    found = judged(TOLD.format(n2="n2 m2", **apart), LISTS)
    assert found["EVS-4"] == "violated"
    assert found["RING-H1"] == "not observable"


def test_by_lists_who_left_and_joined_again_was_apart() -> None:
    apart = TOLD.format(n2="n2 m2\nn2 [8] n2 -n1", told="-n2 +n2", told2="+n1")
    found = judged(apart, LISTS)
    assert (found["EVS-4"], found["CFG-S1"], found["RING-H1"]) == ("open", "ok", "not observable")


def test_by_lists_who_did_not_leave_moved_together() -> None:
    text = TOLD.replace("n1 send m2\n", "").format(n2="", told="=", told2="=")
    assert broken(text, LISTS) == {"EVS-4"}


def test_who_goes_directly_moves_together_also_without_lists() -> None:
    for n2, verdict in (("n2 m1", "ok"), ("", "violated")):
        text = TOLD.format(n2=n2, told="", told2="").replace("=", "")
        assert judged(text, LISTS - {"lists"})["EVS-4"] == verdict


def test_who_went_elsewhere_did_not_come_along() -> None:
    text = """
    n1 [4] n1 n2 =
    n2 [4] n1 n2 =
    n2 [8] n2 -n1
    n2 [12] n1 n2 +n1
    n1 [12] n1 n2 {}
    """
    assert broken(text.format("="), LISTS) == {"CFG-S1"}
    assert not broken(text.format("-n2 +n2"), LISTS)


# Groups, late comers, queued messages.

LATE = """
n1 [4] n1 n2 =
n1 group n1#1
n2 [4] n1 n2 =
n1 queue m1
n1 m1
{join}
n1 queue m2
n1 m2
{n2}
n1 [8] n1 n2 =
n2 [8] n1 n2 =
"""
JOIN = "n1 group n1#1 n2#1\nn2 group n1#1 n2#1"


def test_a_late_member_of_a_group_lacks_what_came_before() -> None:
    assert not broken(LATE.format(join=JOIN, n2="n2 m2"), GROUP)
    assert not broken(LATE.format(join="", n2=""), GROUP)
    assert broken(LATE.format(join=JOIN, n2=""), GROUP) == {"EVS-4"}


def test_of_who_was_attached_late_nothing_is_demanded_before() -> None:
    text = (
        "n1 [4] n1 n2 =\nn1 send m1\nn1 m1\nn1 send m2\nn1 m2\nn2 [4] n1 n2 {}\nn2 m2\nn1 [8] n1 n2 =\nn2 [8] n1 n2 ="
    )
    assert broken(text.format("="), LISTS) == {"EVS-4", "EVS-5", "EVS-6.3"}
    assert not broken(text.format("= (attached)"), LISTS)


def test_what_was_queued_may_be_delivered_in_a_later_ring_but_in_one() -> None:
    text = "n1 [4] n1 n2 =\nn2 [4] n1 n2 =\nn1 queue m1\nn1 [8] n1 n2 =\nn1 m1\nn2 [8] n1 n2 =\nn2 m1"
    assert not broken(text, GROUP - {"group"})

    two = "n1 [4] n1 n2 =\nn2 [4] n1 n2 =\nn1 queue m1\nn2 m1\nn1 [8] n1 n2 =\nn1 m1\nn2 [8] n1 n2 ="
    assert "EVS-1.3" in broken(two, GROUP - {"group"})


@pytest.mark.parametrize("attached", ["", " (attached)"])
def test_a_ring_id_used_by_two_incarnations_is_two_formations(attached: str) -> None:
    text = f"n1 [4] n1 n2\nn2 [4] n1 n2\nn1 crash\nn1 restart\nn1 [4] n1 n2{attached}"
    assert broken(text, PLAIN, quiet=False) == (set() if attached else {"RING-S2", "RING-S3"})


def test_messages_that_a_third_orders_are_in_order() -> None:
    """A gap shows by the order that another process delivered in."""
    text = """
    n1 [4] n1 n2 n3
    n2 [4] n1 n2 n3
    n3 [4] n1 n2 n3
    n1 send m1
    n2 send m2
    n1 m1
    n1 m2
    n2 m1
    n2 m2
    n3 m2
    """
    assert broken(text) == {"EVS-6.3", "RING-H1", "LIVE-3"}
    assert judged(text, quiet=False)["EVS-6.3"] == "open"
