"""Memories to save."""

from __future__ import annotations

from fermatkit.measures import Unknown
from sidecar.core.memory import Memory
from sidecar.core.nouns import Ended, Identity, Sign, Trouble
from sidecar.core.stories import SERVER, Cause, Chapter, Deed, Done, Incident, Message, Owed

INCIDENT = Incident(
    3,
    SERVER,
    1.25,
    (Cause(Trouble.HUNG, 1.0, 7, (Sign.PONG, Sign.HTTP), "no pong", Ended(signal=9), Unknown("why")),),
    (Done(Deed.KILLED, 2.0, 7, until=9.5),),
    clients=17.0,
)
OTHER = Incident(1, "disk-low", 0.5, (Cause(Trouble.DISK_LOW, 0.5, reading=0.25),))


def owed(number: int, channel: str = "mail", attempts: int = 0) -> Owed:
    return Owed(Message(f"{number}-opened", Chapter.OPENED, INCIDENT), channel, attempts)


MEMORY = Memory(
    seed=3,
    identity=Identity(7, 2**40),
    restarts=(1.5, 2.5),
    failures=2,
    next_number=4,
    incidents={OTHER.topic: OTHER, SERVER: INCIDENT},
    owed=(owed(3), owed(3, "phone", attempts=2), owed(1)),
)
