"""Command lines: a mistake in one is told like any other, in one line."""

from __future__ import annotations

import argparse
from typing import NoReturn

from fermatkit.errors import ExitCode


class Arguments(argparse.ArgumentParser):
    """argparse's own, but for its errors: not all of the usage stands before what is wrong."""

    def error(self, message: str) -> NoReturn:
        """One line, and exit code 2."""
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}: see {self.prog} --help\n")
