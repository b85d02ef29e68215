"""`python -m cloudserver` as a whole program: how it starts, fails to start, logs and ends."""

from __future__ import annotations

import asyncio
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import psutil
import pytest

from cloudserver.session import Listed
from support.cloud_client import CloudClient
from support.standin import PATIENCE, answers, serving, starting

CONFIG = Path("configuration/server_conf.properties")
DEFAULTS = {
    "user": "fermat",
    "password": "5e494e695571ede182fb62299373678158c752fb8d3c04104a46b7de139dab5e",
    "monit_installed": "false",
    "monit_url": "http://localhost:2812/",
}
LOG = "fermat_server.log"


def configure(directory: Path, port: int | str) -> None:
    path = directory / CONFIG
    path.parent.mkdir()
    path.write_text("".join(f"{key} = {value}\n" for key, value in {"port": port, **DEFAULTS}.items()))


def run(directory: Path, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run to the end, with some Python `before` it."""
    code = (
        f"import sys; {before or 'pass'}; from cloudserver.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


# Configuration


async def test_without_a_configuration_it_writes_one_and_serves(tmp_path: Path):
    with serving(tmp_path) as standin:
        assert await answers(standin.url)
        written = dict(line.split(" = ") for line in (tmp_path / CONFIG).read_text().splitlines())
        assert written == {"port": "0", **DEFAULTS}
        assert standin.url.startswith("http://127.0.0.1:"), "loopback unless told otherwise"


async def test_the_files_port_wins(tmp_path: Path):
    configure(tmp_path, 0)
    with starting(tmp_path, "--port", "1") as standin:
        standin.wait_for("/fermat\n")
        assert await answers(standin.url)


@pytest.mark.parametrize("text", ["", "user = fermat\n", "port = many\n", "port = 99999\n"])
def test_a_bad_configuration_is_a_stack_trace_and_exit_status_0(tmp_path: Path, text: str):
    (tmp_path / CONFIG).parent.mkdir()
    (tmp_path / CONFIG).write_text(text)
    ended = run(tmp_path)
    assert ended.returncode == 0
    assert ended.stderr.startswith(("java.", "org."))
    assert "\n\tat " in ended.stderr
    assert ended.stdout == (tmp_path / LOG).read_text() == "", (
        "the log opens first, but nothing is said in it"
    )


def test_a_missing_configuration_on_a_full_disk_is_left_empty_and_then_fails_for_ever(tmp_path: Path):
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"
    for before in (full, ""):
        ended = run(tmp_path, before=before)
        assert ended.returncode == 0
        assert "\n\tat " in ended.stderr
        assert (tmp_path / CONFIG).read_text() == ""


def test_with_its_port_taken_it_stays_alive_and_deaf(tmp_path: Path):
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    with serving(tmp_path / "first") as first:
        configure(tmp_path / "second", int(first.url.rpartition(":")[2]))
        with starting(tmp_path / "second") as second:
            second.wait_for("Thread.java")
            assert second.stdout.count("BindException") == 1
            assert "Server URI" not in second.stdout
            assert psutil.Process(second.process.pid).net_connections() == []
            assert second.process.poll() is None
            second.process.terminate()
            assert second.process.wait(PATIENCE) == 143


# Mistakes on the command line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "many"], "'many' is not a port"),
        (["--port", "65536"], "'65536' is not a port"),
        (["--port", "-1"], "'-1' is not a port"),
        (["--habit", "sings"], "'stuck-processors'"),
        (["--sing"], "--sing"),
        (["--port", "0", "--host", "192.0.2.1"], "192.0.2.1"),
        (["--port", "0", "--host", "no such host"], "no such host"),
    ],
)
def test_a_mistake_is_one_line_and_exit_status_2(tmp_path: Path, arguments: list[str], said: str):
    ended = run(tmp_path, *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.count("\n") == 1
    assert said in ended.stderr


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf", ""])
def test_a_time_of_stand_by_that_is_none_is_a_mistake_too(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STANDIN_STANDBY_SECONDS", text)
    ended = run(tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"cloudserver: STANDIN_STANDBY_SECONDS={text}: not a number of seconds\n"


def test_without_pyjwt_it_says_what_to_install(tmp_path: Path):
    ended = run(tmp_path, before="sys.modules['jwt'] = None")
    assert ended.returncode == 2
    assert ended.stderr == "cloudserver: its login tokens need PyJWT: pip install 'fermat-sidecar[standin]'\n"


async def test_without_uvloop_it_is_the_same(tmp_path: Path):
    code = (
        "import sys; sys.modules['uvloop'] = None; from cloudserver.__main__ import main; main(sys.argv[1:])"
    )
    with starting(tmp_path, "--port", "0", command=(sys.executable, "-c", code)) as standin:
        standin.wait_for("/fermat\n")
        async with aiohttp.ClientSession(standin.url) as http:
            await CloudClient.register(http)
            standin.process.terminate()
            assert standin.process.wait(PATIENCE) == 143


# Signals


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
async def test_a_signal_ends_it_at_once_without_close_frames(
    tmp_path: Path, number: signal.Signals, status: int
):
    code = (  # whoever runs the tests may ignore signals: a shell's & does
        f"import signal, sys; signal.signal({number:d}, signal.SIG_DFL);"
        "from cloudserver.__main__ import main; main(sys.argv[1:])"
    )
    with starting(tmp_path, "--port", "0", command=(sys.executable, "-c", code)) as standin:
        standin.wait_for("/fermat\n")
        async with aiohttp.ClientSession(standin.url) as http:
            client = await CloudClient.register(http)
            before = standin.stdout
            standin.process.send_signal(number)
            assert standin.process.wait(PATIENCE) == status
            assert await client.closed() == (1006, "")
            assert standin.stdout == before, "nothing is logged about the end"
            assert standin.stderr == ""


async def test_a_signal_that_its_parent_ignored_stays_ignored(tmp_path: Path):
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        "from cloudserver.__main__ import main; main(sys.argv[1:])"
    )
    with starting(tmp_path, "--port", "0", command=(sys.executable, "-c", code)) as standin:
        standin.wait_for("/fermat\n")
        standin.process.send_signal(signal.SIGINT)
        assert await answers(standin.url)
        standin.process.terminate()
        assert standin.process.wait(PATIENCE) == 143


async def test_a_killed_one_leaves_its_port_free(tmp_path: Path):
    with serving(tmp_path) as standin:
        url = standin.url
        async with aiohttp.ClientSession(url) as http:
            await CloudClient.register(http)
            standin.process.kill()
            standin.process.wait(PATIENCE)
    (tmp_path / CONFIG).unlink()
    with starting(tmp_path, "--port", url.rpartition(":")[2]) as standin:
        standin.wait_for("/fermat\n")
        assert await answers(url)


# The log


async def test_the_log_has_the_real_servers_volume_in_both_sinks(tmp_path: Path):
    with serving(tmp_path) as standin:
        log = tmp_path / LOG
        size = log.stat().st_size

        async def grows_by(expected: int) -> None:
            """Wait for what an act adds, which may end after its answer, and see that no more comes."""
            nonlocal size
            deadline = time.monotonic() + PATIENCE
            while log.stat().st_size - size < 0.85 * expected and time.monotonic() < deadline:
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.1)
            grown = log.stat().st_size - size
            size += grown
            assert grown == pytest.approx(expected, rel=0.15)

        async with aiohttp.ClientSession(standin.url) as http:
            client = await CloudClient.register(http)
            await grows_by(2356)
            for _ in range(50):
                await client.socket.ping(b"PING")
            await client.socket.send_str(client.session.request_list())
            assert await client.event() == Listed(())
            await grows_by(923)  # a ping leaves nothing
            question = '{"platformComponentType":"ACTOR_CHAT"}'
            form = {"i": client.key, "dp": question}
            async with http.post("/fermat/api/components/registered", data=form) as answer:
                assert answer.status == 200
            await grows_by(519)
            assert await answers(standin.url)
            await grows_by(0)
            await client.socket.close()
            await grows_by(1236)
        assert log.read_text() == standin.stdout


async def test_a_full_disk_loses_lines_and_the_server_serves_on(tmp_path: Path):
    configure(tmp_path, 0)
    with serving(tmp_path) as standin:
        resource.prlimit(standin.process.pid, resource.RLIMIT_FSIZE, (0, 0))
        before = standin.stdout
        async with aiohttp.ClientSession(standin.url) as http:
            client = await CloudClient.register(http)
            assert standin.stdout == before == (tmp_path / LOG).read_text()
            await client.socket.send_str(client.session.request_list())
            assert await client.event() == Listed(())
            await client.socket.close()
        assert standin.stderr == ""


def test_its_descriptors_are_limited_by_the_hard_limit_only(tmp_path: Path):
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 500));"
        "from cloudserver.__main__ import main; main(sys.argv[1:])"
    )
    with starting(tmp_path, "--port", "0", command=(sys.executable, "-c", code)) as standin:
        standin.wait_for("/fermat\n")
        assert resource.prlimit(standin.process.pid, resource.RLIMIT_NOFILE) == (500, 500)
