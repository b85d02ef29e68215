"""Put in place from the wheel, started, booted again, taken away."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from unit.system import (
    CONFIG,
    CONFIGURATION,
    MAILS,
    PROGRAM,
    QUIET,
    SERVER,
    SIDECAR,
    drop_in,
    health,
    main_pid,
    mark,
    passes,
    run,
    settled,
    show,
    standin,
    subjects,
    systemctl,
    tried,
    wait,
)

_RECORD = "/usr/local/share/fermat-sidecar/installed.sha256"
_JAR = Path("/opt/fermat-tests/server.jar")


def installed() -> dict[str, object]:
    dry = run(PROGRAM, "install-units", "--dry-run")
    written = Path(_RECORD).exists()
    said = run(PROGRAM, "install-units")
    return {
        "dry run": dry,
        "dry run wrote": written,
        "said": said,
        "record": run("sha256sum", "-c", "--quiet", _RECORD),
        "again": run(PROGRAM, "install-units"),
        "limits": show(SERVER),
    }


def enabled() -> dict[str, object]:
    """As an operator does; the server is the stand-in by a drop-in."""
    CONFIG.write_text(CONFIGURATION)
    standin()
    systemctl("stop", SERVER)
    systemctl("enable", "--now", SERVER, SIDECAR)
    at_once = show(SIDECAR)
    wait(passes, "enabled, it passes")
    status = Path(f"/proc/{main_pid(SIDECAR)}/status").read_text()
    return {
        "at once": at_once,
        "sidecar": show(SIDECAR),
        "server": show(SERVER),
        "same as in /health": health()[1] == main_pid(SERVER),
        "capabilities": [line.split()[1] for line in status.splitlines() if line.startswith("Cap")],
        "state": oct(Path("/var/lib/fermat-sidecar").stat().st_mode & 0o777),
    }


def java() -> dict[str, object]:
    """The server's unit as it is shipped, with a real JVM, its flags and its hardening."""
    if not _JAR.exists():
        return {"skipped": "no JDK: apt-get install openjdk-17-jdk-headless"}
    shutil.copy(_JAR, "/opt/fermat-cloud-server/fermat-cloud-server.jar")
    systemctl("stop", SERVER)
    drop_in(SERVER, "standin", "")
    systemctl("start", SERVER)
    pid = main_pid(SERVER)
    wait(lambda: tried("curl", "-sf", "http://127.0.0.1:9090/fermat/api/user")[0] == 0, "the JVM answers")
    since = mark()
    os.kill(pid, 3)
    dump = ("journalctl", "-q", "-o", "cat", f"--after-cursor={since}", "-u", SERVER)
    wait(lambda: "Full thread dump" in tried(*dump)[1], "the thread dump is in the journal")
    comm = Path(f"/proc/{pid}/comm").read_text().strip()
    seen = {"comm": comm, "log": oct(Path("/var/log/fermat-cloud-server").stat().st_mode & 0o777)}
    systemctl("stop", SERVER)
    return seen | {"stopped": show(SERVER)}


def credentials() -> dict[str, object]:
    """What LoadCredential= of a folder does: each file is one; none is none; no folder, no start."""
    folder = Path("/etc/fermat-sidecar/credentials")
    secret = folder / "mail"
    empty = _loaded(folder)
    secret.write_text("hunter2")
    secret.chmod(0o600)
    loaded = _loaded(folder)
    secret.unlink()
    return {"none": empty, "one": loaded, "no folder": _loaded(folder / "nothing")}


def _loaded(folder: Path) -> tuple[int, str]:
    script = 'cd "$CREDENTIALS_DIRECTORY" || exit 9; grep -r "" . || true'
    properties = ("-p", f"LoadCredential=secret:{folder}", "-p", "User=fermat-sidecar")
    return tried("systemd-run", "-q", "--wait", "--pipe", *properties, "/bin/sh", "-c", script)


def before_reboot() -> dict[str, object]:
    return {"server": settled()}


def rebooted() -> dict[str, object]:
    """All is up again by itself, and nobody was told of an outage."""
    seconds = wait(passes, "after the reboot it passes")
    time.sleep(QUIET)
    return {
        "seconds to proven": seconds,
        "server": show(SERVER),
        "sidecar": show(SIDECAR),
        "mails": subjects(),
    }


def uninstalled() -> dict[str, object]:
    refused = tried(PROGRAM, "uninstall-units")
    systemctl("disable", "--now", SERVER, SIDECAR)
    files = [line.split("  ", 1)[1] for line in Path(_RECORD).read_text().splitlines()]
    said = run(PROGRAM, "uninstall-units")
    MAILS.unlink(missing_ok=True)
    return {
        "refused": refused,
        "said": said,
        "left": [file for file in (*files, _RECORD) if Path(file).exists()],
        "unit": tried("systemctl", "cat", SIDECAR),
        "configuration": CONFIG.exists(),
    }
