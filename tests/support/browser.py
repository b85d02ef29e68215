"""Debian's own Chromium, without a driver: one process, spoken to by its DevTools protocol.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium")
WANTED = "these tests need Debian's chromium: apt-get install -y --no-install-recommends chromium"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
PATIENCE = 30.0
"""Seconds: the machine is others', too."""


class Tab:
    """One page, with all that it said on the console and all that it asked for."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.console: list[str] = []
        self.requests: list[str] = []
        self._socket = socket
        self._number = 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reading = asyncio.get_running_loop().create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                self._waiting.pop(said["id"]).set_result(said)
            elif said["method"] == "Runtime.consoleAPICalled":
                self.console.append(str(said["params"]["args"]))
            elif said["method"] == "Runtime.exceptionThrown":
                self.console.append(str(said["params"]["exceptionDetails"]))
            elif said["method"] == "Log.entryAdded":
                self.console.append(said["params"]["entry"]["text"])
            elif said["method"] == "Network.requestWillBeSent":
                self.requests.append(said["params"]["request"]["url"])

    async def ask(self, method: str, **params: object) -> dict[str, Any]:
        """One command, and its result."""
        self._number += 1
        answer = self._waiting[self._number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        async with asyncio.timeout(PATIENCE):
            said = await answer
        assert "error" not in said, said
        result: dict[str, Any] = said["result"]
        return result

    async def run(self, script: str) -> Any:
        """The value of an expression, awaited if it is a promise."""
        said = await self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    async def text(self, selector: str = "main") -> str:
        """What is to be read there."""
        script = f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"
        return " ".join(str(await self.run(script)).split())

    async def until(self, condition: Callable[[str], bool], selector: str = "main") -> str:
        """Wait until what is to be read there is so, and return it."""
        text = ""
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition(text := await self.text(selector)):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{selector} says: {text}; console: {self.console}") from None
        return text

    async def picture(self) -> bytes:
        """What the window shows, a PNG."""
        said = await self.ask("Page.captureScreenshot", format="png")
        return base64.b64decode(said["data"])

    async def close(self) -> None:
        """Leave it."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._socket.close()


class Browser:
    """The running program."""

    def __init__(self, http: aiohttp.ClientSession, port: int) -> None:
        self._http = http
        self._address = f"http://127.0.0.1:{port}"

    @asynccontextmanager
    async def tab(
        self, url: str, language: str = "en", *, dark: bool = False, width: int = 1280, height: int = 800
    ) -> AsyncIterator[Tab]:
        """Open a page as somebody with this language, theme and window does."""
        async with self._http.put(f"{self._address}/json/new?about:blank") as answer:
            target = await answer.json()
        tab = Tab(await self._http.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0))
        try:
            for domain in ("Runtime", "Log", "Network", "Page"):
                await tab.ask(f"{domain}.enable")
            scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
            await tab.ask("Emulation.setEmulatedMedia", features=[scheme])
            await tab.ask("Network.setUserAgentOverride", userAgent="test", acceptLanguage=language)
            size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
            await tab.ask("Emulation.setDeviceMetricsOverride", **size)
            await tab.ask("Page.navigate", url=url)
            yield tab
        finally:
            await tab.close()
            async with self._http.get(f"{self._address}/json/close/{target['id']}") as answer:
                await answer.read()


@asynccontextmanager
async def browser(home: Path) -> AsyncIterator[Browser]:
    """Run one, with a home of its own."""
    assert CHROMIUM is not None, WANTED
    process = await asyncio.create_subprocess_exec(
        *(CHROMIUM, *FLAGS, f"--user-data-dir={home}", "about:blank"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | {"HOME": str(home)},
        start_new_session=True,
    )
    try:
        async with aiohttp.ClientSession() as http:
            yield Browser(http, await _port(home))
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # it has many children
        await process.wait()


async def _port(home: Path) -> int:
    async with asyncio.timeout(PATIENCE):
        while not (said := _said(home)):
            await asyncio.sleep(0.05)
    return int(said.splitlines()[0])


def _said(home: Path) -> str:
    try:
        return (home / "DevToolsActivePort").read_text()
    except FileNotFoundError:
        return ""
