"""The server dies, or hangs."""

from __future__ import annotations

import os
import shutil
import signal
import urllib.request
from pathlib import Path

from unit.system import (
    SERVER,
    SHIPPED,
    STATE,
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
    systemctl,
    told,
    wait,
)

_JAR = Path("/opt/fermat-tests/server.jar")
_EVIDENCE = STATE / "evidence"


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


def hung_jvm() -> dict[str, object]:
    """The unit as it is shipped, with a JVM, its flags and its hardening; it falls into a deadlock."""
    if not _JAR.exists():
        return {"skipped": "no JDK: apt-get install openjdk-17-jdk-headless"}
    shutil.copy(_JAR, "/opt/fermat-cloud-server/fermat-cloud-server.jar")
    before = settled(SHIPPED)
    comm = Path(f"/proc/{before}/comm").read_text().strip()
    since = mark()
    urllib.request.urlopen("http://127.0.0.1:9090/leak", timeout=5).close()
    seconds = wait(lambda: passes(not_pid=before), "another server is proven")
    wait(lambda: told("RECOVERED"), "that is told")
    seen = {
        "seconds to proven": seconds,
        "starts": starts(since),
        "server": main_pid(SERVER),
        "comm": comm,
        "log": oct(Path("/var/log/fermat-cloud-server").stat().st_mode & 0o777),
        "mails": mails(),
        "bundles": {str(path.parent): _bundle(path.parent) for path in _EVIDENCE.glob("*/summary.json")},
    }
    systemctl("stop", SERVER)
    return seen | {"stopped": show(SERVER)}


def _bundle(path: Path) -> dict[str, object]:
    """Whose it is, and what is in it."""
    texts = {file.name: file.read_text(errors="replace") for file in path.iterdir()}
    return {"owner": path.owner(), "mode": oct(path.stat().st_mode & 0o777), **texts}
