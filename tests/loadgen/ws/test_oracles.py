"""What our client sends is right, and what it hears it hears rightly: other people's servers say so."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.ws.dial import Dialer, target
from loadgen.ws.frames import Opcode, frame
from loadgen.ws.reactor import Reactor
from support.authority import authority
from support.oracles import SERVERS, serving


class Message(NamedTuple):
    """One of ours: its payload, and the frames that carry it."""

    opcode: int
    payload: bytes
    frames: bytes


EDGES = [0, 1, 125, 126, 127, 65_535, 65_536, 65_537]
sizes = st.sampled_from(EDGES) | st.integers(0, 300) | st.integers(0, 200_000)
keys = st.binary(min_size=4, max_size=4)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Text or binary of any size, in up to four fragments, each under a mask of its own."""
    text = draw(st.booleans())
    if text:
        payload = (draw(st.text("aé€😀\0", max_size=20)) + "x" * draw(sizes)).encode()
    else:
        payload = (draw(st.binary(max_size=20)) * 10_000)[: draw(sizes)]
    cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=3)))
    pieces = [payload[start:end] for start, end in zip([0, *cuts], [*cuts, len(payload)], strict=True)]
    opcode = Opcode.TEXT if text else Opcode.BINARY
    frames = [
        frame(Opcode.CONTINUATION if at else opcode, piece, draw(keys), final=at + 1 == len(pieces))
        for at, piece in enumerate(pieces)
    ]
    return Message(opcode, payload, b"".join(frames))


class Ear:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, bytes]] = []
        self.pongs: list[bytes] = []
        loop = asyncio.get_running_loop()
        self.open, self.ended = loop.create_future(), loop.create_future()
        self.wanted, self.all_there = 0, loop.create_future()

    def connected(self, _: int | None) -> None:
        pass

    def opened(self) -> None:
        self.open.set_result(None)

    def message(self, opcode: int, payload: memoryview) -> None:
        self.heard.append((opcode, bytes(payload)))
        self._look()

    def ponged(self, payload: bytes) -> None:
        self.pongs.append(payload)
        self._look()

    def closed(self, kind: str | None) -> None:
        self.ended.set_result(kind)

    def _look(self) -> None:
        if len(self.heard) == self.wanted and self.pongs:
            self.all_there.set_result(None)


async def converse(url: str, said: list[Message], tls: ssl.SSLContext | None = None) -> Ear:
    """Say it all at once, then a ping; leave when everything has come back."""
    reactor = Reactor()
    try:
        async with asyncio.timeout(20):
            dialer = Dialer(reactor, target(url), tls=tls)
            await dialer.find()
            ear = Ear()
            ear.wanted = len(said)
            ws = dialer.dial(ear)
            await ear.open
            for message in said:
                ws.send(message.frames)
            ws.ping(b"all?")
            await ear.all_there
            ws.close(1000, b"enough")
            await ear.ended
        return ear
    finally:
        reactor.close()


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    with serving(request.param) as port:
        yield f"ws://127.0.0.1:{port}/"


@given(st.lists(messages(), max_size=8))
@settings(max_examples=40)
def test_everything_comes_back_as_it_was(server: str, said: list[Message]):
    ear = asyncio.run(converse(server, said))
    assert ear.heard == [(message.opcode, message.payload) for message in said]
    assert ear.pongs == [b"all?"]
    assert ear.ended.result() is None, "it answered our close frame"


class Secure(NamedTuple):
    url: str
    trusting: ssl.SSLContext
    names: set[str | None]
    """Those that clients asked for (SNI)."""


@pytest.fixture(scope="module", params=SERVERS)
def secure(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    vouching = authority(tmp_path_factory.mktemp("ca"), "localhost")
    context, names = vouching.server(), set()

    def note(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        names.add(name)

    context.sni_callback = note
    with serving(request.param, context) as port:
        trusting = ssl.create_default_context(cafile=vouching.bundle)
        yield Secure(f"wss://localhost:{port}/", trusting, names)


@given(st.lists(messages(), max_size=4))
@settings(max_examples=10)
def test_through_tls_with_an_authority_of_ones_own(secure: Secure, said: list[Message]):
    ear = asyncio.run(converse(secure.url, said, secure.trusting))
    assert ear.heard == [(message.opcode, message.payload) for message in said]
    assert ear.ended.result() is None
    assert secure.names == {"localhost"}
