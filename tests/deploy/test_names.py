"""Rules and dashboards ask for nothing that a sidecar does not tell, and promtool can read every question."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sidecar.core.nouns import Severity, Sign, Trouble
from sidecar.faces import metrics
from sidecar.faces.exposition import Family
from sidecar.faces.series import SERIES

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = (DEPLOY / "prometheus" / "fermat.rules.yml").read_text()
DASHBOARDS = sorted((DEPLOY / "grafana").glob("*.json"))
TOLD = {
    *(one.name for one in vars(metrics).values() if isinstance(one, Family)),
    *(one.name for one in metrics.OWN.values()),
    *(series.family.name for series in SERIES),
}
LABELS = {
    "name": set(Trouble),
    "severity": set(Severity),
    "sign": set(Sign),
    "kind": {"pending", "registered", "services", "vpn"},
}


def board(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def asked(path: Path) -> Iterator[str]:
    """Every question of a dashboard."""
    for panel in board(path)["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from (one["expr"] for one in board(path)["annotations"]["list"])
    yield from (one["query"]["query"] for one in board(path)["templating"]["list"] if one["type"] == "query")


def names(text: str) -> set[str]:
    return set(re.findall(r"\b(?:fermat|process)_[a-z_]+", text))


def test_what_is_told_is_known_here() -> None:
    assert {"fermat_server_up", "fermat_disk_free_bytes", "process_open_fds"} <= TOLD


def test_rules_ask_only_for_what_is_told() -> None:
    exprs = " ".join(re.findall(r"expr: (?:>-\n)?(.*)", RULES))
    assert names(exprs)
    assert names(exprs) <= TOLD


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_asks_only_for_what_is_told(path: Path) -> None:
    text = " ".join(asked(path))
    assert names(text)
    assert names(text) <= TOLD
    for label, values in LABELS.items():
        assert set(re.findall(rf'\b{label}="([^"]*)"', text)) <= values


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_question_can_be_read(path: Path, tmp_path: Path) -> None:
    exprs = [one for one in asked(path) if not one.startswith("label_values")]
    rules = [{"record": f"question:{i}", "expr": expr} for i, expr in enumerate(exprs)]
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "questions", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_have_their_places(path: Path) -> None:
    read = board(path)
    assert read["schemaVersion"] >= 39
    places = [
        (x, y)
        for panel in read["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(places) == len(set(places)), "two panels cover each other"
    assert max(x for x, _ in places) < 24
    assert len({panel["id"] for panel in read["panels"]}) == len(read["panels"])
