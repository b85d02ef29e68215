from __future__ import annotations

from msgspec import structs

from loadgen.cli.sides import told
from loadgen.judging import Sense, judged
from loadgen.record import Record
from loadgen.watched import Sample
from support.loads import record, run, second


def runs(milliseconds: list[float]) -> list[Record]:
    return [record(run(), [second(1.0, (one / 1000,) * 10)]) for one in milliseconds]


def test_a_clear_difference_is_told_by_its_direction() -> None:
    old, new = runs([10, 11, 12, 10.5, 11.5]), runs([20, 21, 22, 20.5, 21.5])
    assert judged(old, new).sense is Sense.WORSE
    assert judged(new, old).sense is Sense.BETTER
    found = {figure.name: figure for figure in judged(old, new).figures}["response p99"]
    assert (found.sense, round(found.ratio or 0, 1)) == (Sense.WORSE, 1.9)


def test_few_runs_say_that_they_are_few() -> None:
    judgement = judged(runs([10, 11, 12]), runs([20, 21, 22]))
    assert (judgement.sense, judgement.needed) == (Sense.UNKNOWN, 5)
    assert told(judgement, []).splitlines()[0] == "too few runs to tell: 3 new runs beside 3 old ones"
    assert "with fewer than 5 runs on each side nothing can be told from chance" in told(judgement, [])


def test_a_sure_difference_that_matters_to_nobody_is_none() -> None:
    assert (
        judged(runs([10, 10.01, 10.02, 10.03, 10.04]), runs([10.1, 10.11, 10.12, 10.13, 10.14])).sense
        is Sense.SAME
    )


def test_the_same_runs_do_not_differ() -> None:
    one = runs([10, 12, 9, 11, 10.4, 10.6])
    judgement = judged(one, one)
    assert judgement.sense is Sense.SAME
    assert "no difference: 6 new runs beside 6 old ones" in told(judgement, ["a note"])
    assert told(judgement, ["a note"]).endswith("a note")


def test_the_servers_own_processor_is_judged_where_it_was_watched() -> None:
    def watched(percent: float) -> Record:
        samples = tuple(Sample(at=float(at), readings={"cpu:utilization": percent + at}) for at in range(3))
        return structs.replace(runs([10])[0], samples=samples)

    old, new = [watched(20 + n) for n in range(5)], [watched(40 + n) for n in range(5)]
    found = {figure.name: figure for figure in judged(old, new).figures}["server's CPU"]
    assert (found.sense, found.old, found.new) == (Sense.WORSE, 23.0, 43.0)
    assert "server's CPU" not in {figure.name for figure in judged(old, [*new[1:], *runs([10])]).figures}


def test_what_one_run_does_not_have_is_not_judged() -> None:
    judgement = judged([*runs([10]), record(run(), [])], runs([10, 11]))
    assert [figure.name for figure in judgement.figures] == ["came to nothing"]
