"""What a view is as samples."""

from __future__ import annotations

import subprocess

import msgspec
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from fermatkit.measures import Measure, Unknown
from sidecar.core.nouns import Identity, Severity, Sign, Trouble
from sidecar.core.observations import (
    HostSampled,
    PauseAsked,
    Restored,
    Sampled,
    Saved,
    SendFailed,
)
from sidecar.core.view import View
from sidecar.faces.exposition import Sample, written
from sidecar.faces.metrics import OWN, samples
from sidecar.faces.series import SERIES
from support.playbook import Playbook
from support.site import LABEL

A = Identity(100, 1)


def told(view: View, own: dict[str, float] | None = None) -> dict[str, float]:
    """Name and labels as they are written, and the number."""
    found: dict[str, float] = {}
    for one in samples(view, LABEL, own or {}):
        key = one.family.name + "".join(f" {name}={value}" for name, value in one.labels)
        assert key not in found, "a sample is told once"
        found[key] = one.value
    return found


def everything() -> Playbook:
    """A server of which all is known, a message that is not taken, and a sign that is missing."""
    book = Playbook()
    book.boots(A)
    book.sees(Sampled(A, "S", dict.fromkeys(Measure, 7.0)), after=5)
    book.falls_silent(A, Sign.HTTP)
    return book


def test_every_measure_is_told_in_base_units() -> None:
    named = [measure for series in SERIES for measure in series.measures]
    assert len(named) == len(set(named))
    assert set(Measure) - set(named) == {Measure.UPTIME, Measure.UNIT_OOM_KILLS_RECENT}
    view = msgspec.structs.replace(everything().view, readings=dict.fromkeys(Measure, 7.0))
    found = told(view)
    assert found["fermat_server_cpu_usage_ratio"] == pytest.approx(0.07)
    assert found["fermat_server_resident_memory_bytes"] == 7
    assert found["fermat_server_timer_threads_per_second"] == pytest.approx(7 / 3600)
    assert found["fermat_server_clients kind=vpn"] == 7
    assert found["fermat_server_start_time_seconds"] == 1_800_000_998


def test_what_is_unknown_has_no_sample_and_can_be_asked_for() -> None:
    book = everything()
    book.sees(Sampled(A, "S", {Measure.FDS: Unknown("needs Linux 6.2")}))
    found = told(book.view)
    assert "fermat_server_open_fds" not in found
    assert found["fermat_unknown measure=fds:open"] == 1
    assert "fermat_unknown measure=fds:limit" not in found


def test_before_anything_is_known_the_server_is_neither_up_nor_down() -> None:
    book = Playbook()
    found = told(book.view)
    assert "fermat_server_up" not in found
    assert "fermat_server_port_owned" not in found
    assert found["fermat_recovery_stand stand=unknown"] == 1
    assert not [key for key in found if key.startswith("fermat_sign")]


def test_a_server_up_and_down() -> None:
    book = Playbook()
    book.boots(A)
    found = told(book.view)
    assert (found["fermat_server_up"], found["fermat_server_ready"]) == (1, 1)
    assert found["fermat_health status=fail"] == 0
    book.dies(A)
    found = told(book.view)
    assert (found["fermat_server_up"], found["fermat_server_ready"]) == (0, 0)
    assert (found["fermat_health status=fail"], found["fermat_health status=pass"]) == (1, 0)
    assert found["fermat_finding name=exited severity=fail"] == 1
    assert found["fermat_incidents_open"] == 1


def test_a_sign_of_life_is_told_in_seconds() -> None:
    found = told(everything().view)
    assert found["fermat_sign_missing sign=http"] == 1
    assert "fermat_sign_missing sign=list" not in found
    assert found["fermat_registration_latency_seconds"] == 0.01


def test_every_trouble_has_its_series_at_any_time() -> None:
    found = told(Playbook().view)
    for trouble in Trouble:
        for severity in Severity:
            assert found[f"fermat_finding name={trouble} severity={severity}"] == 0


def test_a_disk_that_never_fills_is_infinite() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(HostSampled({Measure.DISK_FULL_IN: float("inf")}))
    assert b"fermat_disk_full_in_seconds +Inf" in written(samples(book.view, LABEL, {}), openmetrics=False)


def test_restarts_only_grow_and_the_budget_comes_back() -> None:
    book = Playbook()
    book.boots(A)
    assert told(book.view)["fermat_restarts_total"] == 0
    book.dies(A)
    found = told(book.view)
    assert found["fermat_restarts_total"] == 1
    assert found["fermat_restart_budget_left within_seconds=600"] == 5
    assert found["fermat_restart_budget_limit within_seconds=600"] == 6
    book.waits(601)
    found = told(book.view)
    assert found["fermat_restart_budget_left within_seconds=600"] == 6
    assert found["fermat_restarts_total"] >= 1


def test_a_new_sidecar_counts_from_nothing() -> None:
    book = Playbook()
    book.boots(A)
    book.dies(A)
    heir = Playbook(at=book.at)
    heir.sees(Restored(book.state.keeper.memory, 7))
    found = told(heir.view)
    assert found["fermat_restarts_total"] == 0
    assert found["fermat_restart_budget_left within_seconds=600"] == 5


def test_each_channel_has_its_health() -> None:
    book = Playbook()
    book.boots(A)
    assert told(book.view)["fermat_sidecar_channel_failed_attempts channel=mail"] == 0
    book.dies(A)
    (entry,) = book.state.outbox.entries
    book.sees(Saved(book.state.keeper.revision))
    book.sees(SendFailed(entry.owed.message.id, "mail", "refused"))
    found = told(book.view)
    assert found["fermat_sidecar_channel_failed_attempts channel=mail"] == 1
    assert found["fermat_sidecar_outbox_waiting channel=mail"] == 1
    assert found["fermat_sidecar_outbox_oldest_timestamp_seconds"] == book.wall


def test_a_pause_is_told() -> None:
    book = Playbook()
    book.boots(A)
    book.sees(PauseAsked(60, "upgrade", "root"))
    assert told(book.view)["fermat_sidecar_paused"] == 1


@pytest.mark.parametrize("book", [Playbook(), everything()])
def test_promtool_and_the_parser_of_openmetrics_find_nothing(book: Playbook) -> None:
    found: list[Sample] = samples(book.view, LABEL, dict.fromkeys(OWN, 3.5))
    check = subprocess.run(
        ["promtool", "check", "metrics"],
        input=written(found, openmetrics=False),
        capture_output=True,
        check=False,
    )
    assert (check.returncode, check.stdout, check.stderr) == (0, b"", b"")
    families = list(text_string_to_metric_families(written(found, openmetrics=True).decode()))
    assert sum(len(family.samples) for family in families) == len(found)
