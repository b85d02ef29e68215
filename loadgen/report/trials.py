"""The chapters about what was tried on purpose: more and more load, and failures. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from fermatkit.measures import Measure
from loadgen.capacity.result import Capacity, Limit, Step
from loadgen.drills.result import Drill, Objective
from loadgen.report import graphs
from loadgen.report.axis import axis
from loadgen.report.behind import group
from loadgen.report.document import Block, Section, Table, Text
from loadgen.report.model import Lived, Report
from loadgen.report.speech import Speech


def capacity(found: Capacity | None, speech: Speech) -> Iterator[Section]:
    """How many clients, how sure, and what gave out first."""
    if found is not None:
        yield Section(speech.words.text.capacity, tuple(_capacity(found, speech)))


def _capacity(found: Capacity, speech: Speech) -> Iterator[Block]:
    text = speech.words.text
    said = text.interval_open if found.high is None else text.interval
    yield Text(
        said.format(
            unit=speech.words.load[found.by],
            low=speech.number(found.low),
            high=speech.number(found.high),
            estimate=speech.number(found.estimate),
            confidence=speech.share(found.confidence),
            rounds=speech.number(len(found.rounds)),
        )
    )
    if found.invalid:
        reasons = speech.list([speech.reason(one) for one in found.invalid])
        yield Text(text.proves_nothing.format(reasons=reasons))
    because = speech.reason(found.because)
    if found.gave_out is None:
        yield Text(text.not_known_what.format(because=because))
    else:
        yield Text(text.gave_out.format(resource=resource(found.gave_out, speech), because=because))
    if found.limits:
        head = (text.resource, text.why, text.predicted, text.used)
        yield Table(head, tuple(_limit(one, speech) for one in found.limits), words=2)
    for number, one in enumerate(found.rounds, 1):
        rows = tuple(_step(step, speech) for step in one.steps)
        yield Table(
            (
                f"{speech.words.load[found.by].capitalize()} ({number}/{len(found.rounds)})",
                text.result,
                text.why,
            ),
            rows,
            words=3,
        )


def resource(name: str, speech: Speech) -> str:
    """A measure's label, or the name as it is."""
    return speech.words.measure[Measure(name)] if name in set(Measure) else speech.reason(name)


def _limit(one: Limit, speech: Speech) -> tuple[str, ...]:
    used = "" if one.used is None else speech.share(one.used)
    return resource(one.resource, speech), speech.reason(one.why), speech.number(one.clients), used


def _step(step: Step, speech: Speech) -> tuple[str, ...]:
    text = speech.words.text
    results = {True: text.carried, False: text.not_carried, None: text.unknown_result}
    return (
        speech.number(step.load),
        results[step.carried],
        speech.list([speech.reason(why) for why in step.why]),
    )


def drills(report: Report, speech: Speech) -> Iterator[Section]:
    """One table of all, and what was stated before about each."""
    if report.drills:
        yield Section(speech.words.text.drills, tuple(_drills(report, speech)))


def _drills(report: Report, speech: Speech) -> Iterator[Block]:
    text = speech.words.text
    head = (
        text.drill, text.result, text.detected, text.acted, text.listening, text.proven,
        f"50\u00a0% {text.back}", f"95\u00a0% {text.back}", f"100\u00a0% {text.back}",
        text.messages_lost, text.messages_twice, text.alerts,
    )  # fmt: skip
    yield Table(head, tuple(_drill(one, speech) for one in report.drills), words=2)
    for one in report.drills:
        yield Text(text.harm.format(name=one.name, harm=speech.reason(one.harm)) + _why(one, speech))
        if one.objectives:
            rows = tuple(_objective(objective, speech) for objective in one.objectives)
            yield Table((text.objective, text.result, text.at_most, text.took), rows, words=2)
        if one.name in report.lived:
            yield _lived(report.lived[one.name], speech)


def _lived(lived: Lived, speech: Speech) -> Block:
    line = lived.timeline
    charts = (graphs.of_open(line, speech), structs.replace(graphs.of_load(line, speech), wide=False))
    return group(charts, axis(line, lived.marks, speech), speech)


def _why(one: Drill, speech: Speech) -> str:
    return f" {speech.list([speech.reason(why) for why in one.reasons])}." if one.reasons else ""


def _drill(one: Drill, speech: Speech) -> tuple[str, ...]:
    text = speech.words.text
    results = {True: text.passed_drill, False: text.failed_drill, None: text.unknown_result}
    back = dict(one.back)
    moments = (
        one.detected,
        one.acted,
        one.listening,
        one.proven,
        *(back.get(share) for share in (50, 95, 100)),
    )
    return (
        one.name,
        results[one.passed],
        *(_moment(moment, speech) for moment in moments),
        speech.number(one.lost_messages),
        speech.number(one.duplicated_messages),
        " ".join(_moment(alert.at, speech) for alert in one.alerts),
    )


def _moment(moment: float | None, speech: Speech) -> str:
    return speech.words.text.never if moment is None else f"{speech.number(moment, 1)}\u00a0s"


def _objective(one: Objective, speech: Speech) -> tuple[str, ...]:
    text = speech.words.text
    took = text.never if one.took is None else speech.number(one.took, 1)
    stated = [speech.number(one.least, 1)] * (one.least > 0) + [speech.number(one.within, 1)]
    return speech.reason(one.name), text.held if one.met else text.missed, " – ".join(stated), took  # noqa: RUF001 - from … to
