"""docs/architecture.md: its worked examples, done to a copy of the code, which then does what is said."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from install.guide import Block, blocks
from support.running import Running, free_port, running, until

ROOT = Path(__file__).parents[2]
PARTS = blocks((ROOT / "docs" / "architecture.md").read_text())
COPIED = ("fermatkit", "cloudserver", "sidecar", "loadgen", "tests", "systemd", "deploy")
HELD = (
    "tests/sidecar/faces/test_words.py",
    "tests/sidecar/faces/test_metrics.py",
    "tests/loadgen/report/test_words.py",
)
"""What holds the words and the names to the code."""
PORT = "8098"
"""The page's own, of the program that takes JSON."""


def parts(heading: str) -> list[Block]:
    return [block for block in PARTS if block.heading.startswith(heading)]


def toml(heading: str) -> str:
    (block,) = (block for block in parts(heading) if block.language == "toml")
    return block.text


class Copy:
    """The code, which may be changed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for name in COPIED:
            shutil.copytree(ROOT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", directory)
        self.environment = {"PYTHONPATH": f"{directory}:{directory / 'tests'}", "PYTHONSAFEPATH": "1"}

    def change(self, block: Block) -> None:
        """As the block says."""
        if block.path:
            (self.directory / block.path).write_text(block.text)
            return
        # What a hunk leaves out after it, it does not say to be the end; lines may have moved.
        command = ["git", "apply", "-p0", "--unidiff-zero", "-"]
        done = subprocess.run(
            command, cwd=self.directory, check=False, input=block.text, capture_output=True, text=True
        )
        assert done.returncode == 0, f"docs/architecture.md:{block.line}: {done.stderr}"

    def missing(self) -> str:
        """What the tests say that hold words and names; "" if nothing."""
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *HELD],
            cwd=self.directory,
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, **self.environment, "PYTEST_ADDOPTS": ""},
        )
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return "" if done.returncode == 0 else done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """With the probe and the rule."""
    if shutil.which("git") is None:
        pytest.skip("not installed: git")
    copy = Copy(tmp_path_factory.mktemp("copy"))
    *first, names = (block for block in parts("A probe") if block.path or block.language == "diff")
    for block in first:
        copy.change(block)
    assert "log:size" in copy.missing(), "the page says that tests name what is missing"
    copy.change(names)
    rule, words = (block for block in parts("A rule") if block.language == "diff")
    copy.change(rule)
    assert "log-large" in copy.missing()
    copy.change(words)
    return copy


@pytest.fixture
async def received() -> AsyncIterator[tuple[str, list[dict[str, str]]]]:
    """A port, and what came there as JSON."""
    came: list[dict[str, str]] = []

    async def take(request: web.Request) -> web.Response:
        came.append(json.loads(await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/alerts", take)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield str(port), came
    await runner.cleanup()


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as one:
        yield one


def test_nothing_is_missing_any_more(copy: Copy) -> None:
    assert copy.missing() == ""


async def test_what_they_add_works(
    copy: Copy, one: Running, received: tuple[str, list[dict[str, str]]]
) -> None:
    port, came = received
    url = toml("A channel").split('url = "')[1].split('"')[0].replace(PORT, port)
    one.configure(channels={"webhook": url}, limits=toml("A rule"))
    one.environment = copy.environment
    one.start()

    async def told() -> bool:
        return bool(came)

    await until(told, lambda: f"nothing came: {one.log[-2000:]}")
    assert came[0]["title"].startswith("LOG LARGE: Cloud Server on "), came
    checks = (await one.health())["checks"]
    assert checks["log:size"][0]["observedValue"] > 500
    assert checks["log:size"][0]["status"] == "warn"
    async with one.client.get(f"http://127.0.0.1:{one.health_port}/metrics") as answer:
        assert "\nfermat_server_log_bytes " in await answer.text()
