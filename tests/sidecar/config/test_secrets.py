"""Secrets that systemd hands over: named in the file, read from where it says, shown to nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from fermatkit.errors import ExitCode, UserError
from sidecar.cli.check import check
from sidecar.config.load import load
from sidecar.config.secrets import FOLDER, Secret

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise's own
FILE = """
[server]
unit = "cloud.service"
admin = { password = { credential = "admin" } }
[[channel]]
name = "mail"
url = { credential = "mail" }
[deadman]
url = { credential = "switch" }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As the shipped unit has them."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "secret_admin").write_text("hunter2\n")
    (folder / "secret_mail").write_text("mailto://a:hunter2@example.org\n")
    (folder / "secret_switch").write_text("https://hunter2.example.org\n")
    monkeypatch.setenv(FOLDER, str(folder))
    return folder


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "sidecar.toml"
    path.write_text(FILE)
    return path


def test_it_is_what_stands_in_the_file_that_it_names(folder: Path, config: Path) -> None:
    settings = load(config)
    assert [secret.reveal()[:7] for secret in settings.credentials] == ["hunter2", "mailto:", "https:/"]
    assert "hunter2" not in repr(settings)
    assert folder.exists()


def test_check_looks_at_them_where_it_can(
    folder: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(config) is ExitCode.GOOD
    assert "Not looked at" not in capsys.readouterr().out
    (folder / "secret_admin").unlink()
    with pytest.raises(
        UserError, match="credential admin: No such file or directory: put it into /etc/"
    ) as error:
        check(config)
    assert error.value.code is ExitCode.CONFIGURATION


def test_check_by_hand_says_that_it_cannot_look(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(FOLDER, raising=False)
    assert check(config) is ExitCode.GOOD
    assert "Not looked at: credentials admin, mail, switch." in capsys.readouterr().out
    with pytest.raises(UserError, match="only systemd hands credentials over"):
        load(config).credentials[0].reveal()


@pytest.mark.parametrize("text", ["", " \n", "a\0b"])
def test_one_that_is_empty_is_none(folder: Path, text: str) -> None:
    (folder / "secret_admin").write_text(text)
    with pytest.raises(UserError, match="empty"):
        Secret({"credential": "admin"}).reveal()


@pytest.mark.parametrize(
    "written", [{}, {"credential": ""}, {"credential": "../x"}, {"credential": 1}, {"file": "a"}]
)
def test_what_names_none_is_a_mistake(written: object) -> None:
    with pytest.raises(ValueError, match="credential"):
        Secret(written)


@pytest.mark.parametrize("key", ["token", "monit_password"])
def test_one_that_could_be_guessed_is_refused(tmp_path: Path, key: str) -> None:
    config = tmp_path / "sidecar.toml"
    config.write_text(f'[server]\ncommand = ["java"]\n[health]\n{key} = "fifteen letters"\n')
    with pytest.raises(UserError, match=f"health.{key}: is too short: write at least 16 characters"):
        load(config)
    config.write_text(f'[server]\ncommand = ["java"]\n[health]\n{key} = "sixteen letters."\n')
    (secret,) = load(config).secrets
    assert secret.reveal() == "sixteen letters."
