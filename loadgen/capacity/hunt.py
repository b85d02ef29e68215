"""A search carried out: try after try, the server left to settle between them, until the knee is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path

import msgspec

from loadgen.capacity import predict
from loadgen.capacity.diagnose import diagnose
from loadgen.capacity.result import NAME, By, Capacity, Limit, Round, Step
from loadgen.capacity.search import Answer, Bounds, Search, Tried
from loadgen.capacity.settle import Settling
from loadgen.capacity.tries import Try, carry_out
from loadgen.record import Record
from loadgen.scenario.plan import Plan
from loadgen.verdict import Word

STEPS = "steps"
_NEAR_KNEE = 4
"""Tries on each side of the knee that are looked into."""
NOT_OVER = "the search is not over"
BROKEN_OFF = "the search was broken off"
DEAD = "the server did not answer any more after a try, and the search could not go on"


class Hunt:
    """One search; `run` it once."""

    def __init__(
        self, plan: Plan, by: By, bounds: Bounds, generator: Limit | None, folder: Path, flags: Sequence[str]
    ) -> None:
        """`flags`: of each try; `generator`: what this machine should last for, where clients are varied."""
        self._plan = plan
        self._by = by
        self._folder = folder
        self._flags = flags
        self._search = Search(bounds)
        self._generator = () if generator is None else (generator,)
        self._limits: tuple[Limit, ...] = self._generator
        self._tries: list[Try] = []
        self._broken: list[str] = []

    def run(self, told: Callable[[Step], None], predicted: Callable[[Sequence[Limit]], None]) -> Capacity:
        """All tries, or those until Ctrl-C; each is `told`, and the limits once they are known."""
        settling = Settling(self._plan.url, self._plan.ca)
        steps = self._search.steps()
        try:
            load = next(steps)
            while True:
                step, answer = self._try(load)
                told(step)
                load = steps.send(answer)
                if self._by is By.CLIENTS and len(self._limits) == len(self._generator):
                    self._predict(self._tries[-1].record)
                    predicted(self._limits)
                self._write(self._found(None, NOT_OVER, (BROKEN_OFF,)))
                if not settling.wait():
                    self._broken.append(DEAD)
                    break
        except StopIteration:
            pass
        except KeyboardInterrupt:
            self._broken.append(BROKEN_OFF)
        found = self._judged()
        self._write(found)
        return found

    def _predict(self, first: Record | None) -> None:
        """What the server's resources should last for, by the first try that there was."""
        if first is not None:
            self._limits = predict.by_clients((*self._generator, *predict.of_server(first)))

    def _try(self, load: int) -> tuple[Step, Answer]:
        seed = (self._plan.seed + len(self._tries)) % 2**63
        done = carry_out(self._flags, self._by, load, seed, self._folder / STEPS)
        self._tries.append(done)
        answer = {Word.PASS: True, Word.FAIL: False}.get(done.verdict)
        return self._step(load, answer, done), answer

    def _step(self, load: int, answer: Answer, done: Try) -> Step:
        file = "" if done.path is None else str(done.path.relative_to(self._folder))
        why = () if answer else done.reasons
        return Step(load=load, carried=answer, why=why, file=file)

    def _judged(self) -> Capacity:
        """All that there is to say at the end; the files near the knee are read for it."""
        failed, carried = self._near(carried=False), self._near(carried=True)
        gave_out, because = diagnose(failed, carried)
        self._limits = predict.used(self._limits, carried[0] if carried else None)
        return self._found(gave_out, because, self._doubts())

    def _near(self, *, carried: bool) -> list[Record]:
        """The runs nearest to the knee of those that were carried, or were not; the nearest first."""
        ours = [(tried.load, done) for tried, done in self._pairs() if tried.carried is carried]
        nearest = sorted(ours, key=lambda one: one[0], reverse=carried)[:_NEAR_KNEE]
        return [record for _, done in nearest if (record := done.record) is not None]

    def _found(self, gave_out: str | None, because: str, doubts: tuple[str, ...]) -> Capacity:
        search = self._search
        rounds = groupby(self._pairs(), key=lambda pair: pair[0].round)
        return Capacity(
            by=self._by,
            low=search.low.load or 0,
            high=search.high.load,
            estimate=search.estimate,
            confidence=round(search.confidence, 4),
            rounds=tuple(
                Round(steps=tuple(self._step(tried.load, tried.carried, done) for tried, done in pairs))
                for _, pairs in rounds
            ),
            gave_out=gave_out,
            because=because,
            limits=self._limits,
            invalid=doubts,
        )

    def _pairs(self) -> Iterator[tuple[Tried, Try]]:
        return zip(self._search.tries, self._tries, strict=False)  # of one that was broken off nobody knows

    def _doubts(self) -> tuple[str, ...]:
        search, found = self._search, list(self._broken)
        if search.too_much is not None:
            why = next(done.reasons[0] for tried, done in self._pairs() if tried.load == search.too_much)
            found.append(f"the generator ended first, at {search.too_much:,}: {why}")
        elif not found and search.high.load is None and self._generator:
            (ours,) = self._generator
            if ours.clients == search.bounds.most:
                found.append(f"the generator ended first, at {search.bounds.most:,}: {ours.why}")
        return tuple(found)

    def _write(self, found: Capacity) -> None:
        """Into the folder, whole or not at all."""
        path = self._folder / NAME
        new = path.with_suffix(".new")
        with suppress(OSError):  # a full disk: it is printed anyway
            new.write_bytes(msgspec.json.encode(found) + b"\n")
            new.replace(path)
