"""Result files as their readers have them: of a run that was killed, of two machines, of two days."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from loadgen.record import Record, load
from loadgen.schedule.events import Shard
from support.loads import record, run, second, written

DEADLINE = 60


def loadgen(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "loadgen", *map(str, words)]
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True, timeout=DEADLINE)
    assert "Traceback" not in done.stderr
    return done


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A stand-in Cloud Server's."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "cloudserver", "--port", str(port)],
        cwd=tmp_path_factory.mktemp("server"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def listens() -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", port)) == 0

    try:
        eventually(listens)
        yield f"ws://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def the_file(folder: Path) -> Path:
    (path,) = folder.glob("loadgen-results/*/run.jsonl")
    return path


def answered(path: Path) -> int:
    return sum(one.tally.accounts["list"].answered for one in load(path).seconds)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, url: str) -> Path:
    """The file of a run that came to its end."""
    folder = tmp_path_factory.mktemp("run")
    loadgen("--url", url, "--connections", "20", "--duration", "2", "--seed", "7", "--quiet", cwd=folder)
    return the_file(folder)


def test_of_a_killed_run_there_is_a_report_of_all_but_its_last_second(tmp_path: Path, url: str):
    command = [sys.executable, "-m", "loadgen", "--url", url, "--connections", "50", "--duration", "5m"]
    running = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: [*tmp_path.glob("loadgen-results/*/run.jsonl")])
        eventually(
            lambda: the_file(tmp_path).read_bytes().endswith(b"\n") and answered(the_file(tmp_path)) > 300
        )
    finally:
        running.kill()
        running.wait()
    path = the_file(tmp_path)
    with path.open("ab") as file:
        file.write(b'{"type":"second","at":9')  # as if it had been killed in the middle of a line
    done = loadgen("report", path, "--json", cwd=tmp_path)
    summary = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert "killed" in summary["reasons"][0]
    assert summary["clients"]["registered"] == 50
    assert summary["messages"]["answered"] == answered(path) > 300
    text = loadgen("report", path, cwd=tmp_path).stdout
    assert text.startswith("INVALID: the generator was killed: its file ends after ")
    assert "goodbyes  unknown" in text


def test_a_report_is_what_the_run_itself_said(tmp_path: Path, finished: Path):
    record = load(finished)
    assert record.summary is not None
    assert record.run.environment is not None
    assert json.loads(loadgen("report", finished, "--json", cwd=tmp_path).stdout) == json.loads(
        msgspec.json.encode(record.summary)
    )
    assert answered(finished) == record.summary.messages.answered == 400
    assert loadgen("report", finished, "--csv", cwd=tmp_path).stdout.count("\n") > 2
    assert "fermat_loadgen_clients" in loadgen("report", finished, "--prometheus", cwd=tmp_path).stdout
    assert "Tag=list-response" in loadgen("report", finished, "--hdr", cwd=tmp_path).stdout


def test_a_run_leaves_its_report_beside_its_file(tmp_path: Path, finished: Path):
    page = finished.with_name("report.html").read_text()
    assert "<html lang=" in page
    assert loadgen("report", finished, "--html", cwd=tmp_path).stdout == page
    assert loadgen("report", finished.parent, "--html", cwd=tmp_path).stdout == page
    spanish = loadgen("report", finished, "--markdown", "--lang", "es", cwd=tmp_path)
    assert spanish.stdout.startswith("# Informe de carga: flags")
    assert json.loads(loadgen("report", finished, "--model", cwd=tmp_path).stdout)["summary"] == json.loads(
        loadgen("report", finished, "--json", cwd=tmp_path).stdout
    )


def test_a_report_that_cannot_be_written_changes_no_verdict(tmp_path: Path, url: str):
    where = tmp_path / "loadgen-results"
    command = ["--url", url, "--connections", "5", "--duration", "3", "--quiet"]
    running = subprocess.Popen(
        [sys.executable, "-m", "loadgen", *command], cwd=tmp_path, stdout=-1, stderr=-1, text=True
    )
    eventually(lambda: [*where.glob("*/run.jsonl")])
    (the_file(tmp_path).parent / "report.html").mkdir()
    out, err = running.communicate(timeout=DEADLINE)
    assert (running.returncode, "report    " in out) == (0, False)
    assert err.startswith("fermat-loadgen: there is no report: cannot write loadgen-results/")
    assert err.count("\n") == 1


def test_two_machines_parts_are_one_run(tmp_path: Path, finished: Path):
    record = load(finished)
    for index in (0, 1):
        run = msgspec.structs.replace(record.run, shard=Shard(index, 2))
        written(tmp_path / f"{index}.jsonl", Record(run, record.seconds, record.summary))
    done = loadgen("merge", "0.jsonl", "1.jsonl", "-o", "both.jsonl", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["messages"]["answered"] == 800
    assert answered(tmp_path / "both.jsonl") == 800
    assert load(tmp_path / "both.jsonl").summed().clients.asked == 40
    again = loadgen("merge", "0.jsonl", "1.jsonl", "-o", "both.jsonl", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == "fermat-loadgen: cannot write both.jsonl: File exists; name another -o\n"
    twice = loadgen("merge", "0.jsonl", "0.jsonl", cwd=tmp_path)
    assert (twice.returncode, twice.stderr.count("\n")) == (2, 1)


def test_a_run_beside_itself_is_the_same(tmp_path: Path, finished: Path):
    done = loadgen("compare", finished, finished, cwd=tmp_path)
    assert done.returncode == 0
    assert "one run each: no statement about chance" in done.stdout
    (row,) = [line for line in done.stdout.splitlines() if line.startswith("list answered")]
    assert row.split() == ["list", "answered", "400", "400", "1.00"]


def test_several_runs_on_each_side_are_judged_and_a_baseline_is_a_gate(tmp_path: Path):
    def runs(name: str, factor: float, count: int) -> Path:
        for number in range(count):
            waits = (0.01 * factor * (1 + number / 50),) * 20
            folder = tmp_path / name / str(number)
            folder.mkdir(parents=True)
            written(folder / "run.jsonl", record(run(), [second(1.0, waits)]))
        return tmp_path / name

    old, slow, few = runs("old", 1.0, 5), runs("slow", 2.0, 5), runs("few", 2.0, 2)
    for new, code, words in (
        (old, 0, "no difference: 5"),
        (slow, 1, "worse: 5"),
        (few, 4, "too few runs to tell: 2"),
    ):
        done = loadgen("compare", "--baseline", old, new, cwd=tmp_path)
        assert (done.returncode, done.stdout.startswith(words), done.stderr) == (code, True, "")
    assert loadgen("compare", old, slow, cwd=tmp_path).returncode == 0
    assert json.loads(loadgen("compare", old, slow, "--json", cwd=tmp_path).stdout)["sense"] == "worse"
    empty = loadgen("compare", old, tmp_path / "old" / "nothing", cwd=tmp_path)
    assert (empty.returncode, empty.stdout) == (2, "")


def test_runs_of_two_plans_are_compared_only_when_told_so(tmp_path: Path, finished: Path):
    record = load(finished)
    plan = msgspec.structs.replace(record.run.plan, clients=9)
    run = msgspec.structs.replace(record.run, plan=plan)
    other = written(tmp_path / "other.jsonl", Record(run, record.seconds, record.summary))
    refused = loadgen("compare", finished, other, cwd=tmp_path)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert "their plans differ in clients" in refused.stderr
    assert "--anyway" in refused.stderr
    done = loadgen("compare", finished, other, "--anyway", cwd=tmp_path)
    assert done.returncode == 0
    assert "their plans differ in clients" in done.stdout


@pytest.mark.parametrize(
    "words", [("report",), ("merge",), ("compare", "x"), ("report", "x", "--csv", "--json")]
)
def test_wrong_words_are_refused(tmp_path: Path, words: tuple[str, ...]):
    done = loadgen(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize("command", ["report", "merge"])
def test_what_is_no_result_file_is_refused_in_a_line(tmp_path: Path, command: str):
    (tmp_path / "empty").touch()
    (tmp_path / "junk").write_text("junk\n")
    for name in ("empty", "junk", "nothing", "."):
        done = loadgen(command, name, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert done.stderr.startswith("fermat-loadgen: ")


def test_hdr_without_its_library_says_what_to_install(tmp_path: Path, finished: Path):
    (tmp_path / "hdrh.py").write_text("raise ImportError\n")
    done = loadgen("report", finished, "--hdr", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "fermat-loadgen: --hdr needs the library: pip install 'fermat-sidecar[hdr]'\n",
    )
