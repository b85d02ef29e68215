"""What stands in front of a stand-in: a relay of TCP, with TLS if wanted, that can cut connections."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Front:
    """A running one."""

    behind: int
    """The port that it leads to, on 127.0.0.1."""
    port: int = 0
    """Its own."""
    names: set[str | None] = field(default_factory=set)
    """Whom TLS clients asked for (SNI)."""
    _open: dict[asyncio.StreamWriter, bytes] = field(default_factory=dict)

    def cut(self, path: str) -> int:
        """End all connections that asked for something under this path, without a word; how many."""
        found = [writer for writer, asked in self._open.items() if asked.startswith(path.encode())]
        for writer in found:
            writer.transport.abort()
        return len(found)

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        asked = await reader.read(2**16)
        inner, outer = await asyncio.open_connection("127.0.0.1", self.behind)
        outer.write(asked)
        self._open[writer] = asked.split(b" ")[1] if asked.count(b" ") > 1 else b""
        pumps = [asyncio.create_task(_pump(*ends)) for ends in ((reader, outer), (inner, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._open[writer]
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            writer.close()
            outer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(2**16):
        writer.write(data)
        await writer.drain()


@asynccontextmanager
async def fronting(behind: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Front]:
    """One in front of this port."""
    front = Front(behind)
    if tls is not None:
        tls.sni_callback = lambda _, name, __: front.names.add(name)
    server = await asyncio.start_server(front.relay, "127.0.0.1", 0, ssl=tls, backlog=500)
    front.port = server.sockets[0].getsockname()[1]
    try:
        yield front
    finally:
        server.close()
        front.cut("")
        await server.wait_closed()
