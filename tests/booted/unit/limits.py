"""A server that ends at once, until systemd's start limit is hit: then it is the sidecar's turn."""

from __future__ import annotations

import time
from pathlib import Path

from unit.system import (
    QUIET,
    SERVER,
    STANDIN,
    health,
    mails,
    mark,
    passes,
    run,
    settled,
    show,
    starts,
    systemctl,
    telling,
    told,
    wait,
)

_LIVES = Path("/var/lib/fermat-cloud-server/lives")
"""A line for each."""
_PROGRAM = STANDIN.rpartition("ExecStart=")[2].strip()
_MORTAL = """[Unit]
StartLimitBurst=3
[Service]
ExecStart=
ExecStart=/bin/sh -c 'before=$$(wc -l < {lives}); echo >> {lives}; \\
  test $$before = 0 -o $$before -gt {many} || exit 0; exec {program}'
"""
"""The first life lasts; so many that follow end within milliseconds, with status 0."""


def start_limit() -> dict[str, object]:
    """Two lives are left to systemd: the one after them, which would last, it refuses."""
    since = _begins_to_end(2)
    wait(lambda: told("RECOVERED"), "that another server is proven is told")
    return {"refused": _refused(since), "passes": passes(), "starts": starts(since), "mails": mails()}


def goes_on() -> dict[str, object]:
    """No life lasts: the sidecar has its budget, and that is the end of it."""
    since = _begins_to_end(1000)
    wait(lambda: told("STAYS DOWN"), "that it stays down is told")
    last = starts(since)
    time.sleep(QUIET)
    return {
        "refused": _refused(since),
        "starts": last,
        "later": starts(since) - last,
        "state": show(SERVER),
        "health": health(),
        "mails": mails(),
        "more": telling(),
    }


def _begins_to_end(many: int) -> str:
    """A server that is well is restarted, and then so many lives are short. → the place in the journal."""
    _LIVES.write_text("")
    _LIVES.chmod(0o666)
    settled(_MORTAL.format(lives=_LIVES, many=many, program=_PROGRAM))
    since = mark()
    systemctl("restart", SERVER)
    return since


def _refused(since: str) -> int:
    """How often systemd would not start it."""
    said = run("journalctl", "-q", "-o", "cat", f"--after-cursor={since}").splitlines()
    return said.count(f"{SERVER}: Start request repeated too quickly.")
