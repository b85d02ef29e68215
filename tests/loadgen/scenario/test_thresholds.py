"""What may not happen: read from sentences, and judged by what is known."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.scenario.thresholds import COUNTS, STATISTICS, TIMES, TIMES_OF_ONE, judge, threshold


@pytest.mark.parametrize(
    ("text", "figure", "base", "comparison", "limit"),
    [
        ("response p99 < 200ms", "response p99", None, "<", 0.2),
        ("  response   p99.9<=1s ", "response p99.9", None, "<=", 1),
        ("list response max < 1m", "list response max", None, "<", 60),
        ("connect p99 < 5s", "connect p99", None, "<", 5),
        ("first message p50 > 0ms", "first message p50", None, ">", 0),
        ("send lag p99 < 1ms", "send lag p99", None, "<", 0.001),
        ("lost = 0", "lost", None, "=", 0),
        ("relay lost = 0", "relay lost", None, "=", 0),
        ("errors < 0.1%", "errors", "scheduled", "<", 0.001),
        ("failed <= 1%", "failed", "clients", "<=", 0.01),
        ("list lost < 5%", "list lost", "list sent", "<", 0.05),
        ("answered >= 1000", "answered", None, ">=", 1000),
        ("rate >= 6000/m", "rate", None, ">=", 100),
    ],
)
def test_sentences(text: str, figure: str, base: str | None, comparison: str, limit: float) -> None:
    read = threshold(text)
    assert (read.figure, read.base, read.comparison) == (figure, base, comparison)
    assert read.limit == pytest.approx(limit)
    assert threshold(read.text) == read


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("response p99", 'must be like "response p99 < 200ms"'),
        (7, 'must be like "response p99 < 200ms"'),
        ("a < b < c", 'must be like "response p99 < 200ms"'),
        ("response p98 < 1s", "'response p98' is not measured; did you mean 'response p99'"),
        ("response < 1s", "'response' is not measured; write which of it: p50, p75"),
        ("list response < 1s", "'list response' is not measured; write which of it: p50, p75"),
        ("list tcp p99 < 1s", "'list tcp p99' is not measured; did you mean 'tcp p99'"),
        ("list failed = 0", "'list failed' is not measured; did you mean 'failed'"),
        ("loss = 0", "'loss' is not measured; did you mean 'lost'"),
        ("< 3", "'' is not measured; write it like \"response p99 < 200ms\""),
        ("response p99 < 200", "'200' is not a number with one of the units ms, s"),
        ("response p99 < 10%", "'10%' is not a number with one of the units ms, s"),
        ("lost = 0.5", "'0.5' is neither a whole number nor a share like 0.1%"),
        ("lost = -1", "'-1' is neither a whole number nor a share like 0.1%"),
        ("rate > 100", "'100' is not a number with one of the units /h, /m, /s"),
    ],
)
def test_what_is_no_threshold(text: object, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        threshold(text)
    assert str(caught.value).startswith(told)


@given(st.text())
def test_any_text_is_a_threshold_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert threshold(text).comparison in text


@given(st.sampled_from([*TIMES, *TIMES_OF_ONE]), st.sampled_from(STATISTICS), st.floats(0, 100))
def test_a_time_is_held_to_its_limit(time: str, statistic: str, value: float) -> None:
    [judged] = judge((threshold(f"{time} {statistic} <= 50s"),), {f"{time} {statistic}": value})
    assert judged.value == value
    assert judged.held is (value <= 50)


@given(st.sampled_from(sorted(COUNTS)), st.integers(0, 100), st.integers(1, 100))
def test_a_share_is_of_what_it_is_a_part_of(count: str, value: int, base: int) -> None:
    figures = {count: float(value), COUNTS[count]: float(base)}
    [judged] = judge((threshold(f"{count} < 50%"),), figures)
    expected = value / base if count != COUNTS[count] else 1.0
    assert judged.value == expected
    assert judged.held is (expected < 0.5)


@pytest.mark.parametrize(
    "figures", [{}, {"lost": None, "sent": 3.0}, {"lost": 0.0}, {"lost": 0.0, "sent": 0.0}]
)
def test_what_is_not_known_is_neither_held_nor_broken(figures: dict[str, float | None]) -> None:
    [judged] = judge((threshold("lost < 1%"),), figures)
    assert (judged.value, judged.held) == (None, None)
