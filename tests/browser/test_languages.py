"""The page in other languages: all of it, from either side, and on the way from one to the next."""

import urllib.request
from pathlib import Path

import pytest

from demo.panels.views import PLACES
from tests.browser.conftest import CUT_OFF, DESKTOP, DRAFT, PHONE, Open, Visit
from tests.browser.test_access import _too_wide

HERE = Path(__file__).parent
OUTSIDE = (HERE / "outside.js").read_text("utf-8")
OVERLAPS = (HERE / "overlaps.js").read_text("utf-8")


def test_a_language_says_all_of_it_and_has_room_for_it(visit: Open) -> None:
    """Catches a text that is English in every language, wherever it comes from; margins, places and
    pictures that are right for English lines alone; and longer words that have no room."""
    one = visit(query=f"?lang={DRAFT}")
    assert one.page.evaluate("getComputedStyle(document.querySelector('h2')).direction") == "rtl"
    names = one.page.locator("#people .card .name").all_text_contents()

    def outside() -> list[str]:
        return one.page.evaluate(OUTSIDE, names)

    assert outside() == []
    one.choose(0, 2)
    one.forget()
    for place, _title in PLACES:
        _enter(one, place)
        assert outside() == [], place
        for width, height in (PHONE, DESKTOP):
            one.page.set_viewport_size({"width": width, "height": height})
            # Charts follow the window with the next picture.
            one.page.evaluate("new Promise((done) => setTimeout(done, 200))")
            assert _too_wide(one) == [], (place, width)
            assert one.page.evaluate(OVERLAPS) == [], (place, width)
    one.page.locator("#header [data-share]").click()
    one.page.wait_for_selector("#share figure")
    assert outside() == []
    one.page.keyboard.press("Escape")
    one.page.locator("#header [data-glossary]").click()
    assert outside() == []
    one.page.keyboard.press("Escape")
    one.go("learn")
    one.page.locator("#learn [data-start]").click()
    one.page.wait_for_selector("#lesson .acts")
    assert outside() == []


def test_another_language_shows_the_same(visit: Open) -> None:
    """Catches a switch that loses people, figures, the place or the lesson, a page that says it is
    in another language than it is, and own photos that are gone without a question."""
    one = visit()
    page, switch = one.page, one.page.locator("#header [data-language]")
    one.choose(0, 2)
    one.forget()
    was = page.locator("#scoreboard td b").all_inner_texts()
    one.go("learn")
    page.locator("#learn [data-start]").click()
    page.wait_for_selector("#lesson .acts")

    page.evaluate("document.querySelector('#yours [data-end]').hidden = false")
    switch.select_option("es")
    page.locator("#share [data-stay]").click()
    page.wait_for_function("document.querySelector('#header [data-language]').value === 'en'")
    page.evaluate("document.querySelector('#yours [data-end]').hidden = true")

    switch.focus()
    switch.select_option("es")
    page.wait_for_function("document.documentElement.lang === 'es'")
    one.trouble[:] = [line for line in one.trouble if not CUT_OFF.search(line)]
    page.wait_for_selector("#people .card.erased")
    page.wait_for_selector("#lesson .acts")
    one.settle()
    assert page.locator("#views [aria-current]").inner_text() == "Estudio"
    assert page.locator("#lesson [data-at]").inner_text() == "Paso 1 de 10"
    assert page.locator("#people .card.erased").count() == 2
    assert page.locator("#scoreboard td b").all_inner_texts()[:-1] == was[:-1]  # the last is a time
    assert one.status.startswith("Se olvidó a 2 personas en ")
    page.locator("#header [data-share]").click()
    link = page.locator("#share input").input_value()
    assert "lang=es" in link
    assert "do=" in link


@pytest.mark.parametrize(
    ("query", "header", "language"),
    [("", "es-MX, en;q=0.5", "es"), ("", "fr", "en"), ("?lang=es", "en", "es")],
)
def test_a_page_says_what_it_speaks(site: str, query: str, header: str, language: str) -> None:
    """Catches an Accept-Language that is not heard, and HTML that says it is English."""
    asked = urllib.request.Request(site + query, headers={"Accept-Language": header})
    html = urllib.request.urlopen(asked, timeout=30).read().decode()
    assert f'lang="{language}"' in html[:400]
    assert 'dir="ltr"' in html[:400]


def _enter(one: Visit, place: str) -> None:
    """Enter a place, and wait for what it does by itself."""
    one.go(place)
    if place == "attack":
        one.page.wait_for_selector("#attack-training .js-plotly-plot")
    if place == "compare":
        one.page.wait_for_selector("#compare [data-method=stand-in]")
    one.settle()
