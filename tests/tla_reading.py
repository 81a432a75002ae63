"""A small reader of TLA+: a module, parsed by tree-sitter, is computed on states. It shares nothing with the export.

Sets are frozensets, functions are dictionaries by element or tuple, and an action is computed line by line: what is
assigned to a primed name is in the next state, and every other line has to be true.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import tree_sitter_tlaplus
from tree_sitter import Language, Node, Parser

Value = Any
State = dict[str, Value]


def parsed(text: str) -> Node:
    """The syntax tree of a module."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the newest grammar gives its pointer as a number
        language = Language(tree_sitter_tlaplus.language())
    return Parser(language).parse(text.encode()).root_node


@dataclass(frozen=True)
class Tree:
    """A part of the syntax tree, in Python: nodes of tree-sitter are slow to ask."""

    type: str
    text: str
    parts: list[Tree]
    """Those with a name of their own, comments left out."""
    fields: dict[str, list[Tree]]
    """The parts by what the grammar calls them."""


def tree(node: Node) -> Tree:
    """A node and all below it."""
    named: list[Tree] = []
    fields: dict[str, list[Tree]] = {}
    for place, one in enumerate(node.children):
        if one.is_named and "comment" not in one.type:
            named.append(tree(one))
            if field := node.field_name_for_child(place):
                fields.setdefault(field, []).append(named[-1])
    return Tree(node.type, (node.text or b"").decode(), named, fields)


def field(node: Tree, name: str) -> Tree:
    """The one part that the grammar calls so."""
    (found,) = node.fields[name]
    return found


