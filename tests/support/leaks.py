"""Looks for secrets wherever a sidecar leaves a trace: files, answers, and the processes that send."""

from __future__ import annotations

import asyncio
import base64
import gzip
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import psutil

from support.examples import SECRETS
from support.running import Running


@dataclass
class Traces:
    """What somebody else could have read, by where."""

    run: Running
    seen: dict[str, bytes] = field(default_factory=dict)

    async def ask(self) -> None:
        """What the web says now."""
        for path in ("/", "/health"):
            async with self.run.client.get(f"http://127.0.0.1:{self.run.health_port}{path}") as answer:
                self.note(f"GET {path}", await answer.read())

    def note(self, where: str, what: bytes) -> None:
        self.seen[where] = self.seen.get(where, b"") + what

    def files(self) -> None:
        """All that is written, the sidecar's own configuration excepted, which has the secrets."""
        for path in self.run.directory.rglob("*"):
            if path.is_file() and path != self.run.config:
                content = path.read_bytes()
                self.note(str(path), gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content)

    def leaks(self) -> list[tuple[str, str]]:
        """Where, and which."""
        wanted = [
            (name, part.encode()) for name, value in SECRETS.items() for part in re.split("[@/]", value)
        ]
        wanted += [(name, base64.b64encode(value)) for name, value in wanted]
        return [(where, name) for where, text in self.seen.items() for name, value in wanted if value in text]


@asynccontextmanager
async def traced(run: Running) -> AsyncIterator[Traces]:
    """Meanwhile the processes are looked at, again and again."""
    traces = Traces(run)
    watching = asyncio.create_task(_watch(traces))
    try:
        yield traces
    finally:
        watching.cancel()


async def _watch(traces: Traces) -> None:
    while True:
        await asyncio.sleep(0.1)
        if traces.run.sidecar is None:
            continue
        with suppress(psutil.Error):
            sidecar = psutil.Process(traces.run.sidecar.pid)
            for process in (sidecar, *sidecar.children()):
                with suppress(psutil.Error):
                    told = (*process.cmdline(), *process.environ().values())
                    traces.note(f"/proc/{process.pid}", "\n".join(told).encode())
