"""A stand-in that does not come up as it should: what a watchdog is left with."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from support.habits import take_up, wait_until
from support.standin import PATIENCE, StandinProcess, answers, serving, starting

CONFIG = Path("configuration/server_conf.properties")


def configure(directory: Path, text: str) -> None:
    (directory / CONFIG).parent.mkdir()
    (directory / CONFIG).write_text(text)


def with_port(port: str) -> str:
    return f"port = {port}\nuser = u\npassword = p\nmonit_installed = false\nmonit_url = http://localhost/\n"


def is_deaf(standin: StandinProcess) -> bool:
    """Alive, at rest and without a socket, and it obeys SIGTERM."""
    process = psutil.Process(standin.process.pid)
    wait_until(lambda: process.status() == psutil.STATUS_SLEEPING)
    return process.net_connections() == [] and "Server URI" not in standin.stdout


def obeys_sigterm(standin: StandinProcess) -> bool:
    standin.process.terminate()
    return standin.process.wait(PATIENCE) == 143


def test_deaf_start_is_alive_and_never_listens(tmp_path: Path):
    with starting(tmp_path, "--port", "0", "--habit", "deaf-start") as standin:
        wait_until((tmp_path / "fermat_server.log").exists)
        time.sleep(1)  # longer than from there to listening
        assert standin.process.poll() is None
        assert is_deaf(standin)
        assert obeys_sigterm(standin)


@pytest.mark.parametrize("from_the_start", [False, True])
async def test_exit_zero_ends_with_status_0_and_a_stack_trace(tmp_path: Path, *, from_the_start: bool):
    if from_the_start:
        with starting(tmp_path, "--port", "0", "--habit", "exit-zero") as standin:
            assert standin.process.wait(PATIENCE) == 0
            assert "Server URI" not in standin.stdout
    else:
        with serving(tmp_path) as standin:
            assert await answers(standin.url)
            await take_up(standin, "exit-zero")
            assert standin.process.wait(PATIENCE) == 0
    assert standin.stderr.startswith("java.")
    assert "\n\tat " in standin.stderr


@pytest.mark.parametrize("port", ["many", "99999"])
def test_bad_port_deaf_lives_on_without_listening(tmp_path: Path, port: str):
    configure(tmp_path, with_port(port))
    with starting(tmp_path, "--habit", "bad-port-deaf") as standin:
        wait_until(lambda: "\n\tat " in standin.stderr)
        assert is_deaf(standin)
        assert standin.process.poll() is None
        assert obeys_sigterm(standin)


def test_bad_port_deaf_still_ends_on_an_empty_configuration_again_and_again(tmp_path: Path):
    configure(tmp_path, "")
    for _ in range(2):
        with starting(tmp_path, "--habit", "bad-port-deaf") as standin:
            assert standin.process.wait(PATIENCE) == 0
            assert "NoSuchElementException" in standin.stderr
    assert (tmp_path / CONFIG).read_text() == ""


def test_without_a_configuration_it_listens_on_9090_whatever_was_expected(tmp_path: Path):
    """In a network of its own, where 9090 is free."""
    unshare = [shutil.which("unshare") or pytest.skip("no unshare"), "--net"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no right to a network of one's own")
    with starting(tmp_path, command=(*unshare, sys.executable, "-m", "cloudserver")) as standin:
        standin.wait_for("/fermat\n")
        assert standin.url == "http://127.0.0.1:9090"
        assert "port = 9090\n" in (tmp_path / CONFIG).read_text()
        listeners = Path(f"/proc/{standin.process.pid}/net/tcp").read_text()
        assert "0100007F:2382 00000000:0000 0A" in listeners


async def test_the_files_port_wins_over_the_one_that_was_asked_for(tmp_path: Path):
    """The other wrong port: the watched one is on the command line, another in the file."""
    configure(tmp_path, with_port("0"))
    with starting(tmp_path, "--port", "1") as standin:
        standin.wait_for("/fermat\n")
        assert await answers(standin.url)
        listening = psutil.Process(standin.process.pid).net_connections()
        assert {connection.laddr.port for connection in listening} == {int(standin.url.rpartition(":")[2])}
