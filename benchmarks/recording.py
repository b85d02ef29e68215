"""What it costs to record one latency, beside HdrHistogram's recorder: ``python benchmarks/recording.py``."""

from __future__ import annotations

import importlib
import random
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from loadgen.ledger import Account
from loadgen.recorder import PIECE, Recorder

SAMPLES = 200_000
ROUNDS = 15
GOAL = 0.15
"""Microseconds a sample, append and count together."""


def measure() -> dict[str, float]:
    """Microseconds of CPU a sample, medians of interleaved rounds, the bare loop taken off."""
    random.seed(1)
    samples = [random.lognormvariate(-7, 0.7) for _ in range(SAMPLES)]  # about 0.2 to 5 ms
    works: dict[str, Callable[[Sequence[float]], None]] = {
        "recorded_us": _record,
        "appended_us": _append,
        "answered_us": _answer,
    }
    if (hdr := _hdr()) is not None:
        works["hdrhistogram_us"] = hdr
    rounds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        floor = _timed(_nothing, samples)
        for name, work in works.items():
            rounds[name].append((_timed(work, samples) - floor) / SAMPLES * 1e6)
    best = {"recorded_best_us": min(rounds["recorded_us"])}
    return {name: median(figures) for name, figures in rounds.items()} | best


def _timed(work: Callable[[Sequence[float]], None], samples: Sequence[float]) -> float:
    began = time.process_time()
    work(samples)
    return time.process_time() - began


def _nothing(samples: Sequence[float]) -> None:
    for begin in range(0, SAMPLES, PIECE):
        for _ in samples[begin : begin + PIECE]:
            pass


def _record(samples: Sequence[float]) -> None:
    """Counted in the pieces in which a run counts them, 20,000 to a second."""
    recorder = Recorder()
    record = recorder.record
    for begin in range(0, SAMPLES, PIECE):
        for sample in samples[begin : begin + PIECE]:
            record(sample)
        recorder.fold()
        if begin % 20_000 == 0:
            recorder.turn()
    assert recorder.turn().total


def _append(samples: Sequence[float]) -> None:
    record = Recorder().record
    for begin in range(0, SAMPLES, PIECE):
        for sample in samples[begin : begin + PIECE]:
            record(sample)


def _answer(samples: Sequence[float]) -> None:
    """The call that a client makes for each answer: two samples, both counted."""
    account = Account()
    answered = account.answered
    for begin in range(0, SAMPLES, PIECE):
        for sample in samples[begin : begin + PIECE]:
            answered(0.0, 0.0001, sample)
        account.fold()
        if begin % 20_000 == 0:
            account.turn()
    assert account.turn().answered


def _hdr() -> Callable[[Sequence[float]], None] | None:
    """Its Python port, three digits, from a microsecond to an hour; None where it is not installed."""
    try:
        make: Any = importlib.import_module("hdrh.histogram").HdrHistogram
    except ImportError:
        return None

    def record(samples: Sequence[float]) -> None:
        recorder = make(1, 3_600_000_000_000, 3)
        for sample in samples:
            recorder.record_value(int(sample * 1e9))

    return record


if __name__ == "__main__":
    found = measure()
    for name, figure in found.items():
        print(f"{name:20} {figure:8.3f}")
    print(f"goal of recorded_us: {GOAL}; {'met' if found['recorded_us'] <= GOAL else 'missed'} by the median")
