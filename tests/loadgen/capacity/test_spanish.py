"""What a search says is known in Spanish, too: the report quotes what it does not know."""

from __future__ import annotations

import pytest

from loadgen.capacity.diagnose import SIGNS
from loadgen.capacity.hunt import BROKEN_OFF, DEAD, NOT_OVER
from loadgen.report.speech import Speech

MET = "clients met “connection reset” (1,207 times), “registration refused” (2 times)"
LATE = "the generator sent its messages late: 99 % within 150 ms, more than 100 ms"
_LIMITED = ("connections:accept", "unit:tasks", "slice:tasks", "user:tasks", "machine:tasks", "unit:memory")
FULL = {sign.resource: 5_000.0 for sign in SIGNS} | dict.fromkeys(
    ("fds:limit", *(f"{one}-limit" for one in _LIMITED)), 5_000.0
)
EMPTY = {"memory:available-share": 1.2, "disk:free": 0.0, "connections:accept-queue": 5_001.0}
SEEN = [words for sign in SIGNS if (words := sign.seen(FULL | EMPTY)) is not None]


def test_all_signs_are_tried() -> None:
    assert len(SEEN) == len(SIGNS)


@pytest.mark.parametrize(
    "words",
    [
        *SEEN,
        f"{SEEN[0]}; so in 2 of 3 tries that were not carried",
        f"nobody watched the server; {MET}",
        "nothing that was watched came to its limit; clients met no error",
        "every load was carried",
        "nobody watched the server",
        NOT_OVER,
        BROKEN_OFF,
        DEAD,
        "the generator ended first, at 19,900: this machine has no file descriptors for more",
        f"the generator ended first, at 1,600: {LATE}",
        "generator",
        "this machine has no file descriptors for more",
        "1,024 descriptors, less 70 that it has anyway, one a client",
        "no -Xmx of a JVM is known",
        "512 MiB of heap, less 10 MiB, 12 KB a client",
        "104 at 1,000 clients, 100 at 0: they do not follow clients",
        "1.00 a client, and no limit is known",
        "1.00 a client, and room for 300",
        "its samples do not tell",
    ],
)
def test_nothing_is_quoted(words: str) -> None:
    said = Speech("es").reason(words)
    assert "«" not in said
    assert said != words
