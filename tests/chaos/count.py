"""What people were told in a run, against what they should have been. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

ALERTS = ("DOWN", "DOWN AGAIN OR STILL")
END = "RECOVERED"


class Told(NamedTuple):
    """A mail: the first word of its subject, and the id in its text."""

    word: str
    id: str


class Counts(msgspec.Struct, frozen=True):
    """What is kept: these keys, and no others."""

    runs: int = 0
    alerts_lost: int = 0
    recoveries_lost: int = 0
    duplicates: int = 0
    """Of a message that came before; its id says so."""

    @property
    def lost(self) -> int:
        """What must be none."""
        return self.alerts_lost + self.recoveries_lost


def counted(mails: Sequence[Told]) -> Counts:
    """One outage, in the order in which they came: an alert is due, and after each alert its recovery.

    A sidecar whose disk was full and that was killed as well may tell an outage anew, under another number:
    then the recovery of the last story ends the others, too.
    """
    once = list(dict.fromkeys(mails))
    ends = [number for number, one in enumerate(once) if one.word == END]
    alerts = [number for number, one in enumerate(once) if one.word in ALERTS]
    owed = [number for number in alerts if not ends or ends[-1] < number]
    return Counts(1, int(not alerts), len(owed) or int(not ends), len(mails) - len(once))


def stories(mails: Sequence[Told]) -> int:
    """How many numbers the outage has been told under."""
    return len({one.id.rpartition("-")[0] for one in mails if one.word in (*ALERTS, END)})


def added(counts: Sequence[Counts]) -> Counts:
    """All together."""
    return Counts(*(sum(column) for column in zip(*map(msgspec.structs.astuple, counts), strict=True)))
