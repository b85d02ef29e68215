"""Somebody who works through INSTALL.md, and what came of it."""

from __future__ import annotations

import json
import mailbox
import re
from contextlib import closing
from dataclasses import dataclass
from email.header import decode_header, make_header
from pathlib import Path

from install.guide import Block
from install.machine import Machine

ROOT = Path(__file__).parents[2]
MAILBOX = "/var/mail/mail"
"""Root's, as long as nobody has said to whom else root's mail is to go."""
_EVERYTHING = """
find / -xdev ! -type d -printf '%p\\n'
find / -xdev -type d -empty -printf '%p/\\n'
cat /etc/passwd /etc/group
"""
_ITS_OWN = re.compile(
    r"/var/(lib/(systemd|logrotate|dpkg|apt|polkit-1)|cache|tmp|log/(journal|apt)|mail|spool/exim4)/"
    r"|/var/log/[\w.]+$|/root/\.|/etc/(passwd|group|g?shadow)-$"
)
"""What Debian writes by itself, whatever is installed."""


@dataclass(frozen=True)
class Guided:
    """The machine, and what came of working through it."""

    machine: Machine
    before: set[str]
    """All that was there when Debian's packages were, and nothing of ours."""
    said: dict[str, str]
    """What the last block of each part printed."""

    def mails(self) -> list[str]:
        """The subjects in root's mailbox, up to the Cloud Server's name."""
        with closing(mailbox.mbox(self.machine.place(MAILBOX), create=False)) as box:
            subjects = [str(make_header(decode_header(mail["subject"]))) for mail in box]
        return [subject.partition(": Cloud Server")[0] for subject in subjects]

    def health(self) -> dict[str, object]:
        """As curl has it; nothing while it does not answer."""
        said = self.machine.type("curl -s http://localhost:9191/health").stdout
        return dict(json.loads(said)) if said.startswith("{") else {}

    def passes(self) -> bool:
        return self.health().get("status") == "pass"


def work_through(guided: Guided, parts: list[Block]) -> None:
    """Each block in its order; what is only to be read is listed."""
    for block in parts:
        if not block.runs:
            print(f"INSTALL.md:{block.line}: not run: {block.reason or f'{block.language} to be read'}")
            continue
        if "/opt/fermat-sidecar" in block.text and not guided.before:
            guided.before.update(everything(guided.machine))
        if block.path:
            guided.machine.write(block.path, block.text)
            continue
        done = guided.machine.type(block.text, network=block.network)
        assert done.returncode == 0, (
            f"INSTALL.md:{block.line}: {done.returncode}:\n{block.text}\n{done.stdout}"
        )
        guided.said[block.heading] = done.stdout


def everything(machine: Machine) -> set[str]:
    """Each file, each directory in which nothing is, and each user."""
    return {line for line in machine.said(_EVERYTHING).splitlines() if not _ITS_OWN.search(line)}
