"""What an operator does to either of the two is respected, and no message is sent about it."""

from __future__ import annotations

import os
import signal
import time

from unit.system import (
    CONFIG,
    CONFIGURATION,
    QUIET,
    SERVER,
    SIDECAR,
    drop_in,
    health,
    main_pid,
    mark,
    passes,
    settled,
    show,
    starts,
    systemctl,
    telling,
    tried,
    wait,
)


def stops_the_server() -> dict[str, object]:
    settled()
    since = mark()
    systemctl("stop", SERVER)
    time.sleep(QUIET)
    seen = {"starts": starts(since), "state": show(SERVER), "sidecar": show(SIDECAR), "health": health()}
    systemctl("start", SERVER)
    wait(passes, "started again, it passes")
    return seen | {"mails": telling()}


def restarts_the_server() -> dict[str, object]:
    before = settled()
    since = mark()
    systemctl("restart", SERVER)
    wait(lambda: passes(not_pid=before), "another server is proven")
    return {"starts": starts(since), "mails": telling()}


def another(before: int) -> bool:
    """Whether another sidecar is active."""
    now = show(SIDECAR)
    return now["ActiveState"] == "active" and int(now["MainPID"]) != before


def ends_the_sidecar() -> dict[str, object]:
    """Stopped, killed, stopped in its tracks: the next one finds the same server, and has not touched it."""
    server = settled()
    since = mark()
    seen: dict[str, object] = {}
    systemctl("stop", SIDECAR)
    seen["stopped"] = show(SIDECAR)
    systemctl("start", SIDECAR)
    wait(passes, "started again, it passes")
    drop_in(SIDECAR, "sooner", "[Service]\nWatchdogSec=2\n")
    systemctl("restart", SIDECAR)
    for name, number in (("killed", signal.SIGKILL), ("hung", signal.SIGSTOP)):
        before = main_pid(SIDECAR)
        os.kill(before, number)
        seen[f"{name}: seconds"] = wait(lambda before=before: another(before), f"{name}, it is back")
        wait(passes, f"{name}, it passes")
    drop_in(SIDECAR, "sooner", "")
    return seen | {
        "same server": main_pid(SERVER) == server == health()[1],
        "starts": starts(since),
        "mails": telling(),
    }


def reloads() -> dict[str, object]:
    """A bad file makes the reload fail, a good one is obeyed as far as can be; the same sidecar runs on."""
    server = settled()
    pid = main_pid(SIDECAR)
    CONFIG.write_text(CONFIGURATION.replace("hung_after", "hang_after"))
    status, said = tried("systemctl", "reload", SIDECAR)
    _, log = tried("journalctl", "-q", "-o", "cat", "-n20", "-u", SIDECAR)
    seen = {
        "bad: status": status,
        "bad: said": said,
        "bad: log": log,
        "bad: same sidecar": main_pid(SIDECAR) == pid,
        "bad: passes": passes(),
    }
    CONFIG.write_text(
        CONFIGURATION
        + "[health]\nport = 9192\n[rules.disk-low]\nthreshold = '9000TiB'\nclear = '9999TiB'\nact = 'note'\n"
    )
    seen["good: status"], _ = tried("systemctl", "reload", SIDECAR)
    wait(lambda: health()[0] == "warn", "the new rule is in force")
    _, seen["good: log"] = tried("journalctl", "-q", "-o", "cat", "-n20", "-u", SIDECAR)
    CONFIG.write_text(CONFIGURATION)
    tried("systemctl", "reload", SIDECAR)
    wait(passes, "the old rule is in force again")
    return seen | {
        "good: same sidecar": main_pid(SIDECAR) == pid,
        "good: same server": main_pid(SERVER) == server,
        "mails": telling(),
    }
