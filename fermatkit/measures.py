"""Every measure once: its name, unit and meaning; and what a reading may be. Pure data."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Unknown(msgspec.Struct, frozen=True, tag="unknown"):
    """No reading, and why: never 0 for want of knowledge."""

    why: str


Reading = float | Unknown


class Measure(StrEnum):
    """What is measured about the server and its machine; the value is the name used everywhere."""

    CPU = "cpu:utilization"
    """Percent of one core since the sample before."""
    MEMORY = "memory:resident"
    """Bytes in RAM (RSS). A JVM does not give them back: it says little about need."""
    THREADS = "threads:count"
    FDS = "fds:open"
    """Open file descriptors."""
    FDS_LIMIT = "fds:limit"
    """The soft limit of open file descriptors."""
    UPTIME = "process:uptime"
    """Seconds since the process started."""
    ESTABLISHED = "connections:established"
    """Sockets of the server's port with a peer, the sidecar's own probes among them."""
    OTHER_SOCKETS = "connections:other"
    """Sockets of the server's port in any other state but LISTEN (CLOSE_WAIT, SYN_RECV …)."""
    ACCEPT_QUEUE = "connections:accept-queue"
    """Connections that wait to be accepted. One more than the limit, and others are turned away."""
    ACCEPT_LIMIT = "connections:accept-limit"
    """The backlog that the listening socket was given."""
    CLOSE_WAIT = "connections:close-wait"
    """Sockets of the server's port whose peer has left and that the server has not closed."""
    UNACCOUNTED = "connections:unaccounted"
    """Established connections that the server counts as nobody's: neither pending nor registered nor VPN."""
    TIMERS = "threads:timers"
    """Threads named Timer-N: the server leaks one with each client that leaves without a close frame."""
    TIMERS_RISE = "threads:timers-per-hour"
    """How fast they grow, from the last quarter of an hour."""
    GC = "gc:utilization"
    """Percent of one core that the JVM has spent on garbage and heap dumps since the sample before, or would
    have if nobody else had used that core."""
    CLIENTS_PENDING = "clients:pending"
    """Sockets that shook hands and have not registered, as the server counts them."""
    CLIENTS_REGISTERED = "clients:registered"
    """Registered Cloud Clients, as the server counts them."""
    CLIENTS_SERVICES = "clients:services"
    """Network services registered, as the server counts them; some are ghosts of clients that left."""
    CLIENTS_VPN = "clients:vpn"
    """Open VPN sockets, as the server counts them: two for a full VPN."""
    UNIT_MEMORY = "unit:memory"
    """Bytes that the server's unit has (its cgroup, v2): with what the kernel caches of its files."""
    UNIT_MEMORY_LIMIT = "unit:memory-limit"
    """Its own limit; those of the slices above it may be lower."""
    UNIT_OOM_KILLS = "unit:oom-kills"
    """Processes of it that the OOM killer has ended, since the unit was started."""
    UNIT_OOM_KILLS_RECENT = "unit:oom-kills-recent"
    """… in the last ten minutes."""
    UNIT_TASKS = "unit:tasks"
    """Processes and threads in it; the sidecar's, too, where it is in the same."""
    UNIT_TASKS_LIMIT = "unit:tasks-limit"
    """How many it may have (TasksMax, pids.max)."""
    SLICE_TASKS = "slice:tasks"
    """The same of that cgroup above it, a slice as a rule, which is nearest to its limit."""
    SLICE_TASKS_LIMIT = "slice:tasks-limit"
    USER_TASKS = "user:tasks"
    """Processes and threads of the server's user, as far as they are seen: so many count at least."""
    USER_TASKS_LIMIT = "user:tasks-limit"
    """The soft limit of them that the server has (RLIMIT_NPROC)."""
    UNIT_CPU = "unit:cpu"
    """Percent of one core since the sample before, of all that runs in it."""
    UNIT_IO_READ = "unit:io-read"
    """Bytes a second that it read from disks since the sample before."""
    UNIT_IO_WRITTEN = "unit:io-written"
    DISK_FREE = "disk:free"
    """Bytes left to an ordinary user where the server writes."""
    DISK_FULL_IN = "disk:full-in"
    """Seconds until nothing is left, if it goes on as in the last quarter of an hour; infinite: never."""
    INODES_FREE = "disk:inodes-free"
    """Percent of the inodes left there."""
    MEMORY_AVAILABLE = "memory:available"
    """Bytes of RAM that the machine could still give without swapping."""
    MEMORY_AVAILABLE_SHARE = "memory:available-share"
    """The same in percent of all RAM."""
    SWAP_USED = "swap:used"
    """Percent of the machine's swap space."""
    SWAP_IN = "swap:in"
    """Bytes a second read back from swap since the sample before: somebody waits for each."""
    LOAD = "load:per-core"
    """Tasks that run or want to, a minute's average, for each core."""
    STEAL = "cpu:steal"
    """Percent of all cores' time that the hypervisor gave to others, since the sample before."""
    MACHINE_TASKS = "machine:tasks"
    """Processes and threads on the machine."""
    MACHINE_TASKS_LIMIT = "machine:tasks-limit"
    """How many it may have: the lower of kernel.threads-max and kernel.pid_max."""
    IOWAIT = "cpu:iowait"
    """Percent of all cores' time in which somebody waited for a disk and nothing else ran, likewise."""
    MEMORY_SOME = "pressure:memory-some"
    """Percent of the last 10 s in which some task waited for memory (PSI); the next five likewise."""
    MEMORY_FULL = "pressure:memory-full"
    """… in which all that were not idle did."""
    CPU_SOME = "pressure:cpu-some"
    CPU_FULL = "pressure:cpu-full"
    IO_SOME = "pressure:io-some"
    IO_FULL = "pressure:io-full"


