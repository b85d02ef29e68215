"""A Cloud Client on a real WebSocket."""

from __future__ import annotations

import asyncio
import os
import time
from uuid import uuid4

import aiohttp

from cloudserver.client.events import Relayed
from cloudserver.client.vpn import Vpn
from cloudserver.session import (
    PATH,
    ComponentRegistered,
    Event,
    Registered,
    Session,
    VpnOffered,
    make_keys,
)
from cloudserver.wire import Packet, PacketType, Profile, envelope
from cloudserver.wire.handshake import random_key

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
    async def register(
        cls, http: aiohttp.ClientSession, session: Session | None = None, *, reconnected: bool = False
    ) -> CloudClient:
        """Connect and register; `reconnected` is what the server has to say about it."""
        client = await cls.connect(http, session)
        await client.socket.send_str(client.session.register())
        assert await client.event() == Registered(reconnected=reconnected)
        return client

    async def publish(self, *profiles: Profile) -> None:
        """Register network services and actors of this client."""
        for profile in profiles:
            assert profile.network_service_type is not None
            text = self.session.register_component(profile.network_service_type, profile)
            await self.socket.send_str(text)
            assert await self.event() == ComponentRegistered(profile.network_service_type, profile)

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
        return await end_of(self.socket)

    def vanish(self) -> None:
        """Leave without a close frame."""
        vanish(self.socket)


class VpnClient:
    """One end of a VPN: the client's words over aiohttp."""

    def __init__(self, vpn: Vpn, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.vpn = vpn
        self.socket = socket

    @classmethod
    async def connect(cls, http: aiohttp.ClientSession, offer: Event) -> VpnClient:
        """Take up an offer."""
        assert isinstance(offer, VpnOffered), offer
        vpn = Vpn(offer, random_key(os.urandom), lambda: str(uuid4()))
        return cls(vpn, await http.ws_connect(vpn.path, headers=vpn.headers(), max_msg_size=0))

    async def say(self, text: str) -> None:
        """Send a message to the peer."""
        await self.socket.send_str(self.vpn.say(text, round(time.time() * 1000)))

    async def hear(self) -> str:
        """What the peer says next."""
        heard = self.vpn.receive(await asyncio.wait_for(self.socket.receive_str(), PATIENCE))
        assert isinstance(heard, Relayed), heard
        return heard.message.content


async def end_of(socket: aiohttp.ClientWebSocketResponse) -> tuple[int | None, str]:
    """Wait for the end: close code and reason."""
    async with asyncio.timeout(PATIENCE):
        while (message := await socket.receive()).type is not aiohttp.WSMsgType.CLOSE:
            assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.CLOSED), message
            if message.type is aiohttp.WSMsgType.CLOSED:
                return socket.close_code, ""
    return message.data, message.extra


def vanish(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Leave without a close frame."""
    response = socket._response
    if response.connection is not None and response.connection.transport is not None:
        response.connection.transport.abort()
    response.close()


def new_session() -> Session:
    """A session with keys nobody else has."""
    return Session(make_keys(os.urandom), lambda: str(uuid4()))
