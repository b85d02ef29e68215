"""``make bench-load``: the load generator beside a C client, k6, Artillery, Tsung, Locust; ten minutes.

python -m benchmarks.load                       all of it, to the screen and build/bench-load.json
python -m benchmarks.load --only ours,c --rows 1,2 --rounds 1    to the screen alone
python -m benchmarks.load --markdown            the last whole result, as the README has it
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import psutil

from benchmarks.health.prepare import MissingError
from benchmarks.load import measure, table
from benchmarks.load.rows import Row
from benchmarks.load.tools import PEERS, TOOLS, Tool

RESULT = Path("build/bench-load.json")
ROWS = range(1, 9)


def main() -> int:
    """Measure, print, write; exit 1 without the C programs, 130 when interrupted."""
    args = _parser().parse_args()
    if args.markdown:
        return _markdown()
    signal.signal(signal.SIGTERM, _interrupted)
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))  # for all that is started here
    try:
        return _bench(args.only, args.rows, args.rounds)
    except MissingError as error:
        print(f"bench-load: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbench-load: interrupted; nothing is written, nothing is left running", file=sys.stderr)
        return 130


def _bench(only: Sequence[str], numbers: Sequence[int], rounds: int) -> int:
    machine = _machine()
    print(machine)
    tools, missing = measure.prepared([tool for tool in TOOLS if tool.name in only])
    rows, notes = measure.everything(tools, numbers, rounds)
    peers = [tool.name for tool in PEERS if tool.name in only]
    print(f"\n{table.plain(rows, peers)}")
    if missing | notes:
        print(f"\nNot measured, or to be known:\n{table.reasons(missing | notes)}")
    if len(only) == len(TOOLS) and list(numbers) == list(ROWS):
        stamp = datetime.now(UTC).isoformat(timespec="seconds")
        result = {"machine": machine, "date": stamp, "rows": [asdict(row) for row in rows]}
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(result | {"missing": missing, "notes": notes}, indent=1))
        print(f"\nWritten to {RESULT}.")
    return 0


def _markdown() -> int:
    try:
        result = json.loads(RESULT.read_text())
    except FileNotFoundError:
        print(f"bench-load: there is no {RESULT} yet; make bench-load writes it", file=sys.stderr)
        return 1
    rows = [Row(**row) for row in result["rows"]]
    peers = [tool.name for tool in PEERS]
    print(table.markdown(rows, peers, result["machine"], result["date"][:10]))
    if result["missing"]:
        print(f"\nNot there: {'; '.join(f'{name} ({why})' for name, why in result['missing'].items())}.")
    return 0


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    kernel = f"{platform.system()} {platform.release()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {kernel}, Python {platform.python_version()}"


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks.load", description=(__doc__ or "").splitlines()[0])
    names = [tool.name for tool in TOOLS]
    add = parser.add_argument
    add("--only", type=_names, default=names, metavar="TOOLS", help=f"of {','.join(names)} (all)")
    add("--rows", type=_numbers, default=list(ROWS), metavar="N,N", help="rows of the table (all, 1 to 8)")
    add("--rounds", type=int, default=measure.ROUNDS, metavar="N", help="turns of each tool (%(default)s)")
    add("--markdown", action="store_true", help=f"print {RESULT} as a table for the README, measure nothing")
    return parser


def _names(text: str) -> list[str]:
    known: dict[str, Tool] = {tool.name.lower(): tool for tool in TOOLS}
    if unknown := [name for name in text.split(",") if name.lower() not in known]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: no such tool; there are {', '.join(known)}")
    return [known[name.lower()].name for name in text.split(",")]


def _numbers(text: str) -> list[int]:
    allowed = {str(number): number for number in ROWS}
    if unknown := [name for name in text.split(",") if name not in allowed]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: no such row; there are 1 to {max(ROWS)}")
    return sorted(allowed[name] for name in text.split(","))


if __name__ == "__main__":
    sys.exit(main())
