from __future__ import annotations

import asyncio
import resource
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.limits import shortage


@given(st.integers(1, 10**6), st.integers(0, 10**4), st.integers(1, 10**6))
def test_a_plan_that_does_not_fit_is_refused_with_one_that_does(connections: int, other: int, limit: int):
    refusal = shortage(connections, connections + other, limit)
    assert (refusal is not None) == (connections + other > limit)
    if refusal and limit > other:
        fitting = limit - other
        assert f"at most --connections {fitting}" in refusal
        assert shortage(fitting, fitting + other, limit) is None


def test_no_limit_is_room_for_all():
    assert shortage(10**6, 10**6 + 100, resource.RLIM_INFINITY) is None


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
    assert done.stderr.startswith(f"loadgen: --connections {connections} needs ")
    assert word in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


OUT_OF_DESCRIPTORS = """
import asyncio, resource, sys
from loadgen.engine import Engine
from loadgen.plan import Plan
from loadgen.verdict import judge

async def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
    plan = Plan(seed=1, url=sys.argv[1], connections=60, ramp=500, duration=0.2)
    outcome = await Engine(plan, on_second=lambda _: None).run()
    assert outcome.clients.open + outcome.clients.failed == 60, outcome.clients
    assert outcome.tally.errors.keys() == {"no file descriptor left on this machine"}, outcome.tally.errors
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
