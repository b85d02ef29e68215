"""Each alert rule in promtool: a history in which it fires, and when it does not yet."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sidecar.core.nouns import Trouble

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "fermat.rules.yml"
TEXT = RULES.read_text()
GIB = 2**30
WELL = {
    "up": "1",
    "fermat_server_up": "1",
    "fermat_server_ready": "1",
    "fermat_sign_missing sign=http": "0",
    "fermat_restart_budget_left within_seconds=600": "6",
    "fermat_restart_budget_limit within_seconds=600": "6",
    "fermat_restarts_total": "3",
    "fermat_finding name=hung severity=fail": "0",
    "fermat_finding name=host-memory severity=warn": "0",
    "fermat_disk_full_in_seconds": "Inf",
    "fermat_disk_free_bytes": f"{50 * GIB}",
    "fermat_server_open_fds": "100",
    "fermat_server_max_fds": "1000",
    "fermat_sidecar_channel_failed_attempts channel=mail": "0",
    "fermat_sidecar_failed_saves": "0",
    "fermat_sidecar_paused": "0",
}
"""What a sidecar tells when all is well, each number for ever."""


ONE = 'job="fermat",instance="127.0.0.1:9191",server="one"'


class Case(NamedTuple):
    """What is otherwise from the first moment on, and when nobody is to know yet, and when somebody is."""

    alert: str
    otherwise: dict[str, str]
    silent_at: str
    fires_at: str


CASES = [
    Case("FermatServerDown", {"fermat_server_up": "0", "fermat_server_ready": "0"}, "0s", "5s"),
    Case("FermatServerNotAnswering", {"fermat_server_ready": "0"}, "10s", "15s"),
    Case("FermatSignMissing", {"fermat_sign_missing sign=http": "1"}, "25s", "30s"),
    Case(
        "FermatRestartBudgetSpent",
        {"fermat_restart_budget_left within_seconds=600": "6+0x1 0+0x400"},
        "5s",
        "10s",
    ),
    Case("FermatRestarts", {"fermat_restarts_total": "3+0x9 4+0x9 5+0x9 6+0x400"}, "2m", "3m"),
    Case("FermatFinding", {"fermat_finding name=hung severity=fail": "1"}, "55s", "1m"),
    Case("FermatDiskFullWithinADay", {"fermat_disk_full_in_seconds": "86000"}, "4m55s", "5m"),
    Case("FermatDiskLow", {"fermat_disk_free_bytes": f"{GIB}+0x1 {GIB // 10}+0x400"}, "5s", "10s"),
    Case("FermatDescriptors", {"fermat_server_open_fds": "851"}, "55s", "1m"),
    Case("FermatMemory", {"fermat_finding name=host-memory severity=warn": "1"}, "25s", "30s"),
    Case("FermatSidecarGone", {"up": "0"}, "25s", "30s"),
    Case("FermatNoSidecars", {"up": "_"}, "4m55s", "5m"),
    Case(
        "FermatChannelNotDelivering",
        {"fermat_sidecar_channel_failed_attempts channel=mail": "1"},
        "4m55s",
        "5m",
    ),
    Case("FermatMemoryUnsaved", {"fermat_sidecar_failed_saves": "1"}, "55s", "1m"),
    Case("FermatPaused", {"fermat_sidecar_paused": "1"}, "3h59m", "4h"),
    Case("FermatUnknown", {"fermat_unknown measure=disk:free": "1"}, "29m55s", "30m"),
]


def series(key: str) -> str:
    """As PromQL has it, of one server."""
    name, *labels = key.split()
    own = [f'{label}="{value}"' for label, _, value in (one.partition("=") for one in labels)]
    return name + "{" + ",".join([*own, ONE]) + "}"


def firing(alerts: set[str]) -> list[dict[str, Any]]:
    return [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(alerts)]


def judged(tmp_path: Path, told: dict[str, str], at: dict[str, set[str]]) -> None:
    """Let promtool see this history, and say what fires when."""
    asked = [
        {
            "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
            "eval_time": moment,
            "exp_samples": firing(alerts),
        }
        for moment, alerts in at.items()
    ]
    done = promtool(tmp_path, told, {"promql_expr_test": asked})
    assert done.returncode == 0, done.stdout + done.stderr


def promtool(tmp_path: Path, told: dict[str, str], asked: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "test.json"  # JSON is YAML
    inputs = [
        {"series": series(key), "values": value if re.search("[x_]", value) else f"{value}+0x4000"}
        for key, value in told.items()
    ]
    test = {"interval": "5s", "input_series": inputs, **asked}
    file.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "5s", "tests": [test]}))
    return subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_it_fires_when_it_should_and_not_before(case: Case, tmp_path: Path) -> None:
    judged(tmp_path, WELL | case.otherwise, {case.silent_at: set(), case.fires_at: {case.alert}})


@pytest.mark.parametrize(
    ("alert", "said"),
    [
        ("FermatServerDown", "The Cloud Server one does not run"),
        ("FermatDiskFullWithinADay", "The disk of one is full in 23h 53m 20s"),
        ("FermatDiskLow", "102.4MiB are left on the disk of one"),
        ("FermatDescriptors", "one has 85.1% of its file descriptors open"),
        ("FermatMemory", "one: host-memory"),
        ("FermatUnknown", "disk:free of one cannot be read"),
    ],
)
def test_it_says_so_in_a_sentence(alert: str, said: str, tmp_path: Path) -> None:
    (case,) = (case for case in CASES if case.alert == alert)
    # Expecting none, promtool says what it got instead.
    none = {"alertname": alert, "eval_time": case.fires_at, "exp_alerts": []}
    got = promtool(tmp_path, WELL | case.otherwise, {"alert_rule_test": [none]})
    assert f'summary="{said}"' in got.stdout + got.stderr


def test_every_rule_has_a_case() -> None:
    assert re.findall(r"- alert: (\w+)", TEXT) == [case.alert for case in CASES]


def test_nothing_fires_while_all_is_well(tmp_path: Path) -> None:
    judged(tmp_path, WELL, {"0s": set(), "5m": set(), "5h": set()})


def test_a_server_that_is_down_on_purpose_raises_no_alarm(tmp_path: Path) -> None:
    down = {"fermat_server_up": "0", "fermat_server_ready": "0", "fermat_sidecar_paused": "1"}
    judged(tmp_path, WELL | down, {"1h": set()})


def test_every_finding_that_is_named_exists() -> None:
    named = re.findall(r"finding: ([a-z-]+)", TEXT)
    assert named
    assert set(named) <= set(Trouble)


def test_the_configurations_are_whole() -> None:
    folder = DEPLOY / "prometheus"
    subprocess.run(["promtool", "check", "config", folder / "prometheus.yml"], check=True)
    subprocess.run(["amtool", "check-config", folder / "alertmanager.yml"], check=True)
