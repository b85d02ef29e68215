"""The two tables, as people read them."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.health import asked, suffered
from benchmarks.health.attack import HAMMERS, Report
from benchmarks.health.crowd import IDLE, STREAMS
from benchmarks.health.watching import ATTACK, CALM

_COLUMNS = (
    ("per_s", "answers/s", 11, 0),
    ("p50_ms", "p50 ms", 9, 2),
    ("p99_ms", "p99 ms", 9, 2),
    ("cpu_us", "CPU µs", 9, 0),
    ("ratio", "ratio", 9, 3),
    ("ratio_min", "least", 9, 3),
    ("ratio_max", "most", 9, 3),
    ("failed", "failed", 8, 0),
)


def show_asked(rows: Mapping[str, asked.Row], missing: Mapping[str, str]) -> None:
    """The fastest first."""
    print(
        f"\nOne core, {asked.CONNECTIONS} connections; medians of {asked.ROUNDS} turns of {asked.SECONDS} s "
        "(ratio to the bare handler, goal of ours: ≥ 0.8)"
    )
    print(f"  {'':36}" + "".join(f"{title:>{width}}" for _, title, width, _ in _COLUMNS))
    for name, row in sorted(rows.items(), key=lambda item: -(item[1]["per_s"] or 0)):
        print(f"  {name:36}" + "".join(_cell(row[key], width, digits) for key, _, width, digits in _COLUMNS))
    for name, why in missing.items():
        print(f"  {name:36} not measured: {why}")


def show_suffered(rows: Mapping[str, Mapping[str, suffered.Row]]) -> None:
    """In calm, under attack, and the ratio."""
    print(
        f"\nThe watching, ms ({CALM}; {ATTACK}; ratio). The bare loop is on the same core and serves nobody"
    )
    titles = "".join(f"{title:>9}" for title in suffered.FIGURES)
    print(f"  {'':26}" + f"{titles}{'n':>6}{'never':>6}   " * 2 + titles)
    for name, row in rows.items():
        both = "".join(
            _figures(row[one]) + f"{row[one]['n']:6}{row[one]['never']:6}   " for one in (CALM, ATTACK)
        )
        print(f"  {name:26}{both}{_figures(row['ratio'])}")


def show_attack(reports: list[Report]) -> None:
    """What the attackers met, so that nobody takes a shut door for an open one."""
    print(f"\nThe attack: {HAMMERS} ask on and on, {STREAMS} want event streams, {IDLE} stay and are idle")
    for report in reports:
        print("  " + "; ".join(f"{who}: {_plain(figures)}" for who, figures in report.items()))


def _figures(row: Mapping[str, float]) -> str:
    return "".join(_cell(row[figure], 9, 2) for figure in suffered.FIGURES)


def _plain(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {figure:,.6g}" for name, figure in figures.items())


def _cell(figure: float | None, width: int, digits: int) -> str:
    return f"{'—':>{width}}" if figure is None else f"{figure:{width},.{digits}f}"
