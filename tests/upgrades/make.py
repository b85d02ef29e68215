"""What a version leaves in its state directory: ``python tests/upgrades/make.py CHECKOUT OUT``.

A sidecar runs for a quarter of a minute. Its server is killed and comes back; the disk has less room than is
wished for, and that stays so; and none of the messages is taken, for nobody listens where its one channel is.
"""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

CONFIG = """
[server]
command = ["{python}", "-P", "-m", "cloudserver", "--port", "19090"]
directory = "{directory}/server"
port = 19090
[state]
directory = "{directory}/state"
[health]
port = 19191
[[channel]]
name = "mail"
url = "mailto://127.0.0.1:1?from=a@b.example&to=c@d.example&mode=insecure"
[rules.disk-low]
threshold = "1000TiB"
clear = "1001TiB"
"""
PLACE = Path("/srv/fermat")
"""Its name is in what is kept."""
_PATIENCE = 30.0


def until_well() -> None:
    """Its server is proven."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with suppress(URLError, ConnectionError), urlopen("http://127.0.0.1:19191/health") as answer:
            if answer.status == HTTPStatus.OK:  # it may warn
                return
        time.sleep(0.1)
    raise SystemExit("the server is not well")


def main(checkout: Path, out: Path) -> None:
    """Live, and keep what is left."""
    directory = PLACE
    (directory / "server").mkdir(parents=True)
    try:
        config = directory / "sidecar.toml"
        config.write_text(CONFIG.format(python=sys.executable, directory=directory))
        sidecar = subprocess.Popen(
            [sys.executable, "-P", "-m", "sidecar", "run", "--config", str(config)],
            env={**os.environ, "PYTHONPATH": str(checkout)},
        )
        try:
            until_well()
            time.sleep(3)
            (server,) = psutil.Process(sidecar.pid).children()
            server.kill()
            time.sleep(12)
            until_well()
        finally:
            sidecar.send_signal(signal.SIGTERM)
            sidecar.wait(_PATIENCE)
        out.mkdir(parents=True, exist_ok=True)
        for database in (directory / "state").glob("*.db"):
            with gzip.GzipFile(out / f"{database.name}.gz", "wb", mtime=0) as packed:
                packed.write(database.read_bytes())
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]))
