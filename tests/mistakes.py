"""Mistakes in somebody's own variant, claim or action: what is written, and the very message.

Each row is a file that a user might write, after these imports. Lines are its own, counted from 1.
"""

from __future__ import annotations

HEAD = """\
from model.language.machine import Guard, Kind
from model.language.sets import *
from model.language.sorts import Handle, NewRing, Ring
from model.plug.ordered import OrderedState
from model.plug.state import PlugState
from model.variants.variant import Argument, Harmless, adds, edits
from properties.catalogue.claim import Least, Reach, claim

GIVEN = dict(source="me", least=Least(2, 1, 1), mutant="no-plug")
"""
MINE = 'MINE = claim("MINE-1", "Mine.", **GIVEN)'
EDIT = """
@edits("visit")
def mine(now: PlugState, then: PlugState, p: Processor, r: Ring) -> None:
    '''Mine.'''
    {}
"""
PART = f"""
{MINE}
@MINE.{{}}
def it_is_so({{}}) -> Truth:
    {{}}
"""
GUARD = "test_mine.py:4: "
HERE = "test_mine.py:4: "
MISTAKES: dict[str, tuple[str, str]] = {
    # Names, when they are stated
    "no such action": (
        """
        @edits("vist")
        def mine(now: PlugState, then: PlugState) -> None: ...
        """,
        "test_mine.py:1: no machine has an action 'vist'; the nearest is 'visit'",
    ),
    "no action at all": (
        """
        @edits
        def mine(now: PlugState, then: PlugState) -> None: ...
        """,
        'test_mine.py:1: an edit names the actions that it changes: @edits("visit")',
    ),
    "one name that is no tuple": (
        """
        @edits("visit", without="p has installed r")
        def mine(now: PlugState, then: PlugState) -> None: ...
        """,
        'test_mine.py:1: `without` is a tuple of guard parts: without=("p has installed r",)',
    ),
    "one more edit of no variant": (
        """
        @edits("visit", of="no-plugs")
        def mine(now: PlugState, then: PlugState) -> None: ...
        """,
        "test_mine.py:1: there is no variant 'no-plugs'; the nearest is 'no-plug'",
    ),
    "a name that is taken": (
        """
        @edits("visit")
        def no_plug(now: PlugState, then: PlugState) -> None: ...
        """,
        "test_mine.py:1, no_plug: variant no-plug is already stated",
    ),
    "an action that there is": (
        """
        @adds(Kind.PROTOCOL)
        def visit(now: PlugState, then: PlugState, p: Processor) -> Guard:
            yield "p is up", ~within(p, now.down)
        """,
        "test_mine.py:1, visit: there is an action of this name; @edits changes it",
    ),
    "an action of no machine": (
        """
        @adds(Kind.PROTOCOL)
        def mine(now, then, p: Processor) -> Guard:
            yield "p is up", ~within(p, now.down)
        """,
        "test_mine.py:1, mine: the first parameter is a state, annotated as one: `now: PlugState`",
    ),
    "no sort": (
        """
        @edits("visit")
        def mine(now: PlugState, then: PlugState, p: Processor, r: int) -> None: ...
        """,
        "test_mine.py:1, mine: r has the annotation int, which is no sort; "
        "sorts are Processor, Processors, Ring, Handle, …",
    ),
    "no annotation": (
        """
        @edits("visit")
        def mine(now: PlugState, then: PlugState, p) -> None: ...
        """,
        "test_mine.py:1, mine: p has no annotation, which is no sort; sorts are Processor, Processors, Ring, Handle, …",
    ),
    "no such sort": (
        """
        @edits("visit")
        def mine(now: PlugState, then: PlugState, p: "Procesor") -> None: ...
        """,
        "test_mine.py:1, mine: an annotation is not known: name 'Procesor' is not defined",
    ),
    "no state after": (
        """
        @edits("visit")
        def mine(now: PlugState) -> None: ...
        """,
        "test_mine.py:1, mine: takes (now), and should take (now, then, …)",
    ),
    "another sort than the action's": (
        """
        @edits("visit")
        def mine(now: PlugState, then: PlugState, p: Ring) -> None: ...
        """,
        "test_mine.py:1, mine: p is a Ring, and in the action a Processor",
    ),
    # What an edit does
    "no such guard part": (
        """
        @edits("visit", without=("p has instaled r",))
        def mine(now: PlugState, then: PlugState) -> None: ...
        """,
        "test_mine.py:1, mine: visit has no guard part 'p has instaled r'; the nearest is 'p has installed r'",
    ),
    "nothing changed": (
        EDIT.format("then.gate = then.gate"),
        "test_mine.py:1, mine: variant mine changes no machine; one that is meant to change none has an `argument`",
    ),
    "nothing written": (
        EDIT.format("pass"),
        "test_mine.py:1, mine: variant mine changes no machine; one that is meant to change none has an `argument`",
    ),
    "no such variable is assigned to": (
        EDIT.format("then.gates = then.gate | p"),
        HERE + "PlugState has no variable 'gates'; the nearest is 'gate'",
    ),
    "no such variable is read": (
        EDIT.format("then.gate = now.gats | p"),
        HERE + "PlugState has no variable 'gats'; the nearest is 'gate'",
    ),
    "no such variable, by name": (
        EDIT.format("then.families['gates'].keep()"),
        HERE + "there is no variable 'gates'; the nearest is 'gate'",
    ),
    "a variable of another machine": (
        EDIT.format("then.due[r] = p"),
        HERE + "PlugState has no variable 'due'; the nearest is 'done'",
    ),
    "an index of one set": (EDIT.format("then.gate[r] = p"), HERE + "this is one set: it takes no index"),
    "an index of one set, read": (EDIT.format("then.gate = now.gate[r]"), HERE + "gate is one set: it takes no index"),
    "too many indices": (EDIT.format("then.bits[r, r] = p"), HERE + "bits[Ring] is given [Ring, Ring]"),
    "too few indices": (EDIT.format("then.copy[r] = p"), HERE + "copy[Copy, Ring] is given [Ring]"),
    "an index of another sort": (EDIT.format("then.plugged[r] = p"), HERE + "plugged[Handle] is given [Ring]"),
    "a processor as an index": (EDIT.format("then.bits[p] = p"), HERE + "bits[Ring] is given [Processor]"),
    "a family without an index": (
        EDIT.format("then.bits = p"),
        HERE + "bits is a family: assign to bits[Ring], or to all with bits.each(…)",
    ),
    "a family for a set": (EDIT.format("then.gate = now.bits"), HERE + "gate is given a Family, and takes a Set"),
    "a family in a set": (EDIT.format("then.gate = p & now.bits"), HERE + "common takes a Set, and is given a Family"),
    "a statement for a set": (
        EDIT.format("then.gate = within(p, now.gate)"),
        HERE + "gate is given a Truth, and takes a Set",
    ),
    "a statement in a set": (
        EDIT.format("then.gate = p | within(p, now.gate)"),
        HERE + "union takes a Set, and is given a Truth",
    ),
    "nothing for each": (
        EDIT.format("then.bits.each(lambda x: None)"),
        HERE + "bits is given nothing, and takes a Set",
    ),
    "the past": (
        EDIT.format("now.gate = now.gate | p"),
        HERE + "gate cannot be assigned to: it is of the state before the step; assign to the state after it",
    ),
    "the past of a family": (
        EDIT.format("now.bits[r] = now.bits[r] | p"),
        HERE + "bits cannot be assigned to: it is of the state before the step; assign to the state after it",
    ),
    "the past, kept": (
        EDIT.format("now.bits.keep()"),
        HERE + "bits cannot be assigned to: it is of the state before the step; assign to the state after it",
    ),
    "a value that is returned": (
        EDIT.format("return then.gate | p"),
        "test_mine.py:1, mine: returns a Set; it should assign, and yield guard parts",
    ),
    "a guard part without a name": (
        EDIT.format("yield within(p, now.gate)"),
        GUARD + "a guard part is a Truth: yield the words that name it, and a Truth",
    ),
    "a guard part with an empty name": (
        EDIT.format("yield ' ', within(p, now.gate)"),
        GUARD + "a guard part has no name: yield the words that name it, and a Truth",
    ),
    "a guard part that is no pair": (
        EDIT.format("yield 'p is open', p, now.gate"),
        GUARD + "a guard part is a tuple: yield the words that name it, and a Truth",
    ),
    "a guard part that is a set": (
        EDIT.format("yield 'p is open', p & now.gate"),
        GUARD + "the guard part 'p is open' is a Set, and should be a Truth",
    ),
    "a guard part that Python decided": (
        EDIT.format("yield 'p is open', True"),
        GUARD + "the guard part 'p is open' is a bool, and should be a Truth",
    ),
    "a guard part that quantifies over nothing": (
        EDIT.format("yield 'p is open', every(Ring, lambda x: None)"),
        GUARD + "the body of a quantifier is nothing, and should be a Set or a Truth",
    ),
    "no guard part in an action": (
        """
        @adds(Kind.PROTOCOL)
        def mine(now: PlugState, then: PlugState, p: Processor) -> Guard:
            then.gate = now.gate | p
        """,
        "test_mine.py:1, mine: returns nothing; it should assign, and yield guard parts",
    ),
    "a new ring that may be an old one": (
        """
        @adds(Kind.ENVIRONMENT)
        def mine(now: PlugState, then: PlugState, p: Processor, r: NewRing) -> Guard:
            yield "p is up", ~within(p, now.down)
            then.member[r] = p
        """,
        "test_mine.py:1, mine: r is new: there must be a guard part 'r is unused'",
    ),
    # Claims, when they are stated
    "no such machine": (
        MINE.replace("GIVEN", "GIVEN, machine='plog'"),
        "test_mine.py:1: there is no machine 'plog'; the nearest is 'plug'",
    ),
    "no such feature": (
        MINE.replace("GIVEN", "GIVEN | {'least': Least(2, 1, 1, frozenset({'late-copys'}))}"),
        "test_mine.py:1: the machine plug has no feature 'late-copys'; the nearest is 'late-copies'",
    ),
    "an id that is taken": (
        f"{MINE}\n{MINE}",
        "test_mine.py:2: claim MINE-1 is already in the catalogue",
    ),
    "a part at no action": (
        PART.format("at('vist')", "now, then", "return TRUE"),
        "test_mine.py:2: the machine plug has no action 'vist'; the nearest is 'visit'",
    ),
    "a part at no action at all": (
        PART.format("at", "now, then", "return TRUE"),
        'test_mine.py:2: a part about actions names them: @MINE.at("visit")',
    ),
    "a part at another machine's action": (
        PART.format("at('reject_old')", "now, then", "return TRUE"),
        "test_mine.py:2: the machine plug has no action 'reject_old'; the nearest is 'reject'",
    ),
    "a part that enables no action": (
        PART.format("enables('vist')", "now, then", "return TRUE"),
        "test_mine.py:2: the machine plug has no action 'vist'; the nearest is 'visit'",
    ),
    "a witness at no action": (
        PART.format("witnessed(at='vist')", "now, then", "return TRUE"),
        "test_mine.py:2: the machine plug has no action 'vist'; the nearest is 'visit'",
    ),
    # What a claim says
    "a claim that says nothing": (MINE, "test_mine.py:1: claim MINE-1 has no part: it says nothing"),
    "a mutant that is no variant": (
        PART.format("always", "now", "return TRUE").replace("GIVEN", "GIVEN | {'mutant': 'no-plugs'}"),
        "test_mine.py:1: there is no variant 'no-plugs'; the nearest is 'no-plug'",
    ),
    "a statement that returns nothing": (
        PART.format("always", "now", "empty(now.gate)"),
        "test_mine.py:2, it_is_so: returns nothing, and should return a Truth",
    ),
    "a statement that returns a set": (
        PART.format("each_step", "now, then", "return then.gate - now.gate"),
        "test_mine.py:2, it_is_so: returns a Set, and should return a Truth",
    ),
    "a statement that Python decided": (
        PART.format("at('visit')", "now, then, p", "return p is now.gate"),
        "test_mine.py:2, it_is_so: returns a bool, and should return a Truth",
    ),
    "a statement of no variable": (
        PART.format("always", "now", "return empty(now.gates)"),
        HERE + "PlugState has no variable 'gates'; the nearest is 'gate'",
    ),
    "a statement that assigns": (
        PART.format("each_step", "now, then", "then.gate = now.gate; return TRUE"),
        HERE + "gate cannot be assigned to: a recorded step and a statement are only read",
    ),
    "a statement with too much": (
        PART.format("always", "now, then", "return TRUE"),
        "test_mine.py:2, it_is_so: takes (now, then), and should take (now)",
    ),
    "a statement with too little": (
        PART.format("each_step", "now", "return TRUE"),
        "test_mine.py:2, it_is_so: takes (now), and should take (now, then)",
    ),
    "a parameter that the action has not": (
        PART.format("at('visit')", "now, then, q", "return TRUE"),
        "test_mine.py:2, it_is_so: visit has no parameter 'q'; there are 'p', 'r'",
    ),
    "a witness that returns nothing": (
        PART.format("witnessed()", "now", "pass"),
        "test_mine.py:2, it_is_so: returns nothing, and should return a Truth",
    ),
    "a goal that is out of reach by name": (
        f"""
        {MINE}
        def closed(now, r): return empty(now.gate)
        MINE.reach = Reach(closed, closed, by=("vist",), lost="lost")
        """,
        "test_mine.py:2, closed: the machine plug has no action 'vist'; the nearest is 'visit'",
    ),
    "a goal that returns nothing": (
        f"""
        {MINE}
        def closed(now, r): return empty(now.gate)
        def opened(now, r): some(now.gate)
        MINE.reach = Reach(closed, opened, by=("visit",), lost="lost")
        """,
        "test_mine.py:3, opened: returns nothing, and should return a Truth",
    ),
}
