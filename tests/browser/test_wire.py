"""What comes over the wire, and how it arrives on the screen."""

import gzip
import urllib.request

import pytest

from benchmarks.first_paint import look
from tests.browser.conftest import DESKTOP, PHONE

MOST = 900
"""Kilobytes before the first useful picture, on a phone's connection."""

SHIFTED = 0.1
"""Cumulative layout shift up to which a page is good, by Web Vitals."""


def test_the_first_picture_is_light(chromium: object, site: str) -> None:
    """Catches a page that sends its HTML unpacked, or plotly before anybody has asked for it."""
    kilobytes, _ = look(chromium, site)
    assert 100 < kilobytes < MOST


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_first_screen_arrives_whole(chromium: object, site: str, size: tuple[int, int]) -> None:
    """Catches panels that jump about while others arrive, on a computer six times as slow."""
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]})
    try:
        page = context.new_page()
        page.add_init_script(
            "window.shifted = 0; new PerformanceObserver(list => list.getEntries().forEach("
            "one => { shifted += one.value; })).observe({ type: 'layout-shift', buffered: true });"
        )
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
        page.goto(site)
        page.wait_for_selector("#people .card")
        page.wait_for_selector("#forget")
        page.wait_for_timeout(500)
        assert page.evaluate("shifted") < SHIFTED
    finally:
        context.close()


def test_a_panel_that_never_comes_hides_nothing_else(chromium: object, site: str) -> None:
    """Catches a first screen that waits for good for a part of it."""
    context = chromium.new_context()
    try:
        page = context.new_page()
        page.clock.install()
        page.add_init_script(
            "const find = Document.prototype.querySelector;"
            "Document.prototype.querySelector = function (what) {"
            " return what === '#forget' ? null : find.call(this, what); };"
        )
        page.goto(site)
        page.wait_for_selector("body[data-arriving] #people .card", state="attached")
        page.clock.fast_forward(11_000)
        page.wait_for_selector("#people .card", state="visible")
    finally:
        context.close()


def test_the_page_is_packed_for_those_who_can_open_it(site: str) -> None:
    """Catches HTML that is packed for none, or for all."""
    asked = urllib.request.Request(site, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        packed = gzip.decompress(answer.read())
    with urllib.request.urlopen(site, timeout=30) as answer:
        assert answer.headers["Content-Encoding"] is None
        assert len(answer.read()) == len(packed)
