"""What somebody wants to see of the past, as it is written in a URL or on a command line. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from fermatkit.errors import meant
from fermatkit.units import parse_duration
from sidecar.store.history.levels import SERIES

_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_LATEST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
_LONGEST = 40
"""Characters of a wrong text that are repeated to its writer."""


def moment(text: str, now: float) -> float:
    """Epoch seconds; of ISO 8601 (UTC, unless it says otherwise), of so long ago, or of themselves.

    ValueError says how it may be written.
    """
    if _NUMBER.fullmatch(text):
        number = float(text)
        return number if number >= 0 else now + number
    try:
        return now - parse_duration(text)
    except ValueError:
        pass
    for written in (text, text.replace(" ", "+")):  # a URL has made a space of it
        try:
            when = datetime.fromisoformat(written)
            return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            continue
    raise ValueError(
        f"{_short(text)} is no moment: write 2026-11-26T10:00:00Z, 24h (so long ago) or -3600 (seconds)"
    )


def span(since: str, until: str, now: float) -> tuple[float, float]:
    """A range, `until` "" for now. ValueError names the part that is wrong."""
    ends = []
    for name, text in (("since", since), ("until", until)):
        try:
            ends.append(moment(text, now) if text else now)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    begin, end = ends
    if not 0 <= begin < end <= _LATEST:
        raise ValueError("since: has to be earlier than until (which is now, if it is not written)")
    return begin, end


def series(names: Iterable[str]) -> list[str]:
    """Each of these, or ValueError with the nearest that there is."""
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in SERIES:
            raise ValueError(f"{_short(name)} is not measured; {meant(name, SERIES)}")
    return wanted


def _short(text: str) -> str:
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
