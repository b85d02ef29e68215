"""The limits of tasks that a process shares with others: a real one of a user's, and folders like cgroups."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from resource import RLIM_INFINITY

import pytest

from fermatkit import cgroups, tasks
from fermatkit.measures import Measure, Reading, Unknown
from fermatkit.tasks import MEASURES, nothing, shared
from support.groups import written
from support.users import another_user, with_threads


def of_user(pid: int) -> tuple[Reading, Reading]:
    seen = shared(pid)
    assert set(seen) == set(MEASURES)
    return seen[Measure.USER_TASKS], seen[Measure.USER_TASKS_LIMIT]


def test_who_is_refused_a_thread_has_all_that_its_user_may_have() -> None:
    with with_threads(100, limit=24) as (pid, threads):
        assert threads == 24, "the kernel refused the next"
        assert of_user(pid) == (24, 24)
        with another_user():
            assert of_user(pid) == (24, 24), "anybody may know"


def test_all_processes_of_the_user_count() -> None:
    with with_threads(5, limit=50) as (pid, _):
        with with_threads(3, limit=40) as (other, _):
            assert of_user(pid) == (8, 50)
            assert of_user(other) == (8, 40), "each has a limit of its own"
        assert of_user(pid) == (5, 50)


def test_who_has_no_limit_is_not_counted() -> None:
    none = Unknown("no limit is set")
    with with_threads(1, limit=RLIM_INFINITY) as (pid, _):
        assert of_user(pid) == (none, none)


def test_it_does_not_bind_root() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        found = of_user(process.pid)
        process.kill()
    if os.getuid() != 0:
        pytest.skip("only root can start a process of root's")
    assert found == (Unknown("it does not bind root"), Unknown("it does not bind root"))


@pytest.mark.skipif(shutil.which("setpriv") is None or os.getuid() != 0, reason="needs root and setpriv")
@pytest.mark.parametrize("capability", ["sys_resource", "sys_admin"])
def test_nor_who_has_a_capability(capability: str) -> None:
    caps = [f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}"]
    command = ["setpriv", "--reuid=65534", "--clear-groups", *caps, "sh", "-c", "echo; sleep 60 & wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        if not process.stdout.readline():
            pytest.skip(f"this root lacks {capability}")
        found, _ = of_user(process.pid)
        os.killpg(process.pid, 9)
    assert found == Unknown("it does not bind who has CAP_SYS_RESOURCE or CAP_SYS_ADMIN")


def test_of_who_is_gone_nothing_is_said() -> None:
    with subprocess.Popen(["true"]) as process:
        pass
    with pytest.raises(OSError, match="No such"):
        shared(process.pid)


def test_where_the_system_does_not_tell_it_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "LINUX", False)
    assert shared(os.getpid()) == nothing(Unknown("this operating system does not tell"))


def of_slices(monkeypatch: pytest.MonkeyPatch, above: list[Path] | Unknown) -> tuple[Reading, Reading]:
    monkeypatch.setattr(cgroups, "above", lambda _: above)
    seen = shared(os.getpid())
    return seen[Measure.SLICE_TASKS], seen[Measure.SLICE_TASKS_LIMIT]


def test_of_the_slices_the_fullest_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [tmp_path / name for name in ("a.slice", "b.slice", "c.slice", "none.slice", "root")]
    for folder, limit in zip(folders, ("1000", "100", "max", "0"), strict=False):
        written(folder, pids_current="57\n", pids_max=f"{limit}\n")
    assert of_slices(monkeypatch, folders) == (57, 100)
    none = Unknown("no limit is set")
    assert of_slices(monkeypatch, folders[2:]) == (none, none)


def test_slices_that_are_not_seen_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    why = Unknown("cgroup v2 is not mounted")
    assert of_slices(monkeypatch, why) == (why, why)