MACHINE = frozenset(
    {
        Measure.DISK_FREE,
        Measure.DISK_FULL_IN,
        Measure.INODES_FREE,
        Measure.MEMORY_AVAILABLE,
        Measure.MEMORY_AVAILABLE_SHARE,
        Measure.SWAP_USED,
        Measure.SWAP_IN,
        Measure.LOAD,
        Measure.STEAL,
        Measure.MACHINE_TASKS,
        Measure.MACHINE_TASKS_LIMIT,
        Measure.IOWAIT,
        Measure.MEMORY_SOME,
        Measure.MEMORY_FULL,
        Measure.CPU_SOME,
        Measure.CPU_FULL,
        Measure.IO_SOME,
        Measure.IO_FULL,
    }
)
"""What is read of the machine; the rest is read of the server's process."""

UNITS = {
    Measure.CPU: "percent",
    Measure.MEMORY: "bytes",
    Measure.THREADS: "threads",
    Measure.FDS: "descriptors",
    Measure.FDS_LIMIT: "descriptors",
    Measure.UPTIME: "seconds",
    Measure.ESTABLISHED: "sockets",
    Measure.OTHER_SOCKETS: "sockets",
    Measure.ACCEPT_QUEUE: "connections",
    Measure.ACCEPT_LIMIT: "connections",
    Measure.CLOSE_WAIT: "sockets",
    Measure.UNACCOUNTED: "sockets",
    Measure.TIMERS: "threads",
    Measure.TIMERS_RISE: "threads/h",
    Measure.GC: "percent",
    Measure.CLIENTS_PENDING: "clients",
    Measure.CLIENTS_REGISTERED: "clients",
    Measure.CLIENTS_SERVICES: "services",
    Measure.CLIENTS_VPN: "sockets",
    Measure.UNIT_MEMORY: "bytes",
    Measure.UNIT_MEMORY_LIMIT: "bytes",
    Measure.UNIT_OOM_KILLS: "processes",
    Measure.UNIT_OOM_KILLS_RECENT: "processes",
    Measure.UNIT_TASKS: "tasks",
    Measure.UNIT_TASKS_LIMIT: "tasks",
    Measure.SLICE_TASKS: "tasks",
    Measure.SLICE_TASKS_LIMIT: "tasks",
    Measure.USER_TASKS: "tasks",
    Measure.USER_TASKS_LIMIT: "tasks",
    Measure.UNIT_CPU: "percent",
    Measure.UNIT_IO_READ: "bytes/s",
    Measure.UNIT_IO_WRITTEN: "bytes/s",
    Measure.DISK_FREE: "bytes",
    Measure.DISK_FULL_IN: "seconds",
    Measure.INODES_FREE: "percent",
    Measure.MEMORY_AVAILABLE: "bytes",
    Measure.MEMORY_AVAILABLE_SHARE: "percent",
    Measure.SWAP_USED: "percent",
    Measure.SWAP_IN: "bytes/s",
    Measure.LOAD: "tasks",
    Measure.STEAL: "percent",
    Measure.MACHINE_TASKS: "tasks",
    Measure.MACHINE_TASKS_LIMIT: "tasks",
    Measure.IOWAIT: "percent",
    Measure.MEMORY_SOME: "percent",
    Measure.MEMORY_FULL: "percent",
    Measure.CPU_SOME: "percent",
    Measure.CPU_FULL: "percent",
    Measure.IO_SOME: "percent",
    Measure.IO_FULL: "percent",
}


class Eater(msgspec.Struct, frozen=True):
    """A process that has much memory."""

    pid: int
    name: str
    memory: int
    """Bytes in RAM (RSS)."""
