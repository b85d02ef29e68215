"""When the server may be restarted: back-off with jitter, and a budget in sliding windows."""

from __future__ import annotations

from sidecar.core.jitter import lengthened
from sidecar.core.policy import Policy
from sidecar.core.quantities import Window


def backoff(failures: int, seed: int, policy: Policy) -> float:
    """Seconds to wait before the restart that follows this many others in a row.

    0 for the first, then ``backoff_first`` doubling up to ``backoff_max``, made longer (never
    shorter) by up to ``jitter`` of it, the same for the same seed and count.
    """
    if failures == 0:
        return 0.0
    wait = min(policy.backoff_first * 2.0 ** min(failures - 1, 32), policy.backoff_max)
    return lengthened(wait, policy.jitter, seed, failures)


def full(restarts: tuple[float, ...], windows: tuple[Window, ...], now: float) -> tuple[float, Window] | None:
    """None while one more restart keeps every window's count; else when it will, and whose count is full.

    ``restarts`` are the moments of earlier ones, in order. A restart leaves a window when it is as
    old as the window is long.
    """
    held = []
    for window in windows:
        recent = [at for at in restarts if _counts(at, window.within, now)]
        if window.restarts <= 0:
            held.append((float("inf"), window))
        elif len(recent) >= window.restarts:
            held.append((recent[-window.restarts] + window.within, window))
    return max(held, key=lambda one: one[0], default=None)


def remembered(restarts: tuple[float, ...], windows: tuple[Window, ...], now: float) -> tuple[float, ...]:
    """The restarts that some window still counts."""
    longest = max((window.within for window in windows), default=0.0)
    return tuple(at for at in restarts if _counts(at, longest, now))


def spent(restarts: tuple[float, ...], window: Window, now: float) -> int:
    """How many restarts this window counts now."""
    return sum(_counts(at, window.within, now) for at in restarts)


def _counts(at: float, within: float, now: float) -> bool:
    """Written as a sum like the moment it ends at: a difference would round to another moment."""
    return at + within > now
