"""Makes the golden recordings anew: real sidecars over stand-ins that fail.

    PYTHONPATH=.:tests python tests/recordings/make.py [NAME …]

Beside each NAME.jsonl.gz its NAME.txt: what a replay prints. Read the difference before committing it.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from sidecar.core.replay import replay
from sidecar.faces.replay import told
from sidecar.store.recorded import numbered, read
from support.running import Running, running, until

HERE = Path(__file__).parent
FAST = 'backoff_first = "50ms"\nbackoff_max = "100ms"\nterm_deadline = "2s"\n'
SHORT_HANG = 'hung_after = "1s"\ncontinue_deadline = "3s"\n'


async def _killed(run: Running, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    await run.passes(not_pid=pid)


async def _stopped(run: Running, pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    await run.mails(2)
    assert await run.passes() == pid


async def _http_dead(run: Running, pid: int) -> None:
    await run.habit("http-dead")
    await run.mails(1)
    await _killed(run, pid)
    await run.mails(4)


async def _exits(run: Running, _: int) -> None:
    await run.mails(2)


def _habit(*names: str) -> Callable[[Running, int], Awaitable[None]]:
    async def misbehave(run: Running, pid: int) -> None:
        for name in names:
            await run.habit(name)

        async def ended() -> bool:
            return pid not in run.servers()

        await until(ended, lambda: run.log, patience=90)  # a list request is made each half minute only
        await run.passes(not_pid=pid)

    return misbehave


LIVES: dict[str, tuple[str, Callable[[Running, int], Awaitable[None]]]] = {
    "kill-9": (FAST, _killed),
    "exit-zero": ('budget = [{ restarts = 2, within = "1h" }]\nbackoff_first = "10ms"\n', _exits),
    "blocked": (FAST + SHORT_HANG, _habit("blocked")),
    "blocked-ignoring-term": (FAST + SHORT_HANG, _habit("ignore-term", "blocked")),
    "stuck-processors": (FAST, _habit("stuck-processors")),
    "refusing": ('start_timeout = "3s"\n', _habit("refusing")),
    "http-dead": ('http_dead_after = "3s"\n', _http_dead),
    "stopped": (FAST, _stopped),
}


async def make(name: str) -> None:
    limits, happens = LIVES[name]
    with tempfile.TemporaryDirectory() as directory:
        async with running(Path(directory)) as run:
            run.configure(limits)
            if happens is _exits:
                folder = run.directory / "server" / "configuration"
                folder.mkdir(parents=True)
                (folder / "server_conf.properties").touch()
            run.start()
            await happens(run, 0 if happens is _exits else await run.passes())
            await run.stop()
            (file,) = numbered(run.directory / "state" / "recording")
            keep(name, file.read_bytes().replace(str(run.directory).encode(), b"/example"))


def keep(name: str, content: bytes) -> None:
    first, rest = content.split(b"\n", 1)
    opening = json.dumps({**json.loads(first), "host": "example"}).encode()
    path = HERE / f"{name}.jsonl.gz"
    path.write_bytes(gzip.compress(opening + b"\n" + rest, mtime=0))
    (HERE / f"{name}.txt").write_text("".join(f"{line}\n" for line in told(replay(read(path, print)))))


async def _all(names: list[str]) -> None:
    some = asyncio.Semaphore(3)

    async def one(name: str) -> None:
        async with some:
            await make(name)
            print(name, flush=True)

    await asyncio.gather(*map(one, names))


if __name__ == "__main__":
    asyncio.run(_all(sys.argv[1:] or list(LIVES)))
