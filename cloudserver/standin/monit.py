"""How the server reads a Monit's page for `system/data`: cloud-server.md §2.5, oddities included."""

from __future__ import annotations

from html.parser import HTMLParser

import aiohttp
import msgspec

from cloudserver.standin.config import Config

Table = list[list[tuple[str, bool, str]]]
"""Rows of cells: which tag, whether its class is ``first``, the text."""
_HTTP_ERROR = 400


class Malformed(Exception):
    """The server does not catch this: its answer is a 500."""


async def system_data(config: Config) -> dict[str, object]:
    """The answer to who asks for it. Waits for ever for a Monit that hangs. `Malformed`."""
    if not config.monit_installed:
        return {"success": False, "data": "Error: Monit is no installed and configured."}
    url = config.monit_url if config.monit_url.endswith("/") else f"{config.monit_url}/"
    # A null becomes a text.
    login = aiohttp.encode_basic_auth(config.monit_user or "null", config.monit_password or "null")
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as client,
            client.get(url, headers={"Authorization": login}) as answer,
        ):
            if answer.status >= _HTTP_ERROR:
                return _failed(f"Server returned HTTP response code: {answer.status} for URL: {url}")
            page = await answer.text()
    except aiohttp.ClientError as error:
        return _failed(str(error))
    return {"success": True, "data": msgspec.json.encode(read(page)).decode()}


def read(page: str) -> dict[str, list[dict[str, str]]]:
    """Type → rows, each column header → text. `Malformed` for what breaks the real one's whole call."""
    reader = _Reader()
    reader.feed("".join(page.splitlines()).replace("&nbsp;", " "))
    reader.close()
    return dict(_typed(table) for table in reader.tables)


def _failed(why: str) -> dict[str, object]:
    return {"success": False, "data": f"Error: {why}"}


def _typed(table: Table) -> tuple[str, list[dict[str, str]]]:
    heads = [cell for cell in table[0] if cell[0] == "th"] if table else []
    kind = next((text for _, first, text in heads if first), None)
    if kind is None:
        raise Malformed("no th of class first")
    names = ["Name" if text == kind else text for _, _, text in heads]
    rows = []
    for row in table:
        cells = [text for tag, _, text in row if tag == "td"]
        if len(cells) > len(names):
            raise Malformed("more td than th")
        rows.append(dict(zip(names, cells, strict=False)))
    return kind, [row for row in rows if "Name" in row]


class _Reader(HTMLParser):
    """Keeps the tables whose id is ``header-row``."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[Table] = []
        self._inside = self._cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row or a cell."""
        found = dict(attrs)
        if tag == "table" and found.get("id") == "header-row":
            self.tables.append([])
            self._inside = True
        elif tag == "tr" and self._inside:
            self.tables[-1].append([])
        elif tag in ("th", "td") and self._inside and self.tables[-1]:
            self.tables[-1][-1].append((tag, found.get("class") == "first", ""))
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        """End a table or a cell."""
        self._inside = self._inside and tag != "table"
        self._cell = self._cell and tag not in ("th", "td", "tr", "table")

    def handle_data(self, data: str) -> None:
        """What links inside of a cell say is the cell's."""
        if self._inside and self._cell:
            tag, first, text = self.tables[-1][-1][-1]
            self.tables[-1][-1][-1] = (tag, first, (text + data).strip())
