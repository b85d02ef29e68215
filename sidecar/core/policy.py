"""The numbers the core decides by, their defaults and meanings; no path, no address, no secret."""

from __future__ import annotations

import msgspec


class Window(msgspec.Struct, frozen=True):
    """At most so many restarts in any span of this length."""

    restarts: int
    seconds: float


class Policy(msgspec.Struct, frozen=True):
    """By what the core decides. All times in seconds."""

    channels: tuple[str, ...] = ()
    """Who is told, by name."""

    start_timeout: float = 60.0
    """A started server that is not proven ready by then is deaf. (The real one takes 0.9 to 5 s.)"""
    hung_after: float = 10.0
    """Two independent signs missing for so long: hung. Longer than a usual full collection of a JVM."""
    stuck_after: float = 10.0
    """List requests unanswered for so long, with pings and HTTP well: the processors are stuck."""
    continue_deadline: float = 10.0
    """How long a stopped server has to come back after SIGCONT."""
    term_deadline: float = 10.0
    """SIGKILL follows SIGTERM after so long. (The real server ends within 0.5 s.)"""

    budget: tuple[Window, ...] = (Window(6, 600.0), Window(20, 86400.0))
    """Each restart drops every client; one that leaves a window may be spent again."""
    backoff_first: float = 1.0
    """The wait before the second restart in a row; it doubles from there. The first is at once."""
    backoff_max: float = 60.0
    jitter: float = 0.1
    """The wait is made longer by up to this share of it."""
    stable_after: float = 60.0
    """Proven ready for so long, the server is stable and the back-off starts over."""

    disk_low: float = 2.0**30
    """Bytes free below which the disk is low."""
    disk_full: float = 200 * 2.0**20
    """Bytes free below which it is as good as full."""
    disk_clear: float = 1.25 * 2.0**30
    """Bytes free above which it is well again."""

    retry_first: float = 5.0
    """The wait before a message is tried again; it doubles from there."""
    retry_max: float = 300.0
    save_patience: float = 1.0
    """A message waits so long for the disk, then leaves all the same."""

    gap: float = 5.0
    """Having seen nothing for so long, the sidecar itself was away: no "for 10 s" counts across it."""
