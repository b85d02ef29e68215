"""The report that each run leaves beside its result file."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from fermatkit.errors import UserError
from loadgen.record import load
from loadgen.report.faces import PAGE, as_html, preferred
from loadgen.report.model import report
from loadgen.say import say


def beside(path: Path) -> str:
    """Write it, in the language of the locale; the summary's line about it, or none: why stands on stderr."""
    page = path.with_name(PAGE)
    try:
        page.write_text(as_html(report(load(path)), preferred()), encoding="utf-8")
    except UserError as error:
        return _none(str(error))
    except OSError as error:
        with suppress(OSError):
            page.unlink()  # half a page looks like a whole one
        return _none(f"cannot write {page}: {error.strerror}")
    return f"\nreport    {page}"


def _none(why: str) -> str:
    say(sys.stderr, f"fermat-loadgen: there is no report: {why}\n")
    return ""
