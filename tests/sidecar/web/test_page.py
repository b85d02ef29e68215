"""The page as a browser shows it: one look says what is so, in both languages and themes."""

from __future__ import annotations

import asyncio
import math
import os
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from fermatkit.measures import Measure, Unknown
from sidecar.core.facts import SignFact
from sidecar.core.nouns import Identity, Sign
from sidecar.core.observations import Answered, Appeared, HostSampled, Sampled, SendFailed, Sent
from sidecar.store.history.file import HistoryFile
from sidecar.store.history.moments import Moment
from sidecar.store.history.points import Verdict
from support.browser import CHROMIUM, WANTED, Browser, Tab, browser
from support.playbook import Playbook
from support.site import serving
from support.spanish import english

pytestmark = pytest.mark.asyncio(loop_scope="module")
PICTURES = Path("build/page")
READINGS: dict[Measure, float | Unknown] = {
    Measure.CPU: 3.42,
    Measure.MEMORY: 131.4 * 2**20,
    Measure.THREADS: 43.0,
    Measure.FDS: 4094.0,
    Measure.FDS_LIMIT: 20000.0,
    Measure.UPTIME: 11532.0,
    Measure.ESTABLISHED: 4021.0,
    Measure.OTHER_SOCKETS: 3.0,
}
FIRST = ("#verdict", "#since", "#restart", "#restart-note", "#disk", "#disk-note")
"""Is it up, since when, why was it restarted, when is the disk full."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    if CHROMIUM is None and os.environ.get("CI"):
        pytest.fail(WANTED)
    if CHROMIUM is None:
        pytest.skip(WANTED)
    async with browser(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quarter of an hour until a moment ago, in which nobody watched for a minute."""
    path, now = tmp_path_factory.mktemp("past") / "history.db", int(time.time())
    with closing(HistoryFile(path)) as file:
        file.write([second(at) for at in range(now - 900, now - 215) if not 400 < now - at < 460], [], [])
    return path


def second(at: int) -> Moment:
    wave = math.sin(at / 60)
    readings = READINGS | {
        Measure.CPU: 12 + 8 * wave + at % 7,
        Measure.MEMORY: (120 + at % 900 / 70) * 2**20,
        Measure.ESTABLISHED: 4000 + 300 * wave,
        Measure.DISK_FREE: 32 * 2**30,
    }
    signs = {sign: SignFact(good_at=1.0, latency=(1.2 + at % 11 / 5) / 1000) for sign in Sign}
    return Moment(at, Verdict.PASS, Verdict.PASS, readings, signs)


def running(**readings: float | Unknown) -> tuple[Playbook, Identity]:
    """A server that is well, on a disk that fills; it is now after 200 seconds."""
    book = Playbook()
    book.wall = float(int(time.time()) - 211)
    identity = book.boots()
    for number in range(40):
        book.sees(HostSampled({Measure.DISK_FREE: (31.4 - number * 0.0005) * 2**30}, None), after=5)
    named = {Measure[name.upper()]: reading for name, reading in readings.items()}
    book.sees(Sampled(identity, "S", READINGS | named))
    for sign in Sign:
        book.sees(Answered(identity, sign, 0.0013))
    return book, identity


def restarted() -> Playbook:
    book, identity = running()
    book.dies(identity)
    book.sees(Appeared(Identity(101, 2), adopted=False), after=1)
    book.proves(Identity(101, 2))
    book.sees(Sampled(Identity(101, 2), "S", READINGS | {Measure.UPTIME: 0.0}))
    for sign in Sign:
        book.sees(Answered(Identity(101, 2), sign, 0.0013))
    book.waits(2)
    for entry in book.state.outbox.entries:
        book.sees(Sent(entry.owed.message.id, "mail"))
    return book


def clock(wall: float) -> str:
    return f"{datetime.fromtimestamp(wall, UTC):%H:%M:%S}"


async def keep(tab: Tab, name: str) -> None:
    """For a person to look at."""
    await asyncio.to_thread(_write, PICTURES / f"{name}.png", await tab.picture())


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def has(*texts: str) -> Callable[[str], bool]:
    return lambda shown: all(text in shown for text in texts)


async def tile(tab: Tab, key: str) -> str:
    return await tab.text(f"[id='{key}']")


async def status(tab: Tab) -> str:
    return str(await tab.run("document.getElementById('page').dataset.status"))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["en", "es"])
