"""Samples as Prometheus reads them: text format 0.0.4, or OpenMetrics 1.0.

https://prometheus.io/docs/instrumenting/exposition_formats/ and
https://prometheus.io/docs/specs/om/open_metrics_spec/: they differ here in how a counter and an info are
called in their metadata, in what a HELP escapes, and in the last line.
"""

from __future__ import annotations

import math
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple


class Kind(StrEnum):
    """What a number is; the value is OpenMetrics' word."""

    GAUGE = "gauge"
    COUNTER = "counter"
    INFO = "info"


class Family(NamedTuple):
    """Samples of one name."""

    name: str
    """With its ``_total`` or ``_info``, as it is asked for."""
    help: str
    kind: Kind = Kind.GAUGE


class Sample(NamedTuple):
    """One number of a family. Those of one family stand together."""

    family: Family
    value: float
    labels: tuple[tuple[str, str], ...] = ()


_SUFFIX = {Kind.COUNTER: "_total", Kind.INFO: "_info"}
_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})
_LABEL = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


def written(samples: list[Sample], *, openmetrics: bool) -> bytes:
    """The whole answer to one scrape."""
    lines: list[str] = []
    for family, ours in groupby(samples, key=lambda sample: sample.family):
        lines += _about(family, openmetrics=openmetrics)
        lines += [f"{family.name}{_labels(one.labels)} {_number(one.value)}" for one in ours]
    if openmetrics:
        lines.append("# EOF")
    return "\n".join([*lines, ""]).encode()


def _about(family: Family, *, openmetrics: bool) -> tuple[str, str]:
    name, kind, said = family.name, family.kind, family.help.translate(_HELP)
    if openmetrics:
        name, said = name.removesuffix(_SUFFIX.get(kind, "")), family.help.translate(_LABEL)
    elif kind is Kind.INFO:
        kind = Kind.GAUGE
    return f"# HELP {name} {said}", f"# TYPE {name} {kind}"


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{value.translate(_LABEL)}"' for name, value in labels) + "}"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(value)
