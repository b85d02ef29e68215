from __future__ import annotations

import asyncio
import re
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.limits import Machine, budget, line, refusal

machines = st.builds(
    Machine,
    open=st.integers(0, 10**4),
    descriptors=st.none() | st.integers(1, 10**6),
    ports=st.none() | st.integers(1, 60_000),
    sources=st.integers(1, 10),
    memory=st.none() | st.integers(1, 2**36),
)


@given(st.integers(1, 10**6), machines)
def test_a_plan_that_does_not_fit_is_refused_with_the_greatest_that_does(connections: int, machine: Machine):
    words = refusal(connections, budget(connections, machine))
    lacks = [
        item for item in budget(connections, machine) if item.there is not None and item.needed > item.there
    ]
    assert (words is not None) == bool(lacks)
    if words is None:
        return
    assert all(item.remedy in words for item in lacks)
    if found := re.search(r"at most --connections (\d+)", words):
        fitting = int(found[1])
        assert refusal(fitting, budget(fitting, machine)) is None
        assert refusal(fitting + 1, budget(fitting + 1, machine)) is not None
    else:
        assert refusal(1, budget(1, machine)) is not None


def test_what_is_unknown_or_without_limit_is_room_for_all():
    nothing_known = Machine(open=5, descriptors=None, ports=None, sources=1, memory=None)
    items = budget(10**6, nothing_known)
    assert refusal(10**6, items) is None
    assert line(items) == ("needs 1,000,100 file descriptors, 1,000,000 local ports, 22.9 GiB memory")


def test_the_budget_is_told_beside_what_there_is():
    machine = Machine(open=14, descriptors=20_000, ports=28_232, sources=1, memory=2**34)
    assert line(budget(5000, machine)) == (
        "needs 5,100 of 20,000 file descriptors, 5,000 of 28,232 local ports, 117.2 MiB of 16.0 GiB memory"
    )
    refused = refusal(30_000, budget(30_000, msgspec.structs.replace(machine, descriptors=None)))
    assert refused == (
        "--connections 30000 needs 30,000 local ports and there are 28,232:"
        " ask for at most --connections 28232, or"
        " name more addresses with --source, or widen net.ipv4.ip_local_port_range"
    )


def test_what_is_open_already_counts_among_what_is_kept_back_as_long_as_there_is_some_to_spare():
    machine = Machine(open=50, descriptors=20_000, ports=None, sources=2, memory=None)
    assert refusal(19_900, budget(19_900, machine)) is None
    more = budget(19_900, msgspec.structs.replace(machine, open=51))
    assert "at most --connections 19899" in (refusal(19_900, more) or "")


def test_more_source_addresses_are_more_ports():
    machine = Machine(open=14, descriptors=None, ports=28_232, sources=4, memory=None)
    assert refusal(79_600, budget(79_600, machine)) is None
    assert "79,600 of 112,928 local ports of 4 source addresses" in line(budget(79_600, machine))


def test_the_soft_limit_is_raised_to_the_hard_one():
    program = (
        "import resource\n"
        "from loadgen.limits import make_room\n"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))\n"
        "make_room(500)\n"
        "assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("connections", "word"), [(1000, "at most --connections"), (5, "raise the hard limit")]
)
def test_a_hard_limit_too_low_is_told_before_the_ramp(connections: int, word: str):
    program = (
        "import resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({200 if connections > 5 else 60},) * 2)\n"
        "from loadgen.cli import main\n"
        f"sys.exit(main(['--connections', '{connections}']))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == 4
    assert done.stderr.startswith(f"fermat-loadgen: --connections {connections} needs ")
    assert word in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


OUT_OF_DESCRIPTORS = """
import asyncio, resource, sys
from loadgen.engine import Engine
from loadgen.scenario.plan import Plan
from loadgen.scenario.stages import Ramp, Stage
from loadgen.verdict import judge

async def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
    plan = Plan(
        seed=1, url=sys.argv[1], clients=60, ramp=Ramp(rate=500), stages=(Stage(duration=0.2, rate=200),)
    )
    outcome = await Engine(plan, on_second=lambda _: None).run()
    assert outcome.clients.open + outcome.clients.failed == 60, outcome.clients
    assert outcome.tally.errors.keys() == {
        "no file descriptor left on this machine",
        "message not sent: its client was not there",
    }, outcome.tally.errors
    sys.exit(judge(outcome).code)

asyncio.run(main())
"""


async def test_running_out_of_descriptors_is_this_machines_fault_and_no_crash(talk):
    async def script(talk) -> None:
        await talk.register()
        await talk.serve()

    command = [sys.executable, "-c", OUT_OF_DESCRIPTORS, await talk(script)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, err = await process.communicate()
    assert (process.returncode, err.decode()) == (4, "")
