from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
from prometheus_client.parser import text_string_to_metric_families

from loadgen import exports, hdr
from loadgen.record import Record
from support.loads import record, run, second

ODD = second(2.0, (0.25, 0.5))
ODD.tally.error('a "strange" \\ kind', 2)
RECORD = record(run(), [second(1.0), ODD])


def test_a_table_has_a_row_for_each_second_and_operation_that_had_a_part_in_it():
    read = list(csv.DictReader(StringIO(exports.rows(RECORD))))
    assert [(row["second"], row["operation"], row["answered"]) for row in read] == [
        ("1.0", "list", "1"),
        ("2.0", "list", "2"),
    ]
    assert (read[1]["errors"], read[1]["response_max_ms"], read[1]["lag_p50_ms"]) == ("2", "500.0", "0.0")


def test_prometheus_reads_the_summary():
    samples = {
        (sample.name.removeprefix("fermat_loadgen_"), *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(exports.exposition(RECORD.summed()))
        for sample in family.samples
    }
    assert samples["verdict", "fail"] == 1
    assert samples["verdict", "pass"] == 0
    assert samples["clients", "registered"] == 3
    assert samples["errors", 'a "strange" \\ kind'] == 2
    assert samples["operations", "answered", "list"] == 3
    assert samples["latency_seconds", "1", "list", "response"] == 0.5
    assert samples["generator_cpu_seconds",] == 5.0


def test_what_is_unknown_has_no_sample():
    text = exports.exposition(Record(RECORD.run, RECORD.seconds, None).summed())
    assert 'state="left"' not in text
    assert "generator_resident_bytes" not in text
    assert 'state="open"' in text


def test_hdr_histogram_reads_the_seconds(tmp_path: Path):
    path = tmp_path / "run.hlog"
    path.write_text(hdr.log(RECORD))
    reader = HistogramLogReader(str(path), HdrHistogram(1, 10**12, 3))
    read = []
    while (one := reader.get_next_interval_histogram()) is not None:
        read.append(
            (one.get_tag(), one.get_total_count(), one.get_max_value() / 1e6, one.get_start_time_stamp())
        )
    reader.close()
    began = 1795468118000
    assert [(tag, count) for tag, count, _, _ in read] == [
        (f"list-{kind}", count) for count in (1, 2) for kind in ("response", "service", "lag")
    ]
    assert read[0][2] == pytest.approx(100, rel=0.001)
    assert read[3][2] == pytest.approx(500, rel=0.001)
    assert [read[0][3], read[3][3]] == [began, began + 1000]
