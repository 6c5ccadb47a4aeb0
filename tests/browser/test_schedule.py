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
    page = one.page
    one.choose(3, 8)
    # Before the place is entered, whose comparison would go first; nobody else compares these two.
    page.locator("#schedule [data-play]").dispatch_event("click")
    page.wait_for_selector("#schedule .film", state="attached")
    one.settle()
    one.go("compare")
    page.locator("#compare [data-stop]:enabled").dispatch_event("click")
    one.settle()
    words = page.locator("#schedule [data-words]")
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
