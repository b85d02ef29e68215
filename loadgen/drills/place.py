"""Where a drill is done: a server, and the sidecar that watches it."""

from __future__ import annotations

from pathlib import Path
from threading import Event

from fermatkit import sockets
from fermatkit.errors import UserError
from loadgen.drills.sink import Sink
from loadgen.scenario.target import is_here
from loadgen.watch.sidecar_api import Sidecar, Unanswered
from loadgen.ws.dial import target


class Place:
    """Both, as a load and those who look on need to know them."""

    evidence: Path | None = None
    """Where the sidecar keeps that of an ill server; None: nobody here knows."""
    sink: Sink | None = None
    """A channel of the sidecar's; None: what people were told, it alone knows."""

    def __init__(self, url: str, sidecar_url: str, pid: int) -> None:
        self.url, self.sidecar_url, self.pid = url, sidecar_url, pid
        self.port = target(url).port
        self.over = Event()
        """The drill is: no harm goes on."""


def theirs(url: str, sidecar_url: str, pid: int) -> Place:
    """A server that was not started for a drill. UserError unless all three are the same one, and here."""
    where = target(url)
    if not is_here(where.host):
        raise UserError(f"--url {url}: a server of another machine is broken there, not from here")
    owner = sockets.owner(where.port, pid)
    if owner != pid:
        found = f"pid {owner} does" if isinstance(owner, int) else "nobody does, as far as can be seen"
        raise UserError(f"--pid {pid} does not listen on port {where.port}: {found}")
    try:
        state = Sidecar(sidecar_url).state()
    except ValueError as error:
        raise UserError(f"--sidecar: {error}") from None
    except Unanswered as error:
        raise UserError(f"--sidecar {sidecar_url}: {error}; a drill needs somebody who watches") from None
    if state.pid != pid:
        raise UserError(f"--sidecar {sidecar_url} watches pid {state.pid}, and not --pid {pid}")
    if not state.ready:
        raise UserError(f"--sidecar {sidecar_url}: its server is not well; a drill begins with one that is")
    return Place(url, sidecar_url, pid)
