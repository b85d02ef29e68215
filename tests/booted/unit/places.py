"""Put in place from the wheel, started, booted again, taken away."""

from __future__ import annotations

from pathlib import Path

from unit.system import (
    CONFIG,
    CONFIGURATION,
    MAILS,
    PROGRAM,
    SERVER,
    SIDECAR,
    health,
    main_pid,
    passes,
    run,
    serve,
    settled,
    show,
    systemctl,
    telling,
    tried,
    wait,
)

_RECORD = "/usr/local/share/fermat-sidecar/installed.sha256"


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
    serve()
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
    return {
        "seconds to proven": seconds,
        "server": show(SERVER),
        "sidecar": show(SIDECAR),
        "mails": telling(),
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
