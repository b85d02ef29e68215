"""Where a server works: only a living process tells, and only a dead one has left its crash report there.

The configured directory need not be it: a start script may go elsewhere, and who runs the server in another
way has not asked us.
"""

from __future__ import annotations

import asyncio
from itertools import chain, repeat
from pathlib import Path

from fermatkit.process import started
from sidecar.core.nouns import Identity
from sidecar.probes.aim import Aim
from sidecar.tasks import next_beat

_SOON, _LATER = 5.0, 60.0
"""Seconds from the first look to the second, for a start script goes to its place within those; and to each
other, for who has changed his place since."""
_KEPT = 4
"""Servers: the next may be there before the evidence of the one before is read."""


class Whereabouts:
    """Knows the working directory of the last few servers, as far as we may know it."""

    def __init__(self) -> None:
        self._known: dict[Identity, Path] = {}
        self._aim = Aim(self._run, "whereabouts")

    def watch(self, identity: Identity | None) -> None:
        """Look at this process, or at none."""
        self._aim.at(identity)

    async def close(self) -> None:
        """Stop looking."""
        await self._aim.close()

    def of(self, identity: Identity) -> Path | None:
        """Where it worked when it was last looked at; None if that was never seen. Called in any thread."""
        return self._known.get(identity)

    async def _run(self, identity: Identity) -> None:
        for pause in chain((_SOON,), repeat(_LATER)):
            place = _place(identity)
            if place is not None:
                self._known = {**self._others(identity), identity: place}
            now = asyncio.get_running_loop().time()
            await asyncio.sleep(next_beat(now, pause) - now)

    def _others(self, identity: Identity) -> dict[Identity, Path]:
        others = [one for one in self._known.items() if one[0] != identity]
        return dict(others[1 - _KEPT :])


def _place(identity: Identity) -> Path | None:
    """None where only its own user may look, and when it is gone."""
    try:
        place = Path(f"/proc/{identity.pid}/cwd").readlink()  # looks at no disk, which might hang
        return place if started(identity.pid) == identity.started else None
    except OSError:
        return None
