"""Under which name and unit each measure is told to Prometheus: base units, shares as ratios. Pure data."""

from __future__ import annotations

from typing import NamedTuple

from fermatkit.measures import Measure
from sidecar.faces.exposition import Family, Kind

Labels = tuple[tuple[str, str], ...]
PERCENT = 0.01
HOUR = 1 / 3600


class Series(NamedTuple):
    """One name, and what is told under it."""

    family: Family
    measures: dict[Measure, Labels]
    scale: float = 1


def _one(name: str, said: str, measure: Measure, scale: float = 1) -> Series:
    return Series(Family(f"fermat_{name}", said), {measure: ()}, scale)


def _counter(name: str, said: str, measure: Measure) -> Series:
    return Series(Family(f"fermat_{name}", said, Kind.COUNTER), {measure: ()})


def _many(name: str, said: str, label: str, values: dict[str, Measure], scale: float = 1) -> Series:
    measures: dict[Measure, Labels] = {measure: ((label, value),) for value, measure in values.items()}
    return Series(Family(f"fermat_{name}", said), measures, scale)


_SERVER = (
    _one("server_cpu_usage_ratio", "Of one core, since the sample before.", Measure.CPU, PERCENT),
    _one("server_resident_memory_bytes", "Resident memory.", Measure.MEMORY),
    _one("server_threads", "Threads.", Measure.THREADS),
    _one("server_open_fds", "Open file descriptors.", Measure.FDS),
    _one("server_max_fds", "Its soft limit of open file descriptors.", Measure.FDS_LIMIT),
    _many(
        "server_connections",
        "Sockets of the server's port; close_wait are among the other ones.",
        "state",
        {
            "established": Measure.ESTABLISHED,
            "close_wait": Measure.CLOSE_WAIT,
            "other": Measure.OTHER_SOCKETS,
            "unaccounted": Measure.UNACCOUNTED,
        },
    ),
    _one("server_accept_queue_connections", "Connections that wait to be let in.", Measure.ACCEPT_QUEUE),
    _one("server_accept_queue_limit", "The backlog of its listening socket.", Measure.ACCEPT_LIMIT),
    _many(
        "server_clients",
        "As the server itself counts them: services are registrations, vpn are sockets.",
        "kind",
        {
            "pending": Measure.CLIENTS_PENDING,
            "registered": Measure.CLIENTS_REGISTERED,
            "services": Measure.CLIENTS_SERVICES,
            "vpn": Measure.CLIENTS_VPN,
        },
    ),
    _one("server_timer_threads", "Leaked timer threads.", Measure.TIMERS),
    _one("server_timer_threads_per_second", "How fast they grow.", Measure.TIMERS_RISE, HOUR),
    _one("server_gc_usage_ratio", "Of one core, that garbage collection took.", Measure.GC, PERCENT),
)

_UNIT = (
    _one("unit_memory_bytes", "Of the server's unit, with caches.", Measure.UNIT_MEMORY),
    _one("unit_memory_limit_bytes", "Its own limit.", Measure.UNIT_MEMORY_LIMIT),
    _counter("unit_oom_kills_total", "Processes that the OOM killer ended.", Measure.UNIT_OOM_KILLS),
    _one("unit_cpu_usage_ratio", "Of one core, all that runs in it.", Measure.UNIT_CPU, PERCENT),
    _one("unit_io_read_bytes_per_second", "From disks.", Measure.UNIT_IO_READ),
    _one("unit_io_written_bytes_per_second", "To disks.", Measure.UNIT_IO_WRITTEN),
    _many(
        "tasks",
        "Processes and threads, of what has a limit of them.",
        "of",
        {
            "unit": Measure.UNIT_TASKS,
            "slice": Measure.SLICE_TASKS,
            "user": Measure.USER_TASKS,
            "machine": Measure.MACHINE_TASKS,
        },
    ),
    _many(
        "tasks_limit",
        "How many it may have.",
        "of",
        {
            "unit": Measure.UNIT_TASKS_LIMIT,
            "slice": Measure.SLICE_TASKS_LIMIT,
            "user": Measure.USER_TASKS_LIMIT,
            "machine": Measure.MACHINE_TASKS_LIMIT,
        },
    ),
)

_HOST = (
    _one("disk_free_bytes", "Left to an ordinary user where the server writes.", Measure.DISK_FREE),
    _one("disk_full_in_seconds", "Until nothing is left there; +Inf: never.", Measure.DISK_FULL_IN),
    _one("disk_inodes_free_ratio", "Of the inodes there.", Measure.INODES_FREE, PERCENT),
    _one("host_memory_available_bytes", "Without swapping.", Measure.MEMORY_AVAILABLE),
    _one("host_memory_available_ratio", "Of all RAM.", Measure.MEMORY_AVAILABLE_SHARE, PERCENT),
    _one("host_swap_used_ratio", "Of the swap space.", Measure.SWAP_USED, PERCENT),
    _one("host_swap_in_bytes_per_second", "Read back from swap.", Measure.SWAP_IN),
    _one("host_load_per_core_ratio", "Tasks that run or want to, a minute's average.", Measure.LOAD),
    _one("host_cpu_steal_ratio", "Of all cores, given to others.", Measure.STEAL, PERCENT),
    _one("host_cpu_iowait_ratio", "Of all cores, idle while a disk was waited for.", Measure.IOWAIT, PERCENT),
    _many(
        "host_pressure_some_ratio",
        "Of the last 10 s, in which some task waited (PSI).",
        "resource",
        {"memory": Measure.MEMORY_SOME, "cpu": Measure.CPU_SOME, "io": Measure.IO_SOME},
        PERCENT,
    ),
    _many(
        "host_pressure_full_ratio",
        "Of the last 10 s, in which all tasks waited (PSI).",
        "resource",
        {"memory": Measure.MEMORY_FULL, "cpu": Measure.CPU_FULL, "io": Measure.IO_FULL},
        PERCENT,
    ),
)

SERIES = (*_SERVER, *_UNIT, *_HOST)
"""Every measure, but UPTIME (told as the start's moment) and UNIT_OOM_KILLS_RECENT (a counter tells it)."""
