"""Where the generator runs, for its result file."""

from __future__ import annotations

import os
import platform
import resource
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from loadgen.limits import ports
from loadgen.results import Environment

_CPUS = Path("/proc/cpuinfo")


def environment() -> Environment:
    """What can be known of this machine, now."""
    return Environment(
        host=platform.node(),
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory=psutil.virtual_memory().total,
        system=platform.platform(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        loop=f"uvloop {uvloop}" if (uvloop := _version("uvloop")) else "asyncio",
        version=_version("fermat-sidecar") or "not installed",
        descriptors=resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        ports=ports(),
    )


def _cpu() -> str | None:
    try:
        lines = _CPUS.read_text().splitlines()
    except OSError:
        return platform.processor() or None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
