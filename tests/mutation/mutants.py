"""Every wrong for a module. What is no behaviour is left alone.

That is: docstrings, annotations, the options of a class, and texts but for those that something is compared
with.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import NamedTuple

from mutation.operators import Other, others
from mutation.place import Place

DECLARED = ("annotation", "returns", "decorator_list")
NOTHING = "(nothing)"


class Mutant(NamedTuple):
    """One wrong."""

    line: int
    inside: str
    """The class and function around it."""
    runs: bool
    """Whether it is in a function's body; the rest is done when the module is imported."""
    before: str
    after: str
    apply: Callable[[], None]
    """Do it to the tree that it was made from."""


def mutants(tree: ast.Module) -> Iterator[Mutant]:
    """All of them, in the order of the text."""
    yield from _below(tree, "", None, runs=False)


def _below(node: ast.AST, name: str, function: ast.FunctionDef | None, *, runs: bool) -> Iterator[Mutant]:
    for place, child in _children(node, name, function, runs=runs):
        for other in others(child, place):
            yield _mutant(child, place, other)
        inner = name
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            inner = f"{name}.{child.name}".lstrip(".")
        within = child if isinstance(child, ast.FunctionDef) else function
        yield from _below(child, inner, within, runs=place.runs)


def _children(
    node: ast.AST, name: str, function: ast.FunctionDef | None, *, runs: bool
) -> Iterator[tuple[Place, ast.AST]]:
    for field, value in ast.iter_fields(node):
        declared = field in DECLARED or (field, type(node)) == ("keywords", ast.ClassDef) or _is_type(node)
        in_body = runs or (isinstance(node, ast.FunctionDef) and field == "body")
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST) and not declared and not _is_text(child):
                yield Place(node, field, index, name, in_body, function), child


def _is_type(node: ast.AST) -> bool:
    """What a name for a type of functions is made of."""
    return isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Callable"


def _is_text(node: ast.AST) -> bool:
    """A docstring, or a text made of parts."""
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def _mutant(node: ast.AST, place: Place, other: Other) -> Mutant:
    line = getattr(other.lost or node, "lineno", 0)
    if other.lost is not None:
        before, after = ast.unparse(other.lost), NOTHING
    else:
        before, after = _shown(node, place, other.new)
    return Mutant(line, place.inside, place.runs, before, after, lambda: place.put(other.new))


def _shown(node: ast.AST, place: Place, new: ast.AST | None) -> tuple[str, str]:
    """Both as they are written; a number or name within what is around it."""
    small = isinstance(node, ast.Constant | ast.Name) or place.field == "value"
    around = isinstance(place.parent, ast.expr | ast.keyword | ast.AnnAssign | ast.Assign | ast.arguments)
    shown = place.parent if small and around else node
    before = ast.unparse(shown)
    place.put(new)
    after = ast.unparse(new if shown is node and new is not None else shown)
    place.put(node)
    return before, after
