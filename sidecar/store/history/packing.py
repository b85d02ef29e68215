"""A point as the bytes of its row: MessagePack, and packed once more where it is kept for long. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping

import msgspec

from fermatkit.measures import Measure, Reading, Unknown
from sidecar.core.facts import SignFact
from sidecar.core.nouns import Sign
from sidecar.store.history.points import Point, Second, Spread

_FAST = 1
"""zlib's level: more effort gains little."""

_encoder = msgspec.msgpack.Encoder()


class _Sealed(msgspec.Struct, frozen=True, array_like=True):
    """A point of which nothing has been looked at but the verdicts."""

    verdicts: tuple[int, int, int]
    spreads: dict[int, msgspec.Raw]


_second = msgspec.msgpack.Decoder(Second)
_point = msgspec.msgpack.Decoder(Point)
_sealed = msgspec.msgpack.Decoder(_Sealed)
_spread = msgspec.msgpack.Decoder(Spread)


def values(
    readings: Mapping[Measure, Reading], signs: Mapping[Sign, SignFact], numbers: Mapping[str, int]
) -> dict[int, float]:
    """What was known, by the numbers of the series: a sign that is missing has no latency."""
    known: dict[int, float] = {}
    for measure, reading in readings.items():
        if not isinstance(reading, Unknown):
            known[numbers[measure]] = reading if reading % 1 else int(reading)  # a small one takes one byte
    for sign, fact in signs.items():
        if fact.latency is not None and not fact.missing:
            known[numbers[f"protocol:{sign}"]] = round(fact.latency * 1000, 3)
    return known


def pack_second(second: Second) -> bytes:
    """A row of the finest table, some 300 bytes; kept for hours, and not worth packing."""
    return _encoder.encode(second)


def unpack_second(content: bytes) -> Second:
    """There and back."""
    return _second.decode(content)


def pack(point: Point) -> bytes:
    """A row of any other table."""
    return zlib.compress(_encoder.encode(point), _FAST)


def unpack(content: bytes) -> Point:
    """There and back; msgspec.DecodeError for what is neither."""
    return _point.decode(_unzipped(content))


def unpack_of(content: bytes, wanted: Collection[int]) -> Point:
    """Only these series of it, in a third of the time when they are few."""
    sealed = _sealed.decode(_unzipped(content))
    spreads = {series: _spread.decode(raw) for series, raw in sealed.spreads.items() if series in wanted}
    return Point(sealed.verdicts, spreads)


def _unzipped(content: bytes) -> bytes:
    try:
        return zlib.decompress(content)
    except zlib.error as error:
        raise msgspec.DecodeError(str(error)) from None
