"""The HTTP interface of a whole sidecar: the stream tells of a death, and ends with the sidecar."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import aiohttp

from support.running import running, until


async def proven(stream: aiohttp.ClientResponse, *, not_pid: int = 0) -> int:
    """Read on until a (new) server is; its pid. An outage of less than a second may be in no event."""
    while line := await stream.content.readline():
        if line.startswith(b"data: "):
            body = json.loads(line.removeprefix(b"data: "))
            pid = int(body["checks"]["process:state"][0].get("componentId", 0))
            if body["status"] == "pass" and pid != not_pid:
                return pid
    raise AssertionError("the stream has ended")


async def test_a_new_server_is_in_the_stream_and_the_end_of_the_sidecar_is_clean(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.start()
        pid = await run.passes()
        url = f"http://127.0.0.1:{run.health_port}"
        async with asyncio.timeout(60), run.client.get(f"{url}/api/v1/events") as stream:
            assert await proven(stream) == pid
            os.kill(pid, signal.SIGKILL)
            await proven(stream, not_pid=pid)
            stopping = asyncio.create_task(run.stop())
            while await stream.content.readline():
                pass
            assert await stopping == 0
        assert "Traceback" not in run.log


async def test_the_sidecar_is_ready_and_says_so_whatever_the_server_does(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.configure(command=["false"])
        run.start()

        async def ready() -> bool:
            try:
                async with run.client.get(f"http://127.0.0.1:{run.health_port}/readyz") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await until(ready, lambda: run.log[-2000:])
        assert await run.status() == "fail"
