"""What two real readers make of the text: Prometheus' own client, and promtool."""

from __future__ import annotations

import math
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import openmetrics, parser

from sidecar.faces.exposition import Family, Kind, Sample, written

GAUGE = Family("fermat_some_bytes", "Said of it.")
COUNTER = Family("fermat_acts_total", "Counted.", Kind.COUNTER)
BUILD = Family("fermat_build_info", "Named.", Kind.INFO)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def read(samples: list[Sample], *, new: bool) -> list[tuple[str, float, dict[str, str]]]:
    """By the parser of that format."""
    text = written(samples, openmetrics=new).decode()
    read = openmetrics.parser if new else parser
    families = read.text_string_to_metric_families(text)
    return [(one.name, one.value, one.labels) for family in families for one in family.samples]


@pytest.mark.parametrize("new", [False, True])
def test_what_is_written_is_what_is_read(*, new: bool) -> None:
    samples = [
        Sample(BUILD, 1, (("version", "1.0"),)),
        Sample(COUNTER, 12),
        Sample(GAUGE, 0.5, (("of", "a"), ("kind", "x"))),
        Sample(GAUGE, math.inf, (("of", "b"), ("kind", "x"))),
    ]
    assert read(samples, new=new) == [(one.family.name, one.value, dict(one.labels)) for one in samples]


@pytest.mark.parametrize("new", [False, True])
@given(value=texts, number=st.floats(allow_nan=False), said=texts)
def test_any_label_and_number_comes_through(value: str, number: float, said: str, *, new: bool) -> None:
    family = Family("fermat_some", said)
    assert read([Sample(family, number, (("of", value),))], new=new) == [
        ("fermat_some", number, {"of": value})
    ]


def test_the_formats_differ_in_their_metadata() -> None:
    samples = [Sample(COUNTER, 1), Sample(BUILD, 1)]
    assert written(samples, openmetrics=False).decode().splitlines() == [
        "# HELP fermat_acts_total Counted.",
        "# TYPE fermat_acts_total counter",
        "fermat_acts_total 1",
        "# HELP fermat_build_info Named.",
        "# TYPE fermat_build_info gauge",
        "fermat_build_info 1",
    ]
    assert written(samples, openmetrics=True).decode().splitlines() == [
        "# HELP fermat_acts Counted.",
        "# TYPE fermat_acts counter",
        "fermat_acts_total 1",
        "# HELP fermat_build Named.",
        "# TYPE fermat_build info",
        "fermat_build_info 1",
        "# EOF",
    ]


def test_promtool_reads_the_hardest_label() -> None:
    text = written([Sample(GAUGE, 1, (("of", 'a\\n"\n\N{SNOWMAN}}{'),))], openmetrics=False)
    subprocess.run(["promtool", "check", "metrics"], input=text, check=True, capture_output=True)
