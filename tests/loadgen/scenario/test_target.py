"""Which addresses a plan may name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.scenario.target import endpoint, wrong_target


def said(url: str, *, any_path: bool = False, any_host: bool = False) -> list[str]:
    return [mistake.problem for mistake in wrong_target(url, any_path=any_path, any_host=any_host)]


@pytest.mark.parametrize(
    "url",
    [
        "ws://127.0.0.1:9090",
        "wss://127.0.0.1:9443/",
        "ws://127.0.0.1:9090/fermat/ws/",
        "ws://localhost:1",
        "ws://[::1]:9090",
        "ws://127.8.9.10:65535",
        "wss://192.168.1.20:9090",
        "ws://10.0.0.1:9090",
    ],
)
def test_near_targets(url: str) -> None:
    assert said(url) == []


@pytest.mark.parametrize("url", ["ws://192.0.3.1:9090", "wss://example.org:443", "ws://[2600::1]:9090"])
def test_a_host_that_is_neither_loopback_nor_private_has_to_be_meant(url: str) -> None:
    assert "--i-may-load-this-host" in said(url)[0]
    assert said(url, any_host=True) == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:9090",
        "ws://:9090",
        "ws://127.0.0.1:0",
        "ws://127.0.0.1:99999",
        "ws://[::1",
        "http://127.0.0.1:9090",
        "ws://me@127.0.0.1:9090",
        "ws://127.0.0.1:9090/a b",
        "ws://127.0.0.1:9090/ä",
        "ws://127.0.0.1:9090/\r\nX: y",
        "ws://127.0.0.1:9090/#part",
        "ws://a..b:9090",
        f"ws://{'x' * 64}:9090",
    ],
)
def test_what_is_no_target_at_all(url: str) -> None:
    assert said(url, any_path=True, any_host=True)[0].startswith("must be like ws://127.0.0.1:9090")


def test_only_other_servers_have_the_port_of_the_scheme() -> None:
    assert said("ws://127.0.0.1")[0].startswith("must be like ws://127.0.0.1:9090")
    assert said("wss://127.0.0.1/chat", any_path=True) == []


def test_a_path_of_its_own_is_only_for_other_servers() -> None:
    assert said("ws://127.0.0.1:80/chat?a=b") == [
        "names '/chat', but a Cloud Server's clients connect to /fermat/ws/"
    ]
    assert said("ws://127.0.0.1:80/chat?a=b", any_path=True) == []


def test_where_clients_connect_to() -> None:
    assert endpoint("wss://127.0.0.1:80", any_path=False) == "wss://127.0.0.1:80/fermat/ws/"
    assert endpoint("ws://127.0.0.1:80/chat?a=b", any_path=True) == "ws://127.0.0.1:80/chat?a=b"


@given(st.text() | st.text().map("ws://127.0.0.1:1/{}".format))
def test_any_text_is_a_target_or_a_mistake(url: str) -> None:
    assert len(said(url, any_path=True)) <= 1
