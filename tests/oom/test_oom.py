"""A unit with limits of memory and tasks, on a booted systemd with all of cgroup v2: what is told of its end.

`make test-oom`: some three minutes, for its kernel is emulated.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sidecar.core.stories import SERVER
from support.wheels import CHECKOUT, PYTHON
from support.wheels import wheels as build

HERE = Path(__file__).parent
KERNEL = CHECKOUT / "build" / "oom-kernel"
_NEEDED = (PYTHON, "qemu-system-x86_64", "unshare", "systemctl", "apt-get", "dpkg")
_LACKING = [name for name in _NEEDED if shutil.which(name) is None]

pytestmark = [
    pytest.mark.skipif(os.getuid() != 0, reason="only root can boot a system"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the kernel that is booted is one for x86_64"),
    pytest.mark.skipif(bool(_LACKING), reason=f"not installed: {', '.join(_LACKING)}"),
]


@pytest.fixture(scope="module")
def kernel() -> Path:
    """Debian's own, kept for the next time."""
    if not (KERNEL / "vmlinuz").exists():
        done = subprocess.run([HERE / "kernel.sh", KERNEL], check=False, capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"no kernel to boot: {done.stderr.strip()}")
    return KERNEL


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package and all that it needs, for the Python that Debian has."""
    return build(tmp_path_factory.mktemp("wheels"), "standin")


@pytest.fixture(scope="module")
def seen(kernel: Path, wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was seen inside, case by case; all of them in one boot."""
    results = tmp_path_factory.mktemp("results")
    environment = {**os.environ, "WHEELS": str(wheels), "CHECKOUT": str(CHECKOUT)}
    done = subprocess.run(
        [HERE / "boot-qemu.sh", HERE / "prepare.sh", kernel, results],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    if not (results / "seen.json").exists():
        said = [results / name for name in ("output", "console")]
        texts = [file.read_text(errors="replace")[-2000:] for file in said if file.exists()]
        pytest.fail("\n".join([f"boot-qemu.sh: status {done.returncode}", done.stderr[-2000:], *texts]))
    found: dict[str, Any] = msgspec.json.decode((results / "seen.json").read_bytes())
    return found


def lived_through(seen: dict[str, Any], case: str) -> dict[str, Any]:
    found: dict[str, Any] = seen.get(case, {"failed": "there was no time left for it"})
    assert "failed" not in found, found["failed"]
    print(f"{case}: {found['seconds']:.1f} s; proven before it in {found['proven: seconds']:.1f} s")
    return found


def story(found: dict[str, Any]) -> str:
    """The last incident of the server, as the sidecar tells it."""
    last = [one for one in found["health"]["checks"]["incidents:last"] if one["observedValue"] == SERVER]
    return "\n".join(line["text"] for line in last[0]["story"]) if last else ""


def test_there_are_controllers(seen: dict[str, Any]) -> None:
    assert {"memory", "pids"} <= set(seen["controllers"])


@pytest.mark.parametrize(
    ("case", "how"),
    [
        ("main eats", "killed by SIGKILL (signal 9)"),
        ("child eats, stop", "exit code 143 (128 + 15: SIGTERM)"),
        ("child eats, kill", "killed by SIGKILL (signal 9)"),
    ],
)
def test_an_end_for_want_of_memory_is_told_as_one_and_left_to_systemd(
    seen: dict[str, Any], case: str, how: str
) -> None:
    found = lived_through(seen, case)
    before, after = found["pid before"], found["pid after"]
    told = story(found)
    assert f"(pid {before}) ended: oom-kill: {how}." in told
    assert "left to its supervisor" in told
    assert f"pid {after} runs, the server's port is its own, and it answered" in told
    assert found["restarts"] == 1, "systemd's own count"


def test_a_child_that_was_killed_alone_is_no_end(seen: dict[str, Any]) -> None:
    found = lived_through(seen, "child eats, continue")
    assert found["counters"]["memory.events oom_kill"] == 1
    assert (found["pid after"], found["restarts"]) == (found["pid before"], 0)
    assert f"(pid {found['pid before']})" not in story(found)


def test_a_child_that_was_killed_alone_is_found(seen: dict[str, Any]) -> None:
    found = lived_through(seen, "child eats, continue")
    assert "found: seconds" in found, "it was seen in findings:open"


def test_a_server_that_may_have_no_more_tasks_is_told_of_early_and_replaced(seen: dict[str, Any]) -> None:
    found = lived_through(seen, "tasks")
    assert "found: seconds" in found, "it was seen in findings:open"
    before, after = found["pid before"], found["pid after"]
    assert after != before
    told = story(found)
    assert "that the server's unit (TasksMax, pids.max) may have (100%)" in told
    assert f"the Cloud Server (pid {before}) can make no thread more" in told
    assert f"pid {after} runs, the server's port is its own, and it answered" in told
    assert found["health"]["status"] != "fail"
