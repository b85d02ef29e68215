"""``python -m demo``; the ports come from SERVER_PORT and HEALTH_PORT."""

from __future__ import annotations

import signal
import sys

if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)  # nothing has been started yet: just end

    from demo.run import main

    sys.exit(main())
