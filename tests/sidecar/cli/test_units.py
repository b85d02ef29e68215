"""``install-units`` and ``uninstall-units``, under a root directory of their own."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fermatkit.errors import ExitCode, UserError
from sidecar.cli.install_units import install, install_units
from sidecar.cli.shipped import PLACES, content
from sidecar.cli.uninstall_units import uninstall, uninstall_units

RULES = "etc/polkit-1/rules.d/50-fermat-sidecar.rules"
UNIT = "usr/local/lib/systemd/system/fermat-cloud-server.service"
CONFIG = "etc/fermat-sidecar/sidecar.toml"

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root may make users")
with_systemd = pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="there is no systemd")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A system on which nothing is installed, and its log directories."""
    for name in ("etc", "usr", "opt", "var/log", "var/lib"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}


def users(root: Path) -> dict[str, int]:
    lines = (root / "etc/passwd").read_text().splitlines()
    return {line.split(":")[0]: int(line.split(":")[2]) for line in lines}


@as_root
@with_systemd
def test_all_is_put_in_place_and_taken_away(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(root)
    install(root, dry_run=False)
    assert "fermat-cloud-server" in users(root)
    for place, name in PLACES.items():
        assert (root / place).read_bytes() == content(name)
        assert stat.S_IMODE((root / place).stat().st_mode) == 0o644
    config = (root / CONFIG).stat()
    assert stat.S_IMODE(config.st_mode) == 0o640
    assert (config.st_uid, config.st_gid) == (0, users(root)["fermat-sidecar"])
    server = (root / "opt/fermat-cloud-server").stat()
    assert server.st_uid == users(root)["fermat-cloud-server"]

    uninstall(root, dry_run=False)
    databases = {f"etc/{name}" for name in ("passwd", "group", "shadow", "gshadow")}
    assert files(root) - before - databases == {"etc/.pwd.lock", CONFIG}
    assert not (root / "usr/local/share/fermat-sidecar").exists()
    assert "Left, as they may be of use" in capsys.readouterr().out


@as_root
@with_systemd
def test_an_installation_can_be_repeated_and_what_is_the_operators_stays(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(root, dry_run=False)
    (root / RULES).write_text("// mine\n")
    (root / CONFIG).write_text("# mine\n")
    (root / CONFIG).chmod(0o600)
    (root / "opt/fermat-cloud-server").chmod(0o700)
    capsys.readouterr()
    install(root, dry_run=False)
    said = capsys.readouterr().out.splitlines()
    assert f"keep   /{RULES}: it was changed; delete it to have the shipped one" in said
    assert f"same   /{UNIT}" in said
    assert (root / RULES).read_text() == "// mine\n"
    assert (root / CONFIG).read_text() == "# mine\n"
    assert stat.S_IMODE((root / CONFIG).stat().st_mode) == 0o600
    assert stat.S_IMODE((root / "opt/fermat-cloud-server").stat().st_mode) == 0o700
    uninstall(root, dry_run=False)
    assert (root / RULES).exists()
    assert (root / CONFIG).exists()
    assert not (root / UNIT).exists()


@as_root
@with_systemd
def test_an_older_version_of_ours_is_replaced(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(root, dry_run=False)
    record = root / "usr/local/share/fermat-sidecar/installed.sha256"
    (root / UNIT).write_text("older\n")
    digest = subprocess.run(["sha256sum", root / UNIT], check=True, capture_output=True, text=True).stdout
    now = next(line for line in record.read_text().splitlines() if line.endswith(f"/{UNIT}"))
    record.write_text(record.read_text().replace(now.split()[0], digest.split()[0]))
    capsys.readouterr()
    install(root, dry_run=False)
    assert f"write  /{UNIT}" in capsys.readouterr().out.splitlines()
    assert (root / UNIT).read_bytes() == content("fermat-cloud-server.service")


def test_a_dry_run_says_all_and_does_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "etc/systemd/system").mkdir(parents=True)
    (root / "etc/systemd/system/fermat-sidecar.service").touch()
    before = files(root)
    install(root, dry_run=True)
    assert files(root) == before
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if line.startswith("write")] == [f"write  /{p}" for p in (*PLACES, CONFIG)]
    assert said[-3:] == [
        "Note: /etc/systemd/system/fermat-sidecar.service takes the place of the shipped one",
        "Note: the unit starts /opt/fermat-sidecar/bin/fermat-sidecar, and there is none",
        "Nothing was done.",
    ]


def test_what_was_not_installed_cannot_be_taken_away(root: Path) -> None:
    with pytest.raises(UserError, match="nothing was installed"):
        uninstall(root, dry_run=False)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("command", [install_units, uninstall_units])
def test_who_is_not_root_is_told_so(command: Callable[..., ExitCode]) -> None:
    os.seteuid(65534)
    try:
        with pytest.raises(UserError, match=r"^\S+: writes to /etc and /usr/local: run it as root$"):
            command(dry_run=False)
    finally:
        os.seteuid(0)


def test_a_program_that_the_unit_cannot_run_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = root / "opt/fermat-sidecar/bin/fermat-sidecar"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    (root / "opt").chmod(0o700)
    install(root, dry_run=True)
    (note,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("Note:"))
    assert note.startswith("Note: the unit cannot run /opt/fermat-sidecar/bin/fermat-sidecar: ")
    assert "is closed to others (mode 0700)" in note
