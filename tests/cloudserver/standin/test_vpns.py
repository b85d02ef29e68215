"""The relay's memory: who is there, and whom a message is for."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudserver.client.events import Relayed, VpnOffered
from cloudserver.client.vpn import Vpn
from cloudserver.standin.vpns import End, Vpns, completed
from cloudserver.wire import (
    Incomplete,
    NetworkServiceType,
    Packet,
    PacketType,
    Profile,
    Unreadable,
    WireError,
    contents,
    envelope,
    profiles,
)

CHAT, INTRA_USER = NetworkServiceType.CHAT, NetworkServiceType.INTRA_USER
words = st.text(st.characters(exclude_categories=["Cs"]))


def vpn(own: str, remote: str, service: NetworkServiceType = CHAT) -> Vpn:
    ids = count()
    profile = Profile(own, communication_cloud_client_identity=f"client of {own}", extra_data="photo")
    offer = VpnOffered("/fermat/vpn/", "04VV", service, profile, own, remote)
    return Vpn(offer, f"key of {own}", lambda: str(next(ids)))


def end(own: str, remote: str, service: NetworkServiceType = CHAT) -> End:
    return End(vpn(own, remote, service).headers()["tmp-i"], 0.0)


def test_an_end_is_who_its_header_says():
    one = end("ana", "ben")
    assert (one.own, one.remote, one.service, one.client, one.client_key) == (
        *("ana", "ben", CHAT),
        "client of ana",
        "key of ana",
    )


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ("no", Unreadable),
        ("{}", Incomplete),
        ('{"ns-t":"CHAT","c-iv":"k","a-vpn":"no","r-p-v":"ben"}', Unreadable),
        ('{"ns-t":"CHAT","c-iv":"k","a-vpn":"{}","r-p-v":"ben"}', Incomplete),
        ('{"ns-t":"TELEPATHY","c-iv":"k","a-vpn":"{}","r-p-v":"ben"}', WireError),
    ],
)
def test_a_header_that_does_not_say(header: str, error: type[WireError]):
    with pytest.raises(error):
        End(header, 0.0)


def test_the_second_end_meets_the_first():
    vpns = Vpns()
    ana, ben = end("ana", "ben"), end("ben", "ana")
    assert vpns.join(ana) is None
    assert vpns.join(end("ben", "ana", INTRA_USER)) is None, "another service"
    assert vpns.join(end("ben", "eve")) is None
    assert vpns.counts() == {CHAT: 2, INTRA_USER: 1}
    assert vpns.join(ben) is ana
    assert vpns.counts() == {CHAT: 3, INTRA_USER: 1}, "one for each side"


def test_who_leaves_is_told_of_once():
    vpns = Vpns()
    ana, ben = end("ana", "ben"), end("ben", "ana")
    vpns.join(ana)
    vpns.join(ben)
    assert vpns.leave(ana) is ben
    assert vpns.leave(ana) is None
    assert vpns.leave(ben) is None
    assert vpns.counts() == {}


def test_the_end_of_an_old_socket_removes_the_new_one_of_the_same_keys():
    """H3: clean-up goes by keys, not by sockets."""
    vpns = Vpns()
    old, new = end("ana", "ben"), end("ana", "ben")
    vpns.join(old)
    vpns.join(new)
    vpns.leave(old)
    assert vpns.counts() == {}


def test_what_both_clients_hear_when_both_are_there():
    content = contents.decode(contents.ConnectionComplete, completed(end("ana", "ben"), end("ben", "ana")))
    own, remote = profiles.decode_profile(content.applicant), profiles.decode_profile(content.remote)
    assert (own.identity_public_key, remote.identity_public_key) == ("ana", "ben")
    assert content.service is CHAT


@given(words, st.integers(0, 2**53))
def test_any_message_reaches_the_other_end_as_it_was(text: str, now: int):
    vpns = Vpns()
    ana, ben = end("ana", "ben"), end("ben", "ana")
    vpns.join(ana)
    vpns.join(ben)
    said = vpn("ana", "ben").say(text, now)
    relayed = vpns.relay(ana, said, "04VV", "new id")
    assert relayed.to is ben
    assert len(relayed.log) == 2
    packet = envelope.decode(relayed.text)
    assert (packet.id, packet.sender, packet.type) == ("new id", "04VV", PacketType.MESSAGE_TRANSMIT)
    assert packet.destination == "key of ana", "the server's bug: not the receiver's"
    before, after = (vpn("ben", "ana").receive(one) for one in (said, relayed.text))
    assert isinstance(after, Relayed)
    assert after == before
    assert after.message.content == text


@pytest.mark.parametrize(
    "said",
    [
        vpn("ana", "eve").say("hello", 1),
        vpn("eve", "ben").say("hello", 1),
        envelope.encode(Packet("", "", "", PacketType.REQUEST_LIST_COMPONENT_REGISTERED, "{}")),
    ],
    ids=["to somebody else", "as somebody else", "another packet"],
)
def test_what_nobody_gets(said: str):
    vpns = Vpns()
    ana = end("ana", "ben")
    vpns.join(ana)
    vpns.join(end("ben", "ana"))
    assert vpns.relay(ana, said, "04VV", "id").to is None


def test_a_message_goes_by_the_service_of_the_socket():
    vpns = Vpns()
    ana = end("ana", "ben", INTRA_USER)
    vpns.join(ana)
    vpns.join(end("ben", "ana", CHAT))
    assert vpns.relay(ana, vpn("ana", "ben").say("hello", 1), "04VV", "id").to is None


@pytest.mark.parametrize(
    "said",
    [
        "no",
        "{}",
        envelope.encode(Packet("", "", "", PacketType.MESSAGE_TRANSMIT, "{}")),
        vpn("ana", "ben").say("hello", 12345).replace("12345", r"{\"time\":1}"),
    ],
    ids=["not JSON", "not a packet", "not a message", "time of a later build"],
)
def test_what_is_an_exception_in_the_server(said: str):
    vpns = Vpns()
    ana = end("ana", "ben")
    vpns.join(ana)
    with pytest.raises(WireError):
        vpns.relay(ana, said, "04VV", "id")
