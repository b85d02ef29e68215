"""``python -m demo.pid``: the pid of the server that the demo's sidecar watches."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request

from demo.ports import chosen
from fermatkit.errors import UserError


def main() -> int:
    """Ask ``/health``; 1 when nobody answers there or no server runs."""
    try:
        url = f"http://127.0.0.1:{chosen('HEALTH_PORT')}/health"
        with urllib.request.urlopen(url, timeout=5) as answer:
            body = json.load(answer)
    except urllib.error.HTTPError as error:  # 503: it fails, and says all the same
        body = json.load(error)
    except (OSError, UserError) as error:
        print(f"demo.pid: {_why(error)}: is make run running, with this HEALTH_PORT?", file=sys.stderr)
        return 1
    pid = body["checks"]["process:state"][0].get("componentId")
    print(pid or "no server runs at this moment", file=sys.stdout if pid else sys.stderr)
    return 0 if pid else 1


def _why(error: Exception) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return str(getattr(reason, "strerror", None) or reason)


if __name__ == "__main__":
    sys.exit(main())
