"""``fermat-sidecar history``: read from the state directory, whether a sidecar runs or not."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from fermatkit.errors import ExitCode, UserError
from sidecar.cli.table import table
from sidecar.config.load import load
from sidecar.faces.check import iso
from sidecar.faces.words import Words, words
from sidecar.store.history import asking
from sidecar.store.history.levels import SERIES
from sidecar.store.history.reading import NoHistory, Span, samples
from sidecar.store.history.schema import HISTORY
from sidecar.store.history.shapes import Grid, Series, shaped

_LINES = 24
_ALL = 20000
"""Steps: more than any level has."""


def history(since: str, until: str, measure: list[str], json: bool, csv: bool, config: Path) -> ExitCode:  # noqa: FBT001 - flags of the command line
    """Print a table, or all there is as JSON or CSV; UserError (exit code 1) where there is none yet."""
    if json and csv:
        raise UserError("history: --json or --csv: choose one")
    path, spoken = where(config)
    span = asked("history", since, until, time.time())
    try:
        names = asking.series(measure or SERIES)
    except ValueError as error:
        raise UserError(f"history: --measure: {error}") from None
    try:
        grid = samples(path, span, _ALL if json or csv else _LINES, names)
    except NoHistory as error:
        raise UserError(str(error), ExitCode.UNHEALTHY) from None
    try:
        _print(grid, names if json or csv else measure, json=json, csv=csv, words=spoken)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough (head, less)
        sys.stdout = None  # nothing may be flushed to it at the end
    return ExitCode.GOOD


def where(config: Path) -> tuple[Path, Words]:
    """The file, and the language of this sidecar."""
    settings = load(config)
    return Path(settings.state.directory) / HISTORY, words(settings.language)


def asked(command: str, since: str, until: str, now: float) -> Span:
    """A range as it was written; UserError (exit code 2) when it is none."""
    try:
        return Span(*asking.span(since, until, now), now)
    except ValueError as error:
        raise UserError(f"{command}: --{error}") from None


def _print(grid: Grid, names: Sequence[str], *, json: bool, csv: bool, words: Words) -> None:
    if json:
        print(msgspec.json.encode(shaped(grid, list(names))).decode())
    elif csv:
        _print_csv(grid, list(names))
    else:
        for line in table(grid, names, words):
            print(line)


def _print_csv(grid: Grid, names: list[str]) -> None:
    """A gap is an empty field."""
    found = shaped(grid, names)
    columns = {
        f"{name} {figure}": column
        for name in names
        for figure in Series.__struct_fields__[1:]
        if (column := getattr(found.series[name], figure)) is not None
    }
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["time", "status", "availability", *columns])
    for index, at in enumerate(found.times):
        point = grid.points[index]
        share = None if point is None else point.availability
        writer.writerow(
            [iso(at), found.status[index], share, *(column[index] for column in columns.values())]
        )
