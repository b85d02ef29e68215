"""The server as a child: what it gets, how its end is seen, what cannot be started."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from psutil import _psposix  # type: ignore[attr-defined]

from fermatkit.process import started
from sidecar.core.actions import Signal, Start
from sidecar.core.nouns import Ended, Identity
from sidecar.core.observations import Absent, Appeared, Exited, SignalFailed, StartFailed
from sidecar.servers import pidfd
from sidecar.servers.command import CommandServer
from support.little_sidecar import Make
from support.locks import holders, kill
from support.reports import Reports

SLEEP = ("sleep", "60")


@pytest.fixture(params=["pidfd", "thread"])
def hold(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to hold a process; on a system without pidfd there is one."""
    if request.param == "thread":
        monkeypatch.delattr(os, "pidfd_open")
        monkeypatch.setattr(_psposix, "can_use_pidfd_open", lambda: False)  # it remembers what was so once


def start(server: CommandServer, reports: Reports) -> Identity:
    """Start, and see what has appeared by the time that the call is back."""
    server.start(Start())
    appeared = reports.all[-1]
    assert isinstance(appeared, Appeared), appeared
    assert not appeared.adopted
    return appeared.identity


async def test_nothing_runs_at_first(make: Make, reports: Reports) -> None:
    make(*SLEEP).attach(None)
    assert reports.all == [Absent()]


@pytest.mark.usefixtures("hold")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_killed_server_is_seen_with_its_signal(make: Make, reports: Reports, number: int) -> None:
    server = make(*SLEEP)
    identity = start(server, reports)
    assert started(identity.pid) == identity.started
    server.signal(Signal(identity, number))
    assert await reports.until(Exited) == Exited(identity, Ended(signal=number))


def _dumps(command: tuple[str, ...]) -> bool:
    """Whether a core is made of it: not on every machine."""
    pid = os.posix_spawnp(command[0], command, os.environ)
    return os.WCOREDUMP(os.waitpid(pid, 0)[1])


@pytest.mark.parametrize("limit", ["0", "unlimited"])
async def test_a_core_is_told(make: Make, reports: Reports, tmp_path: Path, limit: str) -> None:
    command = ("sh", "-c", f"cd {tmp_path}; ulimit -c {limit}; kill -ABRT $$")
    dumps = await asyncio.to_thread(_dumps, command)
    identity = start(make(*command), reports)
    assert await reports.until(Exited) == Exited(identity, Ended(signal=signal.SIGABRT, dumped=dumps))


@pytest.mark.usefixtures("hold")
@pytest.mark.parametrize("code", [0, 3])
async def test_a_server_that_ends_is_seen_with_its_code(make: Make, reports: Reports, code: int) -> None:
    identity = start(make("sh", "-c", f"exit {code}"), reports)
    assert await reports.until(Exited) == Exited(identity, Ended(code=code))


async def test_a_status_that_somebody_else_took_is_not_guessed(make: Make, reports: Reports) -> None:
    identity = start(make(*SLEEP), reports)
    kill(identity.pid)
    assert await reports.until(Exited) == Exited(identity, Ended())


async def test_a_start_from_within_the_report_of_the_end(make: Make, reports: Reports) -> None:
    server = make(*SLEEP)
    reports.react = lambda what: server.start(Start()) if isinstance(what, Exited) else None
    first = start(server, reports)
    server.signal(Signal(first, signal.SIGKILL))
    second = (await reports.until(Appeared, 2)).identity
    assert reports.all[-2:] == [Exited(first, Ended(signal=9)), Appeared(second, adopted=False)]
    server.signal(Signal(second, signal.SIGKILL))
    await reports.until(Exited, identity=second)


async def test_the_server_gets_what_a_new_process_should_have(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)  # as make or a shell hands it on
    (tmp_path / "home").mkdir()
    here = Path.cwd()
    hangup = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    try:
        identity = start(make(*SLEEP, directory=tmp_path / "home"), reports)
    finally:
        signal.signal(signal.SIGHUP, hangup)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
    assert Path.cwd() == here
    proc = Path(f"/proc/{identity.pid}")
    assert (proc / "cwd").readlink() == tmp_path / "home"
    assert os.getsid(identity.pid) == identity.pid
    expected = {
        "0": "/dev/null",
        "1": str(tmp_path / "output"),
        "2": str(tmp_path / "output"),
        "77": str(tmp_path / "server.lock"),
    }
    for _ in range(2000):  # it is still loading its libraries
        if (found := descriptors(proc)) == expected:
            break
        await asyncio.sleep(0.01)
    assert found == expected
    masks = dict(line.split(":\t") for line in (proc / "status").read_text().splitlines() if "Sig" in line)
    assert int(masks["SigBlk"], 16) == 0
    assert not int(masks["SigIgn"], 16) & 1 << signal.SIGHUP - 1
    os.close(reader)
    os.close(writer)


