from __future__ import annotations

import msgspec
import pytest

from fermatkit.errors import ExitCode
from loadgen.crew import messages
from loadgen.crew.messages import Begin, Ended, Hold, Job, Ready, Refused, Settled, Still, Stop
from loadgen.crew.parts import untouched
from loadgen.results import Second
from loadgen.scenario.plan import Plan
from loadgen.schedule.events import Shard
from loadgen.tally import Operation, Tally


def second() -> Second:
    tally = Tally()
    tally.accounts[Operation.LIST].sent += 1
    return Second(at=1.0, phase="holding", registered=3, tally=tally)


@pytest.mark.parametrize("message", [Job(Plan(seed=1), Shard(1, 3)), Begin(1.5), Hold(2.25), Still(), Stop()])
def test_what_a_leader_says_is_one_line_and_is_understood(message: messages.ToWorker):
    line = messages.encode(message)
    assert line.index(b"\n") == len(line) - 1
    assert messages.to_worker(line) == message


@pytest.mark.parametrize(
    "message", [Ready(), Refused("no", ExitCode.INVALID_RUN), Settled(), Ended(untouched(5)), second()]
)
def test_what_a_worker_says_is_one_line_and_is_understood(message: messages.FromWorker):
    line = messages.encode(message)
    assert line.index(b"\n") == len(line) - 1
    assert messages.from_worker(line) == message


@pytest.mark.parametrize("line", [b"", b"hello", b'{"type":"begin","at":1}', b'{"type":"ended"}'])
def test_what_no_worker_says_is_an_error(line: bytes):
    with pytest.raises(msgspec.DecodeError):
        messages.from_worker(line)
