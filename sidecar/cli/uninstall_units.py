"""``fermat-sidecar uninstall-units``: take away what `install-units` put in place."""

from __future__ import annotations

import subprocess
from pathlib import Path

from fermatkit.errors import ExitCode, UserError
from sidecar.cli import shipped

_ROOT = Path("/")
_LEFT = (
    "Left, as they may be of use: the users fermat-sidecar and fermat-cloud-server, /etc/fermat-sidecar, "
    "/opt/fermat-cloud-server, and both users' directories in /var/lib and /var/log"
)


def uninstall_units(*, dry_run: bool) -> ExitCode:
    """Say each file that is deleted, and each that is not and why."""
    if not dry_run:
        shipped.only_root("uninstall-units")
        _refuse_while_used()
    try:
        uninstall(_ROOT, dry_run=dry_run)
    except OSError as error:
        raise UserError(f"uninstall-units: {error.filename}: {error.strerror}", ExitCode.UNHEALTHY) from None
    return ExitCode.GOOD


def uninstall(root: Path, *, dry_run: bool) -> None:
    """Take everything from under `root` that is as it was put."""
    installed = shipped.Installed(root)
    if not installed.recorded():
        raise UserError("uninstall-units: nothing was installed by install-units", ExitCode.UNHEALTHY)
    for place in installed.recorded():
        if installed.ours(place):
            print(f"delete /{place}")
            if not dry_run:
                installed.take(place)
        elif installed.exists(place):
            print(f"keep   /{place}: it was changed")
    if dry_run:
        print("Nothing was done.")
        return
    installed.forget()
    if root == _ROOT and shipped.booted():
        shipped.call("systemctl", "daemon-reload")
    print(_LEFT)


def _refuse_while_used() -> None:
    """A unit that runs or starts at boot is the operator's to stop."""
    if not shipped.booted():
        return
    used = [unit for unit in shipped.UNITS if _is("is-active", unit) or _is("is-enabled", unit)]
    if used:
        names = " ".join(used)
        raise UserError(
            f"uninstall-units: still in use: first systemctl disable --now {names}", ExitCode.UNHEALTHY
        )


def _is(what: str, unit: str) -> bool:
    command = ("systemctl", "--quiet", what, unit)
    return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603 - fixed names
