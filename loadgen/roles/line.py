"""One VPN between two clients of this process: two WebSockets, and the numbers of what goes through them."""

from __future__ import annotations

from time import monotonic, time
from typing import Protocol

from cloudserver.client.events import Relayed, VpnOffered
from cloudserver.client.vpn import Vpn
from cloudserver.wire import WireError
from loadgen import trouble
from loadgen.ledger import Account
from loadgen.roles.client import Client
from loadgen.roles.numbers import Numbers
from loadgen.tally import Operation
from loadgen.ws.fragments import framed
from loadgen.ws.frames import Opcode
from loadgen.ws.socket import WebSocket

_NORMAL = 1000
_SILENCE = 55.0
"""Seconds. The server ends what has been silent for 60 (§3), as its clock has it."""
_FILLER = "the quick brown fox jumps over the lazy dog "
_MARK = " "
"""Ends a message's number."""


class Exchange(Protocol):
    """What has all of them."""

    account: Account
    """Of VPNs asked for."""
    relay: Account
    """Of messages through them."""
    live: set[End]
    """Ends with a WebSocket."""

    def dial(self, end: End, vpn: Vpn) -> WebSocket:
        """The WebSocket of one end."""

    def vpn(self, client: Client, offer: VpnOffered) -> Vpn:
        """The client's words on a VPN that was offered to it."""

    def error(self, kind: str, count: int = 1) -> None:
        """Something went wrong."""


class Line:
    """One VPN: asked for, then open when both clients were told so, then dead."""

    __slots__ = ("dead", "due", "ends", "lines", "open", "sent", "waiting")

    def __init__(self, lines: Exchange, due: float, sent: float) -> None:
        self.lines = lines
        self.due = due
        self.sent = sent
        self.open = self.dead = False
        self.ends: tuple[End, ...] = ()
        self.waiting: list[tuple[End, float, int]] | None = None
        """Of a VPN that was asked for again: what goes as soon as it is open, as the real client does."""

    def look(self) -> None:
        """It may be open now."""
        if not (self.open or self.dead) and all(end.complete_told for end in self.ends):
            self.open = True
            now = monotonic()
            self.lines.account.answered(self.due, self.sent, now)
            waiting, self.waiting = self.waiting, None
            for end, due, size in waiting or ():
                end.say(due, now, size)

    def forget(self) -> None:
        """What waits is not sent."""
        waiting, self.waiting = self.waiting, None
        for _ in waiting or ():
            self.lines.relay.unsent()
            self.lines.error(trouble.NO_LINE)

    def end(self, kind: str) -> None:
        """It is dead, if it was not: `kind` is why. What was on its way is lost."""
        if self.dead:
            return
        if not self.open:
            self.lines.account.lost()
        self.open, self.dead = False, True
        self.lines.error(kind)
        self.forget()
        for end in self.ends:
            lost = end.numbers.give_up(self.lines.relay)
            self.lines.error(trouble.LOST[Operation.RELAY], lost)


class End:
    """One client's end of a VPN: a listener of its own WebSocket."""

    __slots__ = (
        "_closing",
        "_socket",
        "_vpn",
        "client",
        "complete_told",
        "line",
        "numbers",
        "peer",
        "spoken",
    )

    def __init__(self, line: Line, client: Client) -> None:
        self.line = line
        self.client = client
        self.peer = self
        self.numbers = Numbers()
        """Of the messages that it sends."""
        self.complete_told = False
        self._socket: WebSocket | None = None
        self._vpn: Vpn | None = None
        self._closing = False
        self.spoken = monotonic()
        """When it last said something. Who is silent loses its end, and with it the peer its own."""

    def open(self, offer: VpnOffered) -> None:
        """It was offered: connect."""
        if self._vpn is None and not self._closing:
            self._vpn = self.line.lines.vpn(self.client, offer)
            self._socket = self.line.lines.dial(self, self._vpn)

    def complete(self) -> None:
        """The server says that both ends are there."""
        self.complete_told = True
        self.line.look()

    def say(self, due: float, now: float, size: int) -> None:
        """Send a message of so many characters, or as many as its number needs."""
        if self._vpn is None or self._socket is None:
            return  # a line that is open has both
        lines = self.line.lines
        number = f"{self.numbers.send(due, now, lines.relay)}{_MARK}"
        text = number + (_FILLER * (size // len(_FILLER) + 1))[: max(size - len(number), 0)]
        self.spoken = now
        self._socket.send(framed(self._vpn.say(text, int(time() * 1000))))

    def close(self, *, at_once: bool) -> None:
        """Say goodbye, or cut, and tell nobody."""
        self._closing = True
        if self._socket is not None:
            if at_once:
                self._socket.abort()
            else:
                self._socket.close(_NORMAL)

    def cut(self) -> None:
        """Make room for a new VPN."""
        self.close(at_once=True)

    def connected(self, retransmits: int | None) -> None:
        """See `Listener`."""
        self.line.lines.error(trouble.SYN_AGAIN, retransmits or 0)

    def opened(self) -> None:
        """See `Listener`: both ends have to be there."""

    def ponged(self, payload: bytes) -> None:
        """See `Listener`: nobody pings here."""

    def message(self, opcode: int, payload: memoryview) -> None:
        """See `Listener`: what the peer said."""
        lines = self.line.lines
        now = monotonic()
        try:
            event = self._vpn.receive(bytes(payload)) if self._vpn and opcode == Opcode.TEXT else None
        except WireError:
            event = None
        if not isinstance(event, Relayed):
            lines.error(trouble.of_vpn(trouble.NONSENSE))
            return
        number, _, _ = event.message.content.partition(_MARK)
        known = number.isdecimal() and self.peer.numbers.receive(int(number), now, lines.relay)
        if not known:
            lines.error(trouble.of_vpn(trouble.NOT_SENT))

    def closed(self, kind: str | None) -> None:
        """See `Listener`."""
        self.line.lines.live.discard(self)
        if self._closing:
            return
        silent = monotonic() - min(self.spoken, self.peer.spoken) >= _SILENCE
        self.line.end(trouble.VPN_SILENT if silent else trouble.of_vpn(kind or trouble.DROPPED))
