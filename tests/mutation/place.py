"""Where a node of a syntax tree stands."""

from __future__ import annotations

import ast
from typing import NamedTuple


class Place(NamedTuple):
    """What `parent.field` is, or its item of this number."""

    parent: ast.AST
    field: str
    item: int | None
    inside: str
    """The class and function around it."""
    runs: bool
    """Whether it is in a function's body; the rest is done when the module is imported."""
    function: ast.FunctionDef | None
    """The function around it."""

    def put(self, new: ast.AST | None) -> None:
        """Something else instead; None: nothing."""
        if self.item is None:
            setattr(self.parent, self.field, new)
        elif new is None:
            del getattr(self.parent, self.field)[self.item]
        else:
            getattr(self.parent, self.field)[self.item] = new

    @property
    def decides(self) -> bool:
        """Whether what stands here chooses between two ways."""
        return self.field == "test" and isinstance(self.parent, ast.If | ast.IfExp | ast.While)

    def bound(self, name: str, line: int) -> bool:
        """Whether this name had a value before this line."""
        if self.function is None:
            return False
        arguments = self.function.args
        if any(name == one.arg for one in (*arguments.args, *arguments.kwonlyargs)):
            return True
        return any(
            one.id == name and isinstance(one.ctx, ast.Store) and one.lineno < line
            for one in ast.walk(self.function)
            if isinstance(one, ast.Name)
        )
