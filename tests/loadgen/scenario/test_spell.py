"""A plan written as TOML is read to the same plan."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermatkit.toml.convert import values
from fermatkit.toml.mistakes import Mistake
from fermatkit.toml.read import tables
from loadgen.scenario.behaviours import Echo
from loadgen.scenario.plan import Plan
from loadgen.scenario.spell import number, toml
from loadgen.scenario.thresholds import threshold
from support.plans import plans

lines = st.text(st.characters(codec="utf-8"), min_size=1).filter(
    lambda text: bool(text.strip()) and text.isprintable()
)


def read(text: str) -> Plan:
    table = tables(text)
    assert isinstance(table, dict), table
    mistakes: list[Mistake] = []
    found = values(table, Plan, "", mistakes)
    assert mistakes == []
    return Plan(**found)


@given(plans, lines)
def test_it_is_read_to_the_same_plan(plan: Plan, name: str) -> None:
    plan = msgspec.structs.replace(
        plan, name=name, thresholds=(threshold("errors < 0.1%"), threshold("rate >= 5/m"))
    )
    assert read(toml(plan)) == plan


def test_headers_and_subprotocol() -> None:
    echo = Echo(subprotocol="chat", headers=(("X-A", 'quoted "b" \\'), ("X-C", "d")))
    plan = Plan(seed=1, mix=(echo,), ca="ä.pem")
    assert read(toml(plan)) == plan


@given(st.floats(0, 1e9))
def test_a_number_has_no_exponent_and_loses_nothing(value: float) -> None:
    assert float(number(value)) == value
    assert "e" not in number(value).lower()


@pytest.mark.parametrize(("value", "text"), [(3.0, "3"), (0.25, "0.25"), (1e-7, "0.0000001"), (100.0, "100")])
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text
