"""The properties file: made when missing, believed when there, the end when bad."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudserver.standin.config import BadConfig, BadPort, Config, load, parse

WRITTEN = """\
port = 9090
user = fermat
password = 5e494e695571ede182fb62299373678158c752fb8d3c04104a46b7de139dab5e
monit_installed = false
monit_url = http://localhost:2812/
"""


def test_a_missing_file_is_made_with_the_servers_defaults(tmp_path: Path):
    path = tmp_path / "configuration" / "server_conf.properties"
    assert load(9090, path) == Config()
    assert path.read_text() == WRITTEN
    assert Config().password == hashlib.sha256(b"fermat").hexdigest()


def test_the_port_given_fills_only_a_missing_file(tmp_path: Path):
    path = tmp_path / "server_conf.properties"
    assert load(5001, path).port == 5001
    assert load(5002, path).port == 5001


def test_the_ways_to_write_properties():
    text = (
        "# hello\n! port=1\n  port:7000\nuser ana\npassword=ab=cd\r\nmonit_installed = true\n\n"
        "monit_url=http://m:1/\nother = x\n"
    )
    assert parse(text) == Config(7000, "ana", "ab=cd", monit_installed=True, monit_url="http://m:1/")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "NoSuchElementException: 'port'"),
        (WRITTEN.replace("user", "#user"), "NoSuchElementException: 'user'"),
        (WRITTEN.replace("9090", "many"), "ConversionException"),
        (WRITTEN.replace("9090", "99999"), "port out of range"),
        (WRITTEN.replace("false", "maybe"), "ConversionException"),
    ],
)
def test_bad_files(text: str, error: str):
    with pytest.raises(BadConfig, match=error):
        parse(text)


@pytest.mark.parametrize(("old", "new"), [("9090", "many"), ("9090", "99999"), ("9090", "")])
def test_a_bad_port_is_told_from_other_faults(old: str, new: str):
    with pytest.raises(BadPort):
        parse(WRITTEN.replace(old, new))
    with pytest.raises(BadConfig) as raised:
        parse(WRITTEN.replace("false", "maybe"))
    assert raised.type is BadConfig


def test_a_file_that_cannot_be_read_or_made(tmp_path: Path):
    with pytest.raises(BadConfig, match="Is a directory"):
        load(9090, tmp_path)
    (tmp_path / "configuration").write_text("a file where the directory should be")
    with pytest.raises(BadConfig, match="IOException"):
        load(9090, tmp_path / "configuration" / "server_conf.properties")


@given(st.text())
def test_any_text_is_a_configuration_or_bad(text: str):
    for candidate in (text, WRITTEN.replace("9090", text), WRITTEN.replace("fermat", text)):
        with suppress(BadConfig):
            parse(candidate)
