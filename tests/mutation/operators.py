"""What could wrongly stand for a node of a syntax tree: another sign, another number, less of it, nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from mutation.place import Place

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
"""Not the bars of unions: `int | float` has no meaning with another sign between."""
_GIVEN = (ast.Call, ast.keyword, ast.arguments, ast.Assign, ast.AnnAssign, ast.IfExp)
"""Where a None is a value, and no type."""


class Other(NamedTuple):
    """One wrong for a node."""

    new: ast.AST | None
    """None: nothing in its place."""
    lost: ast.AST | None = None
    """What is left out of it, if that is the difference."""


def others(node: ast.AST, place: Place) -> Iterator[Other]:
    """Every wrong for this node in this place."""
    for new in (*_changed(node), *_contrary(node, place), *_other_value(node, place)):
        yield Other(new)
    yield from _without(node, place)
    if _can_be_left_out(node, place):
        yield Other(ast.Pass(), lost=node)


def _changed(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            for index, op in enumerate(ops):
                for other in COMPARISONS[type(op)]:
                    yield ast.Compare(left, [*ops[:index], other(), *ops[index + 1 :]], comparators)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.And() if isinstance(op, ast.Or) else ast.Or(), values)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
            yield ast.BinOp(left, ARITHMETIC[type(op)](), right)
        case ast.AugAssign(target=target, op=ast.Add(), value=value):
            yield ast.AugAssign(target, ast.Sub(), value)
        case ast.Continue():
            yield ast.Break()
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield ast.Return(ast.Constant(None))


def _contrary(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    """Of a condition; comparisons have theirs already."""
    if place.decides and not isinstance(node, ast.Compare | ast.UnaryOp):
        yield ast.UnaryOp(ast.Not(), node)  # type: ignore[arg-type] # a condition is an expression
    if place.field == "ifs":
        yield ast.Constant(value=True)


def _other_value(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    if not isinstance(node, ast.Constant):
        if place.field == "value" and isinstance(place.parent, ast.keyword):
            yield ast.Constant(None)
        return
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
    elif value is None and isinstance(place.parent, _GIVEN):
        yield ast.Constant(0)
    elif isinstance(value, str) and isinstance(place.parent, ast.Compare):
        yield ast.Constant(value + "?")


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _without(node: ast.AST, place: Place) -> Iterator[Other]:
    """With one thing less."""
    match node:
        case ast.Call(func=ast.Attribute(attr="replace"), keywords=keywords):
            for index, lost in enumerate(keywords):
                yield Other(ast.Call(node.func, node.args, _less(keywords, index)), lost)
        case ast.Dict(keys=keys, values=values):
            for index, key in enumerate(keys):
                yield Other(ast.Dict(_less(keys, index), _less(values, index)), key or values[index])
        case ast.Match(subject=subject, cases=cases):
            for index, case in enumerate(cases):
                yield Other(ast.Match(subject, _less(cases, index)), case.pattern)
        case ast.Set(elts=things):
            yield from (Other(ast.Set(_less(things, index)), thing) for index, thing in enumerate(things))
        case ast.List(elts=things) | ast.Tuple(elts=things) if _is_list(node, place):
            for index, thing in enumerate(things):
                yield Other(type(node)(_less(things, index), ast.Load()), thing)


def _less(things: list, index: int) -> list:  # type: ignore[type-arg] # a list of whatever it was
    return things[:index] + things[index + 1 :]


def _is_list(node: ast.List | ast.Tuple, place: Place) -> bool:
    """Whether these are several alike, and not one thing in several parts."""
    if not isinstance(node.ctx, ast.Load):
        return False
    if isinstance(node, ast.List) or any(isinstance(one, ast.Starred) for one in node.elts):
        return True
    return place.field in ("comparators", "iter") or (
        place.field == "value" and isinstance(place.parent, ast.Assign | ast.AnnAssign)
    )


def _can_be_left_out(node: ast.AST, place: Place) -> bool:
    match node:
        case ast.Expr() | ast.AugAssign():
            return True
        case ast.Assign(targets=[ast.Name(id=name)], lineno=line):
            return place.bound(name, line)  # else nothing would run without it
        case ast.Assign(targets=[target]):
            return not isinstance(target, ast.Tuple)
    return False
