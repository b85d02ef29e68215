"""Discovery over HTTP: what is asked, and what comes back."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import parse_qsl

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudserver.client import discovery
from cloudserver.client.events import Listed, ListRefused
from cloudserver.wire import (
    ComponentType,
    DiscoveryParameters,
    Incomplete,
    NetworkServiceType,
    Profile,
    Unreadable,
    WireError,
    gson,
    profiles,
)

words = st.text(st.characters(exclude_categories=["Cs"]))


@given(words, st.builds(DiscoveryParameters, alias=words, name=words))
def test_a_form_comes_back(requester: str, question: DiscoveryParameters):
    fields = dict(parse_qsl(discovery.form(requester, question).decode(), keep_blank_values=True))
    assert fields["i"] == requester
    assert profiles.decode_discovery(fields["dp"]) == question


@given(st.lists(st.builds(Profile, words, alias=words, extra_data=words), max_size=3))
def test_an_answer_comes_back(found: list[Profile]):
    assert discovery.read(msgspec.json.encode({"rl": gson.write(found)})) == Listed(tuple(found))


def test_questions():
    chats = discovery.services(NetworkServiceType.CHAT)
    assert gson.write(chats) == '{"platformComponentType":"NETWORK_SERVICE","networkServiceType":"CHAT"}'
    fans = discovery.actors(ComponentType.ART_FAN, NetworkServiceType.FAN_ACTOR)
    assert gson.write(fans) == '{"platformComponentType":"ART_FAN","networkServiceType":"FAN_ACTOR"}'


def test_a_refusal_says_why():
    assert discovery.read(b'{"f":"Requested list is not available"}') == ListRefused(
        "Requested list is not available"
    )
    assert discovery.read(b"{}") == ListRefused("{}")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"rl":"no"}', b'{"rl":[]}', b'{"rl":"{}"}'])
def test_what_is_none_of_the_servers_answers(body: bytes):
    with pytest.raises((Unreadable, Incomplete)):
        discovery.read(body)


@given(st.binary())
def test_any_body_is_read_or_is_a_wire_error(body: bytes):
    with suppress(WireError):
        discovery.read(body)
