"""What the two processes of a trial tell: the server that we built in, and the generator under test. Data."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from loadgen.verdict import Word


class Log(msgspec.Struct, frozen=True, tag=True):
    """The server's own: moments of `time.monotonic`, which is one clock for all processes of a machine."""

    arrived: list[float]
    """When it read each message."""
    answered: list[float]
    """When it had sent each back."""
    stalled: tuple[float, float] | None
    """From when to when it stood still."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The generator's. Seconds, those of `truth.PERCENTS`; None without a sample."""

    response: tuple[float | None, ...]
    """From when each message was due until it was back."""
    service: tuple[float | None, ...]
    """From its real sending."""
    lag: tuple[float | None, ...]
    """From when it was due until its real sending."""
    usual: float | None
    """The service time of most messages: its median."""
    loop_lag: float
    """The most that its event loop was late."""
    scheduled: int
    sent: int
    answered: int
    verdict: Word
    blames_generator: list[str]
    blames_server: list[str]
    """Its reasons, in words."""


class Port(msgspec.Struct, frozen=True, tag=True):
    """The server listens."""

    number: int


class First(msgspec.Struct, frozen=True, tag=True):
    """The first message has arrived."""


Told = TypeVar("Told", Port, First, Log)
"""A line of the server."""
