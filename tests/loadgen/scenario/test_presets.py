"""Every plan with a name can be run as it is, and is what its name says."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadgen.scenario import presets
from loadgen.scenario.behaviours import Pair, Returner, SlowReader
from loadgen.scenario.load import good
from loadgen.scenario.plan import Plan
from loadgen.schedule.whole import schedule


def preset(name: str) -> Plan:
    return good(presets.text(name), name, 1)


def test_the_names_are_the_files() -> None:
    folder = Path(presets.__file__).parent
    assert sorted(presets.NAMES) == sorted(path.stem for path in folder.glob("*.toml"))


@pytest.mark.parametrize("name", presets.NAMES)
def test_each_is_a_good_plan_with_thresholds_and_says_what_it_asks(name: str) -> None:
    plan = preset(name)
    assert plan.name == name
    assert plan.thresholds
    assert presets.text(name).startswith("# ")
    assert next(schedule(plan))[0] >= 0


def test_what_they_are() -> None:
    assert preset("smoke").begin + preset("smoke").duration < 30
    assert preset("soak").duration == 1800
    assert max(stage.rate for stage in preset("spike").stages) >= 10 * preset("spike").stages[0].rate
    assert preset("stress").stages[0].to == 5000
    storm = preset("reconnect-storm").mix[0]
    assert isinstance(storm, Returner)
    assert storm.after.least == storm.after.most
    fanout = preset("fanout").mix[0]
    assert isinstance(fanout, Pair)
    assert fanout.partners == 49
    assert any(isinstance(one, SlowReader) for one in preset("slow-readers").mix)
    burst = preset("cold-burst")
    assert burst.ramp.seconds(burst.clients) == 0
    assert burst.limits.pending == burst.clients
