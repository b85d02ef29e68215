"""What each kind of number may be."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sidecar.core.quantities import Bytes, Count, Looks, Patience, Seconds, Share, TimeOfDay, Window


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        (Seconds, 0.0, 1e9),
        (Patience, 1.0, 1e9),
        (Looks, 2.0, 1e9),
        (Bytes, 0.0, 1e15),
        (Share, 0.0, 1.0),
        (TimeOfDay, 0.0, 86399.9),
    ],
)
def test_a_quantity_has_its_bounds(kind: Any, least: float, most: float) -> None:
    assert [msgspec.convert(good, kind) for good in (least, most)] == [least, most]
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(least - 0.1, kind)


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        *((kind, "duration") for kind in (Seconds, Patience, Looks)),
        (Bytes, "size"),
        (Share, "share"),
        (TimeOfDay, "time of day"),
    ],
)
def test_a_quantity_says_how_it_is_written(kind: Any, unit: str) -> None:
    (meta,) = kind.__metadata__
    assert meta.extra == {"unit": unit}


@pytest.mark.parametrize(("kind", "above"), [(Share, 1.1), (TimeOfDay, 86400.0)])
def test_some_have_an_end(kind: Any, above: float) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(above, kind)


def test_a_window_may_hold_none_and_no_fewer() -> None:
    assert msgspec.convert({"restarts": 0, "within": 1.0}, Window) == Window(0, 1.0)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(-1, Count)


def test_a_window_of_no_time_would_count_nothing() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"restarts": 6, "within": 0.9}, Window)
