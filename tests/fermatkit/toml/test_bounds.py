"""A bound that is passed is told in the unit that was written."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest

from fermatkit.toml.convert import convert
from fermatkit.toml.mistakes import Mistake

DURATION = {"unit": "duration"}


class Bounded(msgspec.Struct):
    patience: Annotated[float, msgspec.Meta(ge=1, extra=DURATION)] = 1.0
    wait: Annotated[float, msgspec.Meta(gt=0, extra=DURATION)] = 1.0
    gap: Annotated[Annotated[float, msgspec.Meta(ge=0, extra=DURATION)], msgspec.Meta(lt=3600)] = 1.0
    part: Annotated[float, msgspec.Meta(ge=0, le=1, extra={"unit": "share"})] = 0.5
    room: Annotated[float, msgspec.Meta(le=2**30, extra={"unit": "size"})] = 1.0
    speed: Annotated[float, msgspec.Meta(ge=1, le=1000, extra={"unit": "rate"})] = 1.0
    rest: Annotated[float, msgspec.Meta(ge=1, extra=DURATION)] | None = None
    count: Annotated[int, msgspec.Meta(ge=2)] = 2


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("patience", "0s", "must be at least 1s, is 0s"),
        ("patience", " 30ms ", "must be at least 1000ms, is 30ms"),
        ("patience", "0h", "must be at least 1s, is 0h"),
        ("wait", "0m", "must be more than 0m, is 0m"),
        ("gap", "2h", "must be less than 1h, is 2h"),
        ("gap", "90m", "must be less than 60m, is 90m"),
        ("part", "150%", "must be at most 100%, is 150%"),
        ("room", "1025MiB", "must be at most 1024MiB, is 1025MiB"),
        ("room", "1TiB", "must be at most 1GiB, is 1TiB"),
        ("speed", "1001/s", "must be at most 1000/s, is 1001/s"),
        ("speed", "59/m", "must be at least 60/m, is 59/m"),
        ("speed", "250", "'250' is not a number with one of the units /h, /m, /s (like '250/s')"),
        ("rest", "0s", "must be at least 1s, is 0s"),
        ("rest", 7, '7 has no unit; write it as a text like "10s"'),
        ("count", 1, "must be at least 2, is 1"),
        ("count", float("nan"), "must be at least 2, is nan"),
        ("count", float("inf"), "must be a whole number, without quotes, is inf"),
        ("patience", "inf", "'inf' is not a number with one of the units ms, s, m, h, d (like '10s')"),
        ("patience", "9999999d", "'9999999d' is beyond all measure: write at most 3650d"),
        ("patience", float("nan"), 'nan has no unit; write it as a text like "10s"'),
        ("room", "2000000TiB", "'2000000TiB' is beyond all measure: write at most 1048576TiB"),
    ],
)
def test_a_value_out_of_bounds(key: str, value: object, problem: str) -> None:
    mistakes: list[Mistake] = []
    assert convert({key: value}, Bounded, "limits", mistakes) is None
    assert mistakes == [Mistake(f"limits.{key}", problem)]


def test_a_value_at_its_bound() -> None:
    mistakes: list[Mistake] = []
    table = {"patience": "1000ms", "wait": "1ms", "gap": "3599s", "part": "100%", "room": "1GiB", "count": 2}
    table |= {"speed": "60000/m", "rest": "1s"}
    assert convert(table, Bounded, "limits", mistakes) == Bounded(
        1.0, 0.001, 3599.0, 1.0, 2.0**30, 1000.0, 1.0, 2
    )
    assert not mistakes


@pytest.mark.parametrize("text", ["9" * 400 + "s", "1" * 400 + "TiB", "٣s"])
def test_no_quantity_is_infinite_or_fails_otherwise(text: str) -> None:
    mistakes: list[Mistake] = []
    key = "room" if text.endswith("B") else "patience"
    assert convert({key: text}, Bounded, "limits", mistakes) is None
    assert len(mistakes) == 1
    assert len(str(mistakes[0])) < 150
