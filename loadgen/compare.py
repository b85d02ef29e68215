"""Two runs of one plan side by side. One run each is no statement about chance, and this makes none. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from loadgen.record import Record, differences
from loadgen.summary import Figures, Percentiles

CHANCE = "one run each: no statement about chance"
_MACHINE = ("host", "cpu", "cores", "memory")


class Row(msgspec.Struct, frozen=True):
    """One figure of both. Counts have no unit; None is unknown."""

    name: str
    old: float | None
    new: float | None
    unit: str = ""

    @property
    def ratio(self) -> float | None:
        """New over old; None when one is unknown, or the old one nothing."""
        return None if self.old is None or self.new is None or not self.old else self.new / self.old


class Comparison(msgspec.Struct, frozen=True):
    """Verdicts, the figures, and what else is not the same."""

    old: str
    new: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def unlike(old: Record, new: Record) -> list[str]:
    """Why two runs should not be compared, in words; seed and identities may differ, the load is the same."""
    plans = [name for name in differences(old.run.plan, new.run.plan) if name not in ("seed", "identities")]
    found = [f"their plans differ in {', '.join(plans)}"] if plans else []
    one, other = old.run.environment, new.run.environment
    if one is None or other is None:
        return [*found, "of one of them the machine is unknown"]
    machines = [name for name in _MACHINE if getattr(one, name) != getattr(other, name)]
    return [*found, f"their machines differ in {', '.join(machines)}"] if machines else found


def compare(old: Record, new: Record, differing: Sequence[str] = ()) -> Comparison:
    """Everything that both can tell; `differing`: what `unlike` found, and was overruled."""
    one, other = old.summed(), new.summed()
    rows = [
        Row(f"clients {name}", getattr(one.clients, name), getattr(other.clients, name))
        for name in ("asked", "registered", "failed", "lost")
    ]
    kinds = sorted({*one.errors, *other.errors})
    rows += [Row(f"error: {kind}", one.errors.get(kind, 0), other.errors.get(kind, 0)) for kind in kinds]
    for name in [*one.operations, *(name for name in other.operations if name not in one.operations)]:
        rows += _operation(name, one.operations.get(name), other.operations.get(name))
    rows.append(Row("processor time", one.generator.cpu_seconds, other.generator.cpu_seconds, "s"))
    notes = [CHANCE, *differing]
    if old.run.environment and new.run.environment:
        notes += [
            f"{name}: {getattr(old.run.environment, name)} → {getattr(new.run.environment, name)}"
            for name in differences(old.run.environment, new.run.environment)
        ]
    if old.run.plan.seed != new.run.plan.seed:
        notes.append(f"seed: {old.run.plan.seed} → {new.run.plan.seed}, so the schedule is another")
    return Comparison(one.verdict, other.verdict, tuple(rows), tuple(notes))


def _operation(name: str, old: Figures | None, new: Figures | None) -> Iterator[Row]:
    for count in ("scheduled", "answered", "lost", "in_flight", "late", "duplicate", "out_of_order"):
        before, after = _count(old, count), _count(new, count)
        if before or after or count in {"scheduled", "answered"}:
            yield Row(f"{name} {count}", before, after)
    for what in ("response", "service", "lag"):
        for percent in Percentiles.__struct_fields__:
            shown = f"{name} {what} {percent.replace('_', '.')}"
            yield Row(shown, _percentile(old, what, percent), _percentile(new, what, percent), "ms")


def _count(figures: Figures | None, name: str) -> float | None:
    return None if figures is None else float(getattr(figures.traffic, name))


def _percentile(figures: Figures | None, what: str, percent: str) -> float | None:
    value: float | None = None if figures is None else getattr(getattr(figures, f"{what}_ms"), percent)
    return value
