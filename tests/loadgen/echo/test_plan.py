"""Everything that is wrong with an echo plan is said."""

from __future__ import annotations

import pytest

from loadgen.echo.plan import EchoPlan, mistakes

URL = "ws://127.0.0.1:9001/"


def plan(**changes) -> EchoPlan:
    return EchoPlan(**{"seed": 1, "url": URL} | changes)


@pytest.mark.parametrize("url", [URL, "wss://localhost/a?b=c", "ws://[::1]:1", "ws://10.0.0.1"])
def test_a_good_plan(url: str):
    assert mistakes(plan(url=url, headers=(("Origin", "http://localhost"),), subprotocol="chat")) == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"connections": 0}, "--connections"),
        ({"size": 7}, "--size"),
        ({"rate": float("nan")}, "--rate"),
        ({"headers": (("Host", "x"),)}, "--header 'Host'"),
        ({"headers": (("Sec-WebSocket-Key", "x"),)}, "--header"),
        ({"headers": (("X", "a\r\nB: c"),)}, "control character"),
        ({"subprotocol": "a b"}, "--subprotocol"),
        ({"url": "http://127.0.0.1"}, "--url"),
        ({"url": "ws://127.0.0.1/a b"}, "--url"),
        ({"url": "ws://u:p@127.0.0.1/"}, "--url"),
        ({"url": "ws://127.0.0.1:99999/"}, "--url"),
        ({"url": "ws://192.0.3.1/"}, "--i-may-load-this-host"),
    ],
)
def test_each_mistake_is_named(changes, word: str):
    (found,) = mistakes(plan(**changes))
    assert word in found


def test_another_host_may_be_loaded_if_one_may():
    assert mistakes(plan(url="ws://192.0.3.1/"), any_host=True) == []
