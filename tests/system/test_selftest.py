"""`loadgen self-test` as its users run it: half a minute."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil

from fermatkit.errors import ExitCode
from loadgen.cli.selftest import Result, table
from loadgen.selftest.checks import Check, Row, Trial

COMMAND = [sys.executable, "-m", "loadgen", "self-test"]


def test_this_generator_tells_the_truth(tmp_path: Path):
    done = subprocess.run(
        [*COMMAND, "--json"], cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False
    )
    result = json.loads(done.stdout)
    checks = [check for trial in result["trials"] for check in trial["checks"]]
    assert done.stderr == ""
    assert len(checks) == 7
    assert all(check["good"] is not False for check in checks), checks
    # Other tests run beside this one: then a figure may not be told to 1 %, and that is what it has to say.
    doubtful = any(check["good"] is None for check in checks)
    assert done.returncode == result["exit_code"] == (ExitCode.INVALID_RUN if doubtful else ExitCode.GOOD)
    stall, freeze = ({row["name"]: row["values"] for row in trial["rows"]} for trial in result["trials"])
    truth, closed = stall["the truth, by arithmetic"], stall["a closed loop would say"]
    assert truth[1] > 1700, "p99"
    assert closed[1] < 500, "what hides the stall"
    assert freeze["send lag, as reported"][3] > 900


def test_when_it_is_ended_nothing_is_left(tmp_path: Path):
    process = subprocess.Popen(
        COMMAND, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while len(children := psutil.Process(process.pid).children()) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(2)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (ExitCode.INTERRUPTED, "")
    assert "Traceback" not in err
    assert not psutil.wait_procs(children, timeout=30)[1]


def test_words_for_people():
    checks = (
        Check(good=True, sentence="right"),
        Check(good=False, sentence="wrong"),
        Check(good=None, sentence="who knows"),
    )
    trial = Trial("Something stands still", (Row("the truth", (1.0, None, 1234.56, 2.0)),), checks)
    text = table(Result(ExitCode.UNHEALTHY, 1, (trial,)))
    assert "the truth                           1.0          -    1,234.6        2.0" in text
    assert "✓ right\n✗ wrong\n? who knows\n\nFAIL" in text
