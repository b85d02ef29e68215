"""``fermat-sidecar check`` as a person runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fermatkit.errors import ExitCode
from sidecar.config.load import load
from sidecar.core.policy import Limits
from support.examples import OPERATIONS, files, filled

GOOD = '[server]\ncommand = ["java"]\nhost = "::1"\n'


def check(tmp_path: Path, text: str, mode: int = 0o640) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "sidecar.toml"
    path.write_text(text)
    path.chmod(mode)
    return subprocess.run(
        [sys.executable, "-m", "sidecar", "check", "--config", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def channel(name: str, url: str) -> str:
    return f'[[channel]]\nname = "{name}"\nurl = "{url}"\n'


def test_a_good_file(tmp_path: Path) -> None:
    ended = check(tmp_path, GOOD + channel("mail", "mailto://user:hunter2@example.org"))
    assert ended.returncode == ExitCode.GOOD
    good = "good. Server [::1]:9090, started by the sidecar; told: mail."
    assert ended.stdout == f"{tmp_path}/sidecar.toml: {good}\n"
    assert not ended.stderr


def test_the_worked_example_of_who_is_told_what_is_good(tmp_path: Path) -> None:
    (example,) = files(OPERATIONS.read_text())
    ended = check(tmp_path, GOOD + filled(example))
    assert (ended.returncode, ended.stderr) == (ExitCode.GOOD, "")
    assert "told: telegram, mail, phone." in ended.stdout
    settings = load(tmp_path / "sidecar.toml")
    assert settings.limits == Limits()  # it shows the defaults
    assert set(settings.policy.routes) == {"telegram", "phone"}


def test_apprise_itself_is_asked_about_each_channel_and_nothing_of_its_url_is_shown(tmp_path: Path) -> None:
    text = GOOD + channel("a", "bogus://hunter2/secret?k=v") + channel("b", "json://localhost/")
    ended = check(tmp_path, text + channel("c", "tgram://hunter2") + '[limits]\nterm_deadline = "0s"\n')
    assert ended.returncode == ExitCode.CONFIGURATION
    lines = ended.stderr.replace(f"{tmp_path}/", "").splitlines()
    assert [line.split(": is none that Apprise can use")[0] for line in lines] == [
        "fermat-sidecar: sidecar.toml:14: limits.term_deadline: must be at least 1s, is 0s",
        "fermat-sidecar: sidecar.toml:6: channel[0].url",
        "fermat-sidecar: sidecar.toml:12: channel[2].url",
    ]
    for part in ("bogus", "hunter2", "secret", "tgram"):
        assert part not in ended.stderr + ended.stdout


@pytest.mark.parametrize(
    ("text", "mode", "warned"),
    [
        (channel("a", "json://localhost/"), 0o644, True),
        (channel("a", "json://localhost/"), 0o640, False),
        ('admin = { password = "fermat" }\n', 0o604, True),
        ('admin = { password = { credential = "admin" } }\n', 0o644, False),
        ("[deadman]\nurl = 'https://switch.example.org/hunter2'\n", 0o644, True),
        ("", 0o644, False),
    ],
)
def test_secrets_that_everybody_can_read_are_a_warning(
    tmp_path: Path, text: str, mode: int, *, warned: bool
) -> None:
    ended = check(tmp_path, GOOD + text, mode)
    assert ended.returncode == ExitCode.GOOD
    warning = f"Warning: everybody on this machine can read the secrets in it: chmod o-rwx {tmp_path}/"
    assert (warning in ended.stdout) == warned


@pytest.mark.parametrize(
    ("folder", "file", "warned"), [(0o755, 0o644, True), (0o700, 0o644, False), (0o755, 0o640, False)]
)
def test_so_is_a_credential_that_everybody_can_read(
    tmp_path: Path, folder: int, file: int, *, warned: bool
) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "mail").write_text("mailto://user:hunter2@example.org\n")
    (credentials / "mail").chmod(file)
    credentials.chmod(folder)
    names = "".join(
        f'[[channel]]\nname = "{name}"\nurl = {{ credential = "{name}" }}\n' for name in ("mail", "none")
    )
    ended = check(tmp_path, GOOD + names, 0o644)
    assert ended.returncode == ExitCode.GOOD
    warning = f"Warning: everybody on this machine can read this credential: chmod o-rwx {credentials}/mail\n"
    assert ended.stdout.count("Warning") == warned
    assert (warning in ended.stdout) == warned


def test_no_file_is_one_line(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "sidecar", "check", "--config", str(tmp_path / "none.toml")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == ExitCode.CONFIGURATION
    assert len(ended.stderr.splitlines()) == 1
