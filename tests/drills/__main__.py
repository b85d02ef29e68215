"""``make drills``: every failure, on the screen and in build/drills.json; some ten minutes.

    python -m drills [ROW …]

Those rows alone; the file keeps what it has of the others.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from drills.cases import ROWS, Failure
from drills.drill import Result, perform
from drills.machines import Sick
from drills.table import HEAD, good, keep, printed

RESULT = Path("build/drills.json")


async def drill_all(rows: list[str]) -> list[Result]:
    """One after another, for the cores are few; each is kept at once, for the run may be ended."""
    results: list[Result] = []
    print(HEAD, flush=True)
    for name in rows:
        results.append(await drilled(ROWS[name]))
        print(printed(results[-1]), flush=True)
        keep(RESULT, [results[-1].row], ROWS)
    return results


async def drilled(failure: Failure) -> Result:
    """One of them."""
    with tempfile.TemporaryDirectory() as directory:
        if isinstance(failure, Sick):
            return failure.perform(Path(directory))
        return await perform(failure, Path(directory))


def main() -> int:
    """Exit status 1 if one was not named rightly, or not cured; 2 if there is none of that name."""
    asked = sys.argv[1:]
    unknown = [row for row in asked if row not in ROWS]
    if unknown:
        print(f"no drill is called {unknown[0]!r}; there are: {'; '.join(ROWS)}", file=sys.stderr)
        return 2
    results = asyncio.run(drill_all(asked or list(ROWS)))
    return 0 if all(map(good, results)) else 1


if __name__ == "__main__":
    sys.exit(main())
