"""What the terminal shows: the sidecar's own lines, calmly, and what to try next."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

_HOUSEKEEPING = ("Save", "Explain")
"""What the sidecar does for its own memory alone."""


class Screen:
    """Prints; says once when nobody looks any more (a closed terminal, a pipe that ended)."""

    def __init__(self, gone: Callable[[], None]) -> None:
        self._gone = gone

    def say(self, text: str) -> None:
        """Print, now."""
        try:
            print(text, flush=True)
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
            self._gone()


def line(raw: bytes) -> str | None:
    """A line of the sidecar's log for people; None for what is of no interest here."""
    text = raw.decode(errors="replace").rstrip()
    try:
        entry = json.loads(text)
    except ValueError:
        return text  # an error's one line, say
    clock = str(entry.pop("timestamp", ""))[11:19]
    event, level = entry.pop("event", ""), entry.pop("level", "info")
    if event == "decided":
        actions = [action for action in entry["actions"] if not action.startswith(_HOUSEKEEPING)]
        return f"{clock}  {entry['because']} → {', '.join(actions)}" if actions else None
    if entry.get("bundle"):  # it says itself what it lacks, and why
        entry.pop("missing", None)
    rest = " ".join(f"{key}={value}" for key, value in entry.items())
    return f"{clock}  {event if level == 'info' else f'{level}: {event}'} {rest}".rstrip()


def banner(server: int, health: int, root: Path) -> str:
    """The addresses, and what to try."""
    python = Path(sys.executable)
    command = str(python.relative_to(root) if python.is_relative_to(root) else python)
    pid = f"{'' if health == 9191 else f'HEALTH_PORT={health} '}{command} -m demo.pid"  # noqa: PLR2004 - the default
    url = "" if server == 9090 else f" --url ws://127.0.0.1:{server}"  # noqa: PLR2004 - likewise
    return f"""
  Cloud Server (a stand-in)   http://127.0.0.1:{server}/fermat/api/user
  Its sidecar's page          http://127.0.0.1:{health}/
  The same for programs       curl http://127.0.0.1:{health}/health
  Files                       build/run/

  Try, in another terminal and in this directory:
    A crash    kill -9 $({pid})
               started again at once, and two mails appear here
    A hang     curl -X POST http://127.0.0.1:{server}/standin/habits/blocked
               the page says so within 3 s; after 10 s it is ended and started again
    A load     {command} -m loadgen --connections 5000{url}
               what does the page say meanwhile?

  Ctrl-C ends it all.
"""
