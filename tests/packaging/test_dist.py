"""`make dist`: the same bytes from the same commit, with all in them that an installed program opens."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = tuple(f"{name}/" for name in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made of what git knows, copied a moment ago."""
    return built(copied(tmp_path_factory.mktemp("first")))


@pytest.fixture(scope="module")
def wheel(dist: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(dist.glob("*.whl")))


def copied(directory: Path) -> Path:
    for name in tracked():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, directory / name)
    return directory


def built(checkout: Path, *kinds: str, umask: int = 0o022) -> Path:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", "dist", *kinds],
        check=False,
        capture_output=True,
        text=True,
        cwd=checkout,
        umask=umask,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1800000000"},
    )
    assert done.returncode == 0, done.stderr
    return checkout / "dist"


def contents(dist: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in dist.iterdir()}


def test_built_twice_it_is_the_same(dist: Path, tmp_path: Path) -> None:
    """In another directory, at another time, by somebody of another umask."""
    again = copied(tmp_path / "elsewhere")
    for path in again.rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            os.utime(path, (1_000_000_000, 1_000_000_000))
    assert contents(built(again, umask=0o077)) == contents(dist)


def test_the_sdist_makes_the_same_wheel(dist: Path, tmp_path: Path) -> None:
    with tarfile.open(next(dist.glob("*.tar.gz"))) as sdist:
        sdist.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    (wheel,) = contents(built(unpacked, "-t", "wheel")).values()
    assert wheel == next(dist.glob("*.whl")).read_bytes()


def test_the_wheel_has_all_of_the_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    """Units, page, templates, words, presets and charts are files beside the modules that open them."""
    units = {f"sidecar/{name}" for name in tracked() if name.startswith("systemd/")}
    expected = {name for name in tracked() if name.startswith(PACKAGES)} | units
    there = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert there == expected
    for part in (
        "sidecar/systemd/fermat-sidecar.service",
        "sidecar/systemd/sidecar.toml",
        "sidecar/faces/words/es.toml",
        "loadgen/report/page/report.html",
        "loadgen/report/words/es.toml",
        "loadgen/scenario/presets/smoke.toml",
        "fermatkit/charts/uplot.js",
    ):
        assert part in there
    assert any(name.startswith("sidecar/web/page/") and name.endswith(".html") for name in there)


def test_licences_are_in_it(wheel: zipfile.ZipFile) -> None:
    """Ours, and of each part that is somebody else's."""
    licences = {name.partition("/licenses/")[2] for name in wheel.namelist() if "/licenses/" in name}
    vendored = {name for name in tracked() if name.startswith(PACKAGES) and name.endswith(".LICENSE")}
    assert vendored
    assert licences == {"LICENSE", *vendored}


def test_the_version_is_that_of_the_project_file(wheel: zipfile.ZipFile) -> None:
    metadata = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    assert message_from_bytes(wheel.read(metadata))["Version"] == PROJECT["project"]["version"]


@pytest.mark.parametrize(("module", "name"), [("sidecar", "fermat-sidecar"), ("loadgen", "fermat-loadgen")])
def test_programs_say_it(module: str, name: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", module, "--version"], check=True, capture_output=True, text=True
    )
    assert said.stdout == f"{name} {PROJECT['project']['version']}\n"


def test_nothing_else_has_it_written_down() -> None:
    """So that one line is all to change for a new one."""
    version = PROJECT["project"]["version"]
    code = [name for name in tracked() if name.startswith(PACKAGES) and name.endswith(".py")]
    assert [name for name in code if f'"{version}"' in (ROOT / name).read_text()] == []
