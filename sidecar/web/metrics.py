"""``GET /metrics``, for Prometheus and whoever else reads its format."""

from __future__ import annotations

import re
from collections.abc import Callable

import psutil
from aiohttp import web

from fermatkit.measures import Unknown
from fermatkit.process import open_fds
from fermatkit.stat import fds_limit
from sidecar.core.view import View
from sidecar.faces.label import Label
from sidecar.web.answering import Route

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_QUALITY = re.compile(r";\s*q=([0-9.]+)")


class Metrics:
    """Makes each format's answer once for each look."""

    def __init__(self, look: Callable[[], View], label: Label) -> None:
        """``look`` is asked at each request, and gives the same view as long as nothing has changed."""
        self._look = look
        self._label = label
        self._process = psutil.Process()
        self._view: View | None = None
        self._made: dict[bool, bytes] = {}

    @property
    def route(self) -> Route:
        """Where it is served."""
        return Route("/metrics", self.get)

    async def get(self, request: web.BaseRequest) -> web.Response:
        """OpenMetrics for who prefers it, else the text format."""
        openmetrics = prefers_openmetrics(request.headers.get("Accept", ""))
        view = self._look()
        if view is not self._view:
            self._view, self._made = view, {}
        if openmetrics not in self._made:
            self._made[openmetrics] = self._write(view, openmetrics=openmetrics)
        headers = {"Content-Type": OPENMETRICS if openmetrics else TEXT}
        return web.Response(body=self._made[openmetrics], headers=headers)

    def _write(self, view: View, *, openmetrics: bool) -> bytes:
        # Late: most sidecars are never scraped.
        from sidecar.faces.exposition import written  # noqa: PLC0415
        from sidecar.faces.metrics import samples  # noqa: PLC0415

        return written(samples(view, self._label, self._own()), openmetrics=openmetrics)

    def _own(self) -> dict[str, float]:
        """Figures of this process, those that can be had."""
        process = self._process
        with process.oneshot():
            memory, cpu = process.memory_info(), process.cpu_times()
            known = {
                "resident": memory.rss,
                "virtual": memory.vms,
                "cpu": cpu.user + cpu.system,
                "fds": open_fds(process.pid),
                "fds_limit": fds_limit(process.pid),
                "started": process.create_time(),
            }
        return {name: value for name, value in known.items() if not isinstance(value, Unknown)}


def prefers_openmetrics(accept: str) -> bool:
    """Whether an ``Accept`` names OpenMetrics, and the text format not before it (RFC 9110, 12.5.1)."""
    best = {"application/openmetrics-text": 0.0, "text/plain": 0.0}
    for named in accept.lower().split(","):
        kind = named.partition(";")[0].strip()
        if kind in best:
            best[kind] = max(best[kind], _quality(named))
    openmetrics, text = best.values()
    return openmetrics > 0 and openmetrics >= text


def _quality(named: str) -> float:
    said = _QUALITY.search(named)
    try:
        return float(said[1]) if said else 1.0
    except ValueError:
        return 0.0
