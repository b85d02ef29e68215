"""How a Cloud Client reads each packet of the server's: what it means depends on how far they are."""

from __future__ import annotations

from collections.abc import Callable

from cloudserver.client import events
from cloudserver.client.events import Event, Stage
from cloudserver.wire import Incomplete, PacketType, Profile, WireError, contents, profiles

Reader = Callable[[str], Event]


def _handshaken(content: str) -> Event:
    return events.Handshaken(contents.decode(contents.ServerHandshake, content).server_key)


def _refused(content: str) -> Event:
    return events.Refused(_reason(contents.Registration, content))


def _component_registered(content: str) -> Event:
    registration = contents.decode(contents.Registration, content)
    return events.ComponentRegistered(registration.service, profiles.decode_profile(registration.profile))


def _component_refused(content: str) -> Event:
    return events.ComponentRefused(_reason(contents.Registration, content))


def _listed(content: str) -> Event:
    return events.Listed(profiles.decode_profiles(contents.decode(contents.ListAnswer, content).profiles))


def _list_refused(content: str) -> Event:
    return events.ListRefused(_reason(contents.ListRequest, content))


def _vpn_offered(content: str) -> Event:
    offer = contents.decode(contents.ConnectionRespond, content)
    own, remote = profiles.decode_profile(offer.applicant), profiles.decode_profile(offer.remote)
    service = profiles.decode_profile(offer.remote_service).network_service_type
    if service is None:
        raise Incomplete("remote service: no networkServiceType")
    return events.VpnOffered(offer.path, offer.server_key, service, own, _key(own), _key(remote))


def _vpn_refused(content: str) -> Event:
    return events.VpnRefused(_reason(contents.DiscoveryConnection, content))


def _vpn_completed(content: str) -> Event:
    """Both ends are taken for profiles, as in the offer; the document does not say: unverified."""
    complete = contents.decode(contents.ConnectionComplete, content)
    own, remote = (profiles.decode_profile(text) for text in (complete.applicant, complete.remote))
    return events.VpnCompleted(complete.service, _key(own), _key(remote))


def _redirected(content: str) -> Event:
    redirect = contents.decode(contents.ServerRedirect, content)
    return events.Redirected(redirect.service.strip('"'), redirect.address)


def _reason(
    kind: type[contents.Registration | contents.ListRequest | contents.DiscoveryConnection], content: str
) -> str:
    """The failure text; a failure whose content is not as written down is still a failure."""
    try:
        return contents.decode(kind, content).failure or content
    except WireError:
        return content


def _key(profile: Profile) -> str:
    if profile.identity_public_key is None:
        raise Incomplete("profile: no identityPublicKey")
    return profile.identity_public_key


READERS: dict[Stage, dict[PacketType, Reader]] = {
    Stage.HANDSHAKE: {PacketType.SERVER_HANDSHAKE_RESPOND: _handshaken},
    Stage.REGISTRATION: {
        PacketType.COMPLETE_COMPONENT_REGISTRATION: lambda _: events.Registered(reconnected=False),
        PacketType.CLIENT_CONNECTION_SUCCESSFULLY_RECONNECT: lambda _: events.Registered(reconnected=True),
        PacketType.FAILURE_COMPONENT_REGISTRATION_REQUEST: _refused,
    },
    Stage.REGISTERED: {
        PacketType.COMPLETE_COMPONENT_REGISTRATION: _component_registered,
        PacketType.FAILURE_COMPONENT_REGISTRATION_REQUEST: _component_refused,
        PacketType.REQUEST_LIST_COMPONENT_REGISTERED: _listed,
        PacketType.FAILURE_REQUESTED_LIST_NOT_AVAILABLE: _list_refused,
        PacketType.COMPONENT_CONNECTION_RESPOND: _vpn_offered,
        PacketType.FAILURE_COMPONENT_CONNECTION_REQUEST: _vpn_refused,
        PacketType.COMPLETE_COMPONENT_CONNECTION_REQUEST: _vpn_completed,
        PacketType.REGISTER_SERVER_REQUEST: _redirected,
    },
    Stage.REFUSED: {},
}
"""What makes sense in each stage, and how to read it."""
UNDERSTOOD = frozenset(kind for readers in READERS.values() for kind in readers)
"""What makes sense in some stage."""
NEXT: dict[type[Event], Stage] = {
    events.Handshaken: Stage.REGISTRATION,
    events.Registered: Stage.REGISTERED,
    events.Refused: Stage.REFUSED,
}
"""Which events lead to another stage."""
