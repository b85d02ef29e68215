"""What passes can be run: a text that no edge could use is told where it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from fermatkit.errors import UserError
from sidecar.config.load import load
from sidecar.config.overlap import overlap

COMMAND = 'command = ["java"]'
TOKEN = f'token = "{"f" * 32}"'


def said(tmp_path: Path, text: str) -> str:
    path = tmp_path / "sidecar.toml"
    path.write_bytes(text.encode())
    try:
        load(path)
    except UserError as error:
        return str(error).replace(f"{tmp_path}/", "")
    return "good"


@pytest.mark.parametrize(
    "host", ["a b", "a/b", "http://a", "", "[::1]", "a..b", "x" * 64, "999.1.1.1", "ü", "."]
)
@pytest.mark.parametrize("table", ["server", "health"])
def test_what_is_no_host(tmp_path: Path, table: str, host: str) -> None:
    tables = {"server": f"[server]\n{COMMAND}\n", "health": "[health]\n"}
    tables[table] += f'host = "{host}"\n'
    line = 3 if table == "server" else 4
    assert said(tmp_path, "".join(tables.values())).startswith(
        f"sidecar.toml:{line}: {table}.host: must be a host's name or address, like 'localhost'"
    )


@pytest.mark.parametrize(
    "host", ["::1", "127.0.0.1", "localhost", "node-1.example.org.", "fe80::1%eth0", "a_b"]
)
def test_what_is_a_host(tmp_path: Path, host: str) -> None:
    tables = f'[server]\n{COMMAND}\nhost = "{host}"\n[health]\n{TOKEN}\nhost = "{host}"\n'
    assert said(tmp_path, tables) == "good"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "localhost", "::1", "::ffff:127.0.0.1"])
def test_this_machine_alone_needs_no_token(tmp_path: Path, host: str) -> None:
    assert said(tmp_path, f'[server]\n{COMMAND}\n[health]\nhost = "{host}"\n') == "good"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "fe80::1%eth0", "node.example.org"])
def test_the_network_is_not_let_near_without_a_token(tmp_path: Path, host: str) -> None:
    assert said(tmp_path, f'[server]\n{COMMAND}\n[health]\nhost = "{host}"\n') == (
        f"sidecar.toml:4: health.host: {host!r} can be reached from the network, and there is no "
        "health.token: write one (openssl rand -hex 16), or leave the host at 127.0.0.1 and put a reverse "
        "proxy before it"
    )


@pytest.mark.parametrize(
    "name",
    [
        *("/etc/passwd", "a/b", ".", "..", "", "x" * 201, "a\\nb", "a\\u0000"),
        *(
            "sidecar.db",
            "sidecar.db-wal",
            "sidecar.db.corrupt-1",
            "memory.json",
            "probe-keys.json",
            "probe-keys.json.new",
        ),
        *("server.lock", "sidecar.lock", "Sidecar.DB", "control.sock", "evidence", "recording"),
    ],
)
def test_the_output_is_a_file_of_its_own(tmp_path: Path, name: str) -> None:
    told = said(tmp_path, f'[server]\n{COMMAND}\noutput = "{name}"\n')
    assert told.startswith("sidecar.toml:3: server.output: ")
    assert "\n" not in told


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[server]\ncommand = ["a\\u0000b"]\n', ":2: server.command"),
        (f'[server]\n{COMMAND}\ndirectory = "a\\u0000b"\n', ":3: server.directory"),
        (f'[server]\n{COMMAND}\n[state]\ndirectory = "a\\u0000b"\n', ":4: state.directory"),
        (f'[server]\n{COMMAND}\n[[channel]]\nname = "a\\u0000b"\nurl = "x://"\n', ":4: channel[0].name"),
        (f'[server]\n{COMMAND}\n[[channel]]\nname = "a\\nb"\nurl = "x://"\n', ":4: channel[0].name"),
        (f'[server]\n{COMMAND}\n[[channel]]\nname = "a"\nurl = "x://\\u0000"\n', ":5: channel[0].url"),
        (f'[server]\n{COMMAND}\n"a\\nb" = 1\n', ':1: server."a\\nb"'),
    ],
)
def test_a_control_character_is_told_in_one_line(tmp_path: Path, text: str, key: str) -> None:
    told = said(tmp_path, text)
    assert told.startswith(f"sidecar.toml{key}: ")
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("127.0.0.1", "localhost", True),
        ("LOCALHOST.", "::1", True),
        ("0.0.0.0", "127.0.0.1", True),
        ("192.0.2.7", "::", True),
        ("node.example.org", "0.0.0.0", True),
        ("::1", "0:0:0:0:0:0:0:1", True),
        ("::ffff:127.0.0.1", "127.0.0.1", True),
        ("node.example.org", "Node.example.org", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("127.0.0.1", "::1", False),
        ("node.example.org", "127.0.0.1", False),
    ],
)
def test_one_port_for_two_is_a_mistake_where_their_hosts_overlap(
    tmp_path: Path, one: str, other: str, *, same: bool
) -> None:
    assert overlap(one, other) is overlap(other, one) is same
    text = f'[server]\n{COMMAND}\nhost = "{one}"\nport = 9191\n[health]\n{TOKEN}\nhost = "{other}"\n'
    told = "sidecar.toml:5: health.port: 9191 is the server's own port; write another"
    assert said(tmp_path, text) == (told if same else "good")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert said(tmp_path, f"\ufeff[server]\n{COMMAND}\n") == "good"
