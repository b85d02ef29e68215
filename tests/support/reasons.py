"""The reasons that the code gives, read from its source: each an example of what a face has to translate."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("fermatkit", "sidecar/core", "sidecar/probes", "sidecar/servers", "sidecar/actuators/sender.py")
GIVING = {
    *("Absent", "ConfigRead", "ConnectionError", "GaveUp", "Held", "NotHttp", "Other", "ProcessLookupError"),
    *("Refused", "Rested", "SignalFailed", "StartFailed", "Unanswered", "Unknown", "_Refused", "_Stale"),
    *(
        "_leave",
        "_supervise",
        "_tell_absent",
        "_unanswered",
        "_useless",
        "_lost",
        "_nothing",
        "tell",
        "_wait",
    ),
}
"""Calls whose text is a reason."""
KNOWN = "needs two samples"
"""A reason that stands for any other within one."""


def given() -> Iterator[str]:
    """All of them, with examples for their parts."""
    for package in PACKAGES:
        path = ROOT / package
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                yield from _of(node)


def _of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and _name(node.func) in GIVING:
        texts = [*node.args, *(one.value for one in node.keywords if one.arg == "why")]
    elif isinstance(node, ast.Return | ast.Assign) and _is_why(node):
        texts = [node.value] if node.value else []
    else:
        texts = []
    for text in texts:
        example = _example(text)
        if " " in example:  # no name, no letter
            yield example


def _is_why(node: ast.Return | ast.Assign) -> bool:
    """Of `why = "…"`, `self._reason = "…"`; what is returned is one if it is an f-string of `_whose`, say."""
    if isinstance(node, ast.Return):
        return isinstance(node.value, ast.JoinedStr) and "held by" in ast.unparse(node.value)
    return any(
        _name(target) in {"why", "_reason", "_obstacle", "unknown", "instead"} for target in node.targets
    )


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _example(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_example(part) for part in parts)
        case ast.FormattedValue(value=value, conversion=how):
            what = ast.unparse(value)
            reason = any(word in what for word in ("why", "strerror", "to_do"))
            return KNOWN if reason else "'7'" if how == ord("r") else "7"
    return ""
