"""What the sidecar calls itself and its server."""

from __future__ import annotations

import pytest

from sidecar.config.settings import HealthSettings, ServerSettings, Settings
from sidecar.faces.label import label


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
        ("::1", "[::1]"),
        ("0.0.0.0", "fermat-1"),
        ("::", "fermat-1"),
    ],
)
def test_the_page_has_an_address_that_can_be_visited(host: str, address: str) -> None:
    settings = Settings(server=ServerSettings(command=("true",)), health=HealthSettings(host, 9191))
    assert label(settings, "fermat-1", "0.1.0").page == f"http://{address}:9191/"


def test_an_ipv6_server_has_its_brackets() -> None:
    settings = Settings(server=ServerSettings(command=("true",), host="::1", port=9090))
    assert label(settings, "fermat-1", "0.1.0").server == "[::1]:9090"
