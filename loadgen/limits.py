"""Does the plan fit this machine? Asked, and answered in one line, before the first connect."""

from __future__ import annotations

import resource

import psutil

from fermatkit.errors import ExitCode, UserError

RESERVE = 100
"""File descriptors kept back: at the limit not even /proc can be opened."""


def make_room(connections: int) -> None:
    """Raise the limit of open files as far as allowed; UserError if `connections` do not fit under it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    needed = psutil.Process().num_fds() + RESERVE + connections
    if refusal := shortage(connections, needed, hard):
        raise UserError(refusal, ExitCode.INVALID_RUN)


def shortage(connections: int, needed: int, limit: int) -> str | None:
    """What to say when `needed` descriptors are not to be had; None when they are."""
    if limit in {resource.RLIM_INFINITY, -1} or needed <= limit:
        return None
    fitting = connections - (needed - limit)
    remedy = f"ask for at most --connections {fitting}, or " if fitting > 0 else ""
    return (
        f"--connections {connections} needs {needed:,} file descriptors and this process may have {limit:,}:"
        f" {remedy}raise the hard limit (ulimit -Hn {needed} as root, or LimitNOFILE= in the unit)"
    )
