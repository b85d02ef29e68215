"""Who is connected and what they registered: the server's memory, all of it lost on restart. No I/O."""

from __future__ import annotations

from cloudserver.standin import standby
from cloudserver.wire import ComponentType, Incomplete, NetworkServiceType, Profile

CLIENT = ComponentType.COMMUNICATION_CLOUD_CLIENT
SERVICE = ComponentType.NETWORK_SERVICE
Profiles = dict[str, Profile]
"""Profiles by their own identity, oldest first."""


class Rejected(Exception):
    """A registration or update the server refuses; the text is its cause."""


class Connection:
    """One main connection: its keys, and when it was last heard (seconds, monotonic)."""

    __slots__ = ("forgotten", "identity", "reconnected", "seen", "server_key", "temporary")

    def __init__(self, temporary: str, server_key: str, seen: float) -> None:
        self.temporary = temporary
        self.server_key = server_key
        self.seen = seen
        self.identity: str | None = None
        self.forgotten = False
        self.reconnected = False
        """Whether its registration brought back what an earlier connection, lost, had left."""

    @property
    def key(self) -> str:
        """What the server knows this connection by: the client's own key once registered."""
        return self.identity or self.temporary


class Clients:
    """The registries, keyed by identity as the real server's are, with what follows from that.

    A profile goes when the client it *names* goes, whoever registered it: one that names a client who never
    comes stays counted for ever (seen). Two handshakes with one temporary key share one pending entry. But
    the end of a replaced connection leaves the new one alone, for that one was seen to win (cloud-server.md,
    H3, fears otherwise). Who is on stand-by is in no list and in no count (§2.4, §5.10).
    """

    def __init__(self, standby_seconds: float = standby.SECONDS, vpn_key: str = "") -> None:
        """`vpn_key` is the server's one key for all VPNs."""
        self.vpn_key = vpn_key
        self.pending: dict[str, Connection] = {}
        self.registered: dict[str, Connection] = {}
        self.cloud_clients: Profiles = {}
        self.services: dict[NetworkServiceType, Profiles] = {}
        self.others: dict[ComponentType, Profiles] = {}
        self.standby: standby.Standby[list[tuple[Profiles, Profile]]] = standby.Standby(standby_seconds)
        self._of_client: dict[str, list[tuple[Profiles, str]]] = {}

    def connect(self, connection: Connection) -> None:
        """Take a connection in after its handshake."""
        self.pending[connection.temporary] = connection

    def register(
        self, connection: Connection, sender: str, service: NetworkServiceType, profile: Profile
    ) -> Connection | None:
        """Take a profile in; the connection it replaces, if it is a client known already (new one wins)."""
        match profile.platform_component_type:
            case None:
                raise Rejected("component type unknown")
            case ComponentType.COMMUNICATION_CLOUD_CLIENT:
                return self._register_client(connection, sender, profile)
            case ComponentType.NETWORK_SERVICE:
                self._add(self.services.setdefault(service, {}), profile)
            case other:
                self._add(self.others.setdefault(other, {}), profile)
        return None

    def update(self, changes: Profile) -> None:
        """Replace name, alias and extra data of an actor, where the new ones are given."""
        kind = changes.platform_component_type
        if kind is None or kind in (CLIENT, SERVICE):
            raise Rejected("not an actor type")
        actors = self.others.get(kind, {})
        old = actors.get(_identity(changes))
        if old is None:
            raise Rejected("actor not found")
        if changes.name is changes.alias is changes.extra_data is None:
            raise Rejected("nothing to update")
        actors[_identity(changes)] = Profile(
            old.identity_public_key,
            alias=old.alias if changes.alias is None else changes.alias,
            name=old.name if changes.name is None else changes.name,
            location=old.location,
            platform_component_type=kind,
            network_service_type=old.network_service_type,
            communication_cloud_client_identity=old.communication_cloud_client_identity,
            extra_data=old.extra_data if changes.extra_data is None else changes.extra_data,
        )

    def profiles(self, component: ComponentType, service: NetworkServiceType | None) -> Profiles:
        """The list a search looks through."""
        if component is CLIENT:
            return self.cloud_clients
        if component is SERVICE:
            return self.services.get(service, {}) if service else {}
        return self.others.get(component, {})

    def components_of(self, client: str) -> list[Profile]:
        """A client's services and actors."""
        owned = self._of_client.get(client, [])
        return [profiles[key] for profiles, key in owned if profiles is not self.cloud_clients]

    def forget(self, connection: Connection) -> int:
        """Clean up after a connection, by its identity; how many profiles went. Twice is as once."""
        return len(self._remove(connection))

    def stand_by(self, connection: Connection, now: float) -> int:
        """Clean up after a lost connection, but keep a client's profiles in case it comes back.

        Of a connection that had not registered nothing is kept, for it has no profiles: unverified.
        """
        if connection.forgotten:
            return 0
        removed = self._remove(connection)
        if connection.identity is not None:
            self.standby.keep(connection.identity, removed, now)
        return len(removed)

    def _remove(self, connection: Connection) -> list[tuple[Profiles, Profile]]:
        if connection.forgotten:
            return []
        connection.forgotten = True
        if connection.identity is None:
            self.pending.pop(connection.temporary, None)
        self.registered.pop(connection.key, None)
        owned = self._of_client.pop(connection.key, [])
        return [(profiles, profiles.pop(key)) for profiles, key in owned if key in profiles]

    def _register_client(self, connection: Connection, sender: str, profile: Profile) -> Connection | None:
        identity = _identity(profile)
        if sender not in self.pending:
            raise Rejected("Forbidden connection, the identity is not pending")
        replaced = self.registered.get(identity)
        if replaced is not None:
            self.forget(replaced)
        del self.pending[sender]
        connection.identity = identity
        self.registered[identity] = connection
        kept = self.standby.take(identity, connection.seen)
        connection.reconnected = kept is not None
        for profiles, one in kept or ():
            self._put(profiles, _identity(one), one)
        if kept is None or identity not in self.cloud_clients:
            self._put(self.cloud_clients, identity, profile)
        return replaced

    def _add(self, profiles: Profiles, profile: Profile) -> None:
        identity = _identity(profile)
        if identity in profiles:
            raise Rejected("already registered")
        self._put(profiles, identity, profile)

    def _put(self, profiles: Profiles, identity: str, profile: Profile) -> None:
        profiles[identity] = profile
        client = profile.communication_cloud_client_identity or ""
        self._of_client.setdefault(client, []).append((profiles, identity))


def _identity(profile: Profile) -> str:
    if profile.identity_public_key is None:
        raise Incomplete("profile: no identityPublicKey")
    return profile.identity_public_key
