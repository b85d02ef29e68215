"""VPNs between clients of this process, and the messages through them (§5.8, §5.9)."""

from __future__ import annotations

from collections import defaultdict
from time import monotonic

from cloudserver.client.events import VpnCompleted, VpnOffered, VpnRefused
from cloudserver.client.vpn import Vpn
from loadgen import trouble
from loadgen.roles import keys
from loadgen.roles.client import Client, Context, service
from loadgen.roles.line import End, Line
from loadgen.tally import Operation
from loadgen.ws.socket import WebSocket


class Lines:
    """All VPNs of a run. `ask` and `say` fall due; `heard` is what main connections hear of them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.account = context.books.accounts[Operation.VPN]
        self.relay = context.books.accounts[Operation.RELAY]
        self._ends: defaultdict[int, dict[int, End]] = defaultdict(dict)  # by whose it is, and to whom
        self._owners: dict[str, int] = {}  # whose a service's key is
        self.live: set[End] = set()
        """Ends with a WebSocket."""

    def ask(self, due: float, number: int, _: int | None, peer: int | None) -> None:
        """The client asks for a VPN with its peer, if both are registered."""
        assert peer is not None  # noqa: S101 - the schedule has one for everybody who asks
        self.account.scheduled()
        own, other = self._context.there(number), self._context.there(peer)
        if own is None or other is None:
            self.account.unsent()
            self._context.books.error(trouble.NO_PARTNER)
            return
        for old in (self._ends[number].get(peer), self._ends[peer].get(number)):
            if old is not None:
                old.cut()
        line = Line(self, due, monotonic())
        for one, two in ((own, other), (other, own)):
            self._ends[one.number][two.number] = End(line, one)
            self._owners[_service_key(one)] = one.number
        here, there = self._ends[number][peer], self._ends[peer][number]
        here.peer, there.peer = there, here
        line.ends = here, there
        self.account.sent(due, line.sent)
        profiles = (service(one.identity, one.services[0]) for one in (own, other))
        own.connection.write(own.connection.session.connect_services(*profiles))

    def say(self, due: float, number: int, size: int | None, peer: int | None) -> None:
        """The client sends its peer a message of `size` characters; a VPN that is gone is asked for again."""
        assert peer is not None  # noqa: S101 - likewise
        assert size is not None  # noqa: S101 - and a size
        self.relay.scheduled()
        end = self._ends[number].get(peer)
        if end is not None and end.line.dead:
            self.ask(due, number, None, peer)
            end = self._ends[number][peer]
            if not end.line.dead:
                end.line.waiting = []
        if end is not None and end.line.open and self._context.there(number) is not None:
            end.say(due, monotonic(), size)
        elif end is not None and end.line.waiting is not None and not end.line.dead:
            end.line.waiting.append((end, due, size))
        else:
            self.relay.unsent()
            self.error(trouble.NO_LINE)

    def heard(self, client: Client, event: object) -> None:
        """What a client heard on its main connection."""
        match event:
            case VpnOffered(own_key=own, remote_key=remote) | VpnCompleted(own_key=own, remote_key=remote):
                end = self._ends[client.number].get(self._owners.get(remote, -1))
                if end is None or self._owners.get(own) != client.number:
                    self._context.books.error(trouble.VPN_UNASKED)
                elif isinstance(event, VpnOffered):
                    end.open(event)
                else:
                    end.complete()
            case VpnRefused():
                self._context.books.error(trouble.VPN_REFUSED)
            case _:
                pass

    def gone(self, client: Client) -> None:
        """Its main connection is: what it had asked for, or was asked for with it, will not come."""
        for end in self._ends[client.number].values():
            if not (end.line.open or end.line.dead):
                end.line.end(trouble.LOST[Operation.VPN])

    def close(self, *, at_once: bool) -> None:
        """The run is over: goodbyes, or `at_once` cuts."""
        for ends in self._ends.values():
            for end in ends.values():
                end.line.forget()
        for end in list(self.live):
            end.close(at_once=at_once)

    def dial(self, end: End, vpn: Vpn) -> WebSocket:
        """The WebSocket of one end."""
        self.live.add(end)
        headers = "".join(f"{name}: {value}\r\n" for name, value in vpn.headers().items())
        return self._context.dialer.dial(end, headers.encode(), vpn.path)

    def error(self, kind: str, count: int = 1) -> None:
        """Something went wrong."""
        self._context.books.error(kind, count)

    def vpn(self, client: Client, offer: VpnOffered) -> Vpn:
        """The client's words on a VPN that was offered to it."""
        key = keys.made(client.identity, f"vpn {offer.remote_key} {self._context.books.new_id()}")
        return Vpn(offer, key, self._context.books.new_id)


def _service_key(client: Client) -> str:
    return keys.made(client.identity, client.services[0])
