"""What is done in each run: chosen by chance, the same again for the same seed. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Harm(StrEnum):
    """What the server suffers."""

    KILLED = "killed"
    BLOCKED = "blocked"


class Victim(StrEnum):
    """Who gets kill -9."""

    SIDECAR = "sidecar"
    SENDER = "sender"
    CHILD = "child"
    """The sender's own, which is at the message."""


class Lack(StrEnum):
    """What is missing besides, for a part of the time."""

    NOTHING = "nothing"
    NETWORK = "network"
    DISK = "disk"


@dataclass(frozen=True)
class Run:
    """One outage, and who is killed in it. Seconds."""

    harm: Harm
    victim: Victim
    mail: int
    """The kill is counted from the start of this mail's sender, the first or the second; 0: from the harm."""
    after: float
    away: float
    """How long there is no sidecar then."""
    again: float | None
    """Since its start, when the next one is killed, too."""
    lack_from: float
    """Since the harm; negative: before it."""
    lack_for: float


@dataclass(frozen=True)
class Lane:
    """The runs of one sidecar, without end: as many are done as are wanted."""

    seed: int

    @property
    def lack(self) -> Lack:
        """The same in all runs of it: half of the lanes lack nothing."""
        return (Lack.NOTHING, Lack.NETWORK, Lack.NOTHING, Lack.DISK)[self.seed % 4]

    def runs(self) -> Iterator[Run]:
        """What happens in it."""
        chance = random.Random(self.seed)
        while True:
            yield _run(chance)


def _run(chance: random.Random) -> Run:
    harm = chance.choice((Harm.KILLED, Harm.KILLED, Harm.BLOCKED))
    victim = chance.choice((Victim.SIDECAR, Victim.SIDECAR, Victim.SIDECAR, Victim.SENDER, Victim.CHILD))
    if victim is not Victim.SIDECAR:
        mail, longest = chance.choice((1, 2)), 0.5
    elif harm is Harm.BLOCKED:
        mail, longest = chance.choice((0, 1, 2)), 4.0
    else:
        mail, longest = chance.choice((0, 0, 1, 2)), chance.choice((0.6, 3.0))
    return Run(
        harm,
        victim,
        mail,
        after=chance.random() * longest,
        away=chance.choice((0.0, chance.random())),
        again=chance.choice((None, None, None, chance.random())),
        lack_from=chance.uniform(-0.5, 2.0),
        lack_for=chance.uniform(0.5, 5.0),
    )
