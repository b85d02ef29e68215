"""Run as root in the booted system, by Debian's own Python: one scenario after the other, over a reboot.

Each writes down what it saw, or why it could not go on; the tests outside judge. While one is written,
ONLY="installed enabled NAME" in the environment of pytest leaves out the others.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from unit import bus, deaths, limits, operators, places, sight
from unit.system import run

_FIRST: tuple[Callable[[], dict[str, object]], ...] = (
    places.installed,
    places.credentials,
    bus.rights,
    places.enabled,
    deaths.killed,
    deaths.hung,
    deaths.given_up,
    deaths.hung_jvm,
    limits.start_limit,
    limits.goes_on,
    operators.stops_the_server,
    operators.restarts_the_server,
    operators.ends_the_sidecar,
    operators.reloads,
    bus.no_polkit,
    bus.no_bus,
    bus.no_unit,
    bus.renamed,
    bus.second_sidecar,
    sight.owned,
    sight.hidden,
    sight.no_bus_after_a_restart,
    places.before_reboot,
)
_SECOND = (places.rebooted, places.uninstalled)


def main() -> None:
    results = Path(sys.argv[1])
    seen: dict[str, object] = json.loads(results.read_text()) if results.exists() else {}
    again = bool(seen)
    only = os.environ.get("ONLY", "").split()
    for scenario in _SECOND if again else _FIRST:
        if not only or scenario.__name__ in only:
            seen[scenario.__name__] = _lived(scenario)
    results.write_text(json.dumps(seen))
    if not again:
        Path("/run/rebooting").touch()
        run("systemctl", "--no-block", "reboot")


def _lived(scenario: Callable[[], dict[str, object]]) -> dict[str, object]:
    began = time.monotonic()
    try:
        return scenario() | {"took": round(time.monotonic() - began, 1)}
    except Exception:  # noqa: BLE001 - the next scenario starts afresh
        return {"error": traceback.format_exc()}


main()
