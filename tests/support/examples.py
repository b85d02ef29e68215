"""The channels of INSTALL.md, word for word, with a login of the tests' in place of the capitals."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from urllib.parse import quote

INSTALL = Path(__file__).parents[2] / "INSTALL.md"
OPERATIONS = INSTALL.parent / "docs" / "operations.md"
MAIL_HOST = "smtp.example.org:587"
SECRETS = {
    "BOT_TOKEN": "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
    "CHAT_ID": "-1001234567890",
    "USER": "sidecar-login",
    "PASSWORD": "correct-horse@battery/staple",
    "TOKEN_A": "T1J2K3L4M",
    "TOKEN_B": "B5N6P7Q8R",
    "TOKEN_C": "xyzzyPLUGH0123456789abcd",
}
"""As long as the real ones, and of their letters."""


def urls(mail_port: int) -> dict[str, str]:
    """By the channel's name. The mail's host is ours: all else of an example is as it stands."""
    written = channels(INSTALL.read_text())
    return {name: filled(url).replace(MAIL_HOST, f"127.0.0.1:{mail_port}") for name, url in written.items()}


def channels(text: str) -> dict[str, str]:
    """The urls in a text that has a file with channels in it, by name: those of the first."""
    return {one["name"]: one["url"] for one in tomllib.loads(files(text)[0])["channel"]}


def files(text: str) -> list[str]:
    """All that a text shows of files with channels."""
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    return [block for block in blocks if "[[channel]]" in block]


def filled(text: str) -> str:
    """With our login in place of the capitals."""
    for name, value in SECRETS.items():
        text = re.sub(rf"\b{name}\b", quote(value, safe=":"), text)
    return text
