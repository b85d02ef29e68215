"""``python -m loadgen`` is ``fermat-loadgen``."""

from __future__ import annotations

import sys

from fermatkit import unix


def main() -> int:
    """The program; its exit status."""
    unix.required("fermat-loadgen")
    with unix.easily_ended():
        from loadgen.cli import main as program  # noqa: PLC0415 - imports what Windows has not

    return program()


if __name__ == "__main__":
    sys.exit(main())
