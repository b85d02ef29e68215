"""A recording as bytes: JSON, an object for an opening and an array for an observation, one a line."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Union, cast

import msgspec

from fermatkit.errors import UserError
from sidecar.core.observations import Observation, Seen
from sidecar.core.replay import Line, Opening
from sidecar.store.files import UNREADABLE

SCHEMA = 1
"""Counts up when an older recording cannot be read as a new one."""
PLAIN, PACKED = ".jsonl", ".jsonl.gz"
_NAME = re.compile(r"(\d+)\.jsonl(?:\.gz)?")
_TELL = Callable[[str], None]

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(tuple[float, float, Union[tuple(Observation.__subclasses__())]])  # type: ignore[misc]  # noqa: UP007 - no list of them to keep: whatever can be seen


class _Label(msgspec.Struct):
    schema: int


def opening_line(opening: Opening) -> bytes:
    """Numbers may be infinite (a budget of no restarts): the standard library writes and reads them."""
    return json.dumps(msgspec.to_builtins(opening, str_keys=True)).encode() + b"\n"


def seen_line(seen: Seen) -> bytes:
    """UnicodeEncodeError for what is no text (a file name of the system's that is not UTF-8)."""
    return _encoder.encode((seen.at, seen.wall, seen.what)) + b"\n"


def numbered(directory: Path) -> list[Path]:
    """The files of a recording, the oldest first. OSError when the directory cannot be listed."""
    found: dict[int, Path] = {}
    for path in sorted(directory.iterdir()):  # a plain file before its packed twin
        if match := _NAME.fullmatch(path.name):
            found.setdefault(int(match[1]), path)
    return [found[number] for number in sorted(found)]


def number_of(path: Path) -> int:
    """The number in the name of one of these."""
    return int(path.name.partition(".")[0])


def read(path: Path, note: _TELL) -> Iterator[Line]:
    """All lines of a file, or of all files of a directory. UserError for what is no recording.

    What was torn off at the end of a file (kill -9 in the middle of a write) is left out, and noted.
    """
    try:
        paths = numbered(path) if path.is_dir() else [path]
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}: name a recording") from None
    if not paths:
        raise UserError(f"{path}: no recording in it (its files are called like 000001{PACKED})")
    for one in paths:
        yield from _file(one, note)


def _file(path: Path, note: _TELL) -> Iterator[Line]:
    try:
        with _open(path) as file:
            yield from _lines(path, file, note)
    except (gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{path}: is not a recording: {error}") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}: name a recording") from None


def _open(path: Path) -> BinaryIO:
    packed = path.with_name(path.name + ".gz")
    if not path.exists() and packed.exists():  # a running sidecar has packed it this moment
        path = packed
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _lines(path: Path, file: BinaryIO, note: _TELL) -> Iterator[Line]:
    number = 0
    try:
        for number, raw in enumerate(file, 1):
            if not raw.endswith(b"\n"):
                note(f"{path}:{number}: torn, and left out: the writing ended in the middle of this line")
                return
            yield _line(path, number, raw)
    except EOFError:
        note(f"{path}: torn after line {number}: what follows is left out")
    if number == 0:
        note(f"{path}: empty")


def _line(path: Path, number: int, raw: bytes) -> Line:
    try:
        if number == 1 or raw.startswith(b"{"):
            return _opening(path, json.loads(raw))
        return Seen(*_decoder.decode(raw))
    except (*UNREADABLE, ValueError) as error:
        what = "is not a recording" if number == 1 else "is damaged"
        raise UserError(f"{path}:{number}: {what}: {error}") from None


def _opening(path: Path, content: object) -> Opening:
    schema = msgspec.convert(content, _Label).schema
    if schema != SCHEMA:
        why = "use the fermat-sidecar that recorded it, or a newer one"
        raise UserError(f"{path}: its schema is {schema}, this fermat-sidecar reads {SCHEMA}: {why}")
    return msgspec.convert(content, Opening, str_keys=True)
