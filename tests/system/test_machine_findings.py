"""A real JVM in trouble, and machines as recorded: seen by the real probes, judged by the real core."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import aiohttp
import pytest

from fermatkit import host
from fermatkit.measures import Measure
from fermatkit.process import started
from sidecar.core.nouns import Act, Identity, Trouble
from sidecar.core.observations import (
    Absent,
    Appeared,
    HostSampled,
    Listened,
    Observation,
    Registered,
    Restored,
)
from sidecar.core.policy import Policy
from sidecar.core.rules import DEFAULTS, Rule
from sidecar.probes.http import HttpProbe, HttpSettings
from sidecar.probes.process import ProcessProbe, ProcessSettings
from sidecar.probes.readings import ReadingsProbe
from sidecar.probes.threads import THREADS
from support.jvm import compiled, failing
from support.playbook import Playbook
from support.standin import StandinProcess

RECORDINGS = Path(__file__).parents[1] / "fermatkit" / "recordings"
QUICK = Policy(
    heap_after=1.0,
    http_dead_after=6.0,
    rules={
        **DEFAULTS,
        Trouble.FD_LIMIT: Rule(0.85, 0.80, last=1.0),
        Trouble.THREADS_MANY: Rule(20.0, 10.0, Act.PLAN),
    },
)


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("java"))


async def found(jvm: StandinProcess, trouble: Trouble, leaks: int) -> Playbook:
    """The core with the probes of this JVM; it speaks no WebSocket, so its session is taken as registered."""
    identity = Identity(jvm.process.pid, started(jvm.process.pid) or 0)
    port = int(jvm.url.rpartition(":")[2])
    book = Playbook(QUICK, at=time.monotonic())

    def report(what: Observation) -> None:
        now = time.monotonic()
        book.sees(what, after=now - book.at)

    for what in (
        Restored(None, seed=1),
        Absent(),
        Appeared(identity, adopted=False),
        Listened(identity, owned=True),
        Registered(identity, 0.01),
    ):
        report(what)
    probes = (
        HttpProbe(HttpSettings(port=port, rest=1.0), report),
        ReadingsProbe(THREADS._replace(interval=0.5), report),
        ProcessProbe(ProcessSettings(port), report),
    )
    try:
        for probe in probes:
            probe.watch(identity)
        async with aiohttp.ClientSession(jvm.url) as http:
            for _ in range(leaks):
                await http.get("/leak")
        async with asyncio.timeout(60):
            while trouble not in book.state.findings:
                await asyncio.sleep(0.1)
    finally:
        for probe in probes:
            await probe.close()
    return book


async def test_a_jvm_out_of_heap_is_named_so(classes: Path, tmp_path: Path) -> None:
    with failing(classes, tmp_path, "heap") as jvm:
        book = await found(jvm, Trouble.HEAP_EXHAUSTED, leaks=1)
    assert book.state.findings[Trouble.HEAP_EXHAUSTED].act is Act.RESTART


async def test_a_jvm_at_its_limit_of_descriptors_is_named_so(classes: Path, tmp_path: Path) -> None:
    with failing(classes, tmp_path, "fds", before=("prlimit", "--nofile=128:128")) as jvm:
        book = await found(jvm, Trouble.FD_LIMIT, leaks=1)
    assert float(book.state.findings[Trouble.FD_LIMIT].reading or 0) > 0.85  # type: ignore[arg-type]


async def test_a_jvm_that_leaks_timers_is_named_so(classes: Path, tmp_path: Path) -> None:
    with failing(classes, tmp_path, "threads") as jvm:
        book = await found(jvm, Trouble.THREADS_MANY, leaks=30)
    assert book.state.findings[Trouble.THREADS_MANY].act in (Act.PLAN, Act.RESTART)


@pytest.mark.parametrize(
    ("machine", "troubles"),
    [
        ("healthy", set()),
        ("swapping", {Trouble.HOST_SWAP}),
        ("stolen", {Trouble.HOST_STEAL}),
        ("pressed", {Trouble.HOST_PRESSURE}),
    ],
)
def test_a_machine_in_trouble_holds_restarts(machine: str, troubles: set[Trouble]) -> None:
    """From recorded files of /proc: such a machine must not be made."""
    book = Playbook()
    server = book.boots()
    before = host.snapshot(RECORDINGS / "healthy-0")
    after = host.snapshot(RECORDINGS / machine)
    readings = host.readings(after, before)
    for _ in range(70):
        book.sees(HostSampled(readings), after=1.0)
    seen = {trouble for trouble in book.state.findings if trouble.startswith("host-")}
    assert troubles <= seen, readings
    assert bool(seen) is bool(troubles), seen
    book.falls_silent(server)
    waited = book.waits(30)
    assert any(type(action).__name__ == "Signal" for action in waited) is not bool(troubles)
    assert Measure.MEMORY_AVAILABLE_SHARE in book.view.readings
