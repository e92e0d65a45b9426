"""What can be changed in a module, one operator or value at a time; import as `tukscal.tests.mutants.changes`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

OPERATORS: Mapping[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.And: (ast.Or,), ast.Or: (ast.And,),
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,), ast.Mod: (ast.Mult,), ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,), ast.LShift: (ast.RShift,), ast.RShift: (ast.LShift,),
}  # fmt: skip
# What is written for readers, type checkers and caches makes no difference that a test could see.
UNSEEN = ("annotation", "returns", "decorator_list")


class Mutant(NamedTuple):
    """One change of a module."""

    module: str
    number: int
    line: int
    where: str
    before: str
    after: str

    @property
    def key(self) -> tuple[str, ...]:
        """What it is known by: not its line, which moves with every change above it."""
        return self.module, self.where, self.before, self.after

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.where or 'module'}: {self.before}  ->  {self.after}"


def mutants(module: str, source: str) -> list[Mutant]:
    """Return every change of a module."""
    return [Mutant(module, number, *shown) for number, shown in enumerate(_changes(ast.parse(source)))]


def changed(source: str, number: int | None) -> str:
    """Return a module's source with the change of that number, or with none, but without its comments."""
    tree = ast.parse(source)
    if number is not None:
        next(islice(_changes(tree), number, None))
    return ast.unparse(tree)


def _changes(tree: ast.AST) -> Iterator[tuple[int, str, str, str]]:
    """Make one change after the other in a tree; each holds until the next is asked for."""
    return _visit(tree, [], "", lambda new: None, condition=False)


def _visit(
    node: Any, parents: list[Any], where: str, put: Callable[[Any], None], *, condition: bool
) -> Iterator[tuple[int, str, str, str]]:
    if isinstance(node, ast.Assert) or (isinstance(node, ast.keyword) and node.arg == "strict"):
        return  # they look for faults of our own, and always hold
    around = _around(node, parents)
    line = next((each.lineno for each in (node, *reversed(parents)) if hasattr(each, "lineno")), 0)
    for new in _variants(node, condition=condition):
        before = ast.unparse(around or node)
        put(new)
        yield line, where, before, ast.unparse(around or new)
        put(node)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        where = f"{where}.{node.name}".lstrip(".")
    for field, value in ast.iter_fields(node):
        for number, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST) and field not in UNSEEN:
                into = _item(value, number) if isinstance(value, list) else _field(node, field)
                yield from _visit(child, [*parents, node], where, into, condition=field in ("test", "ifs"))


def _variants(node: ast.AST, *, condition: bool) -> Iterator[ast.AST]:
    """Yield what a node is changed to; a condition is also negated, where no other operator does that."""
    match node:
        case ast.Compare():
            for number, operator in enumerate(node.ops):
                for new in OPERATORS[type(operator)]:
                    ops: list[Any] = [*node.ops[:number], new(), *node.ops[number + 1 :]]
                    yield ast.Compare(node.left, ops, node.comparators)
        case ast.BoolOp() | ast.BinOp() | ast.AugAssign():
            for new in OPERATORS.get(type(node.op), ()):
                yield type(node)(**{**dict(ast.iter_fields(node)), "op": new()})
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Constant():
            yield from map(ast.Constant, _other_values(node.value))
        case ast.Slice():
            yield from [ast.Slice(None, node.upper, node.step)] if node.lower else []
            yield from [ast.Slice(node.lower, None, node.step)] if node.upper else []
        case ast.Continue() | ast.Break():
            yield ast.Break() if isinstance(node, ast.Continue) else ast.Continue()
    negated = isinstance(node, ast.UnaryOp) or (isinstance(node, ast.Compare) and len(node.ops) == 1)
    if condition and isinstance(node, ast.expr) and not negated:
        yield ast.UnaryOp(ast.Not(), node)


def _other_values(value: object) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    return [value * 2 or 1.0, 0.0 if value else -1.0] if isinstance(value, float) else []


def _around(node: ast.AST, parents: list[ast.AST]) -> ast.AST | None:
    """Return what a bare value or slice is shown within, as it says little by itself; None where nothing is short."""
    if not isinstance(node, ast.Constant | ast.Slice):
        return None
    around = next((each for each in reversed(parents) if not isinstance(each, ast.Slice | ast.UnaryOp)), None)
    short = (ast.expr, ast.keyword, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)
    return around if isinstance(around, short) else None


def _item(items: list[Any], number: int) -> Callable[[Any], None]:
    return lambda new: items.__setitem__(number, new)


def _field(node: ast.AST, field: str) -> Callable[[Any], None]:
    return lambda new: setattr(node, field, new)
