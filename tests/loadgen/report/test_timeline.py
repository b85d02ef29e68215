from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.report.server import tracks
from loadgen.report.timeline import timeline
from loadgen.tally import Operation, Tally
from loadgen.watched import Sample
from support.loads import second, tallies


@given(st.lists(tallies(), max_size=40), st.integers(1, 12))
def test_however_few_points_nothing_is_left_out(parts: list[Tally], points: int) -> None:
    seconds = [second(float(at), ()).__class__(at=float(at), phase="holding", registered=at, tally=tally)
               for at, tally in enumerate(parts, 1)]  # fmt: skip
    fine, coarse = timeline(seconds, len(seconds) or 1), timeline(seconds, points)
    assert len(coarse.at) <= points
    assert coarse.at[-1:] == fine.at[-1:]
    lengths = [end - begin for begin, end in zip((0.0, *coarse.at), coarse.at, strict=False)]
    assert sum(rate * length for rate, length in zip(coarse.achieved, lengths, strict=True)) == pytest.approx(
        sum(fine.achieved), abs=0.01 * len(seconds)
    )
    assert max(filter(None, coarse.response_max), default=0) == max(
        filter(None, fine.response_max), default=0
    )
    errors = [sum(column) for one in (fine,) for column in (*one.errors.values(), one.other_errors)]
    assert sum(errors) == pytest.approx(sum(sum(tally.errors.values()) for tally in parts))


def test_what_did_not_happen_is_unknown_and_not_nothing() -> None:
    line = timeline([second(1.0, ()), second(2.0, (0.1,))])
    assert line.response_p99 == (None, pytest.approx(100.0, rel=1e-3))
    assert line.connect_p99 == (None, None)
    assert line.achieved == (0.0, 1.0)


def test_without_messages_the_load_is_all_that_clients_ask_for() -> None:
    tally = Tally()
    tally.accounts[Operation.PING].scheduled = 5
    only = second(1.0, ())
    line = timeline([only.__class__(at=1.0, phase="holding", registered=1, tally=tally)])
    assert (line.staged, line.offered) == (False, (5.0,))


def test_a_phase_begins_when_the_one_before_ends() -> None:
    seconds = [second(1.0, phase="ramping up"), second(2.0, phase="ramping up"), second(3.0)]
    assert timeline(seconds).phases == (("ramping up", 0.0), ("holding", 2.0))


def test_the_last_few_milliseconds_are_no_second_of_their_own() -> None:
    line = timeline([second(1.0, (0.1,)), second(2.0, (0.1,)), second(2.004, (0.1, 0.1), registered=0)])
    assert line.at == (1.0, 2.004)
    assert line.achieved == (1.0, pytest.approx(3 / 1.004, abs=1e-3))
    assert line.registered == (3, 0)


def test_a_run_without_a_second_has_an_empty_one() -> None:
    assert timeline([]).at == ()


looks = st.lists(
    st.dictionaries(
        st.sampled_from(["cpu:utilization", "gc:utilization", "new:thing"]), st.none() | st.floats(0, 100)
    ),
    max_size=30,
)


@given(looks, st.integers(1, 9))
def test_a_track_has_the_least_and_the_most_of_all_looks(
    readings: list[dict[str, float | None]], points: int
) -> None:
    samples = [Sample(at=float(at), readings=one) for at, one in enumerate(readings)]
    for track in tracks(samples, points):
        known = [one[track.measure] for one in readings if one.get(track.measure) is not None]
        assert len(track.at) <= points
        assert min(filter(lambda one: one is not None, track.least), default=None) == min(known, default=None)
        assert max(filter(lambda one: one is not None, track.most), default=None) == max(known, default=None)


def test_a_measure_that_nobody_knows_has_no_unit() -> None:
    units = {
        track.measure: track.unit
        for track in tracks([Sample(at=1.0, readings={"new:thing": 1.0, "cpu:utilization": None})])
    }
    assert units == {"new:thing": "", "cpu:utilization": "percent"}
