"""Whether a process can make one thread more. A JVM that is woken needs one, and ends itself without it."""

from __future__ import annotations

from fermatkit import cgroups, tasks
from fermatkit.measures import Unknown

_SPARE = 4
"""Threads: what else may be made between this look and the JVM's."""


def lacking(pid: int) -> str:
    """Why it can hardly make one; "" if it can, as far as can be seen. OSError when the process is gone."""
    own, above = cgroups.of(pid), cgroups.above(pid)
    folders = [] if isinstance(own, Unknown) or isinstance(above, Unknown) else [own.folder, *above]
    limits = [("its user", tasks.of_user(pid)), *((one.name, tasks.of_cgroup(one)) for one in folders)]
    for whose, pair in limits:
        if pair is not None and not isinstance(pair, Unknown) and pair[0] + _SPARE > pair[1]:
            return f"{whose} has {pair[0]:.0f} of {pair[1]:.0f} threads"
    return ""
