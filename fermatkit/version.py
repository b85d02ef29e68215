"""``--version``, of the installed package: pyproject.toml alone says which it is."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


class ShowVersion(argparse.Action):
    """Shows it and ends; argparse's own wants the text at each start."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(
            option_strings, dest, nargs=0, default=argparse.SUPPRESS, help="show the version and exit"
        )

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Of the whole package: both programs have the same."""
        from importlib.metadata import version  # noqa: PLC0415 - slow, and seldom wanted

        print(f"{parser.prog} {version('fermat-sidecar')}")  # noqa: T201 - it is what was asked for
        parser.exit()
