"""Was the server good, was it bad, or does the run prove nothing? Pure: outcome to verdict, with reasons."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fermatkit.errors import ExitCode
from loadgen.histogram import Histogram
from loadgen.outcome import Outcome
from loadgen.tally import MESSAGES, Operation, Tally, together
from loadgen.trouble import NOTES, OWN_LIMITS

MAX_LAG = 0.1
"""Seconds. A generator later than this more than once in a hundred times measures itself."""

MAX_SHARE = 0.9
"""Of one core, over five seconds: a generator that takes more is at its end, and waits for itself."""
MAX_STOPPED = 0.01
"""Of the run's time, for garbage collections longer than MAX_LAG each."""
ASKED = {
    "messages": MESSAGES,
    "pings": (Operation.PING,),
    "slow lists and pings": (Operation.SLOW_LIST, Operation.SLOW_PING),
    "discoveries": (Operation.DISCOVERY,),
    "requests for a line": (Operation.VPN,),
    "services": (Operation.SERVICE,),
    "actors": (Operation.ACTOR,),
    "returns": (Operation.RECONNECT,),
}
"""What clients ask of a server once they are registered, in words."""


class Word(StrEnum):
    """The verdict."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    """The server did not carry what was asked."""
    INVALID = "INVALID"
    """The generator was the bottleneck: nothing is said about the server."""
    INTERRUPTED = "INTERRUPTED"
    """Ended by hand before it was over: nothing is said about the server."""


CODES = {
    Word.PASS: ExitCode.GOOD,
    Word.FAIL: ExitCode.UNHEALTHY,
    Word.INVALID: ExitCode.INVALID_RUN,
    Word.INTERRUPTED: ExitCode.INTERRUPTED,
}


class Verdict(msgspec.Struct, frozen=True):
    """The word and, unless all is well, why: sentences for people."""

    word: Word
    reasons: tuple[str, ...] = ()

    @property
    def code(self) -> ExitCode:
        """What the program ends with."""
        return CODES[self.word]


def judge(outcome: Outcome, there: str = "registered") -> Verdict:
    """The verdict on a run. One that proves nothing is never called good or bad.

    `there`: what a client is that can be asked for something, as in `Plan.there`.
    """
    against_us = (*outcome.losses, *doubts(outcome.tally, outcome.seconds))
    against_it = tuple(_against_the_server(outcome, there))
    if outcome.interrupted:
        return Verdict(Word.INTERRUPTED, ("the run was stopped before its end", *against_us, *against_it))
    if against_us:
        return Verdict(Word.INVALID, (*against_us, *against_it))
    return Verdict(Word.FAIL if against_it else Word.PASS, against_it)


def doubts(tally: Tally, seconds: float, late: float = MAX_LAG) -> list[str]:
    """Why a run of so many seconds proves nothing: the generator, or its machine, was the bottleneck.

    `late`: seconds by which it may have been so, once in a hundred times.
    """
    found = [f"{count:,} times {kind}" for kind, count in tally.errors.items() if kind in OWN_LIMITS]
    sends = together(tally, MESSAGES).lag
    for what, lag in (("sent its messages", sends), ("ran its own event loop", tally.loop_lag)):
        if _p99(lag) > late:
            found.append(
                f"the generator {what} late: 99 % within {_p99(lag) * 1000:,.0f} ms,"
                f" more than {late * 1000:,.0f} ms"
            )
    if tally.busiest is not None and tally.busiest >= MAX_SHARE:
        found.append(
            f"the generator took {tally.busiest:.0%} of a core for five seconds, {MAX_SHARE:.0%} or more"
        )
    stopped = tally.collections.sum_above(MAX_LAG)
    if stopped > MAX_STOPPED * seconds:
        found.append(
            f"long garbage collections stopped the generator for {stopped:.1f} s:"
            f" more than {MAX_STOPPED:.0%} of the run"
        )
    return found


def _p99(histogram: Histogram) -> float:
    return histogram.percentile(99) or 0.0


def _against_the_server(outcome: Outcome, there: str) -> list[str]:
    clients = outcome.clients
    found = list(outcome.missed)
    if clients.failed:
        found.append(f"{clients.failed:,} of {clients.asked:,} clients were never {there}")
    if outcome.gave_up:
        nobody = "nobody" if not clients.registered else "no client of one worker"
        found.append(f"gave up: {nobody} was ever {there}; {clients.unfinished:,} clients were not tried")
    if clients.lost:
        found.append(f"{clients.lost:,} of {clients.registered:,} {there} clients were lost")
    found += _unkept(outcome, there)
    strange = sum(count for kind, count in outcome.tally.errors.items() if kind not in NOTES)
    if strange and not found:
        found.append(f"{strange:,} errors")
    return found


def _unkept(outcome: Outcome, there: str) -> list[str]:
    """What clients sent and what came of it; connects are told of as clients."""
    ended_early = outcome.interrupted or outcome.losses
    found = []
    for name, operations in ASKED.items():
        counts = together(outcome.tally, operations)
        unanswered = counts.lost - counts.forgone + (0 if ended_early else counts.in_flight)
        if unanswered:
            found.append(f"{unanswered:,} {name} were never answered")
        if counts.unsent:
            found.append(f"{counts.unsent:,} {name} could not be sent: no client was {there}")
        if counts.duplicate:
            found.append(f"{counts.duplicate:,} answers to {name} came twice")
        if counts.out_of_order:
            found.append(f"{counts.out_of_order:,} answers to {name} came out of order")
    return found