def descriptors(proc: Path) -> dict[str, str]:
    found = {}
    for descriptor in (proc / "fd").iterdir():
        with suppress(FileNotFoundError):
            found[descriptor.name] = str(descriptor.readlink())
    return found


async def test_output_is_appended(make: Make, reports: Reports, tmp_path: Path) -> None:
    (tmp_path / "output").write_text("before\n")
    start(make("sh", "-c", "echo out; echo err >&2"), reports)
    await reports.until(Exited)
    assert (tmp_path / "output").read_text() == "before\nout\nerr\n"


@pytest.mark.parametrize(
    ("command", "changes", "why"),
    [
        (("no-such-server", "-x"), {}, "no-such-server: No such file or directory"),
        (("/etc/passwd",), {}, "/etc/passwd: Permission denied"),
        (("sleep", "60"), {"directory": Path("/no/where")}, "/no/where: No such file or directory"),
        (("sleep", "60"), {"output": Path("/no/where/log")}, "/no/where/log: No such file or directory"),
        (("sleep", "60"), {"lock": Path("/no/where/lock")}, "/no/where/lock: No such file or directory"),
    ],
)
async def test_what_cannot_be_started_says_why(
    make: Make, reports: Reports, tmp_path: Path, command: tuple[str, ...], changes: dict[str, Path], why: str
) -> None:
    here = Path.cwd()
    server = make(*command, **changes)
    server.attach(None)
    server.start(Start())
    assert reports.all == [Absent(), StartFailed(why)]
    assert Path.cwd() == here
    assert holders(tmp_path / "server.lock") == []


async def test_a_relative_command_is_found_from_the_working_directory(
    make: Make, reports: Reports, tmp_path: Path
) -> None:
    program = tmp_path / "serve"
    program.write_text("#!/bin/sh\necho served\n")
    program.chmod(0o755)
    start(make("./serve"), reports)
    assert (await reports.until(Exited)).ended == Ended(code=0)
    assert (tmp_path / "output").read_text() == "served\n"


async def test_a_signal_reaches_only_the_process_that_is_meant(make: Make, reports: Reports) -> None:
    server = make(*SLEEP)
    server.signal(Signal(Identity(os.getpid(), 1), signal.SIGTERM))
    assert isinstance(reports.all[-1], SignalFailed)
    identity = start(server, reports)
    for other in (Identity(identity.pid, identity.started - 1), Identity(identity.pid + 1, identity.started)):
        server.signal(Signal(other, signal.SIGKILL))
        assert reports.all[-1] == SignalFailed(other, 9, "this process is not held any more")
    server.signal(Signal(identity, signal.SIGKILL))
    await reports.until(Exited)
    server.signal(Signal(identity, signal.SIGKILL))
    assert reports.all[-1] == SignalFailed(identity, 9, "this process is not held any more")


@pytest.mark.usefixtures("hold")
async def test_a_signal_after_an_end_that_was_not_told_yet_fails(make: Make, reports: Reports) -> None:
    server = make(*SLEEP)
    identity = start(server, reports)
    kill(identity.pid)
    server.signal(Signal(identity, signal.SIGTERM))
    assert isinstance(reports.all[-1], SignalFailed)


@pytest.mark.usefixtures("hold")
async def test_a_closed_server_is_left_alone(make: Make, reports: Reports) -> None:
    server = make(*SLEEP)
    identity = start(server, reports)
    await server.close()
    assert started(identity.pid) == identity.started
    kill(identity.pid)
    await asyncio.sleep(0.05)
    assert reports.of(Exited) == []


async def test_nobody_to_hold_is_said() -> None:
    with pytest.raises(ProcessLookupError):
        pidfd.hold(Identity(2**22 + 1, 1), print)


async def test_output_beyond_the_limit_is_moved_and_the_server_writes_on(
    make: Make, reports: Reports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidecar.servers.command._CAP_INTERVAL", 0.02)
    code = "while True: print('x' * 99, flush=True); __import__('time').sleep(0.001)"
    server = make(sys.executable, "-c", code, output_limit=2000.0)
    server.attach(None)
    identity = start(server, reports)
    moved = tmp_path / "output.1"
    async with asyncio.timeout(20):
        while not moved.exists():
            await asyncio.sleep(0.01)
        first = moved.stat().st_mtime_ns
        while moved.stat().st_mtime_ns == first:
            await asyncio.sleep(0.01)
    server.signal(Signal(identity, signal.SIGKILL))
    await reports.until(Exited)
    assert set(moved.read_text()) == {"x", "\n"}  # no hole where the file was emptied
