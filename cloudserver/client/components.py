"""What a phone registers: itself, its network services, its actors (cloud-server.md §5.3, §5.4)."""

from __future__ import annotations

import base64

import msgspec

from cloudserver.wire import ComponentType, NetworkServiceType, Profile

PHONE = (
    NetworkServiceType.ARTIST_ACTOR,
    NetworkServiceType.FAN_ACTOR,
    NetworkServiceType.CRYPTO_BROKER,
    NetworkServiceType.CRYPTO_CUSTOMER,
    NetworkServiceType.TRANSACTION_TRANSMISSION,
    NetworkServiceType.CRYPTO_ADDRESSES,
    NetworkServiceType.CRYPTO_TRANSMISSION,
    NetworkServiceType.INTRA_USER,
    NetworkServiceType.ACTOR_CHAT,
    NetworkServiceType.CHAT,
    NetworkServiceType.ASSET_ISSUER_ACTOR,
    NetworkServiceType.ASSET_USER_ACTOR,
    NetworkServiceType.ASSET_REDEEM_POINT_ACTOR,
    NetworkServiceType.ASSET_TRANSMISSION,
    NetworkServiceType.FERMAT_MONITOR,
)
"""The network services of a full phone, in its order."""


def client(key: str) -> Profile:
    """A cloud client's own profile."""
    return Profile(
        identity_public_key=key,
        alias="WsCommunicationsCloudClientChannel",
        name="Web Socket Communications Cloud Client",
        platform_component_type=ComponentType.COMMUNICATION_CLOUD_CLIENT,
        network_service_type=NetworkServiceType.UNDEFINED,
        communication_cloud_client_identity=key,
    )


def service(kind: NetworkServiceType, key: str, client_key: str) -> Profile:
    """A network service with a key of its own. Names are made like the one that is written down (§4.1)."""
    name = f"{kind.replace('_', ' ').title()} Network Service"
    return Profile(
        identity_public_key=key,
        alias=name.lower(),
        name=name,
        platform_component_type=ComponentType.NETWORK_SERVICE,
        network_service_type=kind,
        communication_cloud_client_identity=client_key,
        extra_data=name.replace(" ", ""),
    )


def actor(
    kind: ComponentType, owner: NetworkServiceType, key: str, client_key: str, photo: bytes = b""
) -> Profile:
    """An actor that the service `owner` publishes, with a photo of usually some tens of kB.

    That `extraData` is JSON text with a Base64 photo is written down, under which keys is not: unverified.
    """
    extra = {"PROFILE_IMAGE": base64.b64encode(photo).decode()} if photo else {}
    return Profile(
        identity_public_key=key,
        alias=key[-8:].lower(),
        name=f"{kind.replace('_', ' ').title()} {key[-8:]}",
        platform_component_type=kind,
        network_service_type=owner,
        communication_cloud_client_identity=client_key,
        extra_data=msgspec.json.encode(extra).decode(),
    )


def reference(profile: Profile) -> Profile:
    """As little of a profile as a server needs to know whom we mean: key, types and client (§5.8)."""
    return Profile(
        identity_public_key=profile.identity_public_key,
        platform_component_type=profile.platform_component_type,
        network_service_type=profile.network_service_type,
        communication_cloud_client_identity=profile.communication_cloud_client_identity,
    )
