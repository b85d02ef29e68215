"""A real JVM under a whole sidecar: what only a JVM shows, its collector, its threads' names and its dump."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

from drills.acts import ENDED, FAST, KILLED, accompanied, kept_and_well, mail, reloads, replaced, sent, told
from drills.drill import Drill
from drills.limits import (
    FDS,
    QUICK_FDS,
    WARNED,
    drop_clients,
    fill,
    killed_in_the_quiet_window,
    told_and_healed,
)
from sidecar.core.nouns import Trouble
from support.jvm import LACKS, compiled, java
from support.running import Running


def failing(mode: str, *before: str, seconds: int = 3) -> Callable[[Running], list[str]]:
    """The command that fails so, behind another such as prlimit."""

    def command(run: Running) -> list[str]:
        directory = Path(run.at_end.enter_context(tempfile.TemporaryDirectory()))
        directory.chmod(0o755)  # whoever it runs as
        classes = compiled(directory)
        return [*before, *java(classes, mode, run.server_port, seconds)]

    return command


async def leak(run: Running, _: int) -> None:
    """Its failure begins when it has answered."""
    async with run.client.get(f"http://127.0.0.1:{run.server_port}/leak") as answer:
        assert answer.status == 200


async def replaced_with_evidence(run: Running, pid: int) -> None:
    """A new process; of the old one its threads are kept, or why they could not be had."""
    await replaced(run, pid)
    bundles = sorted((run.directory / "state" / "evidence").glob("*/summary.json"))
    summaries = [(path.parent, json.loads(path.read_text())) for path in bundles]
    # It may have come back to itself for a moment after the first, and been spared once more.
    bundle, summary = [one for one in summaries if one[1]["pid"] == pid][-1]
    if "jvm-threads.txt" in summary["files"]:
        assert "Full thread dump" in (bundle / "jvm-threads.txt").read_text()
    else:
        assert "JVM" in summary["missing"]["jvm-threads.txt"]


async def back_with_a_crash_report(run: Running, pid: int) -> None:
    """A new process; of the old one there is what it left behind, and the message of its end says where."""
    told_of = await mail(run, "RECOVERED: ")
    await replaced(run, pid)
    (bundle,) = (run.directory / "state" / "evidence").iterdir()
    assert f"evidence gathered in {bundle}" in told_of
    assert f"pid={pid}" in (bundle / "hs-err.txt").read_text()
    assert "A fatal error has been detected" in (bundle / "server-output.txt").read_text()
    assert (bundle / "samples.jsonl").read_text()
    summary = json.loads((bundle / "summary.json").read_text())
    assert summary["pid"] == pid
    assert list(summary["missing"].values()).count("the process is gone") == 1


async def fill_descriptors(run: Running, pid: int) -> None:
    await fill(run, pid, 30.0)


async def past_sigterm(run: Running, pid: int) -> None:
    """Told with clients there; then it leaks all that the system lets it have."""
    await told("MANY THREADS")(run, pid)
    await leak(run, pid)
    await killed_in_the_quiet_window(run, pid, THREADS)


NOBODYS = str(200_000 + os.getpid() % 100_000)
"""A user of its own, for the limit of threads counts a user's, and does not bind root."""
THREADS = 80
"""The most of that user."""
FEW_THREADS = (
    *("setpriv", "--reuid", NOBODYS, "--regid", NOBODYS, "--clear-groups"),
    *("prlimit", f"--nproc={THREADS}:{THREADS}"),
)

JVM = (
    Drill(
        "crashed, JVM",
        Trouble.EXITED,
        sent(signal.SIGSEGV),
        back_with_a_crash_report,
        command=failing("fine"),
        lacks=LACKS,
    ),
    Drill(
        "heap exhausted",
        Trouble.HEAP_EXHAUSTED,
        leak,
        replaced_with_evidence,
        'heap_after = "4s"\nbusy_after = "30s"\nterm_deadline = "2s"\n',
        story=("finding   heap-exhausted appeared", *ENDED),
        command=failing("heap", seconds=10),
        lacks=LACKS,
    ),
    Drill(
        "busy, JVM",
        Trouble.BUSY,
        leak,
        kept_and_well,
        command=failing("busy", seconds=16),  # longer than a server may hang
        lacks=LACKS,
    ),
    Drill(
        "fd limit, JVM",
        Trouble.FD_LIMIT,
        fill_descriptors,
        told_and_healed,
        QUICK_FDS,
        story=WARNED,
        command=failing("fine", "prlimit", f"--nofile={FDS}:{FDS}"),
        lacks=LACKS,
    ),
    Drill(
        "thread leak, JVM",
        Trouble.THREADS_MANY,
        accompanied(drop_clients),
        past_sigterm,
        f"{FAST}[rules.threads-many]\nthreshold = 20\nclear = 10\n",
        story=KILLED,
        prepare=reloads,
        command=failing("spent", *FEW_THREADS),
        tries=2,  # for as long as a thread can still be had, SIGTERM ends it
        lacks=LACKS or ("" if os.getuid() == 0 else "only root can become another user"),
    ),
)
