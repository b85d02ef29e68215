"""What earlier versions left in their state directories is taken up: incidents, messages, history.

Each directory beside this file was made by `make.py` with that version's own code: the first that had a
database, the first that had a history, and the one of that number. Each release adds one.
"""

from __future__ import annotations

import gzip
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from sidecar.core.nouns import Trouble
from sidecar.core.stories import SERVER
from sidecar.store.history.file import HistoryFile
from sidecar.store.history.reading import Span, incidents, samples, starts
from sidecar.store.history.schema import MIGRATIONS, version_of
from support.running import Running, running, until

VERSIONS = sorted(path for path in Path(__file__).parent.iterdir() if (path / "sidecar.db.gz").exists())
HISTORIES = [path for path in VERSIONS if (path / "history.db.gz").exists()]
LEFT = {"DISK LOW", "DOWN", "RECOVERED"}
"""The messages that nobody had taken, as their subjects begin."""


def unpack(version: Path, into: Path) -> None:
    into.mkdir(exist_ok=True)
    for packed in version.glob("*.gz"):
        with gzip.open(packed) as content, (into / packed.stem).open("wb") as database:
            shutil.copyfileobj(content, database)


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as one:
        yield one


@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: str(path.name))
async def test_its_messages_are_sent_and_its_story_goes_on(version: Path, one: Running) -> None:
    unpack(version, one.directory / "state")
    one.configure('remind_first = "0s"')  # the story is as old as the file
    one.start()
    begun: set[str] = set()

    async def told() -> bool:
        begun.update(mail["subject"].partition(":")[0] for mail in one.mailbox.mails)
        return begun >= {*LEFT, "OVER"}  # here the disk has the room that is wished for

    await until(told, lambda: f"{begun}: {one.log[-3000:]}")
    assert begun == {*LEFT, "OVER"}
    assert "set aside" not in one.log
    assert sum(mail["subject"].startswith("OVER") for mail in one.mailbox.mails) == 1


@pytest.mark.parametrize("version", HISTORIES, ids=lambda path: str(path.name))
def test_its_history_is_read_as_it_was(version: Path, tmp_path: Path) -> None:
    unpack(version, tmp_path)
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path)) as connection:
        ((first, last),) = connection.execute("SELECT min(at), max(at) FROM second")
    with closing(HistoryFile(path)):
        pass
    with closing(sqlite3.connect(path)) as connection:
        assert version_of(connection) == len(MIGRATIONS)
    span = Span(first - 60, last + 60, last + 60)
    grid = samples(path, span, 300, ["memory:resident", "protocol:pong"])
    known = [point for point in grid.points if point is not None]
    assert len(known) == last - first + 1
    assert any(grid.numbers["memory:resident"] in point.spreads for point in known)
    assert {story.topic for story in incidents(path, span, 9)} == {SERVER, Trouble.DISK_LOW}
    assert [one.cause and one.cause.trouble for one in starts(path, span)] == [None, Trouble.EXITED]
