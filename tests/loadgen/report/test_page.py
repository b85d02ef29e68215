"""The page as a browser shows it: both languages and themes, a phone, a long run; it asks for nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec import structs

from loadgen.report.faces import as_html
from loadgen.report.model import report
from loadgen.tally import Operation, Tally
from loadgen.watched import Sample
from support.browser import CHROMIUM, WANTED, Browser, Tab, browser
from support.loads import note, record, run
from support.reported import CAPACITY, DRILLS, RECORD

pytestmark = pytest.mark.asyncio(loop_scope="module")
PICTURES = Path("build/report")
MIDDLE = """(({x, y, width, height}) => [x + width / 2, y + height / 2])(
    document.querySelector('.u-over').getBoundingClientRect())"""
DRAWN = "[...document.querySelectorAll('figure[data-chart]')].every(one => one.querySelector('canvas'))"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    if CHROMIUM is None and os.environ.get("CI"):
        pytest.fail(WANTED)
    if CHROMIUM is None:
        pytest.skip(WANTED)
    async with browser(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for language in ("en", "es"):
        text = as_html(report(RECORD, CAPACITY, DRILLS), language)
        (folder / f"{language}.html").write_text(text, encoding="utf-8")
    return folder


async def shown(tab: Tab) -> str:
    """The verdict, once all is drawn."""
    async with asyncio.timeout(30):
        while not await tab.run(f"document.readyState === 'complete' && {DRAWN}"):
            await asyncio.sleep(0.05)
    return str(await tab.run("document.querySelector('h1').textContent"))


async def keep(tab: Tab, name: str) -> None:
    """For a person to look at."""
    await asyncio.to_thread(_write, PICTURES / f"{name}.png", await tab.picture())


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("language", "verdict"), [("en", "Fail: the server did not"), ("es", "No superada: el servidor")]
)
async def test_it_says_all_without_an_error_or_a_request(
    chromium: Browser, pages: Path, language: str, verdict: str, dark: bool
) -> None:
    url = (pages / f"{language}.html").as_uri()
    async with chromium.tab(url, language, dark=dark) as tab:
        assert (await shown(tab)).startswith(verdict)
        assert await tab.run(DRAWN)
        assert await tab.run("document.querySelectorAll('figure[data-chart]').length") >= 12
        assert await tab.run("document.documentElement.lang") == language
        ground = await tab.run("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(18, 22, 26)") is dark
        await keep(tab, f"{language}-{'dark' if dark else 'light'}")
        assert (tab.console, tab.requests) == ([], [url])


async def test_a_phone_shows_it_without_scrolling_sideways(chromium: Browser, pages: Path) -> None:
    async with chromium.tab((pages / "es.html").as_uri(), "es", width=360) as tab:
        await shown(tab)
        assert await tab.run("document.documentElement.scrollWidth") == 360
        await keep(tab, "phone")


@pytest.mark.parametrize("language", ["en", "es"])
async def test_verdict_figures_and_main_timeline_are_there_without_scrolling(
    chromium: Browser, pages: Path, language: str
) -> None:
    async with chromium.tab((pages / f"{language}.html").as_uri()) as tab:
        await shown(tab)
        for selector in ("h1", ".tiles > :last-child", "figure.wide canvas"):
            bottom = await tab.run(f"document.querySelector('{selector}').getBoundingClientRect().bottom")
            assert 0 < bottom <= 800, selector


async def test_paper_is_white_also_by_night(chromium: Browser, pages: Path) -> None:
    async with chromium.tab((pages / "en.html").as_uri(), dark=True) as tab:
        await shown(tab)
        ink = "getComputedStyle(document.body).color"
        wide = "Math.max(...[...document.querySelectorAll('canvas')].map(one => one.clientWidth))"
        before = await tab.run(ink)
        await tab.run("dispatchEvent(new Event('beforeprint'))")
        await tab.ask("Emulation.setEmulatedMedia", media="print")
        assert await tab.run(ink) == "rgb(0, 0, 0)"
        assert await tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert 300 < await tab.run(wide) <= 186 / 25.4 * 96
        await tab.ask("Emulation.setEmulatedMedia", media="")
        await tab.run("dispatchEvent(new Event('afterprint'))")
        assert await tab.run("document.documentElement.dataset.printed === undefined")
        pdf = await tab.ask("Page.printToPDF", printBackground=True)
        assert len(pdf["data"]) > 10_000
        assert before != "rgb(0, 0, 0)"
        assert tab.console == []


async def test_the_pointer_reads_a_chart(chromium: Browser, pages: Path) -> None:
    async with chromium.tab((pages / "en.html").as_uri()) as tab:
        await shown(tab)
        legend = "document.querySelector('figure.wide li b').textContent"
        before = await tab.run(legend)
        await tab.run("document.querySelector('.u-over').scrollIntoView({block: 'center'})")
        x, y = await tab.run(MIDDLE)
        await tab.ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        async with asyncio.timeout(10):
            while await tab.run(legend) == before:
                await asyncio.sleep(0.05)
        assert before == "≤ 3/s"
        assert await tab.run(legend) == "3/s"
        assert await tab.run("document.querySelector('figure.wide time').textContent") == "0:06"


async def test_half_an_hour_of_15_000_clients_is_small_and_opens_at_once(
    chromium: Browser, tmp_path: Path
) -> None:
    page = tmp_path / "long.html"
    page.write_text(as_html(report(long_run()), "en"), encoding="utf-8")
    assert page.stat().st_size < 3_000_000
    async with chromium.tab(page.as_uri()) as tab:
        assert "15,000" in await shown(tab)
        took = await tab.run("performance.timing.loadEventEnd - performance.timing.navigationStart")
        drawn = await tab.run(DRAWN)
    print(f"{page.stat().st_size / 1000:.0f} KB, loaded and drawn in {took} ms")
    assert drawn
    assert 0 < took < 10_000  # 2 s on a machine of one's own


def long_run():
    """1,800 seconds, each with its own latencies, and a look at the server in each."""
    seconds, wide = [], [0.001 * (1 + number % 97) for number in range(200)]
    for at in range(1, 1801):
        tally = Tally(cpu=0.3)
        note(tally, Operation.LIST, [wait * (1 + at % 13 / 10) for wait in wide])
        note(tally, Operation.PING, wide[:50])
        seconds.append(
            RECORD.seconds[0].__class__(at=float(at), phase="holding", registered=15_000, tally=tally)
        )
    whole = record(run(clients=15_000), seconds, clients=15_000)
    readings = dict.fromkeys(RECORD.samples[0].readings, 1234567.0)
    samples = tuple(
        Sample(at=float(at), readings={name: value + at for name, value in readings.items()})
        for at in range(1800)
    )
    return structs.replace(whole, samples=samples, server=RECORD.server)
