"""A process that /proc does not show: it is hidden, not gone, and nothing is said of it that nobody knows."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from fermatkit.measures import Unknown
from fermatkit.process import hides_others, started
from fermatkit.stat import gone, is_hidden, look
from support.groups import group
from support.hidden import printed
from support.users import another_user

HIDDEN = "/proc hides the process from this user (hidepid=, or ProtectProc= of the unit)"
LOOK = """
import sys
from fermatkit import cgroups, sockets
from fermatkit.accounting import Accounting
from fermatkit.process import Sampler, hides_others, open_fds, started
from fermatkit.stat import fds_limit, gone
from fermatkit.threads import Threads

pid, start, port, dead = map(int, sys.argv[1:])
try:
    print("started:", started(pid))
except OSError as error:
    print("started:", error.strerror)
print("sample:", *{getattr(one, "why", one) for one in Sampler(pid, start).sample().readings.values()})
print("fds:", open_fds(pid).why)
print("limit:", fds_limit(pid).why)
print("threads:", *{one.why for one in Threads(pid, start).sample().values()})
print("unit:", *{one.why for one in Accounting(pid, start).sample().values()})
print("ports:", cgroups.ports(pid).why)
print("holder:", cgroups.holder(port, pid))
print("others:", hides_others())
print("dead:", started(dead), gone(dead).why)
print("itself:", started(os.getpid()) is None)
"""


@pytest.fixture
def child() -> Iterator[int]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process.pid
        process.kill()


def died() -> int:
    with subprocess.Popen(["true"]) as process:
        return process.pid


def test_a_process_of_which_nothing_is_shown_is_not_called_gone() -> None:
    with group("server.service") as (_, start):
        pid, port = start(listens=True)
        said = printed(LOOK, 2, pid, started(pid), port, died())
    assert said == {
        "started": HIDDEN,
        "sample": HIDDEN,
        "fds": HIDDEN,
        "limit": HIDDEN,
        "threads": HIDDEN,
        "unit": HIDDEN,
        "ports": HIDDEN,
        "holder": str(pid),  # it is alone in its cgroup, which is for everybody to read
        "others": "True",
        "dead": "None the process is gone",
        "itself": "False",
    }


def test_where_it_is_shown_and_not_to_be_looked_into_that_is_the_reason() -> None:
    with group("server.service") as (_, start):
        pid, port = start(listens=True)
        said = printed(LOOK, 1, pid, started(pid), port, died())
    why = "Operation not permitted"
    assert {said["started"], said["sample"], said["limit"], said["threads"], said["unit"]} == {why}
    assert said["fds"] == "permission denied"
    assert said["ports"] == f"permission denied; {why}"
    assert said["holder"] == str(pid)
    assert said["others"] == "True"
    assert said["dead"] == "None the process is gone"


def test_what_is_gone_is_gone(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with another_user():
        assert gone(child) == Unknown("the process is gone")
        assert started(child) is None


def test_who_is_shown_is_not_hidden(child: int) -> None:
    assert not is_hidden(child)
    with another_user():
        assert not is_hidden(child), "a newcomer with the number of one that is gone"
        assert not hides_others()


@pytest.mark.parametrize("number", [0, 2**22 + 1, 2**80])
def test_what_is_no_pid_is_nobody(number: int) -> None:
    assert not is_hidden(number)
    assert look(number) is None
