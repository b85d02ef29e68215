"""A text that is filled in is the one that would have been written."""

from __future__ import annotations

from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from cloudserver import session
from cloudserver.client.templates import Template
from cloudserver.session import ClientKeys, Session
from cloudserver.wire import Packet, PacketType, contents, envelope, gson, profiles

plain = st.text("0123456789ABCDEFabcdef-", max_size=140)
words = plain | st.text(max_size=20)


def nested(one: str, other: str) -> str:
    """A text as `Template` takes them: its words twice, in another order, inside of JSON in JSON."""
    inner = gson.write(profiles.Profile(identity_public_key=other, alias="100 %s", name=one))
    return gson.write(Packet(one, other, one, PacketType.MESSAGE_TRANSMIT, inner))


TEMPLATE = Template(nested, 2)


@given(words, words)
@example('"', "\\")
@example("%s", "word0word")
@example("", "")
@example("²", "é")
def test_any_words_give_the_text_that_would_have_been_written(one: str, other: str):
    assert TEMPLATE.text(one, other) == nested(one, other)


@given(words, words, words, st.uuids())
def test_a_session_says_the_same_whatever_its_keys_are(
    temporary: str, permanent: str, server: str, new: UUID
):
    talking = Session(ClientKeys(temporary, permanent), lambda: str(new))
    content = contents.encode(contents.ServerHandshake(server))
    talking.receive(envelope.encode(Packet("1", "", "", PacketType.SERVER_HANDSHAKE_RESPOND, content)))
    said = talking.register()
    assert said == session._registration(str(new), temporary, server, permanent)
    packet = envelope.decode(said)
    assert (packet.id, packet.sender, packet.destination) == (str(new), temporary, server)
    profile = profiles.decode_profile(contents.decode(contents.Registration, packet.content).profile)
    assert profile.identity_public_key == profile.communication_cloud_client_identity == permanent
    kind = PacketType.COMPLETE_COMPONENT_REGISTRATION
    talking.receive(envelope.encode(Packet("2", "", "", kind, "{}")))
    assert talking.request_list() == session._own_list(str(new), permanent, server)
