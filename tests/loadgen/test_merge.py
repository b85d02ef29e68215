from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from fermatkit.errors import UserError
from loadgen.merge import merge
from loadgen.record import Record
from loadgen.scenario.thresholds import threshold
from loadgen.schedule.events import Shard
from loadgen.tally import Tally
from loadgen.verdict import Word
from loadgen.watched import Kind, Mark, Sample, Server
from support.loads import record, run, second, tallies

FIRST = record(run(shard=Shard(0, 2), clients=6), [second(1.0), second(2.0), second(3.0)])
SECOND = record(run(shard=Shard(1, 2), clients=6, late=1.9), [second(1.0), second(2.0, (0.2, 0.2))])


def test_seconds_are_laid_beside_each_other_by_the_moment_their_runs_started():
    merged = merge([FIRST, SECOND], ["a", "b"])
    assert [(one.at, one.registered) for one in merged.seconds] == [(1.0, 3), (2.0, 3), (3.0, 6), (4.0, 3)]
    answered = [one.tally.accounts["list"].answered for one in merged.seconds]
    assert answered == [1, 1, 2, 2]


def test_a_merged_run_is_the_sum_and_the_whole_plan_again():
    merged = merge([SECOND, FIRST], ["b", "a"])
    summary = merged.summed()
    assert (merged.run.shard, merged.run.started) == (None, FIRST.run.started)
    assert (summary.verdict, summary.losses) == (Word.PASS, ())
    assert summary.clients.asked == summary.clients.left == 6
    assert summary.messages.answered == 6
    assert summary.generator.cpu_seconds == 10.0


@given(st.lists(st.lists(tallies(), max_size=3), min_size=1, max_size=3), st.randoms())
def test_nothing_is_lost_by_merging_and_the_order_of_files_does_not_matter(parts: list[list[Tally]], random):
    shards = [
        Record(
            run(shard=Shard(index, len(parts)), late=1.3 * index),
            tuple(second(float(at), ()).__class__(at=at, phase="p", registered=1, tally=tally)
                  for at, tally in enumerate(part, 1)),
            None,
        )
        for index, part in enumerate(parts)
    ]  # fmt: skip
    names = [str(index) for index in range(len(parts))]
    whole = Tally()
    for shard in shards:
        whole.add(shard.tally())
    merged = merge(shards, names)
    assert merged.tally() == whole
    order = list(range(len(parts)))
    random.shuffle(order)
    assert merge([shards[one] for one in order], [names[one] for one in order]).seconds == merged.seconds


def test_the_server_is_one_and_whoever_saw_most_of_it_tells():
    looks = tuple(Sample(at=at, readings={"cpu:utilization": 5.0}) for at in (0.5, 1.5))
    told = (
        Mark(at=0.2, until=0.7, kind=Kind.RESTART, text="pid 5"),
        Mark(at=1.0, kind=Kind.ALERT, text="DOWN"),
    )
    server = Server(seen_by="pid 4")
    seen = structs.replace(SECOND, server=server, samples=looks, marks=told)
    merged = merge([structs.replace(FIRST, samples=looks[:1]), seen], ["a", "b"])
    assert merged.server == server
    assert [round(one.at, 3) for one in merged.samples] == [2.4, 3.4]
    assert [(one.at, one.until) for one in merged.marks] == [
        (pytest.approx(2.1), pytest.approx(2.6)),
        (pytest.approx(2.9), None),
    ]


def test_a_part_that_proves_nothing_makes_the_whole_prove_nothing():
    late = record(SECOND.run, SECOND.seconds, losses=("worker 1 was killed",))
    merged = merge([FIRST, late], ["a", "b"]).summed()
    assert merged.verdict is Word.INVALID
    assert merged.reasons == ("b: worker 1 was killed",)


def test_a_killed_part_is_told():
    merged = merge([FIRST, Record(SECOND.run, SECOND.seconds, None)], ["a", "b"]).summed()
    assert merged.verdict is Word.INVALID
    assert merged.reasons[0].startswith("b: the generator was killed: its file ends after 2 s")
    assert (merged.clients.left, merged.generator.rss_bytes) == (None, None)


def test_a_missing_part_is_told():
    merged = merge([SECOND], ["b"]).summed()
    assert (merged.verdict, merged.reasons) == (Word.INVALID, ("shard 0/2 is missing",))


def test_thresholds_are_judged_over_the_whole():
    limits = (threshold("answered = 6"), threshold("list response max < 0.15s"))
    shards = [
        record(run(shard=of.run.shard, clients=6, thresholds=limits), of.seconds) for of in (FIRST, SECOND)
    ]
    assert all(shard.summed().missed == () for shard in shards)
    merged = merge(shards, ["a", "b"]).summed()
    assert (merged.verdict, merged.reasons) == (
        Word.FAIL,
        ("missed list response max < 0.15s: it is 200.0 ms",),
    )


def test_each_machine_may_connect_from_addresses_of_its_own():
    shards = [
        record(run(shard=Shard(i, 2), clients=6, sources=(f"10.0.0.{i}",)), [second(1.0)]) for i in (0, 1)
    ]
    assert merge(shards, ["a", "b"]).summed().verdict is Word.PASS


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            run(shard=Shard(1, 2), clients=6, rate=9.0, seed=2),
            "b is a run of another plan than a: seed, stages differ",
        ),
        (run(shard=Shard(0, 2), clients=6), "b and a are the same shard, 0/2, of the plan"),
        (run(shard=Shard(1, 3), clients=6), "b is one of 3 shards and a one of 2: they overlap"),
        (run(clients=6), "b is one of 1 shards and a one of 2: they overlap"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_one_line(other, words: str):
    with pytest.raises(UserError) as caught:
        merge([FIRST, record(other, [])], ["a", "b"])
    assert str(caught.value).startswith(words)


def test_two_whole_runs_overlap():
    whole = record(run(), [])
    with pytest.raises(UserError, match=r"b and a are the same shard, 0/1, of the plan: give .* --shard"):
        merge([whole, whole], ["a", "b"])
