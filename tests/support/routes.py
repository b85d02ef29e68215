"""Incidents by hand, and the channels that are told of them: one stage alone, with a clock of the test's."""

from __future__ import annotations

import msgspec

from sidecar.core import observations as obs
from sidecar.core.accounts import Routing
from sidecar.core.actions import Explain
from sidecar.core.chronicle import Incidents
from sidecar.core.facts import Facts
from sidecar.core.memory import Memory
from sidecar.core.nouns import Load, Pause, Severity, Trouble
from sidecar.core.policy import Policy, Route
from sidecar.core.routing import look_again, route
from sidecar.core.stories import SERVER, Ack, Cause, Chapter, Incident, Letter, Message, Topic

HOUR = 3600.0
MIDNIGHT = 1_800_057_600.0
"""A midnight, UTC."""
LOW = "disk-low"
QUEUE = "accept-queue"
TROUBLES = {
    SERVER: (Trouble.EXITED, Severity.FAIL),
    LOW: (Trouble.DISK_LOW, Severity.WARN),
    "fd-limit": (Trouble.FD_LIMIT, Severity.FAIL),
    QUEUE: (Trouble.ACCEPT_QUEUE, Severity.WARN),
}
NIGHT = {"mail": Route(quiet_from=22 * HOUR, quiet_to=7 * HOUR)}


class Stories:
    """What is open, and what each channel has been sent: as whoever reads it would tell."""

    def __init__(self, policy: Policy, wall: float = MIDNIGHT + 12 * 3600) -> None:
        self.policy = policy
        self.wall = wall
        self.routing = Routing()
        self.open: dict[Topic, Incident] = {}
        self.number = 0
        self.sent: list[tuple[float, str, Message]] = []
        self.why: list[Explain] = []
        self.pause: Pause | None = None
        self.announced: Load | None = None

    @property
    def load(self) -> Load | None:
        return self.announced if self.announced and self.wall < self.announced.until else None

    @property
    def incidents(self) -> Incidents:
        return Incidents(open=self.open, next_number=self.number + 1)

    def sees(self, what: obs.Observation, *messages: Message) -> list[Letter]:
        seen = obs.Seen(self.wall - MIDNIGHT, self.wall, what)
        facts = Facts(wall=self.wall, asked=self.pause, load=self.load)
        self.routing, letters, why = route(
            self.routing, self.incidents, list(messages), seen, self.policy, facts
        )
        self.why += why
        self.sent += [(self.wall, channel, message) for message, channel in letters]
        return letters

    def begins(self, topic: Topic = SERVER) -> list[Letter]:
        trouble, severity = TROUBLES[topic]
        self.number += 1
        cause = Cause(trouble, self.wall, severity=severity)
        self.open[topic] = Incident(
            self.number, topic, self.wall, (cause,), told=(Chapter.OPENED,), load=self.load
        )
        return self.goes_on(topic, Chapter.OPENED)

    def goes_on(self, topic: Topic, chapter: Chapter) -> list[Letter]:
        incident = self.open[topic]
        if chapter not in incident.told:
            incident = self.open[topic] = msgspec.structs.replace(incident, told=(*incident.told, chapter))
        return self.sees(obs.Ticked(), Message(f"{incident.number}-{chapter}", chapter, incident))

    def ends(self, topic: Topic = SERVER) -> list[Letter]:
        incident = msgspec.structs.replace(self.open.pop(topic), closed=self.wall)
        return self.sees(obs.Ticked(), Message(f"{incident.number}-closed", Chapter.CLOSED, incident))

    def is_acknowledged(self, topic: Topic = SERVER) -> list[Letter]:
        self.open[topic] = msgspec.structs.replace(self.open[topic], ack=Ack(self.wall, "root"))
        return self.sees(obs.AckAsked(self.open[topic].number, "root"))

    def passes(self, seconds: float, look: float = 60.0) -> list[Letter]:
        """Time, as the loop lets it pass: a look when one is due, and one each `look` seconds."""
        end, letters = self.wall + seconds, list[Letter]()
        while self.wall < end:
            again = look_again(self.routing, self.incidents, self.wall, self.policy)
            self.wall = min(end, end if again is None else again, self.wall + look)
            letters += self.sees(obs.Ticked())
        return letters

    def a_new_sidecar(self) -> list[Letter]:
        """It has what was remembered, by way of the disk."""
        memory = msgspec.json.decode(
            msgspec.json.encode(Memory(1, incidents=self.open, routing=self.routing)), type=Memory
        )
        self.routing = Routing()
        return self.sees(obs.Restored(memory, 1))


def stories(
    *channels: str, hour: float = 12.0, routes: dict[str, Route] | None = None, **limits: object
) -> Stories:
    """Nothing yet, at this hour; nobody is reminded unless the limits say so."""
    names = channels or ("mail",)
    quiet = {"remind_first": 0.0, **limits}
    return Stories(Policy(channels=names, routes=routes or {}, **quiet), MIDNIGHT + hour * HOUR)  # type: ignore[arg-type]


def told(letters: list[Letter]) -> list[str]:
    """``mail: 1-opened``, a line for each."""
    return [f"{channel}: {message.id}" for message, channel in letters]
