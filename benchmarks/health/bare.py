"""A handler of aiohttp with nothing around it: the same bytes under the same headers, in the same event loop.

``python -m benchmarks.health.bare PORT FILE``, the file as `save` writes it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import urllib.request
from pathlib import Path

from aiohttp import web

from fermatkit import eventloop

_MADE_ANEW = {"date", "content-length", "connection"}
"""Headers that aiohttp adds by itself; the last was for `save` alone, which asks but once."""


def save(address: str, file: Path) -> None:
    """Keep what is answered there."""
    with urllib.request.urlopen(f"http://{address}", timeout=20) as answer:
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in _MADE_ANEW}
        file.write_text(json.dumps({"headers": headers, "body": answer.read().decode()}))


async def _serve(port: int, headers: dict[str, str], body: bytes) -> None:
    async def health(_: web.Request) -> web.Response:
        return web.Response(body=body, headers=headers)

    app = web.Application()
    app.router.add_get("/health", health)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    kept = json.loads(Path(sys.argv[2]).read_text())
    with asyncio.Runner(loop_factory=eventloop.factory()) as loop:
        loop.run(_serve(int(sys.argv[1]), kept["headers"], kept["body"].encode()))
