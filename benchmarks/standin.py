"""What the stand-in Cloud Server carries: `python benchmarks/standin.py` → a table and build/standin.json.

The stand-in is a process of its own in a temporary directory; the clients live here, on aiohttp and the
project's own session. Loop lag is the stand-in's own word (`GET /standin/loop-lag`, see standin/lag.py), CPU
and RSS are the kernel's. An idle twin without a client tells in the same way how late the machine lets any
loop be: where its p99 is high too, the machine was busy with something else.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import aiohttp
import psutil

from cloudserver.client import components
from cloudserver.client.events import Relayed
from cloudserver.client.vpn import Vpn
from cloudserver.session import PATH, Listed, Registered, Session, VpnOffered, make_keys
from cloudserver.wire import NetworkServiceType
from cloudserver.wire.handshake import random_key

PING_SECONDS = 20
FAITHFUL = 17  # pings of one real client in that time
MESSAGE = 500 * "x"
RESULT = Path("build/standin.json")


class Load:
    """Clients of one stand-in."""

    def __init__(self, http: aiohttp.ClientSession, base: str, idle: str, process: psutil.Process) -> None:
        self.http = http
        self.base = base
        self.idle = idle
        self.process = process
        self.clients: list[tuple[Session, aiohttp.ClientWebSocketResponse, asyncio.Task[None]]] = []
        self.ends: list[tuple[Vpn, aiohttp.ClientWebSocketResponse, asyncio.Task[None]]] = []
        self.offers: asyncio.Queue[VpnOffered] = asyncio.Queue()
        self.listed = 0
        self.heard = 0
        self.rows: list[dict[str, float | str | None]] = []

    async def connect(self) -> tuple[Session, aiohttp.ClientWebSocketResponse]:
        """Open one client, up to its registration."""
        session = Session(make_keys(os.urandom), lambda: str(uuid4()))
        socket = await self.http.ws_connect(self.base + PATH, headers=session.headers())
        session.receive(await socket.receive_str())
        await socket.send_str(session.register())
        assert isinstance(session.receive(await socket.receive_str()), Registered)
        return session, socket

    async def rush(self, count: int, at_once: int) -> float:
        """Connect, register and close `count` clients, `at_once` at a time."""
        left = iter(range(count))

        async def worker() -> None:
            for _ in left:
                _, socket = await self.connect()
                await socket.close()

        await asyncio.gather(*(worker() for _ in range(at_once)))
        return count

    async def ramp(self, count: int, rate: float) -> float:
        """Open `count` clients at `rate` a second, on a fixed schedule, and keep them."""

        async def one(due: float) -> None:
            await asyncio.sleep(due - time.monotonic())
            session, socket = await self.connect()
            self.clients.append((session, socket, asyncio.create_task(self.read(session, socket))))

        start = time.monotonic()
        await asyncio.gather(*(one(start + number / rate) for number in range(count)))
        return count

    async def read(self, session: Session, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Take in the answers of one client, to its end."""
        async for message in socket:
            event = session.receive(message.data)
            self.listed += isinstance(event, Listed)
            if isinstance(event, VpnOffered):
                self.offers.put_nowait(event)

    async def hold(self, seconds: float, pings: int) -> float:
        """Send `pings` from each client in every `PING_SECONDS`, evenly spread."""
        return await self.pace(seconds, len(self.clients) * pings / PING_SECONDS, self.ping)

    async def ask(self, seconds: float, rate: float) -> float:
        """Send `rate` list requests a second, each client in its turn; how many were answered."""
        before = self.listed
        sent = await self.pace(seconds, rate, self.request_list)
        async with asyncio.timeout(10):
            while self.listed - before < sent:  # noqa: ASYNC110 - a count, not an event
                await asyncio.sleep(0.01)
        return sent

    async def pair(self, count: int) -> float:
        """Open `count` VPNs, each between two clients' chat services."""
        for one, other in zip(self.clients[:count], self.clients[count : 2 * count], strict=True):
            keys = (session.keys.permanent for session, *_ in (one, other))
            chats = [components.service(NetworkServiceType.CHAT, random_key(os.urandom), key) for key in keys]
            await one[1].send_str(one[0].connect_services(*chats))
            for _ in range(2):
                vpn = Vpn(await self.offers.get(), random_key(os.urandom), lambda: str(uuid4()))
                socket = await self.http.ws_connect(self.base + vpn.path, headers=vpn.headers())
                self.ends.append((vpn, socket, asyncio.create_task(self.listen(vpn, socket))))
        return count

    async def listen(self, vpn: Vpn, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Take in what one end of a VPN hears."""
        async for message in socket:
            self.heard += isinstance(vpn.receive(message.data), Relayed)

    async def relay(self, seconds: float, rate: float) -> float:
        """Send `rate` messages a second, each end in its turn; how many came through."""
        before = self.heard
        sent = await self.pace(seconds, rate, self.say)
        async with asyncio.timeout(10):
            while self.heard - before < sent:  # noqa: ASYNC110 - a count, not an event
                await asyncio.sleep(0.01)
        return sent

    async def say(self, number: int) -> None:
        """Send one message through a VPN."""
        vpn, socket, _ = self.ends[number % len(self.ends)]
        await socket.send_str(vpn.say(MESSAGE, round(time.time() * 1000)))

    async def ping(self, number: int) -> None:
        """Send one ping."""
        await self.clients[number % len(self.clients)][1].ping(b"PING")

    async def request_list(self, number: int) -> None:
        """Send one list request for oneself."""
        session, socket, _ = self.clients[number % len(self.clients)]
        await socket.send_str(session.request_list())

    async def pace(self, seconds: float, rate: float, send: Callable[[int], Awaitable[None]]) -> float:
        """Call `send` `rate` times a second; how often."""
        start, sent = time.monotonic(), 0
        while (now := time.monotonic() - start) < seconds:
            for _ in range(int(now * rate) - sent):
                await send(sent)
                sent += 1
            await asyncio.sleep(0.01)
        lost = sum(task.done() for _, _, task in self.clients)
        assert not lost, f"{lost} clients lost"
        return sent

    async def lag(self, base: str, seconds: float) -> dict[str, float]:
        """Ask a stand-in how late its loop was in the last `seconds`; in ms."""
        async with self.http.get(f"{base}/standin/loop-lag?seconds={seconds}") as answer:
            lag: dict[str, float] = await answer.json()
            return lag

    async def measure(self, name: str, work: Awaitable[float]) -> None:
        """Take one row of the table: how much of `work` a second, and what it cost the stand-in."""
        before, start = self.process.cpu_times(), time.monotonic()
        own = time.process_time()
        done = await work
        seconds = time.monotonic() - start
        after = self.process.cpu_times()
        own = time.process_time() - own
        cpu = after.user + after.system - before.user - before.system
        lag, idle = [await self.lag(base, seconds) for base in (self.base, self.idle)]
        row = {
            "phase": name,
            "per_second": done / seconds,
            "lag_p50_ms": lag["p50"],
            "lag_p99_ms": lag["p99"],
            "lag_max_ms": lag["max"],
            "idle_twin_lag_p99_ms": idle["p99"],
            "cpu_percent": 100 * cpu / seconds,
            "cpu_us_each": 1e6 * cpu / done,
            "rss_mib": self.process.memory_info().rss / 2**20,
            "client_cpu_percent": 100 * own / seconds,
        }
        self.rows.append(row)
        print(f"{name:<28}", *(f"{value:>11.1f}" for value in list(row.values())[1:]), flush=True)


def main() -> None:
    """Run all phases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=5000)
    parser.add_argument("--rate", type=float, default=300, help="new clients a second while ramping")
    parser.add_argument("--seconds", type=float, default=30, help="length of each hold")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with standin() as (base, pid), standin() as (idle, _):
        rows = asyncio.run(phases(options, base, idle, pid))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"clients": options.clients, "rows": rows}, indent=1) + "\n")
    print(f"→ {RESULT}")


