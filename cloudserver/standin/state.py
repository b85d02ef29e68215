"""One stand-in: its settings, its memory, its log, and which of its habits it has taken up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cloudserver.standin import processors
from cloudserver.standin.answers import Answer
from cloudserver.standin.clients import Clients, Connection
from cloudserver.standin.config import Config
from cloudserver.standin.door import Door
from cloudserver.standin.lag import LoopLag
from cloudserver.standin.log import Log
from cloudserver.standin.vpns import Vpns


class Crash(Exception):
    """An exception in the server's handler; the text is what Java calls it, and the close reason."""


@dataclass(slots=True)
class Standin:
    """What endpoints and habits share."""

    config: Config = field(default_factory=Config)
    log: Log = field(default_factory=Log)
    door: Door = field(default_factory=Door)
    clients: Clients = field(default_factory=Clients)
    vpns: Vpns = field(default_factory=Vpns)
    lag: LoopLag = field(default_factory=LoopLag)
    habits: list[str] = field(default_factory=list)
    """Names of the bad habits taken up so far."""
    http_dead: bool = False
    """Whether requests over HTTP wait for ever."""
    survives_bad_port: bool = False
    """Whether the process lives on when the configuration's port is none."""
    process: Callable[[Clients, Connection, str], Answer] = processors.process
    """Makes an answer of a text message; a habit may put another in its place."""
    lost: Callable[[Connection], None] = lambda _connection: None
    """Hears of a connection that ended without a close frame, before the clean-up; a `Crash` prevents it."""
