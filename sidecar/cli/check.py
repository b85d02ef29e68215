"""``fermat-sidecar check``: say whether the configuration is right."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

from fermatkit.errors import ExitCode
from sidecar.actuators.deliver import with_options
from sidecar.config.load import load
from sidecar.config.secrets import FOLDER, Secret
from sidecar.config.settings import ServerSettings


def check(config: Path) -> ExitCode:
    """Good, in one line, and what cannot be told or should be mended; or UserError with every mistake."""
    settings = load(config, usable=_usable)
    if FOLDER in os.environ:
        for secret in settings.credentials:
            secret.reveal()
    channels = ", ".join(channel.name for channel in settings.channels) or "nobody (no [[channel]])"
    host, port = settings.server.host, settings.server.port
    server = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    print(f"{config}: good. Server {server}, {_named(settings.server)}; told: {channels}.")
    unseen = ", ".join(one.credential for one in settings.credentials if FOLDER not in os.environ)
    if unseen:
        print(f"Not looked at: credentials {unseen}. The unit alone has them: systemctl reload looks, too.")
    written = any(not one.credential for one in settings.secrets)
    if written and config.stat().st_mode & stat.S_IROTH:
        print(f"Warning: everybody on this machine can read the secrets in it: chmod o-rwx {config}")
    for path in (config.parent / "credentials" / one.credential for one in settings.credentials):
        if _open_to_all(path):
            print(f"Warning: everybody on this machine can read this credential: chmod o-rwx {path}")
    return ExitCode.GOOD


def _open_to_all(path: Path) -> bool:
    """Whether anybody can read a file: one that is not there, or not for us to see, is not."""
    try:
        return bool(path.stat().st_mode & stat.S_IROTH and path.parent.stat().st_mode & stat.S_IXOTH)
    except OSError:
        return False


def _named(server: ServerSettings) -> str:
    """Who starts it, and how it is found if that is somebody else."""
    if server.unit:
        return f"run by systemd as {server.unit}"
    if server.command:
        return "started by the sidecar"
    if server.pidfile:
        return f"run by somebody else and found by {server.pidfile}"
    return f"run by somebody else and found by its {'command line' if server.match else 'port'}"


def _usable(url: Secret) -> bool:
    """Ask Apprise, which takes a second and much memory: not for `run`. Sends nothing, and says nothing."""
    if url.credential and FOLDER not in os.environ:
        return True
    import apprise  # noqa: PLC0415 - only who has channels pays for it

    logging.disable()  # whatever it says may hold a part of the url
    try:
        return bool(apprise.Apprise().add(with_options(url.reveal())))
    except Exception:  # noqa: BLE001 - any of 184 plug-ins may raise anything at a url that it cannot use
        return False
    finally:
        logging.disable(logging.NOTSET)
