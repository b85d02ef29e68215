"""What the evidence's tests share: a compiled JVM, a collector, and places for what it reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from sidecar.actuators.evidence.collector import Collector, EvidenceSettings
from sidecar.actuators.evidence.plan import Recent, Server
from sidecar.core.actions import Collect
from sidecar.core.nouns import Ended, Identity
from sidecar.core.observations import Collected
from support.jvm import compiled
from support.reports import Reports

Gather = Callable[..., Awaitable[Collected]]


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("java"), "Patient")


@pytest.fixture
def settings(tmp_path: Path) -> EvidenceSettings:
    """A server's directory with all that can be in it, and a sidecar's file."""
    (tmp_path / "configuration").mkdir()
    (tmp_path / "configuration/server_conf.properties").write_text("port = 9090\npassword = hidden\n")
    (tmp_path / "output").write_text("printed\n" * 1000)
    (tmp_path / "fermat_server.log").write_text("logged\n")
    (tmp_path / "sidecar.toml").write_text('[[channel]]\nname = "mail"\nurl = "mailto://me:hidden@x"\n')
    server = Server(9090, tmp_path, tmp_path / "output", tmp_path / "sidecar.toml")
    return EvidenceSettings(tmp_path / "state/evidence", server)


@pytest.fixture
async def gather(settings: EvidenceSettings, reports: Reports) -> AsyncIterator[Gather]:
    """Collect once, and wait for the report; the collector is the same as long as nothing is changed."""
    collectors: list[Collector] = []

    async def gather(
        identity: Identity,
        label: str = "7-hung",
        recent: Recent = lambda: None,
        ended: Ended | None = None,
        **changes: object,
    ) -> Collected:
        if changes or not collectors:
            changed = msgspec.structs.replace(settings, **changes)
            collectors.append(Collector(changed, recent, reports))
        said = len(reports.all)
        collectors[-1].collect(Collect(identity, label, ended))
        return await reports.until(Collected, said + 1)

    yield gather
    for collector in collectors:
        await collector.close()
