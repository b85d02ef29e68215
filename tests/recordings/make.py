"""Makes the golden recordings anew: the drills' own, and those of machines in trouble.

    PYTHONPATH=.:tests python -m recordings.make [NAME …]

Beside each NAME.jsonl.gz its NAME.txt: what a replay prints. Read the difference before committing it.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
import tempfile
from pathlib import Path

from drills.cases import DRILLS
from drills.drill import Drill, perform
from recordings.machines import MACHINES
from recordings.more import MORE
from sidecar.core.replay import replay
from sidecar.faces.replay import told
from sidecar.store.recorded import numbered, read

HERE = Path(__file__).parent
AT_ONCE = 3


async def drilled(drill: Drill) -> None:
    """Perform it, and keep what its sidecar recorded."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        result = await perform(drill, directory)
        assert result.row.named, result
        assert result.row.cured, result
        keep(drill.name, recorded(directory))


def recorded(directory: Path) -> bytes:
    """What the sidecar of the last try recorded, without the name of its directory."""
    last = max(directory.iterdir(), key=lambda one: int(one.name))
    (file,) = numbered(last / "state" / "recording")
    return file.read_bytes().replace(str(last).encode(), b"/example")


def keep(name: str, content: bytes) -> None:
    """As a recording of the machine "example"."""
    first, rest = content.split(b"\n", 1)
    opening = json.dumps({**json.loads(first), "host": "example"}).encode()
    path = HERE / f"{name}.jsonl.gz"
    path.write_bytes(gzip.compress(opening + b"\n" + rest, mtime=0))
    (HERE / f"{name}.txt").write_text("".join(f"{line}\n" for line in told(replay(read(path, print)))))


async def make(names: list[str]) -> None:
    """Those, or all."""
    for machine in MACHINES:
        if not names or machine.name in names:
            keep(machine.name, machine.recording())
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(drill: Drill) -> None:
        async with turns:
            if drill.lacks:
                print(f"{drill.name}: not made: {drill.lacks}", flush=True)
                return
            await drilled(drill)
            print(drill.name, flush=True)

    await asyncio.gather(*(one(drill) for drill in (*DRILLS, *MORE) if not names or drill.name in names))


if __name__ == "__main__":
    asyncio.run(make(sys.argv[1:]))
