"""Both catalogues are complete, and every sentence of the program is known in Spanish."""

from __future__ import annotations

import re
from importlib.resources import files

import msgspec
import pytest

from fermatkit.labels import labels
from fermatkit.measures import Measure
from loadgen import trouble
from loadgen.drills.cases import CASES
from loadgen.drills.measure import Seen, measured
from loadgen.drills.result import Alert
from loadgen.drills.stated import Stated
from loadgen.engine import Phase
from loadgen.outcome import Clients, Outcome
from loadgen.report.speech import Speech
from loadgen.report.untested import Untested
from loadgen.report.words import LANGUAGES, Words, words
from loadgen.results import Environment
from loadgen.tally import Operation, Tally
from loadgen.verdict import Word, judge
from loadgen.watched import Kind
from support.loads import note

KINDS = {
    value for name, value in vars(trouble).items() if name.isupper() and isinstance(value, str) and value
}
KINDS |= {*trouble.LOST.values(), *trouble.UNANSWERED.values()}


def test_there_is_a_catalogue_for_each_language() -> None:
    there = {path.stem for path in files("loadgen.report.words").iterdir() if path.suffix == ".toml"}
    assert there == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_enum_has_its_words(language: str) -> None:
    found = words(language)
    assert set(found.verdict) == set(found.verdict_says) == set(Word)
    assert set(found.untested) == set(Untested)
    assert set(found.operation) == set(Operation)
    assert set(found.phase) == set(Phase)
    assert set(found.mark) == set(Kind)
    assert set(found.measure) == set(labels(language)) == set(Measure)
    assert set(found.environment) == {*Environment.__struct_fields__, "started"}


def test_both_languages_fill_in_the_same_places() -> None:
    english, spanish = (msgspec.to_builtins(words(language)) for language in LANGUAGES)
    for part in ("text", "verdict_says"):
        for key, text in english[part].items():
            assert places(text) == places(spanish[part][key]), key
    for key, text in spanish["reason"].items():
        assert places(key) == places(text), key


def places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_english_needs_no_translation() -> None:
    assert (words("en").reason, words("en").trouble) == ({}, {})


def test_every_kind_of_trouble_is_known_in_spanish() -> None:
    assert set(words("es").trouble) == KINDS


@pytest.mark.parametrize(
    "kind", ["closed by the server with 1011", "VPN: connection refused", "discovery: answered with HTTP 503"]
)
def test_kinds_that_are_made_are_known_too(kind: str) -> None:
    assert "«" not in Speech("es").reason(kind)


def outcomes() -> list[Outcome]:
    """Everything that a verdict can say."""
    bad = Tally()
    for operation in Operation:
        note(bad, operation, [0.1], lag=2.0, lost=3)
        counts = bad.accounts[operation]
        counts.unsent = counts.duplicate = counts.out_of_order = 1_200
        counts.scheduled += 1_200
    bad.loop_lag = bad.accounts[Operation.LIST].lag
    bad.collections = bad.accounts[Operation.LIST].lag
    bad.busiest = 0.95
    bad.error(trouble.NO_PORT, 4_000)
    own = Clients.of(5_000, was_open=4_000, registered=4_500, lost=500, failed=400, left=3_000)
    none = Clients.of(5_000, was_open=0, registered=0, lost=0, failed=100, left=0)
    strange = Tally()
    strange.error(trouble.RESET, 3)
    losses = (
        "worker 2 of 4 (pid 77) was killed by SIGKILL: its 1,250 clients, 1,000 of them held, are lost",
        "worker 2 of 4 (b) had said nothing for 10 s and was ended: its 1 clients, 0 of them held, are lost",
        "the generator was killed: its file ends after 12 s, without a summary",
        "shard 1/4 is missing",
    )
    missed = ("missed response p99 < 200ms: it is 1,234.5 ms", "missed rate >= 10/s: it is unknown")
    rest = {"seconds": 60.0, "cpu_seconds": 50.0, "rss": None}
    return [
        Outcome(clients=own, tally=bad, losses=losses, missed=missed, **rest),
        Outcome(clients=none, tally=Tally(), gave_up=True, interrupted=True, **rest),
        Outcome(clients=own, tally=Tally(), gave_up=True, **rest),
        Outcome(
            clients=Clients.of(1, was_open=1, registered=1, lost=0, failed=0, left=1), tally=strange, **rest
        ),
    ]


@pytest.mark.parametrize("there", ["registered", "open"])
def test_no_reason_of_a_verdict_is_left_in_english(there: str) -> None:
    speech = Speech("es")
    reasons = [reason for outcome in outcomes() for reason in judge(outcome, there).reasons]
    assert len(reasons) > 30
    assert [reason for reason in reasons if "«" in speech.reason(reason)] == []


def test_nothing_that_is_said_of_a_drill_is_left_in_english() -> None:
    speech = Speech("es")
    for case in CASES.values():
        seen = Seen(harmed=1.0, began=0.0, pid=1, alerts=(Alert(at=2.0, title="DOWN"),))
        drill = measured(case.name, case.harm, case.stated, [], Tally(), seen, ["not done: unknown"])
        for text in (drill.harm, *drill.reasons, *(one.name for one in drill.objectives)):
            assert "«" not in speech.reason(text), text
    late = Stated(acted=(10.0, 12.0))
    told = measured("x", "x", late, [], Tally(), Seen(harmed=1.0, began=0.0, pid=1)).reasons
    assert [one for one in told if "«" in speech.reason(one)] == []


def test_what_is_not_known_is_quoted() -> None:
    assert Speech("es").reason("the moon was full") == "«the moon was full»"
    assert Speech("en").reason("the moon was full") == "the moon was full"


def test_numbers_are_written_as_people_do() -> None:
    english, spanish = Speech("en"), Speech("es")
    assert [one.number(1234567.5, 1) for one in (english, spanish)] == ["1,234,567.5", "1.234.567,5"]
    assert [one.milliseconds(0.126) for one in (english, spanish)] == ["0.13 ms", "0,13 ms"]
    assert [one.milliseconds(12.34) for one in (english, spanish)] == ["12.3 ms", "12,3 ms"]
    assert [one.milliseconds(1234.0) for one in (english, spanish)] == ["1,234 ms", "1.234 ms"]
    assert [one.share(0.1234) for one in (english, spanish)] == ["12.3\u00a0%", "12,3\u00a0%"]
    assert [one.size(1.5 * 2**20) for one in (english, spanish)] == ["1.5 MiB", "1,5 MiB"]
    assert [one.number(None) for one in (english, spanish)] == ["unknown", "desconocido"]


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "0.1.0", "ws://10.0.0.5:9090", "CPython 3.11.2", "uvloop 0.22.1"]
)
def test_what_only_looks_like_a_number_stays_as_it_is(text: str) -> None:
    assert Speech("es").local(text) == text


def test_both_are_of_one_shape() -> None:
    assert set(Words.__struct_fields__) >= {"text", "reason"}
