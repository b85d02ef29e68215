"""Which profiles a question gets, the server's bugs included (cloud-server.md §5.6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudserver.standin.clients import Clients, Connection
from cloudserver.standin.discovery import NotAvailable, search
from cloudserver.wire import ComponentType, DiscoveryParameters, Location, NetworkServiceType, Profile

ACTOR = ComponentType.ACTOR_INTRA_USER
CHAT = NetworkServiceType.CHAT


def clients_with(*profiles: Profile) -> Clients:
    clients = Clients()
    for profile in profiles:
        clients.register(Connection("t", "s", 0.0), "t", CHAT, profile)
    return clients


def actor(key: str, of: str = "other", **fields: object) -> Profile:
    return Profile(
        key,
        platform_component_type=ACTOR,
        communication_cloud_client_identity=of,
        **fields,  # type: ignore[arg-type]
    )


def found(clients: Clients, requester: str = "me", **question: object) -> str:
    """Keys of what is found, one letter each."""
    wanted = DiscoveryParameters(platform_component_type=ACTOR, **question)  # type: ignore[arg-type]
    return "".join(str(profile.identity_public_key) for profile in search(clients, requester, wanted))


def test_without_a_filter_everything_but_ones_own():
    clients = clients_with(actor("a"), actor("b", of="me"), actor("c"))
    assert found(clients) == "ac"


def test_one_filter_gives_the_first_match_and_what_follows_up_to_the_next():
    clients = clients_with(*(actor(key, name=name) for key, name in zip("abcdef", "xyxzxy", strict=True)))
    assert found(clients, name="y") == "bcde"


def test_an_identity_filter_gives_its_match_and_all_after_it():
    clients = clients_with(actor("a"), actor("b"), actor("c"))
    assert found(clients, identity_public_key="b") == "bc"


def test_asking_for_oneself_or_for_nobody_gives_nothing():
    clients = clients_with(actor("a"), actor("b", of="me"), actor("c"))
    assert found(clients, identity_public_key="b") == ""
    assert found(clients, identity_public_key="z") == ""


def test_a_question_matches_when_it_contains_the_value_in_any_case():
    clients = clients_with(actor("a", alias="ANA"), actor("b", alias="Ana Maria"))
    assert found(clients, alias="ana m") == "ab"
    assert found(clients, alias="an") == ""


def test_an_empty_filter_counts_and_never_matches():
    clients = clients_with(actor("a", name=""), actor("b"))
    assert found(clients, name="") == ""
    assert found(clients, identity_public_key="") == ""


def test_two_filters_count_their_matches_together():
    clients = clients_with(actor("a", name="x"), actor("b", name="x"), actor("c"))
    assert found(clients, name="x", alias="y") == "bc"


def place(latitude: float, longitude: float) -> Location:
    return Location(latitude=latitude, longitude=longitude, time=0, altitude=0.0)


def test_near_ones_nearest_first_and_equal_distances_collapse():
    clients = clients_with(
        actor("a", location=place(10.5, -66.9)),
        actor("b", location=place(10.4, -66.9)),
        actor("c", location=place(10.4, -66.9)),
        actor("d", location=place(40.4, -3.7)),
        actor("e"),
    )
    assert found(clients, location=place(10.5, -66.9), distance=50.0) == "ac"
    assert found(clients, location=place(10.5, -66.9), distance=5.0) == "a"
    assert found(clients, location=place(10.5, -66.9), distance=10_000.0) == "acd"


def test_a_place_on_the_equator_does_not_filter_and_one_without_distance_fails():
    clients = clients_with(actor("a"))
    assert found(clients, location=place(0.0, 5.0)) == "a"
    with pytest.raises(NotAvailable):
        found(clients, location=place(1.0, 5.0))


@pytest.mark.parametrize(
    ("offset", "end", "first", "count"),
    [
        (0, 0, 0, 100),
        (10, 0, 0, 100),
        (0, 10, 0, 100),
        (20, 50, 20, 30),
        (20, 200, 20, 80),
        (120, 130, 120, 10),
    ],
)
def test_pages(offset: int, end: int, first: int, count: int):
    clients = clients_with(*(actor(f"{number:03}") for number in range(150)))
    page = search(clients, "me", DiscoveryParameters(platform_component_type=ACTOR, offset=offset, max=end))
    assert [profile.identity_public_key for profile in page] == [
        f"{number:03}" for number in range(first, first + count)
    ]


def test_pages_of_few_are_everything_and_an_offset_beyond_the_end_fails():
    clients = clients_with(*(actor(key) for key in "abc"))
    assert found(clients, offset=1, max=5) == "abc"
    assert found(clients, offset=1, max=2) == "b"
    with pytest.raises(NotAvailable):
        found(clients, offset=2, max=1)


def test_from_other_finds_the_same_clients_profiles():
    service = Profile(
        "s", platform_component_type=ComponentType.NETWORK_SERVICE, communication_cloud_client_identity="o"
    )
    clients = clients_with(actor("a", of="o"), actor("b"), service)
    other = {
        "from_other_platform_component_type": ComponentType.NETWORK_SERVICE,
        "from_other_network_service_type": CHAT,
    }
    assert found(clients, identity_public_key="s", **other) == "a"
    assert found(clients, identity_public_key="x", **other) == ""


def test_a_question_without_a_type_has_no_answer():
    with pytest.raises(NotAvailable):
        search(Clients(), "me", DiscoveryParameters())


words = st.sampled_from(["", "x", "y", "xy"]) | st.none()
coordinates = st.floats(allow_nan=False, allow_infinity=False)
places = st.builds(
    Location, latitude=coordinates, longitude=coordinates, time=st.just(0), altitude=st.just(0.0)
)


@given(
    st.lists(
        st.builds(
            actor, st.text(max_size=3), st.sampled_from(["me", "o"]), name=words, location=places | st.none()
        ),
        unique_by=lambda profile: profile.identity_public_key,
    ),
    st.builds(
        DiscoveryParameters,
        identity_public_key=words,
        name=words,
        location=places | st.none(),
        distance=coordinates | st.none(),
        platform_component_type=st.just(ACTOR),
        offset=st.integers(),
        max=st.integers(),
    ),
)
def test_any_question_has_an_answer_or_none_and_never_ones_own(
    some: list[Profile], question: DiscoveryParameters
):
    try:
        answer = search(clients_with(*some), "me", question)
    except NotAvailable:
        return
    assert all(profile in some and profile.communication_cloud_client_identity != "me" for profile in answer)


def test_places_that_are_not_on_earth_have_a_distance_too():
    clients = clients_with(actor("a", location=place(-1.7e308, -1.7e308)))
    assert found(clients, location=place(1.7e308, 1.7e308), distance=30_000.0) == "a"
