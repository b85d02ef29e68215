"""The page as a browser shows it: Debian's own Chromium, without a driver."""

from __future__ import annotations

import asyncio
import html
import os
import re
import shutil
from pathlib import Path

import pytest

from fermatkit.measures import Measure, Unknown
from sidecar.config.settings import HealthSettings
from sidecar.core.nouns import Identity, Sign
from sidecar.core.observations import Answered, Appeared, Sampled, SendFailed, Sent
from sidecar.faces.health import Health, health
from sidecar.faces.words import words
from sidecar.web.app import Served, serve
from support.playbook import Playbook
from support.site import LABEL, NOBODY, WORDS, Site, serving
from support.spanish import english

CHROMIUM = shutil.which("chromium")
WANTED = "these tests need Debian's chromium: apt-get install -y --no-install-recommends chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--enable-logging=stderr",
]
READINGS: dict[Measure, float | Unknown] = {
    Measure.CPU: 3.42,
    Measure.MEMORY: 131.4 * 2**20,
    Measure.THREADS: 43.0,
    Measure.FDS: 4094.0,
    Measure.FDS_LIMIT: 20000.0,
    Measure.UPTIME: 11532.0,
    Measure.ESTABLISHED: 4021.0,
    Measure.OTHER_SOCKETS: 3.0,
    Measure.DISK_FREE: 31.4 * 2**30,
}


@pytest.fixture(autouse=True)
def browser() -> None:
    if CHROMIUM is None and os.environ.get("CI"):
        pytest.fail(WANTED)
    if CHROMIUM is None:
        pytest.skip(WANTED)


class Shown:
    """What the browser made of the page."""

    def __init__(self, dom: str, log: str) -> None:
        self.dom = dom
        self.console = [line for line in log.splitlines() if "CONSOLE" in line]

    @property
    def text(self) -> str:
        return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", self.dom).split()))

    @property
    def status(self) -> str:
        found = re.search(r'data-status="(\w+)"', self.dom)
        assert found is not None
        return found[1]

    def tile(self, key: str) -> str:
        found = re.search(rf'<div id="{key}"[^>]*>(.*?)</div>', self.dom, re.DOTALL)
        assert found is not None, key
        return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", found[1]).split()))


async def look(url: str, home: Path, seconds: int = 3) -> Shown:
    """Let the page run for so long of its own time, and return what is there then."""
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        *(CHROMIUM, *FLAGS, f"--user-data-dir={home}", f"--virtual-time-budget={seconds * 1000}"),
        *("--dump-dom", url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"HOME": str(home)},
    )
    try:
        async with asyncio.timeout(60):
            dom, log = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Shown(dom.decode(), log.decode(errors="replace"))


def running(**readings: float | Unknown) -> tuple[Playbook, Identity]:
    book = Playbook()
    identity = book.boots()
    named = {Measure[name.upper()]: reading for name, reading in readings.items()}
    book.sees(Sampled(identity, "S", READINGS | named))
    for sign in Sign:
        book.sees(Answered(identity, sign, 0.00125))
    return book, identity


async def test_all_is_well(tmp_path: Path) -> None:
    book, _ = running()
    async with serving(book) as site:
        page = await look(site.url, tmp_path)
    assert page.status == "pass"
    assert page.dom.count("The Cloud Server is up and answers.") == 2  # the title and the verdict
    assert "Last restart no restart seen" in page.text
    assert "Restarts spent 0 of 6 in 10 min, 0 of 20 in 1 d" in page.text
    assert "Messages all delivered" in page.text
    assert page.tile("connections:established") == "Connections 4,021"
    assert page.tile("memory:resident") == "Memory 131.4 MiB"
    assert page.tile("cpu:utilization") == "CPU 3.4 %"
    assert page.tile("fds:open") == "Open files 4,094 of 20,000"
    assert page.tile("process:uptime") == "Running time 3 h 12 min"
    assert page.tile("disk:free") == "Free disk space 31.4 GiB"
    assert page.tile("protocol:pong") == "WebSocket pings 1.3 ms"
    assert page.tile("protocol:registration") == "registration 10 ms"
    assert page.console == []


async def test_the_same_in_spanish(tmp_path: Path) -> None:
    book, _ = running()
    async with serving(book, "es") as site:
        page = await look(site.url, tmp_path)
    assert page.status == "pass"
    assert '<html lang="es"' in page.dom
    assert page.dom.count("El Cloud Server está en marcha y responde.") == 2
    assert "Último reinicio no se ha visto ningún reinicio" in page.text
    assert "Reinicios 0 de 6 en 10 min, 0 de 20 en 1 d" in page.text
    assert "Mensajes todos entregados" in page.text
    assert page.tile("connections:established") == "Conexiones 4\u00a0021"
    assert page.tile("memory:resident") == "Memoria 131,4 MiB"
    assert page.tile("cpu:utilization") == "CPU 3,4\u00a0%"
    assert page.tile("fds:open") == "Archivos abiertos 4\u00a0094 de 20\u00a0000"
    assert page.tile("protocol:registration") == "registro 10 ms"
    assert english(page.text) == set()
    assert page.console == []


