"""The nginx of the guide, before a stand-in: clients from anywhere are served, and strangers nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from install.guide import GUIDE, blocks
from support.running import free_port
from support.standin import starting

STRANGER = "127.0.0.2"
OWN = "127.0.0.1"
"""Of the addresses that the guide lets in."""
PATIENCE = 20.0
AROUND = """
daemon off;
pid {directory}/pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
{server}}}
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where it listens."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if nginx is None:
        pytest.skip("not installed: nginx")
    directory = tmp_path_factory.mktemp("nginx")
    (block,) = (block for block in blocks(GUIDE.read_text()) if block.language == "nginx")
    with starting(tmp_path_factory.mktemp("server"), "--port", "0") as server:
        server.wait_for("/fermat")
        port = free_port()
        behind = server.url.rpartition(":")[2]
        ours = block.text.replace("9092", behind).replace("listen 9090", f"listen {port}")
        (directory / "conf").write_text(AROUND.format(directory=directory, server=ours))
        with subprocess.Popen([nginx, "-c", directory / "conf", "-e", "stderr"]) as process:
            try:
                deadline = time.monotonic() + PATIENCE
                while not answers(port):
                    assert time.monotonic() < deadline, "nginx does not listen"
                    assert process.poll() is None, "nginx has ended"
                    time.sleep(0.05)
                yield port
            finally:
                process.terminate()


def answers(port: int) -> bool:
    try:
        return status(port, "/fermat/api/user", OWN) == 200
    except ConnectionError:
        return False


def status(port: int, path: str, source: str, method: str = "GET") -> int:
    """As it is sent, with nothing made simpler."""
    with closing(HTTPConnection("127.0.0.1", port, PATIENCE, source_address=(source, 0))) as connection:
        connection.request(method, path)
        return connection.getresponse().status


def test_clients_from_anywhere_have_all_that_they_do(port: int, tmp_path: Path) -> None:
    """They register, find each other, talk through VPNs …, as the smoke preset has it, fast or not."""
    url = f"ws://127.0.0.1:{port}"
    words = ("--preset", "smoke", "--url", url, "--source", STRANGER, "--json", "--out", str(tmp_path))
    command = [sys.executable, "-m", "loadgen", *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    summary = json.loads(done.stdout)
    assert summary["errors"] == {}
    assert summary["clients"]["registered"] == summary["clients"]["asked"] > 30
    assert summary["messages"]["answered"] == summary["messages"]["scheduled"] > 200


@pytest.mark.parametrize(
    "path",
    [
        "/fermat/api/serverplatform/listplatforms",
        "/fermat/api/serverplatform;a=b/listplatforms",
        "/fermat;a=b/api/serverplatform/listplatforms",
        "/fermat/ws/../api/serverplatform/listplatforms",
        "/fermat/ws/;/../api/serverplatform/listplatforms",
        "/fermat//api/serverplatform/listplatforms",
        "/fermat/%61pi/serverplatform/listplatforms",
        "/fermat/api/user/login",
        "/fermat/api/admin/monitoring/current/data",
        "/fermat/private/",
        "/fermat/",
        "/",
    ],
)
def test_strangers_get_at_nothing_else(port: int, path: str) -> None:
    assert status(port, path, STRANGER) == 403


def test_ones_own_network_does(port: int) -> None:
    """The admin pages' own answers: no login, and nothing to GET."""
    assert status(port, "/fermat/api/admin/monitoring/current/data", OWN) == 401
    assert status(port, "/fermat/api/user/login", OWN) == 405
    assert status(port, "/fermat/api/user", STRANGER) == 200
