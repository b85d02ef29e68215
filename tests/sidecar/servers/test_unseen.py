"""A server of another user's that is looked for: what cannot be seen is said, and nobody is called dead."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from fermatkit.measures import Unknown
from fermatkit.process import started
from sidecar.core.nouns import Identity
from sidecar.servers.search import by_port
from support.groups import group
from support.hidden import printed
from support.running import free_port
from support.users import another_user

HIDDEN = "/proc hides the process from this user (hidepid=, or ProtectProc= of the unit)"
HIDING = ", as far as /proc shows them: it hides those of others from this user"
LOOK = """
import subprocess
import sys
from pathlib import Path
from fermatkit.process import command_line
from sidecar.core.nouns import Identity
from sidecar.servers import search
from sidecar.servers.found import _look
from sidecar.servers.search import by_match, by_pidfile, by_port, listens
from sidecar.servers.unit import _may_live

text, port, pidfile, pid, start = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), *map(int, sys.argv[4:])
server = Identity(pid, start)
found = by_match(text, port, None)
print("match:", getattr(found, "why", found == server))
print("listens:", listens(server, port))
found = by_pidfile(pidfile, None)
print("pidfile:", getattr(found, "why", found == server))
print("known:", _look(lambda known: known, server).known == server)
print("may live:", _may_live(server), _may_live(Identity(2**22 + 1, 1)), _may_live(None))
words = f"words-of-{os.getpid()}"
command = ["setsid", "--fork", "bash", "-c", f"echo $$; exec -a {words} sleep 60"]
launcher = subprocess.Popen(command, stdout=subprocess.PIPE)
own = int(launcher.stdout.readline())
launcher.wait()  # as long as it lives, what it started is ours
while not command_line(own).startswith(words):
    pass
search._FLEETING = 0.0
print("own:", getattr(by_match(words, 1, None), "pid", None) == own)
os.kill(own, 9)
"""


def seen(hidepid: int, *, several: bool = False) -> dict[str, str]:
    """What somebody else sees of a server in a unit of its own, or of two in two."""
    with (
        tempfile.TemporaryDirectory() as name,
        group("server.service") as (ours, start),
        group("other.service") as (_, start_other),
    ):
        os.chmod(name, 0o755)  # noqa: PTH101, S103
        pid, port = start(listens=True)
        if several:
            start_other()
        pidfile = Path(name) / "cloud.pid"
        pidfile.write_text(str(pid))
        said = printed(LOOK, hidepid, ours.folder.parent, port, pidfile, pid, started(pid))
    return {key: text.replace(str(pidfile), "FILE").replace(str(pid), "PID") for key, text in said.items()}


def test_a_server_that_is_shown_is_found_by_whatever_it_has() -> None:
    """The one of two that has the port, because it is alone in its cgroup."""
    for several in (False, True):
        assert seen(0, several=several) == {
            "match": "True",
            "listens": "True",
            "pidfile": "True",
            "known": "True",
            "may live": "True False False",
            "own": "True",
        }


@pytest.mark.parametrize(
    ("hidepid", "why"),
    [(1, "Operation not permitted"), (2, HIDDEN)],
)
def test_one_that_is_hidden_is_neither_found_nor_dead(hidepid: int, why: str) -> None:
    """A server of our own user's is found all the same."""
    said = seen(hidepid)
    assert said.pop("match").endswith(f"in its command line{HIDING}")
    assert said == {
        "listens": "False",
        "pidfile": f"FILE: names pid PID, but {why}",
        "known": "True",
        "may live": "True False False",
        "own": "True",
    }


def test_a_port_of_several_processes_stays_the_known_server_s() -> None:
    with group("server.service") as (_, start), group("other.service") as (_, start_other):
        pid, port = start(listens=True)
        start()
        other, _ = start_other()
        server, beside = Identity(pid, started(pid) or 0), Identity(other, started(other) or 0)
        with another_user():
            assert by_port(port, server) == server, "it may still have it"
            assert by_port(port, beside) == by_port(port, None) == _held_by("server.service", port)


def _held_by(who: str, port: int) -> Unknown:
    return Unknown(f"port {port} is held by {who}, of whom no pid can be seen")


LISTENER = """
import sys
from sidecar.servers.search import by_match

print("match:", by_match(sys.argv[1], int(sys.argv[2]), None).why)
"""


def test_of_several_whose_ports_cannot_be_told_none_is_guessed() -> None:
    with group("server.service") as (ours, start):
        pids = [start(listens=True)[0], start()[0]]
        said = printed(LISTENER, 0, ours.folder, port := free_port())["match"]
    many = f"2 processes have '{ours.folder}' in their command line, and who of them listens on port {port}"
    assert said.startswith(f"{many} cannot be told (permission denied; server.service has 2 processes): ")
    assert all(f"{pid} (python" in said for pid in pids)
