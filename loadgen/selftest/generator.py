"""`python -m loadgen.selftest.generator`: the generator under test, a process that can be stopped.

A plan on standard input, a report on standard output; in between it is what a run is.
"""

from __future__ import annotations

import asyncio
import signal
import sys

import msgspec

from fermatkit import eventloop
from loadgen.engine import Engine
from loadgen.outcome import Outcome
from loadgen.scenario.plan import Plan
from loadgen.selftest.report import Report
from loadgen.selftest.truth import PERCENTS
from loadgen.tally import Operation
from loadgen.verdict import doubts, judge


def report(plan: Plan, outcome: Outcome) -> Report:
    """What it says of a run."""
    echo, verdict = outcome.tally.accounts[Operation.ECHO], judge(outcome, plan.there)
    own = [*outcome.losses, *doubts(outcome.tally, outcome.seconds)]
    return Report(
        response=tuple(echo.response.percentiles(PERCENTS)),
        service=tuple(echo.service.percentiles(PERCENTS)),
        lag=tuple(echo.lag.percentiles(PERCENTS)),
        usual=echo.service.percentile(50),
        loop_lag=outcome.tally.loop_lag.max,
        scheduled=echo.scheduled,
        sent=echo.sent,
        answered=echo.answered,
        verdict=verdict.word,
        blames_generator=own,
        blames_server=[reason for reason in verdict.reasons if reason not in own],
    )


def main() -> None:
    """The program."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a person who ends the self-test ends this, without a word
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    with asyncio.Runner(loop_factory=eventloop.factory()) as runner:
        outcome = runner.run(Engine(plan, on_second=lambda _: None).run())
    sys.stdout.buffer.write(msgspec.json.encode(report(plan, outcome)))


if __name__ == "__main__":
    main()
