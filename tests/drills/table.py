"""What the drills showed: a table for people, and a file with a row for each failure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from drills.drill import Result, Row

LINE = "{:38} {:18} {:>6} {:>9} {:>6} {:>6} {:>6}"
HEAD = LINE.format("failure", "finding", "named", "seconds", "cured", "pid", "tcp")
_SHOWN = {True: "yes", False: "NO", None: "-"}


def printed(result: Result) -> str:
    """A line, and what there is to say beside it."""
    row = result.row
    line = LINE.format(
        row.finding,
        result.called,
        _SHOWN[row.named],
        "-" if row.seconds_to_detect is None else f"{row.seconds_to_detect:.2f}",
        _SHOWN[row.cured],
        row.pid_check or "-",
        row.tcp_check or "-",
    )
    return "\n    ".join([line, *result.why.splitlines()])


def good(result: Result) -> bool:
    """Whether nothing is wrong; of what was not done nothing is known to be."""
    return result.row.named is not False and result.row.cured is not False


def keep(path: Path, new: Iterable[Row], names: Iterable[str]) -> None:
    """A row for each name, in this order: the new one, or the file's, or one that knows nothing."""
    rows = {row.finding: row for row in [*_kept(path), *new]}
    path.parent.mkdir(exist_ok=True)
    table = [msgspec.to_builtins(rows.get(name, Row(name))) for name in names]
    path.write_bytes(msgspec.json.format(msgspec.json.encode(table), indent=1) + b"\n")


def _kept(path: Path) -> list[Row]:
    """Of earlier runs; a file of another shape is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Row])
    except (FileNotFoundError, msgspec.DecodeError):
        return []
