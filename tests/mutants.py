"""Small changes of a Python module, one at a time: the mutants that `tests/mutation.py` tries.

Left alone on purpose, since nothing a processor does depends on it: annotations, decorators, docstrings, assertions,
the words of errors, and what a module says at its top beside numbers.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATIONS: dict[type[ast.operator], type[ast.operator]] = {
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.FloorDiv: ast.Mult,
}  # fmt: skip
UNTOUCHED = (ast.JoinedStr, ast.Assert)
UNTOUCHED_FIELDS = {"annotation", "returns", "decorator_list"}
DELETED = (ast.AugAssign, ast.Expr, ast.If, ast.Raise)
ERRORS = {"LocalProtocolError", "RemoteProtocolError", "_wrong", "_refused", "__init__"}


@dataclass(frozen=True)
class Mutant:
    """A module with one change: where, of what kind, and the changed place before and after."""

    line: int
    column: int
    kind: str
    before: str
    after: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its text."""
    tree = ast.parse(source)
    for path, node, in_function in _places(tree, (), in_function=False):
        for kind, changed in _changes(node, in_function=in_function):
            line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
            yield Mutant(line, column, kind, _text(node), _text(changed), ast.unparse(_with(tree, path, changed)))


Path = tuple[tuple[str, int | None], ...]


def _places(node: ast.AST, path: Path, *, in_function: bool) -> Iterator[tuple[Path, ast.AST, bool]]:
    """The nodes that may be changed, each with the way to it."""
    if isinstance(node, UNTOUCHED) or _is_docstring(node) or _is_error(node):
        return
    yield path, node, in_function
    inside = in_function or isinstance(node, ast.FunctionDef)
    for name, value in ast.iter_fields(node):
        if name in UNTOUCHED_FIELDS:
            continue
        if isinstance(value, ast.AST):
            yield from _places(value, (*path, (name, None)), in_function=inside)
        elif isinstance(value, list):
            for i, one in enumerate(value):
                if isinstance(one, ast.AST):
                    yield from _places(one, (*path, (name, i)), in_function=inside)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_error(node: ast.AST) -> bool:
    """What is said in an error; that it is raised is another place."""
    name = node.func if isinstance(node, ast.Call) else None
    said = name.attr if isinstance(name, ast.Attribute) else name.id if isinstance(name, ast.Name) else ""
    return said in ERRORS


def _changes(node: ast.AST, *, in_function: bool) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Compare(left, ops, rights):
            for i, op in enumerate(ops):
                yield "comparison", ast.Compare(left, [*ops[:i], COMPARISONS[type(op)](), *ops[i + 1 :]], rights)
        case ast.BoolOp(op, values):
            yield "and/or", ast.BoolOp(ast.And() if isinstance(op, ast.Or) else ast.Or(), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield "negation", operand
        case ast.BinOp(left, op, right) if in_function and type(op) in OPERATIONS:
            yield "operation", ast.BinOp(left, OPERATIONS[type(op)](), right)
            yield "operand", left
        case ast.Constant(bool() as value):
            yield "constant", ast.Constant(not value)
        case ast.Constant(int() as value):
            yield "off by one", ast.Constant(value + 1)
        case ast.If(test, body, orelse):
            yield "negation", ast.If(_negated(test), body, orelse)
        case ast.IfExp(test, body, orelse):
            yield "negation", ast.IfExp(_negated(test), body, orelse)
        case ast.comprehension(target, over, [test], is_async):
            yield "filter", ast.comprehension(target, over, [], is_async)
        case ast.Dict(keys, values):
            for i in range(len(keys)):
                yield "missing entry", ast.Dict(keys[:i] + keys[i + 1 :], values[:i] + values[i + 1 :])
        case ast.Call(ast.Name("replace") | ast.Attribute(attr="replace"), args, keywords):
            for i, word in enumerate(keywords):
                yield f"forget {word.arg}", ast.Call(node.func, args, keywords[:i] + keywords[i + 1 :])
        case _:
            pass
    if in_function and (isinstance(node, DELETED) or _sets_an_attribute(node)):
        yield "deletion", ast.Pass()


def _sets_an_attribute(node: ast.AST) -> bool:
    """An assignment to a name is not deleted: without the name the module would only break."""
    return isinstance(node, ast.Assign) and any(isinstance(part, ast.Attribute) for part in ast.walk(node.targets[0]))


def _negated(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _with(tree: ast.Module, path: Path, changed: ast.AST) -> ast.Module:
    """The module with another node at this place."""
    found = copy.deepcopy(tree)
    at: ast.AST = found
    for name, i in path[:-1]:
        at = getattr(at, name) if i is None else getattr(at, name)[i]
    name, i = path[-1]
    if i is None:
        setattr(at, name, changed)
    else:
        getattr(at, name)[i] = changed
    return ast.fix_missing_locations(found)


def _text(node: ast.AST) -> str:
    """A place in one short line."""
    if isinstance(node, ast.comprehension):
        tests = "".join(f" if {ast.unparse(test)}" for test in node.ifs)
        return f"for {ast.unparse(node.target)} in {ast.unparse(node.iter)}{tests}"
    line = " ".join(ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).split())
    return line if len(line) <= 90 else f"{line[:89]}…"
