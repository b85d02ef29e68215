"""The reasons that the code gives, read from its source: each an example of what a face has to translate."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "fermatkit",
    "sidecar/core",
    "sidecar/probes",
    "sidecar/servers",
    "sidecar/actuators",
    "sidecar/store",
)
GIVING = {
    *("Absent", "ConfigRead", "ConnectionError", "GaveUp", "Held", "NotHttp", "Other", "ProcessLookupError"),
    *(
        "Refused",
        "Rested",
        "SignalFailed",
        "StartFailed",
        "Unanswered",
        "Unknown",
        "Unusable",
        "_Refused",
        "_Stale",
    ),
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
RETURNING = {"_attempt", "_converse", "_no_bus", "_notify", "_useless", "_whose", "late", "port_of", "weak"}
"""Functions that return one."""
NAMED = {"why", "_obstacle", "_reason", "instead", "unknown"}
"""Where one is kept."""
KNOWN = "needs two samples"
"""A reason that stands for any other within one."""


def given() -> Iterator[str]:
    """All of them, with examples for their parts; of evidence and store only what is told."""
    for node in _nodes():
        for text in _of(node):
            yield from filter(lambda example: " " in example, map(_example, _ways(text)))


def constants() -> set[str]:
    """Every text that is written in the same files, whatever for."""
    return {str(node.value) for node in _nodes() if isinstance(node, ast.Constant)}


def _nodes() -> Iterator[ast.AST]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            if file.parent.name not in ("evidence", "store") or file.name in ("collector.py", "database.py"):
                yield from ast.walk(ast.parse(file.read_text()))


def _of(node: ast.AST) -> list[ast.expr]:
    """The texts of this node that are reasons."""
    match node:
        case ast.Call(func=func, args=args, keywords=more) if _name(func) in GIVING:
            return [*args, *(one.value for one in more if one.arg == "why")]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name in RETURNING:
            ends = (one.value for one in ast.walk(node) if isinstance(one, ast.Return))
            return [value for value in ends if value is not None]
        case ast.Assign(targets=[target], value=value) if _name(target) in NAMED:
            return [value]
    return []


def _ways(node: ast.expr) -> list[ast.expr]:
    """The text itself, or those from which it is chosen."""
    match node:
        case ast.IfExp(body=one, orelse=other):
            return [*_ways(one), *_ways(other)]
        case ast.BoolOp(values=several):
            return [way for value in several for way in _ways(value)]
        case ast.Call(func=ast.Attribute(value=text, attr="rstrip")):
            return _ways(text)
    return [node]


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
