"""The core's tests, run in this process by pytest: some of them, once, with few random examples."""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import resource
import sys
import types
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import hypothesis
import msgspec
import pytest
import structlog  # noqa: F401 - what is imported here, no child has to
from hypothesis import stateful  # noqa: F401 - likewise

CORE = Path("sidecar/core")
TESTS = "tests/sidecar/core"
EXAMPLES = 40
"""Random examples for each test: the same in every run."""

OPTIONS = (
    *("-c/dev/null", "--rootdir=.", "--import-mode=importlib", "-Werror", "-x"),
    # What nobody reads here costs more time than the tests.
    *("--assert=plain", "-pno:cacheprovider", "-pno:unraisableexception", "-pno:terminal"),
)


class Covered(msgspec.Struct):
    """Which tests run what, and how long each takes."""

    tests: dict[str, set[str]]
    """By file and function, ``sidecar/core/facts.py:Facts.ready``."""
    seconds: dict[str, float]
    """Of processor time, by the test's id."""


class Chosen:
    """A plugin of pytest: only these tests, the quickest first."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if item.nodeid in self.seconds]
        items[:] = sorted(chosen, key=lambda item: self.seconds[item.nodeid])
        _few_histories(items)


class Watching:
    """A plugin of pytest: which test enters which function of the core."""

    def __init__(self) -> None:
        self.covered = Covered(defaultdict(set), {})

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        _few_histories(items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        root = str(CORE.resolve())

        def enters(frame: types.FrameType, _: str, __: object) -> None:
            code = frame.f_code
            if code.co_filename.startswith(root):
                file = CORE / Path(code.co_filename).relative_to(root)
                self.covered.tests[f"{file}:{code.co_qualname}"].add(item.nodeid)

        before = _used()
        sys.settrace(enters)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self.covered.seconds[item.nodeid] = _used() - before


def _used() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def _few_histories(items: Sequence[pytest.Item]) -> None:
    """A state machine's own settings ask for many."""
    for item in items:
        case = getattr(item, "cls", None)
        if case is not None and hasattr(case, "settings"):
            case.settings = hypothesis.settings(case.settings, max_examples=EXAMPLES)


class Wrong(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Has one module imported from this tree instead of its file."""

    def __init__(self, file: Path, tree: ast.Module) -> None:
        self.file = file
        self.name = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
        self.code = compile(ast.fix_missing_locations(tree), str(file.resolve()), "exec")

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(
            name,
            self.file.resolve(),
            loader=self,
            submodule_search_locations=[str(self.file.parent.resolve())]
            if self.file.stem == "__init__"
            else None,
        )

    def exec_module(self, module: types.ModuleType) -> None:
        exec(self.code, module.__dict__)  # noqa: S102 - our own module, with a wrong in it


def run(tests: Sequence[str], plugin: object) -> int:
    """Pytest's exit status. The process can do it once: what is imported stays."""
    assert "sidecar" not in sys.modules, "the core was imported before its wrong could be"
    hypothesis.settings.register_profile(
        "mutants",
        database=None,
        derandomize=True,
        deadline=None,
        max_examples=EXAMPLES,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("mutants")
    return int(pytest.main([*OPTIONS, *tests], plugins=[plugin]))
