"""The server dies, hangs, or ends by itself again and again."""

from __future__ import annotations

import os
import signal
import time

from unit.system import (
    SERVER,
    drop_in,
    habit,
    health,
    mails,
    main_pid,
    mark,
    passes,
    settled,
    show,
    starts,
    subjects,
    systemctl,
    told,
    wait,
)

_LOOP = """[Unit]
StartLimitBurst=2
[Service]
ExecStart=
ExecStart=/bin/sleep 3
"""


def killed() -> dict[str, object]:
    """Systemd has it back; the sidecar recognises it, proves it and tells."""
    before = settled()
    since = mark()
    os.kill(before, signal.SIGKILL)
    seconds = wait(lambda: passes(not_pid=before), "another server is proven")
    wait(lambda: told("RECOVERED"), "that is told")
    return {
        "seconds to proven": seconds,
        "starts": starts(since),
        "restarts by systemd": show(SERVER)["NRestarts"],
        "same as in /health": health()[1] == main_pid(SERVER),
        "mails": mails(),
    }


def hung() -> dict[str, object]:
    """A blocked server that does not obey SIGTERM: one restart, killed at the deadline."""
    before = settled()
    habit("ignore-term")
    habit("blocked")
    since = mark()
    seconds = wait(lambda: passes(not_pid=before), "another server is proven")
    wait(lambda: told("RECOVERED"), "that is told")
    return {"seconds to proven": seconds, "starts": starts(since), "mails": mails()}


def given_up() -> dict[str, object]:
    """Its unit does not restart it: that is warned about, and when it dies the sidecar starts it."""
    before = settled()
    since = mark()
    drop_in(SERVER, "once", "[Service]\nRestart=no\n")
    wait(lambda: any("Restart=no" in note for note in health()[2]), "the weak unit is named in /health")
    os.kill(before, signal.SIGKILL)
    wait(lambda: health()[1] not in (0, before), "there is another server")
    drop_in(SERVER, "once", "")
    wait(lambda: told("RECOVERED"), "that it is proven is told")
    return {"starts": starts(since), "mails": mails()}


def ends_by_itself() -> dict[str, object]:
    """With status 0, 3 s after each start: the limit is reached, that is told, and there is an end to it."""
    settled()
    since = mark()
    drop_in(SERVER, "standin", _LOOP)
    systemctl("restart", SERVER)
    wait(lambda: show(SERVER)["ActiveState"] == "failed", "systemd's limit is reached")
    wait(subjects, "that is told")
    # Each of three restarts by the sidecar may be two by systemd; then nobody starts it any more.
    last, quiet_since = starts(since), time.monotonic()
    began = quiet_since
    while time.monotonic() - quiet_since < 8 and time.monotonic() - began < 40:
        time.sleep(0.5)
        if (now := starts(since)) != last:
            last, quiet_since = now, time.monotonic()
    return {
        "starts": last,
        "still starting": time.monotonic() - quiet_since < 8,
        "state": show(SERVER),
        "health": health(),
        "mails": mails(),
    }
