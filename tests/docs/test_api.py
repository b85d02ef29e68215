"""The examples in docs/api.md, run as they stand."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fermatkit.measures import Measure, Unknown
from sidecar.core.facts import SignFact
from sidecar.core.nouns import Identity, Sign
from sidecar.core.observations import Answered, Sampled, Sent
from sidecar.store.history.file import HistoryFile
from sidecar.store.history.moments import Moment
from sidecar.store.history.points import Verdict
from support.playbook import Playbook
from support.site import Site, serving

TOKEN = "t0ken" * 5
DOCUMENT = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
EXAMPLE = re.compile(
    r"```sh\n(?P<command>.+?)\n```\n```(?P<kind>json|text) ?(?P<status>\d*)\n(?P<answer>.+?)\n```", re.DOTALL
)
EXAMPLES = [match.groupdict() for match in EXAMPLE.finditer(DOCUMENT)]
SHOWN = "---- "


@pytest.fixture
def past(tmp_path: Path) -> Path:
    """Two minutes in which all was well."""
    path, now = tmp_path / "history.db", int(time.time())
    signs = {Sign.PONG: SignFact(good_at=1.0, latency=0.00125)}
    well = [Moment(at, Verdict.PASS, Verdict.PASS, {Measure.CPU: 3.5}, signs) for at in range(now - 120, now)]
    with closing(HistoryFile(path)) as file:
        file.write(well, [], [])
    return path


@pytest.fixture
async def site(past: Path) -> AsyncIterator[Site]:
    book = Playbook()
    book.wall = time.time() - 31
    a = book.boots(Identity(100, 1))
    book.sees(Answered(a, Sign.PONG, 0.00125))
    readings = {Measure.DISK_FREE: 900.0 * 2**20, Measure.CPU: Unknown("needs two samples")}
    for _ in range(30):
        book.sees(Sampled(a, "S", readings), after=1)
    (owed,) = (entry.owed for entry in book.state.outbox.entries)
    book.sees(Sent(owed.message.id, "mail"))
    async with serving(book, token=TOKEN, history=past) as one:
        yield one


def test_none_is_left_out() -> None:
    assert len(EXAMPLES) == DOCUMENT.count("curl ") == DOCUMENT.count("```sh")


@pytest.mark.parametrize("example", EXAMPLES, ids=[one["command"][:100] for one in EXAMPLES])
async def test_an_example(site: Site, example: dict[str, str]) -> None:
    command = example["command"].replace("127.0.0.1:9191", f"127.0.0.1:{site.port}")
    curl = await asyncio.create_subprocess_shell(
        f"{command} -w '\n{SHOWN}%{{http_code}}'",
        stdout=asyncio.subprocess.PIPE,
        env={"TOKEN": TOKEN, "PATH": os.environ["PATH"]},
    )
    async with asyncio.timeout(30):
        said = (await curl.communicate())[0].decode()
    answer, _, status = said.rpartition(f"\n{SHOWN}")
    assert status == (example["status"] or "200")
    if example["kind"] == "json":
        shows(json.loads(example["answer"]), json.loads(answer))
    else:
        lines = iter(answer.splitlines())
        for line in example["answer"].splitlines():
            assert next(lines).startswith(line.partition("…")[0])


def shows(example: Any, answer: Any) -> None:
    """All that the example has is in the answer; moments since 1970 and `…` are whatever they are."""
    if isinstance(example, dict):
        assert example.keys() <= answer.keys()
        for key, value in example.items():
            shows(value, answer[key])
    elif isinstance(example, list):
        assert len(example) <= len(answer)
        for one, other in zip(example, answer, strict=False):
            shows(one, other)
    elif example == "…":
        assert isinstance(answer, str)
        assert answer
    elif isinstance(example, int | float) and example > 1e9:
        assert type(answer) is type(example)
    else:
        assert example == answer
