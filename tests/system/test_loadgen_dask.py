"""`python -m loadgen --scheduler`: one run by the workers of a real Dask scheduler, in good and bad days.

Each starts up to six interpreters of Dask: `make test` does those without a mark, `make test-dask` does all.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from support import standin as standing
from support.authority import authority
from support.echoing import echo_server
from support.loading import end, eventually, holding, seconds_so_far, start
from support.networks import networks

pytest.importorskip("distributed", reason="needs the extra: pip install 'fermat-sidecar[dask]'")

from support.dasks import Dasks, dasks, free_port, gone, processes_of


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "server"
    folder.mkdir()
    with standing.starting(folder, "--port", "0") as standin:
        standin.wait_for("Server URI = ")
        yield standin.url.replace("http", "ws", 1)


@pytest.fixture
def four(tmp_path: Path) -> Iterator[Dasks]:
    with dasks(tmp_path, 4) as found:
        yield found


def adds_up(summary: dict[str, Any]) -> None:
    clients, messages = summary["clients"], summary["messages"]
    assert clients["asked"] == clients["registered"] + clients["failed"] + clients["unfinished"]
    assert clients["registered"] == clients["open"] + clients["lost"]
    assert messages["scheduled"] == messages["unsent"] + messages["sent"]
    assert messages["sent"] == messages["answered"] + messages["lost"] + messages["in_flight"]


def test_four_dask_workers_are_one_run(tmp_path: Path, url: str, four: Dasks):
    flags = ("--connections", "202", "--duration", "3", "--rate", "101", "--scheduler", four.url, "--json")
    ended = end(start(tmp_path, url, *flags))
    summary = ended.summary
    assert (summary["clients"]["open"], summary["clients"]["left"]) == (202, 202)
    assert summary["messages"]["answered"] == summary["messages"]["scheduled"] == 303
    assert ended.code in {0, 4}, summary  # 4: this machine was too busy
    assert len(seconds_so_far(tmp_path)) >= 3
    notes = [line for line in ended.err.splitlines() if "begins with the others to within" in line]
    assert len(notes) == 4
    adds_up(summary)


def test_four_dask_workers_echo(tmp_path: Path, four: Dasks):
    flags = ("--connections", "40", "--duration", "2", "--rate", "100", "--scheduler", four.url, "--json")
    with echo_server() as url:
        ended = end(start(tmp_path, url, "--preset", "echo", *flags))
    summary = ended.summary
    assert (summary["clients"]["open"], summary["clients"]["left"]) == (40, 40)
    assert summary["messages"]["answered"] == summary["messages"]["scheduled"] == 200
    assert ended.code in {0, 4}, summary  # 4: this machine was too busy
    adds_up(summary)


def test_a_dask_worker_that_is_killed_is_lost_and_its_clients_leave_by_themselves(
    tmp_path: Path, url: str, four: Dasks
):
    flags = ("--connections", "80", "--duration", "8", "--rate", "40", "--scheduler", four.url, "--json")
    loading = start(tmp_path, url, *flags)
    eventually(lambda: holding(tmp_path))
    (orphan,) = processes_of(four.workers[2])
    four.workers[2].kill()
    assert gone([orphan], within=8)
    ended = end(loading)
    summary = ended.summary
    assert (ended.code, summary["verdict"]) == (4, "INVALID")
    assert (
        "the Dask scheduler has lost it: its 20 clients, 20 of them held, are lost" in summary["reasons"][0]
    )
    assert (summary["clients"]["lost"], summary["clients"]["left"]) == (20, 60)
    adds_up(summary)


@pytest.mark.long
def test_a_load_process_that_is_killed_is_told_by_its_own_end(tmp_path: Path, url: str, four: Dasks):
    flags = ("--connections", "80", "--duration", "5", "--rate", "40", "--scheduler", four.url, "--json")
    loading = start(tmp_path, url, *flags)
    eventually(lambda: holding(tmp_path))
    processes_of(four.workers[1])[0].kill()
    summary = end(loading).summary
    assert summary["verdict"] == "INVALID"
    assert "was killed by SIGKILL" in summary["reasons"][0]
    adds_up(summary)


def test_a_task_that_is_scheduled_once_more_refuses(tmp_path: Path, url: str):
    with dasks(tmp_path, 1) as found:
        # A nanny's worker comes back under the same address: for the scheduler it is where the task belongs.
        found.add("--nanny", "--worker-port", str(free_port()))
        found.are_there()
        flags = (
            "--connections",
            "40",
            "--duration",
            "12",
            "--rate",
            "20",
            "--scheduler",
            found.url,
            "--json",
        )
        loading = start(tmp_path, url, *flags)
        eventually(lambda: holding(tmp_path))
        (process,) = processes_of(found.workers[1])
        psutil.Process(process.ppid()).kill()
        eventually(lambda: "was to be begun a second time" in found.told("w1"))
        assert found.told().count("Register worker addr:") == 3
        assert processes_of(found.workers[1]) == []
        ended = end(loading)
        summary = ended.summary
        assert (ended.code, summary["verdict"]) == (4, "INVALID")
        assert (summary["clients"]["lost"], summary["clients"]["left"]) == (20, 20)
        connects = summary["connects"]
        assert connects["answered"] == 40  # nobody has connected twice
        adds_up(summary)


@pytest.mark.long
def test_a_scheduler_that_is_gone_ends_the_run_everywhere(tmp_path: Path, url: str, four: Dasks):
    flags = ("--connections", "40", "--duration", "5m", "--rate", "20", "--scheduler", four.url, "--json")
    loading = start(tmp_path, url, *flags)
    eventually(lambda: holding(tmp_path))
    processes = [process for one in four.workers for process in processes_of(one)]
    assert len(processes) == 4
    four.scheduler.kill()
    ended = end(loading)
    summary = ended.summary
    assert (ended.code, summary["verdict"]) == (4, "INVALID")
    assert "the Dask scheduler is gone" in summary["reasons"][0]
    assert summary["clients"]["lost"] == 40
    assert gone(processes, within=15)
    adds_up(summary)


def test_a_leader_that_is_killed_ends_the_run_everywhere(tmp_path: Path, url: str, four: Dasks):
    flags = ("--connections", "40", "--duration", "5m", "--rate", "20", "--scheduler", four.url)
    loading = start(tmp_path, url, *flags)
    eventually(lambda: holding(tmp_path))
    processes = [process for one in four.workers for process in processes_of(one)]
    loading.kill()
    loading.communicate()
    assert gone(processes, within=20)


@pytest.mark.long
def test_a_dask_worker_that_is_frozen_is_lost_and_its_clients_leave_by_themselves(
    tmp_path: Path, url: str, four: Dasks
):
    flags = ("--connections", "40", "--duration", "16", "--rate", "20", "--scheduler", four.url, "--json")
    loading = start(tmp_path, url, *flags)
    eventually(lambda: holding(tmp_path))
    orphans = processes_of(four.workers[0])
    four.workers[0].send_signal(signal.SIGSTOP)
    assert gone(orphans, within=20)
    ended = end(loading)
    assert (ended.code, ended.summary["verdict"]) == (4, "INVALID")
    assert "had said nothing for 10 s and was ended" in ended.summary["reasons"][0]
    assert ended.summary["clients"]["lost"] == 10
    adds_up(ended.summary)


@pytest.mark.long
def test_ctrl_c_ends_all_in_order(tmp_path: Path, url: str, four: Dasks):
    flags = ("--connections", "40", "--duration", "5m", "--rate", "20", "--scheduler", four.url, "--json")
    loading = start(tmp_path, url, *flags)
    eventually(lambda: holding(tmp_path))
    loading.send_signal(signal.SIGINT)
    ended = end(loading)
    assert (ended.code, ended.summary["verdict"]) == (130, "INTERRUPTED")
    assert (ended.summary["clients"]["left"], ended.summary["clients"]["lost"]) == (40, 0)


@pytest.mark.long
def test_a_scheduler_behind_tls(tmp_path: Path, url: str):
    files = tmp_path / "tls"
    files.mkdir()
    authority(files)
    pems = [str(files / name) for name in ("ca.pem", "server.pem", "server.key")]
    theirs = [
        part for pair in zip(("--tls-ca-file", "--tls-cert", "--tls-key"), pems, strict=True) for part in pair
    ]
    ours = [part for pair in zip(("--tls-ca", "--tls-cert", "--tls-key"), pems, strict=True) for part in pair]
    with dasks(tmp_path, 2, *theirs, scheme="tls") as found:
        assert found.url.startswith("tls://")
        flags = ("--connections", "20", "--duration", "2", "--scheduler", found.url, *ours, "--json")
        ended = end(start(tmp_path, url, *flags))
        assert ended.summary["clients"]["left"] == 20
        missing = end(start(tmp_path, url, *flags[:-4], "/nowhere/tls.cert", *flags[-3:]))
    assert (missing.code, missing.out) == (2, "")
    assert len(missing.err.splitlines()) == 1


@pytest.mark.long
def test_workers_in_networks_of_their_own(tmp_path: Path):
    with networks(2) as (here, there):
        folder = tmp_path / "server"
        folder.mkdir()
        inside = (sys.executable, "-m", "cloudserver")
        with (
            standing.starting(
                folder, "--port", "9090", "--host", here.address, command=(*here.enter, *inside)
            ),
            dasks(tmp_path, 0, host=here.address, before=here.enter) as found,
        ):
            for place in (here, there):
                found.add("--no-nanny", "--host", place.address, before=place.enter)
            found.are_there()
            flags = ("--connections", "30", "--duration", "3", "--rate", "30", "--json", "--quiet")
            url = f"ws://{here.address}:9090"
            loading = start(tmp_path, url, *flags, "--scheduler", found.url, before=here.enter)
            ended = end(loading)
    assert ended.summary["clients"]["left"] == 30
    assert ended.summary["messages"]["answered"] == 90


@pytest.mark.long
def test_more_workers_than_there_are_is_one_line(tmp_path: Path, url: str):
    with dasks(tmp_path, 1) as found:
        flags = ("--scheduler", found.url, "--workers", "2", "--quiet")
        ended = end(start(tmp_path, url, *flags))
    assert ended.code == 2
    assert ended.out == ""
    what = "1 Dask workers are there, 2 are needed: start more"
    (line,) = ended.err.splitlines()
    assert line == f"fermat-loadgen: --scheduler {found.url}: {what} (dask worker {found.url})"


def test_no_scheduler_is_one_line(tmp_path: Path):
    where = f"tcp://127.0.0.1:{free_port()}"
    ended = end(start(tmp_path, "ws://127.0.0.1:9", "--scheduler", where, "--quiet"))
    assert (ended.code, ended.out) == (2, "")
    (line,) = ended.err.splitlines()
    assert line.startswith(f"fermat-loadgen: --scheduler {where}: no Dask scheduler answers there")


@pytest.mark.parametrize(
    "flags",
    [
        ("--scheduler", "tls://127.0.0.1:8786"),
        ("--scheduler", "tls://127.0.0.1:8786", "--tls-ca", "a"),
        ("--scheduler", "tcp://127.0.0.1:8786", "--tls-ca", "a", "--tls-cert", "b", "--tls-key", "c"),
        ("--tls-key", "c"),
        ("--scheduler", "127.0.0.1:8786"),
    ],
)
def test_bad_flags_are_refused_in_a_line(tmp_path: Path, flags: tuple[str, ...]):
    ended = end(start(tmp_path, "ws://127.0.0.1:9", *flags))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("fermat-loadgen: --scheduler ")
    assert len(ended.err.splitlines()) == 1
