"""What psutil tells of a machine and of sockets where there is no Linux: less, and at a higher price."""

from __future__ import annotations

import os
from collections import Counter

import psutil

from fermatkit.measures import Measure, Reading, Unknown

ONLY_LINUX = Unknown("only Linux tells")


def machine() -> dict[Measure, Reading]:
    """Memory, swap and load.

    Not how much is read back from swap: what psutil calls that on macOS are the pages of files, too.
    """
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return {
        Measure.MEMORY_AVAILABLE: float(memory.available),
        Measure.MEMORY_AVAILABLE_SHARE: 100 * memory.available / memory.total,
        Measure.SWAP_USED: 100 * swap.used / swap.total if swap.total else Unknown("there is no swap space"),
        Measure.LOAD: os.getloadavg()[0] / (os.cpu_count() or 1),
    }


def states(port: int, pid: int) -> Counter[str] | Unknown:
    """How many sockets have this as their local port, by their states' names, as far as they are a process's.

    Of all processes where that is allowed (macOS allows it to root alone), else of this one.
    """
    try:
        found = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        try:
            found = psutil.Process(pid).net_connections("tcp")
        except (psutil.Error, OSError) as error:
            return Unknown(f"sockets cannot be listed: {error}")
    return Counter(one.status for one in found if one.laddr and one.laddr.port == port)
