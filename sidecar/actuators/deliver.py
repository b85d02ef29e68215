"""Sends one message by Apprise: ``python -m sidecar.actuators.deliver`` is the process that does (`forks`).

It is a process of its own because Apprise loads 184 plug-ins at the first URL, sends by blocking calls,
and cannot take one back; a process can be killed, and its memory is given back.
"""

from __future__ import annotations

import logging
import re
import urllib.parse
from contextlib import suppress

from sidecar.actuators.forks import Forks, Order

TIMEOUTS = "cto=10&rto=10"
"""Apprise's own limits, seconds to connect and to read; SMTP takes the first for both."""
_ADDRESS = re.compile(r"HTTPS?ConnectionPool\(.*?\): (Max retries exceeded with url: \S+ )?")
"""What urllib3 begins with: long, mostly secret, and in the way of the reason."""
_SHORTEST_SECRET = 4
_LONGEST_WHY = 300


def main() -> None:
    """Load all that sending takes, then send what is ordered."""
    forks = Forks(deliver)
    with suppress(Exception):  # each message says why, once it needs it
        _load()
    forks.serve()


def _load() -> None:
    """All plug-ins: they come with the first url, whichever it is."""
    import apprise  # noqa: PLC0415 - likewise

    apprise.Apprise().add("json://localhost")


def deliver(order: Order) -> str | None:
    """Send by Apprise: why not, or None. Whatever it raises is an outcome, too."""
    said = _Said()
    try:
        why = _notify(order, said)
    except Exception as error:  # noqa: BLE001 - any of 184 plug-ins may raise anything; the answer says so
        why = f"{type(error).__name__}: {error}"
    return None if why is None else scrub(why, order.url)[:_LONGEST_WHY]


def _notify(order: Order, said: _Said) -> str | None:
    import apprise  # noqa: PLC0415 - an import that fails is an outcome

    logger = logging.getLogger("apprise")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(said)
    asset = apprise.AppriseAsset(async_mode=False, storage_mode="memory")
    sender = apprise.Apprise(asset=asset)
    if not sender.add(with_options(order.url)):
        return "Apprise does not understand this channel's url"
    if sender.notify(title=order.subject, body=order.body, body_format=apprise.NotifyFormat.TEXT):
        return None
    return said.reasons() or "Apprise does not say why"


def with_options(url: str) -> str:
    """The URL with limits in time, and as plain text."""
    return f"{url}{'&' if '?' in url else '?'}{TIMEOUTS}&format=text"


class _Said(logging.Handler):
    """Keeps what Apprise says while it sends; its result holds no reason."""

    def __init__(self) -> None:
        super().__init__()
        self._reasons: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep warnings, and the exceptions that Apprise mentions at the debug level only."""
        text = record.getMessage()
        if record.levelno >= logging.WARNING or "Exception:" in text:
            self._reasons.append(text)

    def reasons(self) -> str:
        """All of it, in one line."""
        return " ".join(_ADDRESS.sub("", " ".join(self._reasons)).split())


def scrub(text: str, url: str) -> str:
    """The text without any part of the URL that could be a secret: tokens may stand anywhere in it."""
    rest = url.partition("://")[2]
    parts = {
        part
        for whole in (rest, urllib.parse.unquote(rest))
        for part in re.split(r"[/:@?&=#,\s]+", whole)
        if len(part) >= _SHORTEST_SECRET
    }
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, "***")
    return text


if __name__ == "__main__":
    main()
