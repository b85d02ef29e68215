"""The table, for a terminal and for the README. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.load.rows import Row

_WIDE = 56


def plain(rows: Sequence[Row], peers: Sequence[str]) -> str:
    """For people in a terminal."""
    heads = ["ours", "C", "ratio", *peers]
    lines = [f"{'work':{_WIDE}}" + "".join(f"{head:>11}" for head in heads) + "  goal"]
    lines += [
        f"{_name(row, peers):{_WIDE}}"
        + "".join(f"{cell:>11}" for cell in _cells(row, peers))
        + f"  {_goal(row)}"
        for row in rows
    ]
    return "\n".join(lines)


def markdown(rows: Sequence[Row], peers: Sequence[str], machine: str, date: str) -> str:
    """For the README."""
    heads = ["work", "ours", "C", "ratio", "goal", *peers]
    lines = [f"{date}, {machine}; medians.", "", _line(heads), _line(["---"] + ["---:"] * (len(heads) - 1))]
    for row in rows:
        ours, c, ratio, *others = _cells(row, peers)
        lines.append(_line([_name(row, peers), ours, c, ratio, _goal(row), *others]))
    return "\n".join(lines)


def reasons(missing: Mapping[str, str]) -> str:
    """Who or what is not in the table, and why."""
    return "\n".join(f"  {name}: {why}" for name, why in missing.items())


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _name(row: Row, peers: Sequence[str]) -> str:
    """With what is beside it in this row alone."""
    others = [f"{who} {_figure(figure, row.digits)}" for who, figure in row.peers.items() if who not in peers]
    name = f"{row.work}, {row.unit}" if row.unit else row.work
    return f"{name} ({', '.join(others)})" if others else name


def _cells(row: Row, peers: Sequence[str]) -> list[str]:
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f} x"
    figures = [row.ours, row.c, *(row.peers.get(peer) for peer in peers)]
    ours, c, *others = [_figure(figure, row.digits) for figure in figures]
    return [ours, c, ratio, *others]


def _figure(figure: float | None, digits: int) -> str:
    return "-" if figure is None else f"{round(figure, digits) + 0.0:,.{digits}f}"  # no -0


def _goal(row: Row) -> str:
    if row.goal is None:
        return "-"
    return f"{row.goal}: {'unknown' if row.met is None else 'met' if row.met else 'missed'}"
