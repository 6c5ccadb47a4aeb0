"""One request after another, played like a film."""

import json

from tests.browser.conftest import PHONE, Open
from tests.browser.test_access import CONTRAST, _too_wide, _violations

LEVELS = ("bar", "chance")
"""Classes of a bar of the film, whole, and of the line of chance across them."""


def test_a_film_that_everybody_can_see(visit: Open) -> None:
    """Catches a film that does not follow its slider, moves for who wants no motion, or that
    cannot be read, in the light or in the dark."""
    one = visit(PHONE, query="?lang=es")
    one.choose(0, 2)
    page = one.page
    # The server knows of both: a place that is entered before finds nobody to work on.
    page.locator("#forget", has_text="2").wait_for()
    one.go("compare")
    # It waits for the comparison, which begins by itself and is of no interest here.
    page.locator("#compare [data-stop]:enabled").dispatch_event("click")
    page.locator("#schedule [data-play]").click()
    words = page.locator("#schedule [data-words]")
    page.wait_for_selector("#schedule .film")
    one.settle()
    assert words.inner_text().startswith("Día 2: ")
    page.wait_for_selector("#schedule-found .js-plotly-plot")
    drawn = page.locator("#schedule-kr").text_content()
    assert "olvidadas hasta ahora" in drawn
    slider = page.locator("#schedule input[data-day]")
    slider.fill("1")
    bar, line = (page.locator(f"#schedule .{one}").first.bounding_box() for one in LEVELS)
    chance = json.loads(page.locator("#schedule .film").get_attribute("data-days"))[1]["chance"]
    assert abs(bar["y"] + (1 - chance) * bar["height"] - line["y"] - line["height"]) < 1
    slider.fill("0")
    assert "Antes de toda solicitud" in words.inner_text()
    assert page.locator("#schedule .gone").count() == 0
    assert page.evaluate("document.getAnimations().length") == 0
    page.locator("#schedule [data-film]").click()
    page.wait_for_function("document.querySelector('#schedule input[data-day]').value === '2'")
    assert page.locator("#schedule .gone").count() == 2
    assert not _violations(one)
    assert not _too_wide(one)
    page.locator("#header [data-theme]").click()
    assert not _violations(one, CONTRAST)
