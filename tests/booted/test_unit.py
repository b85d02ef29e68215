"""Unit mode as an operator installs it, on a systemd that has really booted, with its bus and polkit."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from fermatkit.errors import ExitCode
from support import jvm

CAPABILITIES = 5
"""Sets of them that a process has."""


@pytest.fixture(scope="module")
def lived(boot: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was seen inside, by scenario."""
    directory = tmp_path_factory.mktemp("jar")
    jar = directory / "server.jar"
    if not jvm.LACKS:
        classes = jvm.compiled(directory, "Hangs")
        subprocess.run(
            ["jar", "--create", "--file", jar, "--main-class", "Hangs", "-C", classes, "."], check=True
        )
    return boot("unit", JAR=str(jar))


@pytest.fixture
def seen(lived: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, Any]:
    """What was seen in the scenario that the test is named after."""
    found: dict[str, Any] = lived[request.node.name.removeprefix("test_")]
    if "skipped" in found:
        pytest.skip(found["skipped"])
    assert "error" not in found, found["error"]
    return found


def kinds(seen: dict[str, Any]) -> list[str]:
    """What the mails are about: each subject up to the server's name."""
    return [mail["subject"].partition(": Cloud Server")[0] for mail in seen["mails"]]


def texts(seen: dict[str, Any]) -> str:
    return "\n".join(mail["text"] for mail in seen["mails"])


def test_installed(seen: dict[str, Any]) -> None:
    assert not seen["dry run wrote"]
    assert seen["dry run"].splitlines()[-1] == "Nothing was done."
    assert "\nwrite  /usr/local/lib/systemd/system/fermat-cloud-server.service\n" in f"\n{seen['said']}\n"
    assert "Note" not in seen["said"]
    assert seen["record"] == ""
    assert "write" not in seen["again"]
    assert (seen["limits"]["StartLimitBurst"], seen["limits"]["StartLimitIntervalUSec"]) == ("5", "10min")


def test_credentials(seen: dict[str, Any]) -> None:
    """Each file of the folder is one; the folder may be empty, but has to be there."""
    assert seen["none"] == [0, ""]
    assert seen["one"] == [0, "./secret_mail:hunter2"]
    assert seen["no folder"][0] == 243


def test_rights(seen: dict[str, Any]) -> None:
    """Four verbs of one unit, and nothing else."""
    assert {name: status for name, (status, _) in seen["refused"].items() if status == 0} == {}
    for name, (_, said) in seen["refused"].items():
        assert "nteractive authentication required" in said or "ccess denied" in said, (name, said)
    assert seen["untouched"]
    assert {name: call for name, call in seen["allowed"].items() if call[0] != 0} == {}


def test_enabled(seen: dict[str, Any]) -> None:
    assert seen["at once"]["ActiveState"] == "active"
    assert seen["sidecar"]["StatusText"] == "The Cloud Server is up and answers."
    assert (seen["sidecar"]["User"], seen["server"]["User"]) == ("fermat-sidecar", "fermat-cloud-server")
    assert seen["sidecar"]["NRestarts"] == seen["server"]["NRestarts"] == "0"
    assert seen["same as in /health"]
    assert seen["capabilities"] == ["0000000000000000"] * CAPABILITIES
    assert seen["state"] == "0o700"


def test_killed(seen: dict[str, Any]) -> None:
    """Systemd has it back, once; the sidecar proves it and tells what it died of."""
    assert seen["starts"] == 1
    assert seen["restarts by systemd"] == "1"
    assert seen["same as in /health"]
    assert kinds(seen) == ["DOWN", "RECOVERED"]
    assert "killed by SIGKILL" in texts(seen)
    assert seen["seconds to proven"] < 10


def test_hung(seen: dict[str, Any]) -> None:
    """One restart, although it had to be killed."""
    assert seen["starts"] == 1
    assert kinds(seen) == ["DOWN", "RECOVERED"]


def test_given_up(seen: dict[str, Any]) -> None:
    """What systemd does not start again the sidecar does."""
    assert seen["starts"] == 1
    assert {"RESTART LIMIT TOO WEAK", "DOWN", "RECOVERED"} <= set(kinds(seen))


def test_hung_jvm(seen: dict[str, Any]) -> None:
    """What the JVM printed when systemd had sent it SIGQUIT is in the evidence, and that in the message."""
    assert (seen["comm"], seen["log"]) == ("java", "0o750")
    assert seen["starts"] == 1
    assert kinds(seen) == ["DOWN", "RECOVERED"]
    proof = (
        f"pid {seen['server']} runs, the server's port is its own, and it answered the sidecar's registration"
    )
    assert proof in seen["mails"][-1]["text"]
    ((path, bundle),) = seen["bundles"].items()
    assert all(f"evidence gathered in {path}" in mail["text"] for mail in seen["mails"])
    assert (bundle["owner"], bundle["mode"]) == ("fermat-sidecar", "0o700")
    assert bundle["jvm-threads.txt"].startswith("Full thread dump ")
    assert "Found one Java-level deadlock:" in bundle["jvm-threads.txt"]
    assert "Server URI = http://127.0.0.1:9090/fermat" in bundle["server-output.txt"]
    stopped = seen["stopped"]
    assert (stopped["ActiveState"], stopped["Result"], stopped["ExecMainStatus"]) == (
        "inactive",
        "success",
        "143",
    )