async def test_down_and_why_in_spanish(tmp_path: Path) -> None:
    book, identity = running(fds=Unknown("needs two samples"))
    book.falls_silent(identity)
    book.waits(11)
    async with serving(book, "es") as site:
        page = await look(site.url, tmp_path)
    assert page.status == "fail"
    assert "Se ordenó terminar el Cloud Server. Desde 2027-01-15 08:16:40, hace " in page.text
    assert "Qué está pasando" in page.text
    assert "SIGTERM ordenado para el PID 100" in page.text
    assert page.tile("protocol:pong") == "pings WebSocket sin respuesta desde 2027-01-15 08:16:40"
    assert page.tile("fds:open") == "Archivos abiertos no se sabe hacen falta dos muestras"
    assert english(page.text) == set()
    assert page.console == []


async def test_an_open_page_takes_up_another_language(tmp_path: Path) -> None:
    book, _ = running()
    asked = 0

    def answer() -> Health:
        nonlocal asked
        asked += 1
        return health(book.view, LABEL, words("en" if asked < 3 else "es"))

    served = await serve(HealthSettings(port=0), answer, NOBODY)
    try:
        page = await look(Site(served, book).url, tmp_path, seconds=8)
    finally:
        await served.stop()
    assert 'lang="es"' in page.dom
    assert english(page.text) == set()


async def test_a_warning_and_an_unknown(tmp_path: Path) -> None:
    book, _ = running(disk_free=812.0 * 2**20, fds=Unknown("needs Linux 6.2"))
    async with serving(book) as site:
        page = await look(site.url, tmp_path)
    assert page.status == "warn"
    assert "The Cloud Server is up, but something needs attention." in page.text
    assert "Little disk space is left where the Cloud Server or its sidecar writes: 812.0 MiB." in page.text
    assert page.tile("disk:free") == "Free disk space 812.0 MiB needs attention"
    assert page.tile("fds:open") == "Open files unknown needs Linux 6.2"
    assert page.console == []


async def test_down_and_why(tmp_path: Path) -> None:
    book, identity = running()
    book.falls_silent(identity)
    book.waits(11)
    async with serving(book) as site:
        page = await look(site.url, tmp_path)
    assert page.status == "fail"
    assert "The Cloud Server is being ended. Since 2027-01-15 08:16:40" in page.text
    assert "SIGTERM was sent; SIGKILL follows at 08:17:00 UTC, and then a start." in page.text
    assert "What is happening" in page.text
    assert "SIGTERM ordered for pid 100" in page.text
    assert page.tile("protocol:pong") == "WebSocket pings no answer since 2027-01-15 08:16:40"


async def test_after_a_restart(tmp_path: Path) -> None:
    book, identity = running()
    book.dies(identity)
    book.sees(Appeared(Identity(101, 2), adopted=False), after=1)
    book.proves(Identity(101, 2))
    book.waits(2)
    for entry in book.state.outbox.entries:
        book.sees(Sent(entry.owed.message.id, "mail"))
    async with serving(book) as site:
        page = await look(site.url, tmp_path)
    assert page.status == "pass"
    assert re.search(r"Last restart 2027-01-15 08:16:40, .* ago: killed by SIGKILL \(signal 9\)", page.text)
    assert "What happened last" in page.text
    assert "started as pid 101" in page.text
    assert "it answered the sidecar's registration in 10.0 ms" in page.text


async def test_what_others_said_is_text_and_never_markup(tmp_path: Path) -> None:
    evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    book, identity = running(fds=Unknown(evil))
    book.dies(identity)
    book.waits(2)
    book.sees(SendFailed(book.state.outbox.entries[0].owed.message.id, "mail", evil))
    async with serving(book) as site:
        page = await look(site.url, tmp_path)
    assert "<img" not in page.dom
    assert page.text.count("<img src=x") >= 1
    assert "owned</title>" not in page.dom


async def test_a_sidecar_that_falls_silent_is_said_to(tmp_path: Path) -> None:
    book, _ = running()
    asked, served = 0, list[Served]()
    stopping: list[asyncio.Task[None]] = []

    def answer() -> Health:
        nonlocal asked
        asked += 1
        if asked == 2:
            stopping.append(asyncio.get_running_loop().create_task(served[0].stop()))
        return health(book.view, LABEL, WORDS)

    served.append(await serve(HealthSettings(port=0), answer, NOBODY))
    page = await look(Site(served[0], book).url, tmp_path, seconds=8)
    await stopping[0]
    assert asked == 2
    assert page.status == "none"
    assert (
        "The sidecar does not answer. Whether the server is well is not known. Below is what was" in page.text
    )
    assert page.tile("connections:established") == "Connections 4,021"
