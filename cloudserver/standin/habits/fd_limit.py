"""It has 64 descriptors and no more: then TCP connects, nothing answers, until clients leave; sessions go on.

The limit is the kernel's own, RLIMIT_NOFILE, the soft one.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudserver.standin.state import Standin

if sys.platform != "win32":
    import resource

_MOST = 64


def take_up(_standin: Standin) -> None:
    """Lower the limit; what is open stays open."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MOST, hard))
