"""One wrong, one process: a fork that has the wrong module imported, and the tests that run it."""

from __future__ import annotations

import ast
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from functools import partial
from pathlib import Path

import msgspec
import pytest

from mutation.mutants import Mutant
from mutation.suite import CORE, TESTS, Chosen, Covered, Watching, Wrong, run

MEMORY = 2**29
"""Bytes for one trial: a loop without an end may take more and more."""


class Outcome(StrEnum):
    """What became of a wrong."""

    KILLED = "killed"
    SLOW = "timeout"
    """It took too long: that is noticed, too."""
    SURVIVED = "survived"
    UNTESTED = "untested"
    """No test runs it."""

    @property
    def found(self) -> bool:
        """Whether a test would have told us."""
        return self in (Outcome.KILLED, Outcome.SLOW)


NOTHING_WRONG = Mutant(0, "", runs=False, before="", after="", apply=lambda: None)


class Trial(msgspec.Struct):
    """A wrong in its module."""

    file: Path
    tree: ast.Module
    mutant: Mutant

    def tests(self, covered: Covered) -> dict[str, float]:
        """Those that could find it, with their seconds; what every import runs, all could."""
        if not self.mutant.runs:
            return covered.seconds
        name = f"{self.file}:{self.mutant.inside}"
        return {test: covered.seconds[test] for test in covered.tests.get(name, ())}

    def take(self, tests: dict[str, float]) -> int:
        """In a process of its own."""
        self.mutant.apply()
        sys.meta_path.insert(0, Wrong(self.file, self.tree))
        return run(sorted({test.split("::")[0] for test in tests}), Chosen(tests))


def forked(work: Callable[[], int], limit: float) -> int:
    """The pid of a process that does this, silently, within so many seconds of processor time."""
    pid = os.fork()
    if pid:
        return pid
    status = int(pytest.ExitCode.USAGE_ERROR)  # until pytest says something else: no test was run
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.setitimer(signal.ITIMER_PROF, limit)  # nobody handles its signal: it ends the process
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        status = work()
    except MemoryError:
        status = int(pytest.ExitCode.TESTS_FAILED)  # pytest had none left to say so
    except BaseException:  # noqa: BLE001 - a child that goes on would be a second parent
        traceback.print_exc()
    finally:
        os._exit(status)


def cover(result: Path) -> Covered:
    """Run all of the tests once as they are, and see who runs what."""

    def work() -> int:
        watching = Watching()
        status = run([TESTS], watching)
        result.write_bytes(msgspec.json.encode(watching.covered))
        return status

    _, status = os.waitpid(forked(work, limit=600), 0)
    if status:
        raise SystemExit(f"{TESTS} fails as it is: nothing can be said of what it finds")
    covered = msgspec.json.decode(result.read_bytes(), type=Covered)
    file = CORE / "facts.py"
    control = Trial(file, ast.parse(file.read_text()), NOTHING_WRONG)
    if [outcome for _, outcome in outcomes([control], covered, jobs=1)] != [Outcome.SURVIVED]:
        raise SystemExit("a module with nothing wrong in it did not survive: what fails is the trial")
    return covered


def outcomes(trials: Iterable[Trial], covered: Covered, jobs: int) -> Iterator[tuple[Trial, Outcome]]:
    """What becomes of each, so many at a time, as they end."""
    running: dict[int, Trial] = {}
    for trial in trials:
        tests = trial.tests(covered)
        if not tests:
            yield trial, Outcome.UNTESTED
            continue
        while len(running) >= jobs:
            yield _ended(running)
        # Several times what they take: watched, they took five times that.
        running[forked(partial(trial.take, tests), limit=3 + sum(tests.values()) / 2)] = trial
    while running:
        yield _ended(running)


def _ended(running: dict[int, Trial]) -> tuple[Trial, Outcome]:
    pid, status = os.wait()
    trial, code = running.pop(pid), os.waitstatus_to_exitcode(status)
    tried = f"{trial.file}:{trial.mutant.line} {trial.mutant.before} -> {trial.mutant.after}"
    if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise SystemExit(f"pytest did not run the tests: nothing can be said of {tried}")
    if -code in (signal.SIGINT, signal.SIGKILL, signal.SIGTERM):  # by somebody; a crash is its own
        raise SystemExit(f"the trial was ended by signal {-code}: nothing can be said of {tried}")
    return trial, _OUTCOMES.get(code, Outcome.KILLED)


_OUTCOMES = {int(pytest.ExitCode.OK): Outcome.SURVIVED, -signal.SIGPROF: Outcome.SLOW}
