"""`python -m loadgen.selftest.server`: a small echo server that keeps a log and can stand still.

One thread, so that while it sleeps nothing is read or answered, as in a full garbage collection. Its parser
knows what our own client sends, and no more: masked frames, none of them a fragment.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time

import msgspec

from loadgen.selftest.report import First, Log, Port
from loadgen.ws.frames import Opcode, mask
from loadgen.ws.handshake import accepted

_KEY = b"sec-websocket-key:"
_OPCODE, _LENGTH, _MEDIUM = 0x0F, 0x7F, 126


class Server:
    """What its connections share."""

    def __init__(self, stall_after: float, stall: float) -> None:
        """Stand still for `stall` seconds, so long after the first message; 0 is never."""
        self.arrived: list[float] = []
        self.answered: list[float] = []
        self._after, self._stall = stall_after, stall
        self._stalled: tuple[float, float] | None = None

    def note(self, arrived: float, answered: float, messages: int) -> None:
        """So many were read, and sent back."""
        if messages and not self.arrived:
            _say(First())
            if self._stall:
                asyncio.get_running_loop().call_later(self._after, self._stand_still)
        self.arrived += [arrived] * messages
        self.answered += [answered] * messages

    async def run(self) -> None:
        """Serve until standard input ends; then tell the log."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        loop.add_reader(0, ended.set)  # nothing is said to it: that is its end
        _say(Port(server.sockets[0].getsockname()[1]))
        await ended.wait()
        server.close()
        _say(Log(self.arrived, self.answered, self._stalled))

    def _stand_still(self) -> None:
        begin = time.monotonic()
        time.sleep(self._stall)
        self._stalled = begin, time.monotonic()


class _Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._rest = b""
        self._upgraded = False
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101 - TCP's is
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self._rest += data
        if not self._upgraded:
            self._upgrade()
            return
        answers, messages, closing = [], 0, False
        while (found := _frame(self._rest)) is not None:
            opcode, payload, size = found
            self._rest = self._rest[size:]
            answers.append(_unmasked(opcode, payload))
            closing = opcode == Opcode.CLOSE
            messages += not closing
        self._transport.write(b"".join(answers))  # all at once: after a stall there are many
        self._server.note(now, time.monotonic(), messages)
        if closing:
            self._transport.close()

    def _upgrade(self) -> None:
        head, end, _ = self._rest.partition(b"\r\n\r\n")
        if not end:
            return
        keys = [line[len(_KEY) :].strip() for line in head.split(b"\r\n") if line.lower().startswith(_KEY)]
        answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self._transport.write(b"%bSec-WebSocket-Accept: %b\r\n\r\n" % (answer, accepted(keys[0])))
        self._rest, self._upgraded = b"", True


def _frame(data: bytes) -> tuple[int, bytes, int] | None:
    """Opcode, payload and size of the first frame; None as long as it is not complete."""
    if len(data) < 2:  # noqa: PLR2004 - opcode and length
        return None
    length, start = data[1] & _LENGTH, 2
    if length == _MEDIUM:
        length, start = int.from_bytes(data[2:4], "big"), 4
    size = start + 4 + length
    if len(data) < size:
        return None
    return data[0] & _OPCODE, mask(data[start + 4 : size], data[start : start + 4]), size


def _unmasked(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    head = (
        bytes((0x80 | opcode, size))
        if size < _MEDIUM
        else bytes((0x80 | opcode, _MEDIUM)) + size.to_bytes(2, "big")
    )
    return head + payload


def _say(what: msgspec.Struct) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    """The program."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a person who ends the self-test ends this, without a word
    parser = argparse.ArgumentParser()
    parser.add_argument("--stall-after", type=float, default=0.0)
    parser.add_argument("--stall", type=float, default=0.0)
    options = parser.parse_args()
    asyncio.run(Server(options.stall_after, options.stall).run())


if __name__ == "__main__":
    main()
