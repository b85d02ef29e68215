"""Whether a text is Spanish throughout."""

from __future__ import annotations

import re

ENGLISH = frozenset(
    """
    after again all an and another answer answered answers any are asked at be been before by cannot clients
    connections could disk down ended ends exit for found free from gone had have held if into is it its
    killed known leaves listens machine makes may memory message missing more most needs never nobody nor
    nothing of on open or ordered other out over own restart restarts room sampled seen signal since started
    sure takes tasks than that the their there they this threads to too unit unknown unreadable until was
    were what when where which who why with within yet you
    """.split()  # noqa: SIM905 - a list of words is read as one
)
"""Words that no Spanish sentence of ours has."""
_OTHERS = re.compile(r"«[^»]*(?:»|…)|'[^']*'|\[\w+\]|\(most has")
"""What others said or are called."""
_NAMED = re.compile(r"\b(systemctl restart|unit|pidfile|match|port|budget|out-of-memory)\b")
"""A command, and keys of the configuration."""


def english(text: str) -> set[str]:
    """The English words in it, but for names, quotations and keys of the configuration."""
    tokens = (token.strip(".,;:()") for token in _NAMED.sub("", _OTHERS.sub("", text)).split())
    plain = {token.lower() for token in tokens if not re.search(r"[./_=:-]", token)}
    return plain & ENGLISH
