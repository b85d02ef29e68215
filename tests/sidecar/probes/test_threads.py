"""The threads of a real process, looked at again and again; of one that is gone nothing is said."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from fermatkit import threads
from fermatkit.measures import Measure, Unknown
from sidecar.core.nouns import Identity
from sidecar.core.observations import Counted
from sidecar.probes.readings import ReadingsProbe
from sidecar.probes.threads import THREADS
from support.locks import kill
from support.reports import Reports


@pytest.fixture
async def probe(reports: Reports) -> AsyncIterator[ReadingsProbe]:
    probe = ReadingsProbe(THREADS._replace(interval=0.05, patience=0.5), reports)
    yield probe
    await probe.close()


async def test_threads_are_counted_until_the_process_is_gone(
    probe: ReadingsProbe, reports: Reports, another: Identity
) -> None:
    probe.watch(another)
    assert (await reports.until(Counted)) == Counted(
        another, {Measure.TIMERS: 0, Measure.GC: Unknown("needs two samples")}
    )
    assert (await reports.until(Counted, 2)) == Counted(another, {Measure.TIMERS: 0, Measure.GC: 0})
    kill(another.pid)
    said = len(reports.all)
    await asyncio.sleep(0.2)
    assert len(reports.all) <= said + 1  # one may have been under way


async def test_a_look_that_hangs_is_unknown(
    probe: ReadingsProbe, reports: Reports, another: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()
    monkeypatch.setattr(threads, "started", lambda _: goes_on.wait(20))  # a /proc that does not answer
    probe.watch(another)
    late = Unknown("not read within 0.5 s")
    assert (await reports.until(Counted)).readings == {Measure.TIMERS: late, Measure.GC: late}
    goes_on.set()
