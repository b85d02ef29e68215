"""What systemd, logrotate and the sidecar itself say of the shipped files."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from sidecar.cli.shipped import PLACES

SYSTEMD = Path(__file__).parents[2] / "systemd"
UNITS = ("fermat-sidecar.service", "fermat-cloud-server.service", "command-mode/fermat-sidecar.service")

analyzed = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], check=False, capture_output=True, text=True)


def test_every_file_has_its_place() -> None:
    there = {str(path.relative_to(SYSTEMD)) for path in SYSTEMD.rglob("*") if path.is_file()}
    assert there == set(PLACES.values())


@analyzed
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_nothing_wrong_with_a_unit(unit: str) -> None:
    found = analyze("verify", SYSTEMD / unit).stderr.splitlines()
    assert [line for line in found if "fermat" in line and "is not executable" not in line] == []


@analyzed
@pytest.mark.parametrize(
    ("unit", "most"), [("fermat-sidecar.service", 13), ("fermat-cloud-server.service", 20)]
)
def test_little_is_left_that_a_unit_could_be_denied(unit: str, most: int) -> None:
    done = analyze("security", "--offline=true", "--no-pager", f"--threshold={most}", SYSTEMD / unit)
    assert done.returncode == 0, done.stdout[-200:]


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="there is no logrotate")
def test_logrotate_takes_its_file(tmp_path: Path) -> None:
    """In debug mode, in which it does nothing; `su` may name a user that is not made yet."""
    text = (SYSTEMD / "logrotate.d/fermat-cloud-server").read_text()
    path = tmp_path / "logrotate"
    path.write_text(text.replace("su fermat-cloud-server fermat-cloud-server", "su root root"))
    done = subprocess.run(["logrotate", "-d", path], check=False, capture_output=True, text=True)
    assert done.returncode == 0
    assert "error:" not in done.stderr
    assert "rotating pattern: /var/log/fermat-cloud-server/fermat_server.log" in done.stderr


@pytest.mark.skipif(shutil.which("systemd-tmpfiles") is None, reason="there is no systemd-tmpfiles")
def test_what_the_server_never_deletes_goes_by_age_and_the_log_itself_stays(tmp_path: Path) -> None:
    """With an age of a second: it counts from the last change of any kind, and that cannot be set."""
    (source,) = (SYSTEMD / "tmpfiles.d").iterdir()
    lines = source.read_text().replace("14d", "1s").replace("30d", "1s").splitlines()
    aged = [line for line in lines if line.startswith(("e ", "x "))]
    logs, heaps = tmp_path / "log/fermat-cloud-server", tmp_path / "lib/fermat-cloud-server"
    logs.mkdir(parents=True)
    heaps.mkdir(parents=True)
    old = [logs / "fermat_server.log.2026-01-01", logs / "hs_err_pid7.log", heaps / "java_pid7.hprof"]
    for path in (*old, logs / "fermat_server.log"):
        path.touch()
    time.sleep(1.2)
    (logs / "fermat_server.log.2026-01-02").touch()
    config = tmp_path / "fermat.conf"
    config.write_text("\n".join(aged).replace("/var/", f"{tmp_path}/"))
    subprocess.run(["systemd-tmpfiles", "--clean", config], check=True)
    assert {path.name for path in logs.iterdir()} == {"fermat_server.log", "fermat_server.log.2026-01-02"}
    assert list(heaps.iterdir()) == []
