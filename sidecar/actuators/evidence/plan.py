"""Which parts a bundle has, and which of them wait for the same thing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from sidecar.actuators.evidence import files, proc
from sidecar.actuators.evidence.jvm import Jvm
from sidecar.actuators.evidence.lanes import Part, Plan
from sidecar.core.nouns import Identity

Recent = Callable[[], bytes | None]
"""The last minutes of samples, as JSON lines; asked in a thread. None: nobody keeps them."""
_LOG = "fermat_server.log"
LOGS = tuple(Path(place) / _LOG for place in ("/var/log/fermat-cloud-server", "/var/log"))
"""Where the shipped unit has the log written, and where the server itself would (cloud-server.md §1)."""

_PROCESS: dict[str, Callable[[int], bytes]] = {
    "status.txt": partial(proc.file, "status"),
    "limits.txt": partial(proc.file, "limits"),
    "io.txt": partial(proc.file, "io"),
    "threads.txt": proc.threads,
    "descriptors.txt": proc.descriptors,
    "cgroup.txt": proc.cgroup,
}


class Server(msgspec.Struct, frozen=True):
    """Where the evidence is."""

    port: int
    directory: Path
    """The server's working directory."""
    output: Path | None
    """What it prints, where the sidecar keeps that."""
    config: Path
    """The sidecar's own configuration."""


def plan(identity: Identity, server: Server, recent: Recent, deadline: float) -> Plan:
    """Everything there is to be had. `deadline` in monotonic seconds, for the questions to the JVM."""
    jvm = Jvm(identity, deadline)
    logs = (*LOGS, server.directory / _LOG)
    return {
        "jvm": (
            Part("jvm-threads.txt", partial(jvm.ask, "threaddump")),
            Part("jvm-heap.txt", partial(jvm.ask, "jcmd", "GC.heap_info")),
            # "-all" counts what is there; "-live" would collect garbage first, for as long as that takes.
            Part("jvm-histogram.txt", partial(jvm.ask, "inspectheap", "-all")),
        ),
        "process": tuple(Part(name, partial(proc.of, identity, read)) for name, read in _PROCESS.items()),
        "sockets": (Part("sockets.txt", partial(proc.states, server.port)),),
        "machine": (Part("machine.txt", proc.machine),),
        "server's files": (
            Part("server-log.txt", partial(files.last_lines, logs)),
            Part("hs-err.txt", partial(files.crash_report, server.directory, identity.pid)),
            Part(
                "server-configuration.txt",
                partial(files.properties, server.directory / "configuration/server_conf.properties"),
            ),
        ),
        "server's output": (Part("server-output.txt", partial(_printed, server.output)),),
        "our files": (Part("sidecar-configuration.json", partial(files.configuration, server.config)),),
        "samples": (Part("samples.jsonl", recent),),
    }


def _printed(output: Path | None) -> bytes | None:
    return files.last_lines((output,)) if output is not None else None
