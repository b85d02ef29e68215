"""``fermat-sidecar config``: what can be set."""

from __future__ import annotations

import sys

from fermatkit.errors import ExitCode
from sidecar.config import documents


def config(*, example: bool) -> ExitCode:
    """Print the reference, or a file with every key in it."""
    sys.stdout.write(documents.example() if example else documents.reference())
    return ExitCode.GOOD
