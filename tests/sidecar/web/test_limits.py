"""How often a client may do something, for any history of clients."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sidecar.web import limits
from sidecar.web.limits import Limit, client

gaps = st.lists(st.floats(0, 20), max_size=200)


@given(gaps, st.integers(1, 10), st.floats(0.01, 10))
def test_no_more_than_the_burst_and_then_one_an_interval(gaps: list[float], burst: int, every: float) -> None:
    limit, now, acts = Limit(burst, every), 1000.0, list[float]()
    for gap in gaps:
        now += gap
        if not limit.wait("a", now):
            limit.spend("a", now)
            acts.append(now)
    for i, first in enumerate(acts):
        for j in range(i, len(acts)):
            assert j - i + 1 <= burst + (acts[j] - first) / every + 1e-6


@given(gaps, st.integers(1, 10))
def test_who_waits_as_long_as_is_said_may_act(gaps: list[float], burst: int) -> None:
    limit, now = Limit(burst, 6.0), 1000.0
    for gap in gaps:
        now += gap
        now += limit.wait("a", now)
        assert limit.wait("a", now) < 1e-6
        limit.spend("a", now)


def test_each_for_himself() -> None:
    limit = Limit(1, 6.0)
    limit.spend("a", 1000.0)
    assert limit.wait("a", 1001.0) == 5.0
    assert limit.wait("b", 1001.0) == 0.0


def test_the_memory_is_bounded_and_keeps_who_is_busy() -> None:
    limit = Limit(2, 6.0)
    for i in range(3 * limits._MOST):
        limit.spend(f"10.0.{i}", 1000.0)
        limit.spend("busy", 1000.0)
    assert len(limit._free) <= limits._MOST
    assert limit.wait("busy", 1000.0) > 1000


def test_an_ipv6_network_is_one_client() -> None:
    assert client("2001:db8::1") == client("2001:db8::2") == client("2001:db8:0:0:ffff::%eth0")
    assert client("2001:db8::1") != client("2001:db8:0:1::1")
    assert client("127.0.0.1") != client("127.0.0.2")
    assert client(None) == ""
