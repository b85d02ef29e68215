"""``make mutants``: a table by module, and in build/mutants.json each wrong that no test finds."""

from __future__ import annotations

import ast
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from mutation.explained import explained, stale
from mutation.mutants import mutants
from mutation.suite import CORE
from mutation.trial import Outcome, Trial, cover, outcomes

RESULT = Path("build/mutants.json")
JOBS = 2
LINE = "{:22} {:>8} {:>8} {:>8} {:>9} {:>8}"
GOOD = 0.95
"""The share of the wrongs that has to be found."""


def trials(names: list[str]) -> Iterator[Trial]:
    """Every wrong in these modules of the core, in all of them if none is named."""
    for file in sorted(CORE.rglob("*.py")):
        if not names or module(file) in names:
            tree = ast.parse(file.read_text())
            yield from (Trial(file, tree, mutant) for mutant in mutants(tree))


def module(file: Path) -> str:
    """Its name within the core: ``findings.server``."""
    return ".".join(file.relative_to(CORE).with_suffix("").parts).removesuffix(".__init__")


def name(trial: Trial) -> str:
    """By which it can be listed: the line may be another tomorrow."""
    mutant = trial.mutant
    where = f"{module(trial.file)}, {mutant.inside}".removesuffix(", ")
    return f"{where}: {mutant.before} -> {mutant.after}"


def told(results: Iterator[tuple[Trial, Outcome]], listed: set[str]) -> Iterator[tuple[Trial, Outcome]]:
    """Those that no test finds are on the screen as they come."""
    for trial, outcome in results:
        if not outcome.found and name(trial) not in listed:
            print(f"{trial.file}:{trial.mutant.line} {outcome} {name(trial)}", file=sys.stderr, flush=True)
        yield trial, outcome


def show(results: list[tuple[Trial, Outcome]], listed: set[str]) -> float:
    """The table; returns the share of the wrongs that was found, with those that are none left out."""
    print(LINE.format("module", "mutants", "killed", "score", "explained", "left"))
    share = 1.0
    files = sorted({trial.file for trial, _ in results})
    for file in (*files, None):
        ours = [(trial, outcome) for trial, outcome in results if file in (trial.file, None)]
        killed = sum(outcome.found for _, outcome in ours)
        known = sum(name(trial) in listed for trial, outcome in ours if not outcome.found)
        share = killed / (len(ours) - known or 1)
        left = len(ours) - killed - known
        title = module(file) if file else "all"
        print(LINE.format(title, len(ours), killed, f"{killed / len(ours):.1%}", known, left))
    return share


def main() -> int:
    """Exit status 1 if too few are found, or one is listed that is."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    began = time.monotonic()
    listed = explained()
    with tempfile.TemporaryDirectory() as directory:
        sys.pycache_prefix, sys.dont_write_bytecode = directory, False  # each child imports all of the core
        results = list(
            told(outcomes(trials(sys.argv[1:]), cover(Path(directory) / "covered.json"), JOBS), listed)
        )
    left = [(trial, outcome) for trial, outcome in results if not outcome.found]
    share = show(results, listed)
    survivors = [
        {"at": f"{trial.file}:{trial.mutant.line}", "wrong": name(trial), "outcome": outcome}
        for trial, outcome in left
    ]
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(
        json.dumps([one | {"explained": one["wrong"] in listed} for one in survivors], indent=1)
    )
    wrongs = stale({name(trial) for trial, _ in results}, {name(trial) for trial, _ in left})
    for wrong in wrongs:
        print("listed, but does not survive:", wrong)
    print(f"{share:.1%} of those not explained; {time.monotonic() - began:.0f} s; survivors: {RESULT}")
    return 1 if share < GOOD or wrongs else 0


if __name__ == "__main__":
    sys.exit(main())
