"""The rows of the table: what each is about, its goal, and how turns become figures. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.load.turn import Turn

Values = Mapping[str, Sequence[float | None]]
"""Tool → a figure for each of its turns; None is unknown."""


@dataclass(frozen=True)
class Work:
    """One row before it is measured."""

    number: int
    """Of the row in the goals' table; several rows may share one."""
    name: str
    unit: str
    digits: int
    limit: float | None = None
    """At most this is good; None: no goal, but told."""
    times_c: bool = False
    """The limit is of the ratio to the C client, not of the figure itself."""
    compared: bool = True
    """A ratio to the C client says something."""

    @property
    def goal(self) -> str | None:
        """In words."""
        if self.limit is None:
            return None
        return f"≤ {self.limit:g} x C" if self.times_c else f"≤ {self.limit:g} {self.unit}".rstrip()


@dataclass(frozen=True)
class Row:
    """One row of the result; None is unknown, or does not apply."""

    number: int
    work: str
    unit: str
    digits: int
    ours: float | None
    c: float | None
    peers: dict[str, float | None]
    ratio: float | None
    goal: str | None
    met: bool | None
    """None: no goal, or the figure is unknown."""
    runs: dict[str, list[float | None]] = field(default_factory=dict)
    """Of which the figures are the medians."""


@dataclass(frozen=True)
class Measured:
    """A row whose figures are turns'."""

    work: Work
    job: str
    pick: Callable[[Turn], float | None]


def row(work: Work, values: Values) -> Row:
    """The medians of what is known, and what follows."""
    figures = {tool: middle(runs) for tool, runs in values.items()}
    ours, c = figures.pop("ours", None), figures.pop("c", None)
    ratio = ours / c if work.compared and ours is not None and c else None
    judged = ratio if work.times_c else ours
    met = None if work.limit is None or judged is None else judged <= work.limit
    runs = {tool: list(some) for tool, some in values.items()}
    return Row(work.number, work.name, work.unit, work.digits, ours, c, figures, ratio, work.goal, met, runs)


def middle(runs: Sequence[float | None]) -> float | None:
    """The median of what is known; None when nothing is."""
    known = [figure for figure in runs if figure is not None]
    return median(known) if known else None


def rows(turns: Mapping[str, Mapping[str, Sequence[Turn]]], numbers: Sequence[int]) -> list[Row]:
    """Those of the table that turns give: by job, then by tool. A job that was not done has no rows."""
    found = [
        row(one.work, {tool: [one.pick(turn) for turn in some] for tool, some in turns[one.job].items()})
        for one in MEASURED
        if one.job in turns and one.work.number in numbers
    ]
    if EACH.number in numbers and {"echo", "one"} <= turns.keys():
        found.append(_each(turns["echo"], turns["one"]))
    return sorted(found, key=lambda one: one.number)


def _each(held: Mapping[str, Sequence[Turn]], alone: Mapping[str, Sequence[Turn]]) -> Row:
    """What each of the connections after the first adds: some tools take memory long before they connect."""
    least = {tool: middle([turn.figures.held_rss for turn in some]) for tool, some in alone.items()}
    return row(EACH, {tool: [_more(turn, least.get(tool)) for turn in some] for tool, some in held.items()})


def _more(turn: Turn, least: float | None) -> float | None:
    most = turn.figures.held_rss
    return None if most is None or least is None else (most - least) * 1024 / (HELD - 1)


def _send_lag(turn: Turn) -> float | None:
    """Of the tool's own word; a peer has none."""
    figure = turn.told.get("send_lag_ms", {}).get("p99")
    return None if figure is None else float(figure)


HELD = 5_000
"""Connections, in the rows of the jobs `echo` and `one`."""
EACH = Work(3, "memory that a held connection adds", "KiB", 1, 2, compared=False)
_MANY = "79,600 held by 4 processes, wall"
RECORDING = Work(5, "recording one sample", "µs", 3, 0.15)
CLOUD = Work(8, "5,000 full Cloud Clients, client CPU", "s", 2)
CLOUD_SHARE = Work(8, "the same as a share of the stand-in's CPU", "", 2, 0.5)
MEASURED = (
    Measured(
        Work(1, "5,000 WebSocket connects, client CPU", "s", 3, 3, times_c=True),
        "echo",
        lambda turn: turn.figures.connect_cpu,
    ),
    Measured(
        Work(1, "start before the first connect, client CPU", "s", 2, compared=False),
        "echo",
        lambda turn: turn.figures.start_cpu,
    ),
    Measured(
        Work(2, "100,000 echoes on 5,000 held connections, client CPU", "s", 2, 2, times_c=True),
        "echo",
        lambda turn: turn.figures.echo_cpu,
    ),
    Measured(
        Work(2, "the same beside C on the same schedule, client CPU", "s", 2),
        "paced",
        lambda turn: turn.figures.echo_cpu,
    ),
    Measured(
        Work(3, "RSS with 5,000 held", "MiB", 1, 60, compared=False),
        "echo",
        lambda turn: turn.figures.held_rss,
    ),
    Measured(Work(4, "send lag p99 at 20,000 messages/s on 5,000", "ms", 2, 1), "echo", _send_lag),
    Measured(
        Work(6, "15,000 held by one process, wall", "s", 2, 3), "hold", lambda turn: turn.figures.connect_s
    ),
    Measured(
        Work(6, "RSS with 15,000 held", "MiB", 1, 60, compared=False),
        "hold",
        lambda turn: turn.figures.held_rss,
    ),
    Measured(Work(7, _MANY, "s", 2, 6), "many", lambda turn: turn.figures.connect_s),
)
