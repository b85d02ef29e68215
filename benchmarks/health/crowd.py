"""Those who hold connections: 200 event streams, and 500 that are opened and ask nothing.

``python -m benchmarks.health.crowd PORT SECONDS``: at the end it prints, as JSON, how many streams were open
on average, and how often each thing happened to somebody. Who is shut out comes again in a second. (How many
idle ones are inside only the server knows: the kernel calls those connected, too, that wait before its door.)
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable

STREAMS, IDLE = 200, 500
AGAIN, _LOOK = 1.0, 0.1
"""Seconds until somebody comes again, and from one count of the open streams to the next."""
_ASK = b"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"
_EVENT = b"\nid: "
"""One in each event."""

Visit = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[str]]


class Crowd:
    """All of them."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.streams = 0
        """Open now."""
        self.met: Counter[str] = Counter()

    async def come(self, visit: Visit) -> None:
        """Again and again."""
        who = "streams" if visit == self.stream else "idle"
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                try:
                    self.met[f"{who} {await visit(reader, writer)}"] += 1
                finally:
                    writer.close()
            except (OSError, EOFError) as error:
                self.met[f"{who} {type(error).__name__}"] += 1
            await asyncio.sleep(AGAIN)

    async def stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        """Read events; whoever is answered by anything else has no stream."""
        writer.write(_ASK)
        status = (await reader.readuntil(b"\r\n\r\n")).split()[1]
        if status != b"200":
            return f"answered {status.decode()}"
        self.streams += 1
        try:
            while came := await reader.read(65536):
                self.met["events"] += came.count(_EVENT)
        finally:
            self.streams -= 1
        return "ended"

    async def idle(self, reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> str:
        """Stay as long as one may."""
        await reader.read()
        return "ended"


async def _attack(port: int, seconds: float) -> None:
    crowd, looks, seen = Crowd(port), round(seconds / _LOOK), 0
    visits = [crowd.stream] * STREAMS + [crowd.idle] * IDLE
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(crowd.come(visit)) for visit in visits]
        for _ in range(looks):
            await asyncio.sleep(_LOOK)
            seen += crowd.streams
        print(json.dumps({"streams open": seen / looks, **crowd.met}), flush=True)
        for task in tasks:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(_attack(int(sys.argv[1]), float(sys.argv[2])))
