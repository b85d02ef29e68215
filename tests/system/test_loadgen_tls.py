"""Cloud Clients through wss://, as behind a proxy that speaks TLS for the server."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from fermatkit.errors import ExitCode
from loadgen import trouble
from support.authority import Authority, authority
from support.front import fronting
from support.standin import starting

DEADLINE = 60


@pytest.fixture
def vouching(tmp_path: Path) -> Authority:
    (folder := tmp_path / "authority").mkdir()
    return authority(folder, "localhost")


async def load(folder: Path, *flags: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "loadgen", "--quiet", "--json", *flags]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=pipe, stderr=pipe)
    out, err = await asyncio.wait_for(process.communicate(), DEADLINE)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def planned(folder: Path, port: int, ca: Path) -> str:
    """Clients that use all of a server: its main connections, VPNs and discovery."""
    plan = folder / "plan.toml"
    plan.write_text(
        f'url = "wss://localhost:{port}"\nca = "{ca}"\nclients = 20\n[ramp]\nrate = "50/s"\n'
        '[[stage]]\nduration = "3s"\nrate = "20/s"\n'
        '[[mix]]\ndo = "pair"\nweight = 1.0\n[[mix]]\ndo = "discoverer"\nweight = 1.0\n'
    )
    return str(plan)


async def test_clients_vpns_and_discovery_go_through_tls(tmp_path: Path, vouching: Authority):
    (folder := tmp_path / "standin").mkdir()
    with starting(folder, "--port", "0") as standin:
        standin.wait_for("Server URI = ")
        async with fronting(int(standin.url.rpartition(":")[2]), vouching.server()) as front:
            plan = planned(tmp_path, front.port, vouching.bundle)
            code, out, err = await load(tmp_path, "--plan", plan)
    assert err == ""
    summary = json.loads(out)
    assert summary["errors"] == {}
    assert summary["clients"]["registered"] == summary["clients"]["left"] == 20
    assert code in (ExitCode.GOOD, ExitCode.INVALID_RUN), summary["reasons"]
    for name in ("connect", "vpn", "relay", "discovery"):
        assert summary["operations"][name]["traffic"]["answered"] > 0
    assert front.names == {"localhost"}


async def test_a_certificate_that_the_authority_did_not_sign_is_named(tmp_path: Path, vouching: Authority):
    (other := tmp_path / "other").mkdir()
    stranger = authority(other, "localhost")
    async with fronting(1, vouching.server()) as front:
        code, out, err = await load(tmp_path, "--plan", planned(tmp_path, front.port, stranger.bundle))
    summary = json.loads(out)
    assert code in (ExitCode.UNHEALTHY, ExitCode.INVALID_RUN)
    assert err == ""
    assert summary["errors"] == {trouble.BAD_CERTIFICATE: 20}


@pytest.mark.parametrize("bad", ["nowhere.pem", "plan.toml"])
async def test_a_file_of_no_certificates_is_refused_in_a_line(tmp_path: Path, bad: str):
    code, out, err = await load(tmp_path, "--plan", planned(tmp_path, 1, tmp_path / bad))
    assert (code, out) == (ExitCode.USAGE, "")
    assert err.startswith(f"fermat-loadgen: ca: {tmp_path / bad} is no file of certificates in PEM form: ")
    assert err.count("\n") == 1
