"""What can be wrong with text from the wire, told apart where the real server acts differently."""

from __future__ import annotations


class WireError(Exception):
    """Text that is not what the protocol says; the message tells what and where in it."""


class Unreadable(WireError):
    """Not JSON, or a value of another shape: Gson throws a JsonSyntaxException, the server drops the text."""


class Incomplete(WireError):
    """A mandatory key is missing or null: a NullPointerException in the server, which closes with 1011."""


class UnknownName(WireError):
    """An enum name this protocol does not have: Gson reads null, the rest is as with `Incomplete`."""