def test_start_limit(seen: dict[str, Any]) -> None:
    """An operator's start and one by systemd ended at once; against its limit the sidecar makes another."""
    assert (seen["refused"], seen["starts"]) == (1, 3)
    assert seen["passes"]
    assert kinds(seen) == ["DOWN", "RECOVERED"]
    recovered = seen["mails"][-1]["text"]
    assert "given up by its supervisor: its unit is failed (result start-limit-hit; " in recovered
    assert "restart ordered" in recovered


def test_goes_on(seen: dict[str, Any]) -> None:
    """A start by the sidecar is good for three, and it makes one; or two, if lives were not even seen."""
    assert 2 <= seen["refused"] <= 3
    assert seen["starts"] == 3 * seen["refused"] - 1
    assert seen["later"] == 0
    assert (seen["state"]["ActiveState"], seen["state"]["Result"]) == ("failed", "start-limit-hit")
    assert seen["health"][0] == "fail"
    assert kinds(seen) == ["DOWN", "STAYS DOWN"]
    assert seen["more"] == [mail["subject"] for mail in seen["mails"]]


def test_stops_the_server(seen: dict[str, Any]) -> None:
    assert seen["starts"] == 0
    assert (seen["state"]["ActiveState"], seen["state"]["Result"]) == ("inactive", "success")
    assert seen["sidecar"]["ActiveState"] == "active"
    assert seen["mails"] == []


def test_restarts_the_server(seen: dict[str, Any]) -> None:
    assert seen["starts"] == 1
    assert seen["mails"] == []


def test_ends_the_sidecar(seen: dict[str, Any]) -> None:
    assert (seen["stopped"]["ActiveState"], seen["stopped"]["Result"]) == ("inactive", "success")
    assert seen["same server"]
    assert seen["starts"] == 0
    assert seen["mails"] == []


def test_reloads(seen: dict[str, Any]) -> None:
    assert seen["bad: status"] != 0
    assert "limits.hang_after" in seen["bad: log"]
    assert seen["bad: same sidecar"]
    assert seen["bad: passes"]
    assert seen["good: status"] == 0
    assert '"needs_a_restart":["health.port"]' in seen["good: log"]
    assert seen["good: same sidecar"]
    assert seen["good: same server"]
    assert seen["mails"] == []


def test_no_polkit(seen: dict[str, Any]) -> None:
    one_finding(seen, "polkit")


def test_no_bus(seen: dict[str, Any]) -> None:
    one_finding(seen, "D-Bus does not answer at /var/run/dbus/system_bus_socket (")
    assert seen["same sidecar"]


def test_owned(seen: dict[str, Any]) -> None:
    """Each is what is known: for certain, and not at all."""
    alone, several = seen["alone"], seen["among several"]
    assert (alone["observedValue"], alone["status"]) == ("server", "pass")
    assert (seen["configuration"]["observedValue"], seen["configuration"]["status"]) == (9090, "pass")
    assert not {"observedValue", "status"} & several.keys()
    assert "fermat-cloud-server.service, which has 2 processes" in several["output"]
    assert any("Whether the server's port is its own cannot be told" in note for note in seen["notes"])


def out_of_sight(seen: dict[str, Any], why: str) -> None:
    """Its server lives, and nobody says that it died."""
    assert kinds_of(seen["mails"]) == ["NOT FOUND"]
    assert any(why in note for note in seen["health"][2])
    assert seen["same server"]


def kinds_of(subjects: list[str]) -> list[str]:
    return [subject.partition(": Cloud Server")[0] for subject in subjects]


def test_hidden(seen: dict[str, Any]) -> None:
    out_of_sight(seen, "/proc hides the process from this user (hidepid=, or ProtectProc= of the unit)")


def test_no_bus_after_a_restart(seen: dict[str, Any]) -> None:
    out_of_sight(seen, "D-Bus does not answer at /var/run/dbus/system_bus_socket (")


def test_no_unit(seen: dict[str, Any]) -> None:
    one_finding(seen, "nothing.service")


def test_renamed(seen: dict[str, Any]) -> None:
    """The server runs on all the while, and is not taken for dead."""
    one_finding(seen, "fermat-cloud-server.service")
    assert seen["same server"]
    assert {told.partition(":")[0] for told in seen["mails"]} <= {"SUPERVISOR DOES NOT OBEY", "no-supervisor"}


def test_second_sidecar(seen: dict[str, Any]) -> None:
    status, said = seen["second"]
    assert status == ExitCode.CONFIGURATION
    assert said.splitlines()[-1].startswith(
        "fermat-sidecar: another sidecar watches fermat-cloud-server.service"
    )
    assert seen["first"]


def one_finding(seen: dict[str, Any], word: str) -> None:
    """The sidecar runs on, and names in one note what is missing."""
    _, _, notes = seen["health"]
    assert seen["sidecar"]["ActiveState"] == "active"
    assert len([note for note in notes if word in note]) == 1


def test_rebooted(seen: dict[str, Any]) -> None:
    """Both are up again by themselves, and nobody was told of an outage."""
    assert (seen["server"]["ActiveState"], seen["sidecar"]["ActiveState"]) == ("active", "active")
    assert seen["mails"] == []


def test_uninstalled(seen: dict[str, Any]) -> None:
    status, said = seen["refused"]
    assert status != 0
    assert said == (
        "fermat-sidecar: uninstall-units: still in use: "
        "first systemctl disable --now fermat-sidecar.service fermat-cloud-server.service"
    )
    assert seen["left"] == []
    assert seen["unit"][0] != 0
    assert seen["configuration"]