async def test_the_four_questions_are_answered_without_scrolling(
    chromium: Browser, past: Path, language: str, dark: bool
) -> None:
    up, why, full = {
        "en": ("The Cloud Server is up and answers.", "killed by SIGKILL (signal 9)", "full in 3 d"),
        "es": ("El Cloud Server está en marcha y responde.", "SIGKILL (señal 9)", "lleno en 3 d"),
    }[language]
    book = restarted()
    async with (
        serving(book, history=past) as site,
        chromium.tab(site.url, language, dark=dark) as tab,
    ):
        await tab.until(has(up), "#verdict")
        assert clock(book.wall - 2) in await tab.text("#since")
        assert why in await tab.text("#restart")
        assert clock(book.wall - 3) in await tab.text("#restart-note")
        assert full in await tab.text("#disk")
        for selector in FIRST:
            bottom = await tab.run(f"document.querySelector('{selector}').getBoundingClientRect().bottom")
            assert 0 < bottom <= 800, selector
        await keep(tab, f"{language}-{'dark' if dark else 'light'}")
        assert tab.console == []
        assert [url for url in tab.requests if not url.startswith((site.url, "data:"))] == []
        if language == "es":
            assert english(await tab.text()) == set()


async def test_the_figures(chromium: Browser) -> None:
    book, _ = running()
    async with serving(book) as site, chromium.tab(site.url) as tab:
        await tab.until(has("up and answers"), "#verdict")
        assert await status(tab) == "pass"
        assert await tab.text("#restart") == "no restart seen"
        assert await tab.text("#budget") == "6 of 6 in 10 min"
        assert await tab.text("#budget-note") == "20 of 20 in 1 d"
        assert (await tab.text("#outbox"), await tab.text("#outbox-note")) == ("all delivered", "mail")
        assert await tile(tab, "connections:established") == "Connections 4,021"
        assert await tile(tab, "memory:resident") == "Memory 131.4 MiB"
        assert await tile(tab, "cpu:utilization") == "CPU 3.4 %"
        assert await tile(tab, "fds:open") == "Open files 4,094 of 20,000"
        assert await tile(tab, "protocol:pong") == "WebSocket pings 1.3 ms"
        assert await tile(tab, "clients:registered") == "Registered clients unknown not sampled"


async def test_the_figures_in_spanish(chromium: Browser) -> None:
    book, _ = running()
    async with serving(book) as site, chromium.tab(site.url, "es-AR") as tab:
        await tab.until(has("responde"), "#verdict")
        assert await tab.run("document.documentElement.lang") == "es"
        assert await tile(tab, "connections:established") == "Conexiones 4 021"
        assert await tile(tab, "memory:resident") == "Memoria 131,4 MiB"
        assert await tile(tab, "cpu:utilization") == "CPU 3,4 %"
        assert await tile(tab, "fds:open") == "Archivos abiertos 4 094 de 20 000"


async def test_who_reads_neither_gets_the_configured_language(chromium: Browser) -> None:
    async with serving(language="es") as site, chromium.tab(site.url, "de") as tab:
        await tab.until(has("El Cloud Server"), "#verdict")


@pytest.mark.parametrize("language", ["en", "es"])
async def test_down_and_why(chromium: Browser, past: Path, language: str) -> None:
    book, identity = running(fds=Unknown("needs two samples"))
    fell = clock(book.wall)
    book.falls_silent(identity)
    book.waits(11)
    down, since, kill, missing, unknown = {
        "en": (
            "being ended",
            f"Since {fell}",
            "SIGKILL follows at",
            "no answer",
            "unknown",
        ),
        "es": (
            "Se ordenó terminar",
            f"Desde {fell}, hace",
            "SIGKILL",
            "sin respuesta",
            "no se sabe",
        ),
    }[language]
    async with serving(book, history=past) as site, chromium.tab(site.url, language) as tab:
        await tab.until(has(down), "#verdict")
        assert await status(tab) == "fail"
        assert since in await tab.text("#since")
        assert kill in await tab.text("#findings")
        assert missing in await tile(tab, "protocol:pong")
        assert unknown in await tile(tab, "fds:open")
        await keep(tab, f"down-{language}")
        assert tab.console == []
        if language == "es":
            assert english(await tab.text()) == set()


async def test_a_warning(chromium: Browser) -> None:
    book, _ = running()
    for _ in range(3):
        book.sees(HostSampled({Measure.DISK_FREE: 812.0 * 2**20}, None), after=5)
    async with serving(book) as site, chromium.tab(site.url) as tab:
        await tab.until(has("something needs attention"), "#verdict")
        assert await status(tab) == "warn"
        assert "Little disk space is left" in await tab.text("#findings")
        assert "812.0 MiB free" in await tab.text("#disk-note")
        assert (await tab.run("document.title")).startswith("⚠ ")


async def test_it_is_live(chromium: Browser) -> None:
    book, identity = running()
    async with serving(book) as site, chromium.tab(site.url) as tab:
        await tab.until(has("up and answers"), "#verdict")
        book.sees(Sampled(identity, "S", READINGS | {Measure.THREADS: 4711.0}), after=1)
        await tab.until(has("4,711"), "[id='threads:count']")


