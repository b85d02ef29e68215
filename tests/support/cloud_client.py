"""A Cloud Client on a real WebSocket."""

from __future__ import annotations

import asyncio
import os
from uuid import uuid4

import aiohttp

from cloudserver.session import PATH, Event, Registered, Session, make_keys
from cloudserver.wire import Packet, PacketType, envelope

PATIENCE = 20.0
"""Seconds after which something that should happen at once is said not to happen."""


class CloudClient:
    """One connection: the session's words over aiohttp."""

    def __init__(self, session: Session, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.session = session
        self.socket = socket

    @property
    def key(self) -> str:
        """The permanent key."""
        return self.session.keys.permanent

    @classmethod
    async def connect(cls, http: aiohttp.ClientSession, session: Session | None = None) -> CloudClient:
        """Connect, up to the server's handshake."""
        session = session or new_session()
        client = cls(session, await http.ws_connect(PATH, headers=session.headers(), max_msg_size=0))
        await client.event()
        return client

    @classmethod
    async def register(cls, http: aiohttp.ClientSession, session: Session | None = None) -> CloudClient:
        """Connect and register."""
        client = await cls.connect(http, session)
        await client.socket.send_str(client.session.register())
        assert await client.event() == Registered(reconnected=False)
        return client

    async def event(self) -> Event:
        """What the next text message means."""
        return self.session.receive(await asyncio.wait_for(self.socket.receive_str(), PATIENCE))

    async def ask(self, kind: PacketType, content: str, sender: str | None = None) -> Packet:
        """Send any packet, and read the next one."""
        await self.socket.send_str(
            envelope.encode(Packet(str(uuid4()), sender or self.key, "", kind, content))
        )
        return envelope.decode(await asyncio.wait_for(self.socket.receive_str(), PATIENCE))

    async def closed(self) -> tuple[int | None, str]:
        """Wait for the end: close code and reason."""
        async with asyncio.timeout(PATIENCE):
            while (message := await self.socket.receive()).type is not aiohttp.WSMsgType.CLOSE:
                assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.CLOSED), message
                if message.type is aiohttp.WSMsgType.CLOSED:
                    return self.socket.close_code, ""
        return message.data, message.extra

    def vanish(self) -> None:
        """Leave without a close frame."""
        response = self.socket._response
        if response.connection is not None and response.connection.transport is not None:
            response.connection.transport.abort()
        response.close()


def new_session() -> Session:
    """A session with keys nobody else has."""
    return Session(make_keys(os.urandom), lambda: str(uuid4()))
