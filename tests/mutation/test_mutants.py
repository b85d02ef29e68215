"""The wrongs that are put into a module, and what is left alone."""

from __future__ import annotations

import ast

import pytest

from mutation.mutants import mutants


def wrongs(source: str) -> list[str]:
    return [f"{one.before} -> {one.after}" for one in mutants(ast.parse(source))]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a < b", ["a < b -> a <= b", "a < b -> a >= b"]),
        ("a is not b", ["a is not b -> a is b"]),
        ("a and b", ["a and b -> a or b"]),
        ("not a", ["not a -> a"]),
        ("a + b", ["a + b -> a - b"]),
        ("a = 1", ["a = 1 -> a = 2"]),
        ("a: int | None = None", ["a: int | None = None -> a: int | None = 0"]),
        ("a if b else c", ["a if b else c -> a if not b else c"]),
        ("a == ''", ["a == '' -> a != ''", "a == '' -> a == '?'"]),
        ("[a for a in b if c]", ["c -> True"]),
        ("{a: b}", ["a -> (nothing)"]),
        ("f(a, b=c)", ["b=c -> b=None"]),
        ("replace(a, b=c)", ["b=c -> b=None"]),
        ("s.replace(a, b=c)", ["b=c -> (nothing)", "b=c -> b=None"]),
    ],
)
def test_what_may_be_wrong(source: str, expected: list[str]) -> None:
    found = wrongs(source)
    left_out = f"{source} -> (nothing)"  # alone in its module, it is a statement
    assert [one for one in found if one != left_out] == expected


def test_a_statement_may_be_forgotten_if_the_rest_still_runs() -> None:
    found = wrongs("def f(a):\n a = g(a)\n b = a\n h(b)\n return b")
    assert found == ["a = g(a) -> (nothing)", "h(b) -> (nothing)", "return b -> return None"]


@pytest.mark.parametrize(
    "source",
    [
        '"""What it is, 1 < 2."""',
        "from a import b",
        "a: Literal[1] | None",
        "def f(a: int | None) -> int | None: ...",
        "class A(B, frozen=True, tag=1): ...",
        'A = "a word"',
        "F = Callable[[int], None]",
    ],
)
def test_what_is_no_behaviour_is_left_alone(source: str) -> None:
    assert wrongs(source) == []


def test_a_wrong_is_done_to_the_tree_only_when_it_is_asked_for() -> None:
    tree = ast.parse("def f(a):\n return a < 1")
    first, *_ = [one for one in mutants(tree) if one.after == "a <= 1"]
    assert ast.unparse(tree) == "def f(a):\n    return a < 1"
    assert (first.line, first.inside) == (2, "f")
    first.apply()
    assert ast.unparse(tree) == "def f(a):\n    return a <= 1"
