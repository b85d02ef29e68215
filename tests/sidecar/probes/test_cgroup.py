"""A real process at a real limit of its user's tasks, seen by the real probes, judged by the real core."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import msgspec
import pytest

from fermatkit.measures import Measure, Unknown
from fermatkit.process import started
from sidecar.core.nouns import Act, Identity, Trouble
from sidecar.core.observations import Appeared, Counted, HostSampled, Observation, Restored
from sidecar.core.policy import Policy
from sidecar.core.rules import DEFAULTS
from sidecar.probes.cgroup import CgroupProbe, CgroupSettings
from sidecar.probes.host import HostProbe, HostSettings
from sidecar.probes.process import ProcessProbe, ProcessSettings
from support.playbook import Playbook
from support.reports import Reports
from support.users import with_threads

AT_ONCE = {trouble: msgspec.structs.replace(rule, last=0.0) for trouble, rule in DEFAULTS.items()}


async def judged(pid: int, patience: float = 10.0) -> Playbook:
    """The core once it has looked at the process and at the machine."""
    server = Identity(pid, started(pid) or 0)
    book, seen = Playbook(Policy(rules=AT_ONCE), at=time.monotonic()), set[type[Observation]]()

    def report(what: Observation) -> None:
        book.sees(what, after=time.monotonic() - book.at)
        seen.add(type(what))

    book.sees(Restored(None, seed=1))
    book.sees(Appeared(server, adopted=True))
    process, cgroup = ProcessProbe(ProcessSettings(), report), CgroupProbe(CgroupSettings(0.1), report)
    machine = HostProbe(HostSettings((Path("/"),)), report)
    try:
        process.watch(server)
        machine.start()
        cgroup.watch(server)
        async with asyncio.timeout(patience):
            while len(seen) < len((ProcessProbe, CgroupProbe, HostProbe)):
                await asyncio.sleep(0.05)
    finally:
        for probe in (process, cgroup, machine):
            await probe.close()
    return book


async def test_a_server_that_has_all_tasks_of_its_user_is_named_so() -> None:
    with with_threads(100, limit=24) as (pid, _):
        book = await judged(pid)
    finding = book.state.findings[Trouble.TASKS_SPENT]
    assert (finding.act, finding.reading, finding.measure) == (Act.RESTART, 1.0, Measure.USER_TASKS)


async def test_one_that_is_near_is_told_of_early() -> None:
    with with_threads(21, limit=24) as (pid, _):
        book = await judged(pid)
    finding = book.state.findings[Trouble.TASK_LIMIT]
    assert (finding.act, finding.reading, finding.measure) == (Act.TELL, 21 / 24, Measure.USER_TASKS)
    assert Trouble.TASKS_SPENT not in book.state.findings


async def test_where_others_of_its_user_have_them_it_is_left() -> None:
    with with_threads(3, limit=24) as (pid, _), with_threads(100, limit=24):
        book = await judged(pid)
    assert book.state.findings[Trouble.TASKS_SPENT].act is Act.TELL


async def test_far_from_every_limit_there_is_nothing_to_say() -> None:
    with with_threads(3, limit=1000) as (pid, _):
        book = await judged(pid)
    assert not {Trouble.TASK_LIMIT, Trouble.TASKS_SPENT} & book.state.findings.keys()


async def test_without_a_descriptor_of_ours_all_of_it_is_unknown(
    another: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = Reports()
    probe = CgroupProbe(CgroupSettings(), reports)
    monkeypatch.setattr("fermatkit.small.text", _refused)
    probe.watch(another)
    counted = await reports.until(Counted)
    await probe.close()
    assert set(counted.readings.values()) == {Unknown("Too many open files")}
    assert Measure.USER_TASKS in counted.readings
    assert not reports.of(HostSampled)


def _refused(*_: object, **__: object) -> str:
    raise OSError(24, "Too many open files")
