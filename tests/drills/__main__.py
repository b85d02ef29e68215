"""``make drills``: every failure, on the screen and in build/drills.json; some eight minutes."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

import msgspec

from drills.cases import DRILLS
from drills.drill import Result, perform

RESULT = Path("build/drills.json")
LINE = "{:24} {:18} {:>6} {:>9} {:>6} {:>6} {:>6}"


async def drill_all(rows: list[str]) -> list[Result]:
    """One after another, for the cores are few."""
    results: list[Result] = []
    print(LINE.format("failure", "finding", "named", "seconds", "cured", "pid", "tcp"), flush=True)
    for drill in DRILLS:
        if rows and drill.row not in rows:
            continue
        if drill.lacks:
            print(f"{drill.row}: not run: {drill.lacks}", flush=True)
            continue
        with tempfile.TemporaryDirectory() as directory:
            result = await perform(drill, Path(directory))
        results.append(result)
        seconds = "-" if result.seconds_to_detect is None else f"{result.seconds_to_detect:.2f}"
        yes = {True: "yes", False: "NO"}
        print(
            LINE.format(
                result.row,
                result.finding,
                yes[result.named],
                seconds,
                yes[result.cured],
                result.pid_check,
                result.tcp_check,
            ),
            result.why,
            flush=True,
        )
    return results


def main() -> int:
    """Exit status 1 if one was not named rightly, or not cured."""
    results = asyncio.run(drill_all(sys.argv[1:]))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(msgspec.to_builtins(results), indent=1))
    return 0 if all(result.named and result.cured for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
