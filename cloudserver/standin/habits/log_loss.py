"""Its log cannot grow any more: lines are lost, stderr says so once, and it serves on, as on a full disk.

No file that this process writes may grow past the log's size of this moment, by RLIMIT_FSIZE. The limit is
the soft one: `prlimit --fsize=unlimited` gives the log back.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from cloudserver.standin.log import FILE

if TYPE_CHECKING:
    from cloudserver.standin.state import Standin

if sys.platform != "win32":
    import resource


def take_up(_standin: Standin) -> None:
    """Let it be from the loop's next turn on: what the start says is still written."""
    asyncio.get_running_loop().call_soon(_limit)


def _limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE.stat().st_size, hard))
