from __future__ import annotations

import pytest
from msgspec import structs

from fermatkit.labels import labels
from fermatkit.measures import Measure
from loadgen.capacity.diagnose import SIGNS, diagnose
from loadgen.record import Record
from loadgen.watched import Sample
from support.loads import record, run, second


def seen(*readings: dict[Measure, float | None], errors: int = 0) -> Record:
    """A run in which the server looked like this, a sample each second."""
    last = second(1.0)
    if errors:
        last.tally.error("silent: no WebSocket upgrade in time", errors)
        last.tally.error("SYN sent again: lost, or the listen queue was full", errors)
    samples = tuple(
        Sample(at=float(at), readings={str(key): value for key, value in one.items()})
        for at, one in enumerate(readings)
    )
    return structs.replace(record(run(), [last]), samples=samples)


FULL: dict[Measure, float | None] = {Measure.FDS: 64.0, Measure.FDS_LIMIT: 64.0}
IDLE: dict[Measure, float | None] = {Measure.FDS: 20.0, Measure.FDS_LIMIT: 64.0, Measure.CPU: 3.0}


def busy(percent: float) -> dict[Measure, float | None]:
    return {Measure.CPU: percent}


def test_the_resource_at_its_limit_is_named_with_its_figures():
    assert diagnose([seen(IDLE, FULL), seen(IDLE, FULL), seen(IDLE)], [seen(IDLE)]) == (
        "fds:open",
        "64 of 64 file descriptors were open: 100%; so in 2 of 3 tries that were not carried",
    )


def test_of_two_the_first_in_time_gave_out_and_at_once_the_one_that_the_other_follows_from():
    queue: dict[Measure, float | None] = {Measure.ACCEPT_QUEUE: 51.0, Measure.ACCEPT_LIMIT: 50.0}
    assert diagnose([seen(IDLE, queue, queue, queue | FULL)], [])[0] == "connections:accept-queue"
    assert diagnose([seen(IDLE, queue | FULL, queue | FULL, queue | FULL)], [])[0] == "fds:open"


def test_a_busy_second_is_no_reason_nor_what_was_as_bad_where_the_load_was_carried():
    assert diagnose([seen(busy(99), busy(10), busy(99), busy(99))], [])[0] is None
    worn = seen(busy(10), busy(98), busy(99), busy(97))
    assert diagnose([worn], [seen(busy(60), busy(60), busy(60))])[0] == "cpu:utilization"
    assert diagnose([worn], [worn])[0] is None


def test_what_nobody_knows_is_said_with_what_clients_met():
    blind, why = diagnose([seen(errors=7)], [])
    assert blind is None
    assert why == "nobody watched the server; clients met “silent: no WebSocket upgrade in time” (7 times)"
    unknown, why = diagnose([seen({Measure.FDS: None, Measure.FDS_LIMIT: 64.0}, IDLE)], [])
    assert unknown is None
    assert why == "nothing that was watched came to its limit; clients met no error"
    assert diagnose([], [seen(IDLE)]) == (None, "every load was carried")


@pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: str(sign.resource))
def test_a_sign_of_what_was_not_looked_at_is_none(sign):
    assert sign.seen({}) is None
    assert sign.resource in labels("es")
