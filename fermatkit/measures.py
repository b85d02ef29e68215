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
    DISK_FREE = "disk:free"
    """Bytes left to an ordinary user where the server writes."""


UNITS = {
    Measure.CPU: "percent",
    Measure.MEMORY: "bytes",
    Measure.THREADS: "threads",
    Measure.FDS: "descriptors",
    Measure.FDS_LIMIT: "descriptors",
    Measure.UPTIME: "seconds",
    Measure.ESTABLISHED: "sockets",
    Measure.OTHER_SOCKETS: "sockets",
    Measure.DISK_FREE: "bytes",
}
