"""A whole bundle of a real process: in time, private, and without changing its patient."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fermatkit.process import started
from sidecar.actuators.evidence.bundle import Bundle
from sidecar.actuators.evidence.collector import Collector, EvidenceSettings
from sidecar.core.actions import Collect
from sidecar.core.nouns import Identity
from sidecar.core.observations import Collected
from support.patient import lives, living, patient
from support.reports import Reports
from support.standin import answers, serving

LATE = 5.0
"""Seconds: the budget of 2, and room for a busy machine."""
ASKED = {"jvm-threads.txt", "jvm-heap.txt", "jvm-histogram.txt"}
READ = {"status.txt", "limits.txt", "threads.txt", "descriptors.txt", "sockets.txt", "machine.txt"}


def contents(collected: Collected) -> dict[str, str]:
    return {path.name: path.read_text() for path in Path(collected.bundle).iterdir()}


def summary(collected: Collected) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((Path(collected.bundle) / "summary.json").read_text())
    return loaded


def missing(collected: Collected) -> set[str]:
    return {line.partition(":")[0] for line in collected.missing}


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Identity]:
    with living(["sh", "-c", "echo ready; exec sleep 60"], tmp_path, says=b"ready\n") as identity:
        yield identity


async def test_a_jvm_that_answers(classes: Path, tmp_path: Path, gather, reports: Reports) -> None:
    with patient(classes, tmp_path, "idle", "20") as who:
        collected = await gather(who, recent=lambda: b'{"at":1}\n')
        assert lives(who)
    files = contents(collected)
    assert files.keys() >= ASKED | READ | {"server-output.txt", "server-log.txt", "samples.jsonl"}
    assert not ASKED & missing(collected)
    assert '"Timer-19"' in files["jvm-threads.txt"]
    assert "Timer-19" in files["threads.txt"]
    assert files["server-output.txt"].count("printed") == 200
    assert summary(collected)["files"]["status.txt"] == len(files["status.txt"])
    assert summary(collected)["none"] == ["hs-err.txt"]
    assert (collected.identity, len(reports.all)) == (who, 1)
    assert collected.took < LATE


async def test_a_stopped_jvm(classes: Path, tmp_path: Path, gather) -> None:
    with patient(classes, tmp_path, "idle") as who:
        os.kill(who.pid, signal.SIGSTOP)
        await asyncio.to_thread(os.waitid, os.P_PID, who.pid, os.WSTOPPED | os.WNOWAIT)  # all of its threads
        collected = await gather(who)
        assert lives(who)
    assert missing(collected) >= ASKED
    assert all("stopped" in line for line in collected.missing if line.startswith("jvm"))
    assert contents(collected).keys() >= READ
    assert collected.took < LATE


async def test_a_jvm_that_is_out_of_heap(classes: Path, tmp_path: Path, gather) -> None:
    """It may answer or not: it is not killed by the question, and the rest is there in time."""
    with patient(classes, tmp_path, "heap") as who:
        collected = await gather(who)
        assert lives(who)
    assert contents(collected).keys() >= READ
    assert contents(collected).keys() | missing(collected) >= ASKED
    assert collected.took < LATE


async def test_evidence_never_changes_a_jvm(classes: Path, tmp_path: Path, gather) -> None:
    with patient(classes, tmp_path, "deadlock") as who:
        for _ in range(5):
            assert "Java-level deadlock" in contents(await gather(who))["jvm-threads.txt"]
        assert lives(who)


async def test_evidence_never_changes_a_stand_in(tmp_path: Path, gather) -> None:
    (tmp_path / "standin").mkdir()
    with serving(tmp_path / "standin") as standin:
        who = Identity(standin.process.pid, started(standin.process.pid) or 0)
        for _ in range(3):
            assert missing(await gather(who)) >= ASKED
        assert lives(who)
        assert await answers(standin.url)


async def test_a_process_that_is_gone(tmp_path: Path, gather) -> None:
    with living(["sh", "-c", "echo ready"], tmp_path, says=b"ready\n") as who:
        pass
    collected = await gather(who)
    assert missing(collected) >= ASKED | {"status.txt", "threads.txt"}
    assert "server-output.txt" in contents(collected)


async def test_another_process_with_the_same_pid_is_not_described(sleeper: Identity, gather) -> None:
    collected = await gather(Identity(sleeper.pid, sleeper.started - 1))
    assert missing(collected) >= ASKED | {"status.txt", "threads.txt", "descriptors.txt"}


async def test_a_part_that_hangs_is_named_and_left(sleeper: Identity, gather) -> None:
    reader, writer = os.pipe()
    collected = await gather(sleeper, recent=lambda: os.read(reader, 1), budget=0.8)
    assert "samples.jsonl: did not come in time" in collected.missing
    assert contents(collected).keys() >= READ
    again = await gather(sleeper)
    assert "samples.jsonl: still hangs since an earlier bundle" in again.missing  # no second thread
    assert again.took < 0.8
    os.write(writer, b"x" * 1000)
    async with asyncio.timeout(20):
        while any(line.startswith("samples") for line in (await gather(sleeper)).missing):
            await asyncio.sleep(0.01)
    os.close(reader)
    os.close(writer)


async def test_a_state_directory_that_hangs_is_reported_once(
    sleeper: Identity, settings: EvidenceSettings, reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = threading.Event()
    write = Bundle.add

    def hangs(bundle: Bundle, name: str, content: bytes) -> str | None:
        disk.wait(20)
        return write(bundle, name, content)

    monkeypatch.setattr(Bundle, "add", hangs)
    collector = Collector(msgspec.structs.replace(settings, budget=0.4), lambda: None, reports)
    for number in (1, 2):  # the second one finds the disk still hanging
        collector.collect(Collect(sleeper, "7-hung"))
        collected = await reports.until(Collected, number)
        assert collected.bundle == ""
        assert collected.missing == (f"everything: {settings.directory}: not written within 0.4 s",)
        assert [path.suffix for path in settings.directory.iterdir()] == [".partial"]
    disk.set()
    async with asyncio.timeout(20):
        while [path.suffix for path in settings.directory.iterdir()] == [".partial"]:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    assert len(reports.all) == 2
    await collector.close()


async def test_a_part_that_is_broken_is_named(sleeper: Identity, gather) -> None:
    collected = await gather(sleeper, recent=lambda: b"%d" % (1 // 0))
    assert any("samples.jsonl: a mistake of ours: ZeroDivisionError" in line for line in collected.missing)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


async def test_a_disk_that_gets_full(sleeper: Identity, small_disk: Path, gather) -> None:
    some = await gather(sleeper, directory=small_disk / "evidence", recent=lambda: b"x" * 100_000)
    assert "samples.jsonl: No space left on device" in some.missing
    assert "samples.jsonl" not in contents(some)
    assert contents(some).keys() >= READ | {"summary.json"}


async def test_a_full_disk(sleeper: Identity, small_disk: Path, gather) -> None:
    (small_disk / "eater").write_bytes(b"x" * 2**16)
    assert not os.statvfs(small_disk).f_bfree
    collected = await gather(sleeper, directory=small_disk / "evidence")
    assert collected.bundle == ""
    assert "No space left on device" in collected.missing[0]
    with os.scandir(small_disk / "evidence") as entries:
        assert not list(entries)  # no half of a bundle


async def test_a_directory_that_cannot_be_made_is_said(sleeper: Identity, tmp_path: Path, gather) -> None:
    (tmp_path / "plain").write_text("")
    collected = await gather(sleeper, directory=tmp_path / "plain/evidence")
    assert collected.bundle == ""
    assert collected.missing == (f"everything: {tmp_path}/plain/evidence: Not a directory",)


async def test_no_secret_is_in_a_bundle(sleeper: Identity, tmp_path: Path, gather) -> None:
    secret = "S3cr3t-in-many-places"  # noqa: S105 - that is the test
    (tmp_path / "configuration/server_conf.properties").write_text(
        f"password = {secret}\n#password={secret}\n"
    )
    (tmp_path / "output").write_text(
        f'{{"user":"x","password":"{secret}"}}\nAuthorization: Bearer {secret}\n'
    )
    (tmp_path / "fermat_server.log").write_text(f"INFO Login - token = {secret}\n")
    (tmp_path / f"hs_err_pid{sleeper.pid}.log").write_text(f"jvm_args: -Dadmin.password={secret}\n")
    (tmp_path / "sidecar.toml").write_text(
        f"# url = '{secret}'\n[server]\ncommand = ['java', '--token', '{secret}', '-Dpassword={secret}']\n"
        f"[server.admin]\npassword = '{secret}'\n[[channel]]\nurl = '''\ntgram://{secret}'''\n"
    )
    collected = await gather(sleeper)
    files = contents(collected)
    assert files.keys() >= {"server-configuration.txt", "server-output.txt", "server-log.txt", "hs-err.txt"}
    assert "sidecar-configuration.json" in files
    assert [name for name, content in files.items() if secret in content] == []
    assert sum("***" in content for content in files.values()) == 5


async def test_only_its_owner_may_look_inside(sleeper: Identity, gather) -> None:
    bundle = Path((await gather(sleeper)).bundle)
    assert {path.stat().st_mode & 0o777 for path in (bundle, bundle.parent)} == {0o700}
    with os.scandir(bundle) as entries:
        assert {entry.stat().st_mode & 0o777 for entry in entries} == {0o600}


async def test_a_bundle_has_a_limit(sleeper: Identity, gather) -> None:
    collected = await gather(sleeper, bundle_limit=10_000, recent=lambda: b"x" * 50_000)
    assert sum(summary(collected)["files"].values()) == 10_000
    assert any("the bundle is full" in line for line in collected.missing)


async def test_the_oldest_bundles_make_room(sleeper: Identity, settings: EvidenceSettings, gather) -> None:
    for name in ("2020-01-01T000000Z-1-hung.partial", "2020-01-02T000000Z-2-hung"):
        (settings.directory / name).mkdir(parents=True)
        (settings.directory / name / "file").write_bytes(b"x" * 100_000)
    collected = await gather(sleeper, total_limit=250_000)
    async with asyncio.timeout(20):
        while len(left := sorted(path.name for path in settings.directory.iterdir())) > 2:
            await asyncio.sleep(0.01)
    assert left == ["2020-01-02T000000Z-2-hung", Path(collected.bundle).name]


def test_a_thread_that_hangs_does_not_keep_the_program() -> None:
    program = (
        "import asyncio, os, sys\nfrom pathlib import Path\n"
        "from sidecar.actuators.evidence.lanes import Lanes, Part\n"
        "print(list(Lanes().read({'hangs': [Part('x', lambda: os.read(os.pipe()[0], 1))]}, 0.0)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=20, check=True)
    assert b"did not come in time" in done.stdout