async def test_the_past_is_drawn_and_told(chromium: Browser, past: Path) -> None:
    book = restarted()
    async with serving(book, history=past) as site, chromium.tab(site.url) as tab:
        await tab.until(has("killed by SIGKILL (signal 9)"), "#incidents summary")
        assert "pid 100) ended" in await tab.run("document.querySelector('#incidents li').textContent")
        assert await tab.run("document.querySelectorAll('#charts canvas').length") == 8
        assert await tab.text("#charts figure:first-child b") == "3.4 %"
        await tab.run("document.querySelector('#ranges input[value=\"86400\"]').click()")
        async with asyncio.timeout(20):
            while not any("samples?since=-86400" in url for url in tab.requests):
                await asyncio.sleep(0.05)
        spoken = "document.querySelector('.plot').getAttribute('aria-label')"
        async with asyncio.timeout(20):
            while not re.match("CPU: .*between 4.0 % and 26.0 %", str(await tab.run(spoken))):
                await asyncio.sleep(0.05)


async def test_what_others_said_is_text_and_never_markup(chromium: Browser) -> None:
    evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    book, identity = running(fds=Unknown(evil))
    book.dies(identity)
    book.waits(2)
    book.sees(SendFailed(book.state.outbox.entries[0].owed.message.id, "mail", evil))
    async with serving(book) as site, chromium.tab(site.url) as tab:
        await tab.until(has("<img src=x"), "#outbox-note")
        assert await tab.run("document.images.length") == 0
        assert await tab.run("document.title") != "owned"


async def test_a_sidecar_that_falls_silent_is_said_to_and_comes_back(chromium: Browser) -> None:
    book, _ = running()
    async with serving(book) as site:
        port = site.port
        async with chromium.tab(site.url) as tab:
            await tab.until(has("up and answers"), "#verdict")
            await site.served.stop()
            await tab.until(has("The sidecar does not answer."), "#verdict")
            assert await status(tab) == "none"
            assert "Whether the server is well is not known." in await tab.text("#since")
            assert await tile(tab, "connections:established") == "Connections 4,021"
            async with serving(book, port=port):
                await tab.until(has("up and answers"), "#verdict")


async def test_a_phone_has_it_all_in_its_width(chromium: Browser) -> None:
    book, _ = running()
    async with serving(book) as site, chromium.tab(site.url, width=390, height=844) as tab:
        await tab.until(has("up and answers"), "#verdict")
        assert await tab.run("document.documentElement.scrollWidth") <= 390
        await keep(tab, "phone")


async def test_by_keyboard_and_by_ear(chromium: Browser) -> None:
    book = restarted()
    async with serving(book) as site, chromium.tab(site.url) as tab:
        await tab.until(has("up and answers"), "#verdict")
        assert await tab.run("document.querySelector('[role=status] h1') !== null")
        nameless = (
            "[...document.querySelectorAll('section,figure,input')].filter(one => !("
            "one.getAttribute('aria-label') || one.getAttribute('aria-labelledby') || one.labels?.length "
            "|| one.querySelector('h3'))).length"
        )
        assert await tab.run(nameless) == 0
        for key in ("Tab", "ArrowRight"):
            await tab.ask(
                "Input.dispatchKeyEvent",
                type="keyDown",
                key=key,
                code=key,
                windowsVirtualKeyCode={"Tab": 9, "ArrowRight": 39}[key],
            )
            await tab.ask("Input.dispatchKeyEvent", type="keyUp", key=key, code=key)
        assert await tab.run("document.querySelector('#ranges input:checked').value") == "3600"


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "grounds"),
    [
        ("ink", ("ground", "paper", "good-ground", "warn-ground", "bad-ground", "none-ground")),
        ("quiet", ("ground", "paper", "good-ground", "warn-ground", "bad-ground", "none-ground")),
        ("warn", ("paper", "warn-ground")),
        ("bad", ("paper", "bad-ground")),
    ],
)
async def test_everything_can_be_read(theme: int, ink: str, grounds: tuple[str, ...]) -> None:
    """WCAG 2.1, 1.4.3: a contrast of 4.5 or more."""
    css = Path("fermatkit/charts/theme.css").read_text()  # noqa: ASYNC240 - a small file
    colours = dict(
        re.findall(r"--([\w-]+): (#\w{6});", re.findall(r":root[^{]* \{(.*?)\}", css, re.DOTALL)[theme])
    )
    for ground in grounds:
        light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


async def test_the_page_goes_on_with_another_language_than_the_rest(chromium: Browser) -> None:
    """Two readers at once, each in his own."""
    book, _ = running()
    async with (
        serving(book) as site,
        chromium.tab(site.url, "es") as spanish,
        chromium.tab(site.url, "en") as english_one,
    ):
        await asyncio.gather(
            spanish.until(has("está en marcha"), "#verdict"), english_one.until(has("is up"), "#verdict")
        )