@contextmanager
def standin() -> Iterator[tuple[str, int]]:
    """Start a stand-in and wait for its `Server URI` line: its address and pid."""
    command = [sys.executable, "-m", "cloudserver", "--port", "0"]
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory, "stdout")
        with output.open("wb") as stdout, subprocess.Popen(command, cwd=directory, stdout=stdout) as server:
            try:
                deadline = time.monotonic() + 30
                while "/fermat\n" not in (text := output.read_text()):
                    assert time.monotonic() < deadline, "the stand-in does not start"
                    time.sleep(0.05)
                yield text.partition("Server URI = ")[2].partition("/fermat")[0], server.pid
            finally:
                server.terminate()


async def phases(
    options: argparse.Namespace, base: str, idle: str, pid: int
) -> list[dict[str, float | str | None]]:
    """Rush, ramp, hold, ask, relay; each a row."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        load = Load(http, base, idle, psutil.Process(pid))
        print(f"{'':<28}", *(f"{head:>11}" for head in HEADS))
        await load.measure("rush, 50 at once", load.rush(2000, 50))
        await load.measure("ramp", load.ramp(options.clients, options.rate))
        await load.measure("hold, 1 ping/20 s", load.hold(options.seconds, 1))
        name = f"hold, {FAITHFUL} pings/20 s"
        await load.measure(name, load.hold(options.seconds, FAITHFUL))
        await load.measure("lists, 1,000/s", load.ask(options.seconds, 1000))
        await load.measure("50 VPNs", load.pair(50))
        await load.measure(f"relay, 1,000/s of {len(MESSAGE)} B", load.relay(options.seconds, 1000))
        for *_, task in (*load.clients, *load.ends):
            task.cancel()
    return load.rows


HEADS = ("/s", "lag p50 ms", "p99 ms", "max ms", "idle p99", "CPU %", "CPU µs each", "RSS MiB", "client CPU%")

if __name__ == "__main__":
    main()
