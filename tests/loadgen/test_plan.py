from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.plan import Plan, endpoint, mistakes


def test_the_defaults_are_a_good_plan_that_ends_within_about_a_minute():
    plan = Plan(seed=1, connections=5000)
    assert mistakes(plan) == []
    assert plan.connections / plan.ramp + plan.duration < 60


def test_all_mistakes_are_told_at_once():
    plan = Plan(seed=1, connections=0, ramp=0, duration=-1, rate=float("nan"), url="http://127.0.0.1")
    found = mistakes(plan)
    assert len(found) == 5
    for flag, mistake in zip(
        ("--connections", "--ramp", "--duration", "--rate", "--url"), found, strict=True
    ):
        assert mistake.startswith(flag)


@given(st.floats(), st.sampled_from(["ramp", "duration", "rate"]))
def test_a_number_without_an_end_is_never_accepted(value: float, name: str):
    found = mistakes(Plan(seed=1, **{name: value}))
    assert bool(found) == (not 0.1 <= value <= 100_000 if name == "ramp" else not 0 <= value <= _most(name))


def _most(name: str) -> float:
    return {"duration": 7 * 86_400, "rate": 1_000_000}[name]


@pytest.mark.parametrize(
    "url",
    [
        "ws://127.0.0.1:9090",
        "ws://127.0.0.1:9090/",
        "ws://127.0.0.1:9090/fermat/ws/",
        "ws://localhost:1",
        "ws://[::1]:9090",
        "ws://127.8.9.10:65535",
        "ws://192.168.1.20:9090",
        "ws://10.0.0.1:9090",
    ],
)
def test_near_targets(url: str):
    assert mistakes(Plan(seed=1, url=url)) == []


@pytest.mark.parametrize("url", ["ws://192.0.3.1:9090", "ws://example.org:9090", "ws://[2600::1]:9090"])
def test_a_host_that_is_neither_loopback_nor_private_needs_the_flag(url: str):
    plan = Plan(seed=1, url=url)
    assert "--i-may-load-this-host" in mistakes(plan)[0]
    assert mistakes(plan, any_host=True) == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:9090",
        "ws://127.0.0.1",
        "ws://:9090",
        "ws://127.0.0.1:0",
        "ws://127.0.0.1:99999",
        "ws://[::1",
        "wss://127.0.0.1:9090",
        "ws://me@127.0.0.1:9090",
        "ws://127.0.0.1:9090/other",
        "ws://127.0.0.1:9090/?a=b",
        "ws://a..b:9090",
        "ws://a b:9090",
        f"ws://{'x' * 64}:9090",
    ],
)
def test_other_addresses_are_no_targets(url: str):
    assert "must be like ws://127.0.0.1:9090" in mistakes(Plan(seed=1, url=url), any_host=True)[0]


@given(st.text())
def test_any_text_is_either_a_target_or_a_mistake(url: str):
    mistakes(Plan(seed=1, url=url))


def test_every_client_connects_to_the_path_of_the_protocol():
    assert endpoint(Plan(seed=1, url="ws://127.0.0.1:9090")) == "ws://127.0.0.1:9090/fermat/ws/"
    assert endpoint(Plan(seed=1, url="ws://[::1]:80/fermat/ws/")) == "ws://[::1]:80/fermat/ws/"
