"""A report in the words of a language: which chapters there are, and what each of them says. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loadgen.report import chapters, graphs, trials
from loadgen.report.axis import axis
from loadgen.report.behind import group
from loadgen.report.document import Document, Fact, Facts, Section
from loadgen.report.model import Report
from loadgen.report.speech import Speech
from loadgen.summary import Percentiles
from loadgen.verdict import Word

_STATUS = {Word.PASS: "pass", Word.FAIL: "fail"}


def compose(report: Report, language: str) -> Document:
    """The whole document."""
    speech = Speech(language)
    text, summary = speech.words.text, report.summary
    plan = report.run.plan
    return Document(
        language=language,
        title=text.title.format(name=plan.name),
        status=_STATUS.get(summary.verdict, "none"),
        verdict=f"{speech.words.verdict[summary.verdict]}: {_sentence(report, speech)}",
        about=text.about.format(
            name=plan.name,
            url=plan.url,
            started=f"{report.run.started[:10]} {report.run.started[11:19]} UTC",
            length=speech.seconds(summary.seconds),
        ),
        sections=tuple(_sections(report, speech)),
        made_by=text.made_by.format(version=_version(report, speech)),
    )


def _sections(report: Report, speech: Speech) -> Iterator[Section]:
    main = group(
        (graphs.of_load(report.timeline, speech),), axis(report.timeline, report.marks, speech), speech
    )
    yield Section("", (Facts(tuple(_facts(report, speech))), main))
    yield from trials.capacity(report.capacity, speech)
    yield from trials.drills(report, speech)
    yield from chapters.run(report, speech)


def _sentence(report: Report, speech: Speech) -> str:
    """The verdict with the numbers behind it."""
    text, summary = speech.words.text, report.summary
    if summary.verdict is not Word.PASS:
        reasons = speech.list([speech.reason(reason) for reason in summary.reasons])
        return speech.words.verdict_says[summary.verdict].format(
            reasons=f"{reasons[:1].upper()}{reasons[1:]}"
        )
    clients, messages = summary.clients, summary.messages
    said = text.passed if messages.scheduled else text.passed_without_messages
    return said.format(
        clients=speech.number(clients.registered),
        departed=text.departed if clients.departed else "",
        messages=speech.number(messages.answered),
        p99=speech.milliseconds(summary.latency_ms.p99),
    )


def _facts(report: Report, speech: Speech) -> Iterator[Fact]:
    text, summary = speech.words.text, report.summary
    clients, messages, own = summary.clients, summary.messages, summary.generator
    number, late = speech.number, speech.milliseconds
    yield Fact(
        text.clients,
        number(clients.open),
        text.clients_note.format(asked=number(clients.asked), failed=number(clients.failed)),
        "fail" if clients.failed else "",
    )
    yield Fact(
        text.lost,
        number(clients.lost),
        text.lost_note.format(departed=number(clients.departed)),
        "fail" if clients.lost else "",
    )
    yield Fact(
        text.answered,
        number(messages.answered),
        text.answered_note.format(
            due=number(messages.scheduled), lost=number(messages.lost + messages.in_flight)
        ),
        "fail" if messages.lost + messages.in_flight + messages.unsent else "",
    )
    yield Fact(
        text.response,
        late(summary.latency_ms.p99),
        _range(text.response_note, summary.latency_ms, speech),
    )
    yield Fact(
        text.connects,
        late(summary.connect_ms.p99),
        _range(text.connects_note, summary.connect_ms, speech),
    )
    yield Fact(
        text.generator,
        late(summary.send_lag_ms.p99),
        text.generator_note.format(share=speech.share(own.cpu_share), memory=speech.size(own.rss_bytes)),
        "warn" if summary.verdict is Word.INVALID else "",
    )


def _range(text: str, values: Percentiles, speech: Speech) -> str:
    """Half of them, and all; nothing where there were none."""
    if values.max is None:
        return ""
    return text.format(p50=speech.milliseconds(values.p50), max=speech.milliseconds(values.max))


def _version(report: Report, speech: Speech) -> str:
    environment = report.run.environment
    return environment.version if environment else speech.words.unknown
