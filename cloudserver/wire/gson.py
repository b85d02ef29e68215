"""JSON as the server's Gson reads and writes it: any key order, unknown keys passed over, nulls left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from cloudserver.wire.errors import Incomplete, UnknownName, Unreadable, WireError

T = TypeVar("T")
_encode = msgspec.json.Encoder().encode


def write(value: msgspec.Struct | Sequence[msgspec.Struct]) -> str:
    """JSON text without spaces. `value` is one of this package's structs, or a list of them."""
    return _encode(value).decode()


def read(decoder: msgspec.json.Decoder[T], text: str | bytes, what: str) -> T:
    """Decode `text`; a `WireError` that names `what` for anything which `decoder` does not take."""
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise _kind(str(error))(f"{what}: {error}") from None
    except (ValueError, RecursionError) as error:  # msgspec's syntax errors and UnicodeErrors are ValueErrors
        raise Unreadable(f"{what}: {error}") from None


def _kind(message: str) -> type[WireError]:
    """Tell msgspec's validation errors apart; it has one class for all of them."""
    if message.startswith("Object missing required field") or "got `null`" in message:
        return Incomplete
    if message.startswith("Invalid enum value"):
        return UnknownName
    return Unreadable
