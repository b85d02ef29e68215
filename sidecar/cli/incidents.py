"""``fermat-sidecar incidents``: what is open, what was, who was told of it and why, or why not."""

from __future__ import annotations

import time
from pathlib import Path

from fermatkit.errors import ExitCode, UserError
from sidecar.cli.control import ask

_MOST = 10_000
"""Incidents."""


def incidents(since: str | None, json: bool, config: Path) -> ExitCode:  # noqa: FBT001 - a flag of the command line
    """Ask the running sidecar; with `since`, the history."""
    if since is not None:
        return _past(since, json, config)
    if json:
        raise UserError("incidents --json: shows the history: say how far back, --since 30d")
    print(ask(config, {"ask": "incidents"}).text)
    return ExitCode.GOOD


def _past(since: str, json: bool, config: Path) -> ExitCode:  # noqa: FBT001 - likewise
    import msgspec  # noqa: PLC0415 - only who reads the history pays for it

    from sidecar.cli.history import asked, where  # noqa: PLC0415 - likewise
    from sidecar.faces.past import listed, told  # noqa: PLC0415
    from sidecar.store.history import reading  # noqa: PLC0415

    path, words = where(config)
    now = time.time()
    try:
        found = reading.incidents(path, asked("incidents", since, "", now), _MOST)
    except reading.NoHistory as error:
        raise UserError(str(error), ExitCode.UNHEALTHY) from None
    if json:
        print(msgspec.json.encode([told(one, words) for one in found]).decode())
    else:
        print(listed(found, words, now))
    return ExitCode.GOOD
