"""What is done to a server, or to its sidecar. Each is a blocking call, for a thread of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

from loadgen.drills.place import Place
from loadgen.drills.scene import Scene

_ANSWERS_WITHIN = 5.0
_DESCRIPTORS = 128
"""Twice as many as the habit leaves a server."""
LEAVERS = 250
"""More than the threads that the habit lets it have."""
_AWAY = 1.0
"""Seconds until a killed sidecar is started again, as by systemd."""
FULL_FOR = 20.0
"""Seconds."""
_BLOCK = bytes(2**16)


class Undone(Exception):
    """The harm could not be done; in words."""


def nothing(_: Place) -> None:
    """The plan does it."""


def kill(place: Place) -> None:
    """SIGKILL to the server."""
    os.kill(place.pid, signal.SIGKILL)


def hang(scene: Scene) -> None:
    """Its loop stands still, for good."""
    _habit(scene, "blocked")


def exhaust_heap(scene: Scene) -> None:
    """It collects garbage for as long as its environment says, and answers nothing when it is done."""
    _habit(scene, "heap-exhausted")


def leak_threads(scene: Scene) -> None:
    """Clients of another load go without a word, and each leaves a thread behind."""
    _habit(scene, "thread-leak")
    plan = scene.directory / "leavers.toml"
    plan.write_text(
        f'clients = {LEAVERS}\nurl = "{scene.url}"\nsettle = "0s"\n[ramp]\nrate = "125/s"\n'
        '[[stage]]\nduration = "1s"\nrate = "0/s"\n[[mix]]\ndo = "leaver"\nafter = "0s"\ncode = 1006\n'
    )
    command = [sys.executable, "-m", "loadgen", "--plan", str(plan), "--quiet", "--json"]
    subprocess.Popen(  # noqa: S603 - our own program
        [*command, "--out", str(scene.directory / "leavers")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=scene.environment,
        start_new_session=True,
    )


def use_up_descriptors(scene: Scene) -> None:
    """The server may have 64, and others want them, too, until it is ended."""
    _habit(scene, "fd-limit")
    for _ in range(_DESCRIPTORS):
        one = scene.held.enter_context(socket.socket())
        one.settimeout(0)
        with suppress(BlockingIOError):
            one.connect(("127.0.0.1", scene.port))


def fill_disk(scene: Scene) -> None:
    """To the last byte, for a while. The disk is in the mount namespace of the server."""
    filler = Path(f"/proc/{scene.pid}/root{scene.server_directory}/filler")
    try:
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(_BLOCK)
        scene.over.wait(FULL_FOR)
    finally:
        filler.unlink(missing_ok=True)


def restart(scene: Scene) -> None:
    """An operator asks the sidecar for it."""
    command = scene.command("restart", "a drill")
    done = subprocess.run(  # noqa: S603 - our own program
        command, env=scene.environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Undone(done.stderr.strip())


def kill_sidecar(scene: Scene) -> None:
    """SIGKILL, and after a second another is there."""
    scene.process.kill()
    scene.process.wait()
    if not scene.over.wait(_AWAY):
        scene.start_sidecar()


def _habit(scene: Scene, name: str) -> None:
    connection = HTTPConnection("127.0.0.1", scene.port, timeout=_ANSWERS_WITHIN)
    try:
        connection.request("POST", f"/standin/habits/{name}")
        connection.getresponse().read()
    except OSError as error:
        raise Undone(f"the server did not take the habit {name}: {error}") from None
    finally:
        connection.close()
