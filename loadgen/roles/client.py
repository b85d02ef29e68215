"""A client of the plan over all its connections, and what all roles have in common."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

from cloudserver.client import components
from cloudserver.wire import ComponentType, NetworkServiceType, Profile
from loadgen.books import Books
from loadgen.connection import Connection
from loadgen.roles import keys
from loadgen.scenario.behaviours import Pair, SlowReader
from loadgen.scenario.plan import Plan
from loadgen.schedule.parts import Part
from loadgen.tally import Operation
from loadgen.ws.dial import Dialer


class State(Enum):
    """Where a client is."""

    COMING = auto()
    THERE = auto()
    """Registered."""
    AWAY = auto()
    """Gone as planned; it may come back."""
    GONE = auto()
    """Lost, or never registered."""


class Client:
    """One of them. Thousands are held, so it is small."""

    __slots__ = ("connection", "graceful", "identity", "number", "part", "state", "todo")

    def __init__(self, number: int, part: Part, identity: int, connection: Connection) -> None:
        self.number = number
        self.part = part
        self.identity = identity
        self.connection = connection
        """The last one it began."""
        self.state = State.COMING
        self.graceful = True
        """It has not been, or went by code 1000: only then the real client registers its services (§5.10)."""
        self.todo: deque[Component] | None = None
        """What it still has to register."""

    @property
    def services(self) -> tuple[NetworkServiceType, ...]:
        """Its network services: as many of a full phone's as the plan gives it."""
        return services(self.part)


Component = tuple[Operation, NetworkServiceType, Profile]


class Context:
    """What every role needs of the run."""

    def __init__(self, plan: Plan, books: Books, dialer: Dialer) -> None:
        self.plan = plan
        self.books = books
        self.dialer = dialer
        self.clients: dict[int, Client] = {}

    def there(self, number: int) -> Client | None:
        """A client, if it is registered now."""
        client = self.clients.get(number)
        return client if client is not None and client.state is State.THERE else None

    def on(self, connection: Connection) -> Client | None:
        """Whose connection this is, if it is registered by it now."""
        client = self.there(connection.client)
        return client if client is not None and client.connection is connection else None


def services(part: Part) -> tuple[NetworkServiceType, ...]:
    """The network services of such a client. Who has a VPN has it between the first ones, chats."""
    chat = NetworkServiceType.CHAT
    phone: tuple[NetworkServiceType, ...] = components.PHONE
    if isinstance(part.behaviour, Pair):
        phone = (chat, *(one for one in phone if one is not chat))
    return phone[: part.services]


def service(identity: int, kind: NetworkServiceType) -> Profile:
    """A service of the client with this identity."""
    own = keys.client_keys(identity).permanent
    return components.service(kind, keys.made(identity, kind), own)


def to_register(client: Client) -> deque[Component]:
    """All that a client registers when it has registered itself, in order."""
    found: deque[Component] = deque(
        (Operation.SERVICE, kind, service(client.identity, kind)) for kind in client.services
    )
    owner = client.services[0] if client.services else NetworkServiceType.UNDEFINED
    own = keys.client_keys(client.identity).permanent
    for number, size in enumerate(client.part.photos):
        key = keys.made(client.identity, f"actor {number}")
        actor = components.actor(ComponentType.ACTOR_CHAT, owner, key, own, keys.photo(key, size))
        found.append((Operation.ACTOR, owner, actor))
    return found


def is_slow(part: Part) -> bool:
    """Whether such a client takes its answers slowly: how long they take is then its own doing."""
    return isinstance(part.behaviour, SlowReader)
