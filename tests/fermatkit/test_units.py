"""Text with a unit to numbers and back."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermatkit.units import (
    format_duration,
    format_size,
    parse_duration,
    parse_rate,
    parse_share,
    parse_size,
    write,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("250ms", 0.25), ("10s", 10), ("1.5m", 90), ("2h", 7200), (" 3 d ", 259200), ("0s", 0)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(("text", "size"), [("512B", 512), ("10MiB", 10 * 2**20), ("1.5GiB", 3 * 2**29)])
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_shares() -> None:
    assert parse_share("85%") == pytest.approx(0.85)


@pytest.mark.parametrize(("text", "rate"), [("250/s", 250), ("30/m", 0.5), ("7200 /h", 2), ("0/s", 0)])
def test_rates(text: str, rate: float) -> None:
    assert parse_rate(text) == pytest.approx(rate)


@pytest.mark.parametrize("text", ["10", "ten s", "-1s", "1 parsec", "", "1e3s", "inf s", "10MiB"])
def test_what_is_no_duration_is_refused_with_the_units_there_are(text: str) -> None:
    with pytest.raises(ValueError, match="ms, s, m, h, d"):
        parse_duration(text)


def test_a_size_in_powers_of_ten_is_refused() -> None:
    with pytest.raises(ValueError, match="KiB, MiB"):
        parse_size("10MB")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.00044, "0.4 ms"),
        (0.034, "34 ms"),
        (3.21, "3.2 s"),
        (9.97, "10.0 s"),
        (59.6, "1 min"),
        (65, "1 min 5 s"),
        (3600, "1 h"),
        (7260, "2 h 1 min"),
        (183_600, "2 d 3 h"),
    ],
)
def test_durations_for_people(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (812, "812 B"), (32925286, "31.4 MiB"), (2**30, "1.0 GiB")]
)
def test_sizes_for_people(size: float, text: str) -> None:
    assert format_size(size) == text


@given(st.text())
def test_any_text_is_a_number_or_a_value_error(text: str) -> None:
    for parse in (parse_duration, parse_size, parse_share):
        with contextlib.suppress(ValueError):
            assert parse(text) >= 0


@given(st.integers(0, 10**6))
def test_whole_seconds_come_back(seconds: int) -> None:
    assert parse_duration(f"{seconds}s") == seconds


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        (600.0, "duration", "10m"),
        (90.0, "duration", "90s"),
        (129600.0, "duration", "36h"),
        (0.25, "duration", "250ms"),
        (0, "duration", "0s"),
        (1.25 * 2**30, "size", "1280MiB"),
        (0.85, "share", "85%"),
        (0.075, "share", "7.5%"),
        (0.5, "rate", "30/m"),
        (10800.0, "time of day", "03:00"),
    ],
)
def test_an_amount_is_written_as_short_as_can_be(amount: float, unit: str, text: str) -> None:
    assert write(amount, unit) == text


@given(st.integers(0, 10**9))
def test_what_is_written_is_read_as_the_same(thousandths: int) -> None:
    seconds = thousandths / 1000
    assert parse_duration(write(seconds, "duration")) == seconds
    assert parse_share(write(thousandths / 10**9, "share")) == pytest.approx(thousandths / 10**9, abs=1e-12)
    assert parse_size(write(float(thousandths), "size")) == thousandths


@given(st.integers(0, 100))
def test_whole_percentages_are_the_nearest_numbers(percent: int) -> None:
    assert parse_share(f"{percent}%") == percent / 100
