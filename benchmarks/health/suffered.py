"""The figures of the watching: percentiles in calm and under attack, and their ratio."""

from __future__ import annotations

from statistics import median, quantiles

from benchmarks.health.stamps import Stamps, late
from benchmarks.health.watching import ATTACK, CALM, Phase

Row = dict[str, float]
"""Of one condition: ms, how many there were, and how many never came."""
FIGURES = ("p50", "p99", "max")


def rows(phases: list[Phase], stamps: dict[str, Stamps]) -> dict[str, dict[str, Row]]:
    """By what was watched and by whom, then by condition."""
    found: dict[str, dict[str, Row]] = {}
    for who, seen in stamps.items():
        found[f"beat late, {who}"] = {
            condition: _row(late(_inside(seen.beats, some)), len(_inside(seen.missed, some)))
            for condition, some in _by_condition(phases).items()
        }
    for who, seen in stamps.items():
        found[f"death seen, {who}"] = {
            condition: _deaths(some, seen.deaths) for condition, some in _by_condition(phases).items()
        }
    for row in found.values():
        row["ratio"] = {figure: row[ATTACK][figure] / row[CALM][figure] for figure in FIGURES}
    return found


def _by_condition(phases: list[Phase]) -> dict[str, list[Phase]]:
    return {name: [one for one in phases if one.condition == name] for name in (CALM, ATTACK)}


def _inside(times: list[float], phases: list[Phase]) -> list[float]:
    return [at for at in times if any(phase.has(at) for phase in phases)]


def _deaths(phases: list[Phase], deaths: dict[int, float]) -> Row:
    kills = {pid: at for phase in phases for pid, at in phase.kills.items()}
    seen = [(deaths[pid] - at) * 1000 for pid, at in kills.items() if pid in deaths]
    return _row(seen, len(kills) - len(seen))


def _row(times: list[float], never: int) -> Row:
    percentile = quantiles(times, n=100, method="inclusive")
    return {
        "p50": median(times),
        "p99": percentile[98],
        "max": max(times),
        "n": len(times),
        "never": never,
    }
