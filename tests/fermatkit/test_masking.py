"""What is shown of a text with secrets in it, and what never is."""

from __future__ import annotations

import pytest

from fermatkit import masking


@pytest.mark.parametrize(
    "line",
    [
        "password = hidden",
        "monit_password: hidden",
        "password hidden words",
        "#password=hidden",
        "# old password hidden",
        "pass\\u0077ord = hidden",
        "password = first \\\n   hidden",
        "monit_url = http://me:hidden@127.0.0.1/",
        "other = http://me:hidden@127.0.0.1/",
    ],
)
def test_properties(line: str) -> None:
    shown = masking.properties(f"port = 9090\n{line}\nuser = fermat\n")
    assert "hidden" not in shown
    assert "***" in shown
    assert shown.startswith("port = 9090\n")
    assert shown.endswith("user = fermat\n")


@pytest.mark.parametrize(
    "line",
    [
        '{"user":"x","password":"hidden, with a comma"}',
        '{"content":"{\\"token\\":\\"hidden\\"}"}',
        "Authorization: Bearer hidden",
        "sent bearer hidden",
        "-Dadmin.password=hidden",
        "smtp://me:hidden@mail/",
    ],
)
def test_any_lines(line: str) -> None:
    shown = masking.text(f"before\nINFO {line}\nafter")
    assert "hidden" not in shown
    assert shown.startswith("before\nINFO ")
    assert shown.endswith("\nafter")


def test_what_is_no_secret_stays() -> None:
    line = "2026-11-24 00:00:00 INFO  Parser     - Unexpected token < at http://127.0.0.1:9090/"
    assert masking.text(line) == line


def test_toml() -> None:
    shown = masking.toml(
        "# hidden\n[server]\nport = 9090\ncommand = ['java', '--admin-token', 'hidden', '-Dpwd=hidden']\n"
        "[[channel]]\nname = 'mail'\nurl = '''\nhidden'''\n[x.credentials]\nanything = 'hidden'\n"
    )
    assert b"hidden" not in shown
    assert b'"port": 9090' in shown
    assert b'"name": "mail"' in shown


def test_what_is_not_toml_is_not_shown() -> None:
    with pytest.raises(ValueError, match="Invalid value"):
        masking.toml("url = hidden")
