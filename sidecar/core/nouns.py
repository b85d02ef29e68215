"""The things that observations, actions and the memory speak of. Data only."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fermatkit.measures import Eater, Measure, Reading


class Identity(msgspec.Struct, frozen=True):
    """Which process: a pid alone may be somebody else's by now."""

    pid: int
    started: int
    """When it started, by the kernel's own count: clock ticks since boot on Linux."""


class Ended(msgspec.Struct, frozen=True):
    """How a process ended: a code, a signal, or neither when only its parent could have known."""

    code: int | None = None
    signal: int | None = None
    result: str = ""
    """What its supervisor calls that, where it is more than code and signal say: ``oom-kill``."""
    dumped: bool = False
    """Whether the kernel made a core of it."""


class Sign(StrEnum):
    """The independent ways by which a living server shows that it is one."""

    PONG = "pong"
    """The answer to a WebSocket ping on the held session; leaves no log line on the server."""
    HTTP = "http"
    """The answer to ``GET /fermat/api/user``; leaves no log line on the server."""
    LIST = "list"
    """The answer to a list request on the held session: only this passes through the server's processors."""


class Trouble(StrEnum):
    """What can be wrong: the name of a finding, and of the cause of an incident."""

    EXITED = "exited"
    """The process ended, with whatever status: a server has no reason to end."""
    RESTART_ASKED = "restart-asked"
    """Nothing need be wrong: an operator wants another process."""
    RESTED = "rested"
    """An operator has stopped it, by its supervisor: it is meant to be down."""
    NOT_FOUND = "not-found"
    """The server that somebody else runs is not where it should be found; it may run all the same."""
    START_FAILED = "start-failed"
    """The command could not be executed at all."""
    DEAF = "deaf-start"
    """Alive, but not proven ready within the start timeout."""
    SILENT = "silent"
    """A sign of life is missing, not yet for long."""
    HUNG = "hung"
    """Two independent signs of life have been missing for too long."""
    NOT_SERVING = "not-serving"
    """HTTP may be answered, but the sidecar's own session is refused or without answers for too long."""
    FLAPPING = "flapping"
    """It serves the sidecar's session again and again, and mostly does not."""
    HTTP_DEAD = "http-dead"
    """The session is served, but HTTP has not been answered for too long."""
    STUCK = "stuck-processors"
    """Pings are answered, but no request gets through the server's processors."""
    STOPPED = "stopped"
    """The process was stopped by a signal (state T)."""
    DISK_LOW = "disk-low"
    """Little space is left where the server writes."""
    DISK_FULL = "disk-full"
    """So little that it is as good as none."""
    DISK_FILLING = "disk-filling"
    """It will be full soon, if it goes on like that."""
    INODES_LOW = "inodes-low"
    """Few files can still be made where the server writes, whatever their size."""
    LOG_LOSS = "log-loss"
    """There is no space at all: the server loses its log, and nothing else shows it."""
    FDS_HIGH = "fds-high"
    """Many of the file descriptors that the server may have are open."""
    FD_LIMIT = "fd-limit"
    """Nearly all of them: soon no client can come in."""
    FDS_SPENT = "fds-spent"
    """All of them, and it does not heal by itself."""
    THREAD_LEAK = "thread-leak"
    """Leaked timer threads grow fast: one for each client that leaves without a close frame."""
    THREADS_MANY = "threads-many"
    """So many have leaked that the server should be restarted before it can no longer be."""
    THREADS_SPENT = "threads-spent"
    """So many threads that the next may be refused, and SIGTERM with it."""
    TASK_LIMIT = "task-limit"
    """Most of the tasks are there that one of the limits allows which the server is under."""
    TASKS_SPENT = "tasks-spent"
    """All of them: it can make no thread more."""
    ACCEPT_QUEUE = "accept-queue"
    """Who wants to connect waits until the server lets others in."""
    CLOSE_WAIT = "close-wait"
    """Clients have left, but the server keeps their sockets."""
    ZOMBIES = "zombies"
    """Many connections that the server counts as nobody's."""
    OOM_KILLED = "oom-killed"
    """The OOM killer has ended something of the server's unit, and the server itself lives on."""
    HOST_MEMORY = "host-memory"
    """The machine has little memory left."""
    HOST_SWAP = "host-swap"
    """The machine reads much of its memory back from the disk."""
    HOST_PRESSURE = "host-pressure"
    """All that runs on the machine waits for memory."""
    HOST_STEAL = "host-steal"
    """The hypervisor gives the machine's processors to others."""
    HOST_LOAD = "host-load"
    """Far more wants to run than there are processors."""
    BUSY = "busy"
    """It does not answer, but its garbage collector works: it may be well again soon."""
    HEAP_EXHAUSTED = "heap-exhausted"
    """It has collected garbage without end, and does not answer."""
    BAD_CONFIG = "bad-configuration"
    """The server's own configuration cannot be used: its next start fails."""
    WRONG_PORT = "wrong-port"
    """The server listens on another port than the watched one."""
    COLD_BURST = "cold-burst"
    """Clients came before the server's first registration was done: it refused ours, and probably theirs."""
    NO_SUPERVISOR = "no-supervisor"
    """Who restarts the server cannot be asked, or refuses: the sidecar can only watch and tell."""
    WEAK_LIMIT = "weak-limit"
    """Its supervisor would restart it for ever, or not at all."""
    CLIENTS_MISSING = "clients-missing"
    """The server was replaced and serves, but too few of its clients have come back."""


class Severity(StrEnum):
    """How bad a finding is, in the words of /health."""

    WARN = "warn"
    FAIL = "fail"


class Act(StrEnum):
    """What follows from a finding."""

    NOTE = "note"
    """It is shown."""
    TELL = "tell"
    """People are told, too."""
    HOLD = "hold"
    """Told; and no server that lives is ended meanwhile, for it is not the server that is ill."""
    PLAN = "plan"
    """Told; and the server is restarted in the next quiet window, or when hardly anybody is connected."""
    AWAIT = "await"
    """Somebody else has to bring the server back."""
    CONTINUE = "continue"
    """The process is continued by SIGCONT."""
    RESTART = "restart"
    """The server is restarted."""


class Finding(msgspec.Struct, frozen=True):
    """Something that is wrong now."""

    trouble: Trouble
    severity: Severity
    since: float
    """Monotonic seconds."""
    act: Act = Act.NOTE
    signs: tuple[Sign, ...] = ()
    why: str = ""
    """What the operating system or the library said: technical, in no particular language."""
    ended: Ended | None = None
    reading: Reading | None = None
    eater: Eater | None = None
    """Who has most of the machine's memory; it may be the server itself."""
    measure: Measure | None = None
    """What the reading is of."""


class Load(msgspec.Struct, frozen=True):
    """A load that a generator has announced: what happens in it may be its doing."""

    until: float
    """Epoch seconds. A generator says it again before that, for as long as it lives."""
    clients: int
    who: str


class Pause(msgspec.Struct, frozen=True):
    """Until when the sidecar keeps its hands off: it watches, but acts on nothing and tells of no outage."""

    until: float
    """Epoch seconds."""
    why: str = ""
    by: str = ""
    since: float = 0.0
    """Likewise: when it was asked for, or began."""
    planned: bool = False
    """Whether it is the calendar's, and nobody has asked for it."""
