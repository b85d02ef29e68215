"""Which parts a bundle has, and which of them wait for the same thing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from sidecar.actuators.evidence import dump, files, proc
from sidecar.actuators.evidence.journal import Journal
from sidecar.actuators.evidence.jvm import Jvm
from sidecar.actuators.evidence.lanes import Part, Plan
from sidecar.core.nouns import Identity

Recent = Callable[[], bytes | None]
"""The last minutes of samples, as JSON lines; asked in a thread. None: nobody keeps them."""
_LOG = "fermat_server.log"
LOGS = tuple(Path(place) / _LOG for place in ("/var/log/fermat-cloud-server", "/var/log"))
"""Where the shipped unit has the log written, and where the server itself would (cloud-server.md §1)."""

_CRASHED = (LOGS[0].parent, Path("/tmp"))  # noqa: S108 - only read, and only a plain file of this pid's time
"""Where else a JVM's crash report may be: where the shipped unit has it; where it goes if all else fails."""

_PROCESS: dict[str, Callable[[int], bytes]] = {
    "status.txt": partial(proc.file, "status"),
    "limits.txt": partial(proc.file, "limits"),
    "io.txt": partial(proc.file, "io"),
    "threads.txt": proc.threads,
    "descriptors.txt": proc.descriptors,
    "cgroup.txt": proc.cgroup,
}


_OF_THE_LIVING = ("jvm-threads.txt", "jvm-heap.txt", "jvm-histogram.txt", *_PROCESS, "sockets.txt")


class Server(msgspec.Struct, frozen=True):
    """Where the evidence is."""

    port: int
    directory: Path
    """The server's working directory, as it is configured."""
    output: Path | None
    """What it prints, where the sidecar keeps that."""
    config: Path
    """The sidecar's own configuration."""
    unit: str = ""
    """systemd's, which keeps what the server prints; empty if no unit is."""
    quit: dump.Quit | None = None
    """How a JVM that is another user's is asked for its threads; None where it is attached to."""
    works_in: Callable[[Identity], Path | None] = lambda _: None
    """Its working directory as it was seen while it lived, if it was."""


def plan(identity: Identity, server: Server, recent: Recent, deadline: float) -> Plan:
    """Everything there is to be had. `deadline` in monotonic seconds, for the JVM and the journal."""
    return {
        **_told(identity, server, deadline),
        "process": tuple(Part(name, partial(proc.of, identity, read)) for name, read in _PROCESS.items()),
        "sockets": (Part("sockets.txt", partial(proc.states, server.port)),),
        **_around(identity, server, recent),
    }


def left(identity: Identity, server: Server, recent: Recent, deadline: float) -> Plan:
    """What is to be had of a dead process; one line says what is not.

    The sockets of its port are no part of it: by now they may be the next server's.
    """
    journal = Journal(server.unit)
    output = partial(journal.last, deadline) if server.unit else partial(_printed, server.output)
    return {
        "process": (Part(", ".join(_OF_THE_LIVING), _gone),),
        "server's output": (Part("server-output.txt", output),),
        **_around(identity, server, recent),
    }


def _gone() -> bytes:
    raise ProcessLookupError("the process is gone")


def _around(identity: Identity, server: Server, recent: Recent) -> Plan:
    """What needs no living process."""
    seen = server.works_in(identity)
    places = tuple(dict.fromkeys((seen or server.directory, server.directory)))
    logs = (*LOGS, *(place / _LOG for place in places))
    return {
        "machine": (Part("machine.txt", proc.machine),),
        "server's files": (
            Part("server-log.txt", partial(files.last_lines, logs)),
            Part("hs-err.txt", partial(files.crash_report, (*places, *_CRASHED), identity)),
            Part(
                "server-configuration.txt",
                partial(files.properties, server.directory / "configuration/server_conf.properties"),
            ),
        ),
        "our files": (Part("sidecar-configuration.json", partial(files.configuration, server.config)),),
        "samples": (Part("samples.jsonl", recent),),
    }


def _told(identity: Identity, server: Server, deadline: float) -> Plan:
    """What the server says itself: asked, and unasked."""
    jvm, journal = Jvm(identity, deadline), Journal(server.unit)
    asked = (
        Part("jvm-heap.txt", partial(jvm.ask, "jcmd", "GC.heap_info")),
        # "-all" counts what is there; "-live" would collect garbage first, for as long as that takes.
        Part("jvm-histogram.txt", partial(jvm.ask, "inspectheap", "-all")),
    )
    if server.quit is None:
        output = partial(journal.last, deadline) if server.unit else partial(_printed, server.output)
        return {
            "jvm": (Part("jvm-threads.txt", partial(jvm.ask, "threaddump")), *asked),
            "server's output": (Part("server-output.txt", output),),
        }
    dumped = partial(dump.threads, identity, server.quit, journal.since, deadline)
    return {
        # In this order: the last lines of the output are not to be those of the dump.
        "jvm": (
            Part("server-output.txt", partial(journal.last, deadline)),
            Part("jvm-threads.txt", dumped),
            *asked,
        )
    }


def _printed(output: Path | None) -> bytes | None:
    return files.last_lines((output,)) if output is not None else None
