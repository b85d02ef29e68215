"""What follows from a death beside the next start: what the dead process left behind is gathered.

No rung waits for it, and the order stands behind that of the start: a bundle may come when all is well again.
"""

from __future__ import annotations

import msgspec

from sidecar.core import observations as obs
from sidecar.core.actions import Collect
from sidecar.core.facts import Wanted
from sidecar.core.nouns import Identity, Trouble
from sidecar.core.stories import Deed
from sidecar.core.turn import Turn


def hear(turn: Turn) -> None:
    """Tell what became of the evidence of a dead process; that of a living one is its rung's to tell."""
    what = turn.seen.what
    if isinstance(what, obs.Collected) and what.identity != turn.facts.identity:
        gathered(what, turn)


def gathered(what: obs.Collected, turn: Turn) -> None:
    """Tell where the evidence is, or why there is none."""
    if what.bundle:
        turn.tell(Deed.COLLECTED, what.identity.pid, why=what.bundle)
    else:
        turn.tell(Deed.UNCOLLECTED, what.identity.pid, why="; ".join(what.missing))


def examine(turn: Turn) -> None:
    """Order it once for each death that nobody meant."""
    death = turn.facts.exit
    known, number = turn.recovery.exits, death.number if death else 0
    turn.recovery = msgspec.structs.replace(turn.recovery, exits=number)
    if death is not None and number > known and not _meant(death.identity, turn):
        turn.actions.append(Collect(death.identity, Trouble.EXITED, death.ended))


def _meant(dead: Identity, turn: Turn) -> bool:
    """Whether the sidecar has ordered this end, which had its evidence before; or an operator wanted it."""
    facts = turn.facts
    by_operator = facts.wanted is not Wanted.RUNNING or facts.pause is not None or facts.rested is not None
    return by_operator or dead == turn.recovery.ended
