"""A gallery with more people than cards come with the page."""

from collections.abc import Iterator

import pytest

from benchmarks.crowd import write
from demo.panels.people import FIRST
from tests.browser.conftest import Open, serve

PEOPLE = FIRST + 80


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page on such a gallery."""
    with serve("--faces", str(write(tmp_path_factory.mktemp("crowd"), PEOPLE, 3))) as site:
        yield site.address


def test_everybody_can_be_found_and_chosen(visit: Open, crowded: str) -> None:
    """Catches people beyond the first cards who can be neither searched, scrolled to nor drawn."""
    one = visit(address=crowded)
    page = one.page
    cards, search = page.locator("#people .card:visible"), page.locator("#people [type=search]")
    assert page.locator("#people .card").count() == FIRST
    last = page.evaluate("document.querySelector('#people .card:last-of-type .name').innerText")
    search.fill("JORG jansen")
    page.wait_for_function(
        """() => { const seen = [...document.querySelectorAll('#people .card:not([hidden]) .name')];
          return seen.length && seen.every((one) => one.innerText.startsWith('Jörg Jansen')); }"""
    )
    assert cards.first.inner_text() > last
    cards.first.locator("input").check(force=True)
    page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 1 person'")
    assert f"1 of {PEOPLE}" in page.locator("#people [data-count]").inner_text()
    search.fill("nobody at all")
    assert page.locator("#people .nobody").is_visible()
    search.fill("")
    assert page.locator("#people .card input:checked").count() == 1
    page.locator("#people [data-random]").click()
    page.wait_for_function("document.querySelectorAll('#people .card input:checked').length === 5")
    one.forget()
    assert page.locator("#people .card.erased").count() == 5
    page.locator("#people .cards").evaluate("list => { list.scrollTop = list.scrollHeight; }")
    page.wait_for_function(f"document.querySelectorAll('#people .card').length === {PEOPLE}")
    assert not page.locator("#people [data-more]").is_visible()
    names = page.locator("#people .card .name").all_inner_texts()
    assert len(set(names)) == PEOPLE
    labels = page.locator("#people .card").evaluate_all("all => all.map((c) => +c.dataset.label)")
    assert labels == sorted(labels)