SYMBOLS: dict[str, Callable[[Value, Value], Value]] = {
    "\\in": lambda a, b: a in b, "\\notin": lambda a, b: a not in b, "\\subseteq": lambda a, b: a <= b,
    "=": lambda a, b: a == b, "#": lambda a, b: a != b, "\\cup": lambda a, b: a | b, "\\cap": lambda a, b: a & b,
    "\\": lambda a, b: a - b, "<": lambda a, b: a < b, ">": lambda a, b: a > b, "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}  # fmt: skip


def factors(node: Tree) -> list[Tree]:
    """What a product without parentheses is made of: its elements have as many places."""
    if node.type != "bound_infix_op" or field(node, "symbol").text != "\\X":
        return [node]
    return [*factors(field(node, "lhs")), *factors(field(node, "rhs"))]


class Module:
    """A module with values for its constants."""

    def __init__(self, text: str, constants: Mapping[str, Value]) -> None:
        self.constants = dict(constants)
        (module,) = tree(parsed(text)).parts
        self.definitions = {field(one, "name").text: one for one in module.parts if one.type == "operator_definition"}
        (declared,) = [one for one in module.parts if one.type == "variable_declaration"]
        self.variables = [one.text for one in declared.parts]
        asked = [name.text for one in module.parts if one.type == "constant_declaration" for name in one.parts]
        assert sorted(asked) == sorted(self.constants)
        self.tables: dict[str, Value] = {}

    def start(self) -> State:
        """The state that Init describes."""
        lines = [item.parts[-1] for item in self.lines("Init")]
        return {field(one, "lhs").text: self.value(field(one, "rhs"), {}, {}) for one in lines}

    def lines(self, operator: str) -> list[Tree]:
        """The lines of a definition."""
        return field(self.definitions[operator], "definition").parts

    def after(self, operator: str, arguments: Mapping[str, Value], state: State) -> State | None:
        """The state after a step of this action with these arguments, or None if it is not enabled."""
        named = [one.text for one in self.definitions[operator].fields.get("parameter", [])]
        assert named == list(arguments)
        then: State = {}
        for item in self.lines(operator):
            line = item.parts[-1]
            if not self._assigned(line, {**arguments}, state, then) and not self.value(line, arguments, state, then):
                return None
        assert sorted(then) == sorted(self.variables), "a step says of each variable what it is afterwards"
        return then

    def _assigned(self, line: Tree, names: Mapping[str, Value], state: State, then: State) -> bool:
        """Whether the line says what a variable is afterwards; then it is."""
        if line.type == "bound_prefix_op" and field(line, "symbol").text == "UNCHANGED":
            same = [one.text for one in field(line, "rhs").parts if one.type == "identifier_ref"]
            assert not then.keys() & same
            then.update({name: state[name] for name in same})
            return True
        left = line.fields.get("lhs", [None])[0]
        if line.type == "bound_infix_op" and left and left.type == "bound_postfix_op":
            name = field(left, "lhs").text
            assert field(line, "symbol").text == "="
            assert name not in then
            then[name] = self.value(field(line, "rhs"), names, state, then)
            return True
        return False

    def calls(self) -> Iterator[tuple[str, dict[str, frozenset[Value]]]]:
        """Each action that Next names, with what its parameters range over."""
        for item in self.lines("Next"):
            step = item.parts[-1]
            ranges: dict[str, frozenset[Value]] = {}
            if step.type == "bounded_quantification":
                ranges = {name: over for names, over in self.bounds(step, {}, {}, {}) for name in names}
                step = field(step, "expression")
            given = [one.text for one in step.fields.get("parameter", [])]
            assert given == list(ranges)
            yield field(step, "name").text if given else step.text, ranges

    def bounds(
        self, node: Tree, names: Mapping[str, Value], state: State, then: State
    ) -> list[tuple[list[str], frozenset[Value]]]:
        """The names that a quantifier, a function or a set binds, and the set of each."""
        bound = [one for one in node.parts if one.type == "quantifier_bound"]
        return [
            ([name.text for name in one.fields.get("intro", [])],
             self.value(field(one, "set"), names, state, then))
            for one in bound
        ]  # fmt: skip

    def chosen(
        self, node: Tree, names: Mapping[str, Value], state: State, then: State
    ) -> Iterator[tuple[tuple[Value, ...], dict[str, Value]]]:
        """Every choice of what is bound, and the names with it."""
        ranges = [(name, over) for called, over in self.bounds(node, names, state, then) for name in called]
        assert not {name for name, _ in ranges} & ({*names} | {*self.variables} | {*self.definitions})
        for at in product(*(over for _, over in ranges)):
            yield at, {**names, **dict(zip((name for name, _ in ranges), at, strict=True))}

    def value(self, node: Tree, names: Mapping[str, Value], state: State, then: State | None = None) -> Value:
        """The value of an expression; `then` has the primed names."""
        reader = getattr(self, f"_{node.type}", None)
        assert reader, f"nothing here reads {node.type}: {node.text}"
        return reader(node, names, state, then if then is not None else {})

    def _identifier_ref(self, node: Tree, names: Mapping[str, Value], state: State, then: State) -> Value:
        name = node.text
        for known in (names, state, self.constants, self.tables):
            if name in known:
                return known[name]
        self.tables[name] = self.value(field(self.definitions[name], "definition"), {}, {})
        return self.tables[name]

    def _nat_number(self, node: Tree, *_: object) -> int:
        return int(node.text)

    def _boolean(self, node: Tree, *_: object) -> bool:
        return node.text == "TRUE"

    def _parentheses(self, node: Tree, *where: Any) -> Value:
        (inside,) = node.parts
        return self.value(inside, *where)

    def _finite_set_literal(self, node: Tree, *where: Any) -> frozenset[Value]:
        return frozenset(self.value(one, *where) for one in node.parts)

    def _conj_list(self, node: Tree, *where: Any) -> bool:
        return all(self.value(item.parts[-1], *where) for item in node.parts)

    def _bound_infix_op(self, node: Tree, *where: Any) -> Value:
        symbol, left = field(node, "symbol").text, self.value(field(node, "lhs"), *where)
        match symbol:
            case "\\X":
                return frozenset(product(*(self.value(one, *where) for one in factors(node))))
            case "/\\":
                return left and self.value(field(node, "rhs"), *where)
            case "=>":
                return not left or self.value(field(node, "rhs"), *where)
            case _:
                return SYMBOLS[symbol](left, self.value(field(node, "rhs"), *where))

    def _bound_prefix_op(self, node: Tree, *where: Any) -> Value:
        symbol, of = field(node, "symbol").text, self.value(field(node, "rhs"), *where)
        match symbol:
            case "~":
                return not of
            case "UNION":
                return frozenset[Value]().union(*of)
            case "SUBSET":
                return frozenset(frozenset(some) for size in range(len(of) + 1) for some in combinations(of, size))
            case _:
                raise AssertionError(symbol)

    def _bound_postfix_op(self, node: Tree, names: Mapping[str, Value], state: State, then: State) -> Value:
        assert field(node, "symbol").text == "'"
        return then[field(node, "lhs").text]

    def _bound_op(self, node: Tree, *where: Any) -> int:
        assert field(node, "name").text == "Cardinality"
        return len(self.value(field(node, "parameter"), *where))

    def _function_evaluation(self, node: Tree, *where: Any) -> Value:
        function, *at = (self.value(one, *where) for one in node.parts)
        return function[at[0] if len(at) == 1 else tuple(at)]

    def _function_literal(self, node: Tree, *where: Any) -> dict[Value, Value]:
        body = node.parts[-1]
        return {
            at[0] if len(at) == 1 else at: self.value(body, names, *where[1:])
            for at, names in self.chosen(node, *where)
        }

    def _set_map(self, node: Tree, *where: Any) -> frozenset[Value]:
        body = field(node, "map")
        return frozenset(self.value(body, names, *where[1:]) for _, names in self.chosen(node, *where))

    def _bounded_quantification(self, node: Tree, *where: Any) -> bool:
        body = field(node, "expression")
        truths = (self.value(body, names, *where[1:]) for _, names in self.chosen(node, *where))
        return all(truths) if field(node, "quantifier").text == "\\A" else any(truths)

    def _if_then_else(self, node: Tree, *where: Any) -> Value:
        return self.value(field(node, "then" if self.value(field(node, "if"), *where) else "else"), *where)

    def _except(self, node: Tree, names: Mapping[str, Value], state: State, then: State) -> dict[Value, Value]:
        function = self.value(field(node, "expr_to_update"), names, state, then)
        (update,) = [one for one in node.parts if one.type == "except_update"]
        (at,) = field(update, "update_specifier").parts
        chosen = tuple(self.value(one, names, state, then) for one in at.parts)
        where = chosen[0] if len(chosen) == 1 else chosen
        assert where in function
        new = self.value(field(update, "new_val"), {**names, "@": function[where]}, state, then)
        return {**function, where: new}

    def _prev_func_val(self, node: Tree, names: Mapping[str, Value], *_: object) -> Value:
        return names["@"]

    def _case(self, node: Tree, *where: Any) -> Value:
        arms = [[one for one in arm.parts if one.type != "case_arrow"] for arm in node.parts if arm.type == "case_arm"]
        (found,) = [value for condition, value in arms if self.value(condition, *where)]
        return self.value(found, *where)

    def _set_of_functions(self, node: Tree, *where: Any) -> Functions:
        over, to = (self.value(one, *where) for one in node.parts if one.type != "maps_to")
        return Functions(over, to)


class Functions:
    """All functions from one set to another; there are too many to list."""

    def __init__(self, over: frozenset[Value], to: frozenset[Value]) -> None:
        self.over, self.to = over, to

    def __contains__(self, function: Mapping[Value, Value]) -> bool:
        return function.keys() == self.over and all(value in self.to for value in function.values())
