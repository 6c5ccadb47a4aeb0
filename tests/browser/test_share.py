"""What is on screen as a link: to copy, to open elsewhere, and what cannot be shared."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.browser.conftest import DESKTOP, PHONE, Open, Visit
from tests.browser.test_yours import bring, open_studio, packed, to_place

CELLS = """Array.from(document.querySelectorAll('#scoreboard [data-metric]'))
  .map((one) => [one.dataset.metric, one.innerText, one.title])"""
FATES = """Array.from(document.querySelectorAll('#people .card'))
  .map((one) => [one.dataset.label, one.className, one.querySelector('.fate').innerText,
    one.querySelector('input').checked])"""


def copied(one: Visit) -> str:
    """The link that "Copy link" puts on the clipboard."""
    page = one.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("[data-share]").click()
    page.locator("#share [data-copy]").click()
    page.wait_for_function("document.querySelector('#share .said').innerText === 'Copied.'")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.locator("#share input").input_value()
    page.keyboard.press("Escape")
    page.wait_for_selector("#share [popover]", state="hidden")
    return link


def opened(one: Visit) -> None:
    """Wait until a link is done again."""
    one.page.wait_for_selector("#status .say.done", timeout=60_000)
    one.settle()


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_a_copied_link_opens_the_same(
    visit: Open, site: str, size: tuple[int, int], scheme: str
) -> None:
    """Catches another picture or another figure, to the last digit, in somebody else's browser."""
    one = visit(size, scheme)
    one.choose(0, 3, 7)
    one.method("esc")
    one.forget()
    one.page.wait_for_function("document.querySelectorAll('#people .card.erased').length === 3")
    link = copied(one)
    assert len(link) < 200
    assert f"theme={scheme}" in link
    other = visit(size, "light", query=link.removeprefix(site))
    opened(other)
    assert other.page.evaluate(CELLS) == one.page.evaluate(CELLS)
    assert other.page.evaluate(FATES) == one.page.evaluate(FATES)
    for part in ("#steps b", "#kr-chart", "#query .truth", "#retrieval-after"):
        assert other.page.locator(part).inner_text() == one.page.locator(part).inner_text()
    assert other.page.locator("body.dark").count() == (scheme == "dark")
    assert copied(other) == link


def test_place_step_method_and_choice_come_along(visit: Open, site: str) -> None:
    """Catches a link that always leads to the studio, or drops what is chosen for the next step."""
    one = visit()
    one.choose(1)
    one.method("leace")
    one.forget()
    one.choose(4, 6)
    one.page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 2 people'")
    one.go("attack")
    one.page.evaluate("history.replaceState(null, '', location.href + '&step=hide')")
    one.page.wait_for_function("document.querySelectorAll('#attack tbody tr').length > 0")
    one.settle()
    link = copied(one)
    assert "view=attack" in link
    assert "step=hide" in link
    other = visit(query=link.removeprefix(site))
    other.page.wait_for_function("document.querySelectorAll('#attack tbody tr').length > 0")
    other.settle()
    assert other.page.evaluate("document.body.dataset.view") == "attack"
    for each in (one, other):
        each.go("studio")
    assert other.page.locator("#forget").inner_text() == "Forget 2 people"
    assert other.page.locator("#people .card input:checked").count() == 2
    assert other.page.locator("#method input:checked").input_value() == "leace"
    assert other.page.evaluate(CELLS) == one.page.evaluate(CELLS)


def test_the_address_says_what_is_shown_or_nothing(visit: Open, names: list) -> None:
    """Catches a reload that brings back what was taken back, and one that loses what was shared."""
    one = visit(query=f"?do={names[2]}:esc")
    opened(one)
    one.reload()
    opened(one)
    assert one.page.locator("#people .card.erased").count() == 1
    one.page.wait_for_timeout(1500)  # the end of what follows
    assert "do=" in one.page.url
    one.page.locator("#reset").click()
    one.settle()
    one.page.wait_for_function("!location.search.includes('do=')")
    one.reload()
    one.page.wait_for_timeout(1500)
    assert one.page.locator("#people .card.erased").count() == 0


def test_a_method_that_trains_is_done_again(visit: Open, names: list) -> None:
    """Catches a link beside the gate: it shows its progress and can be cancelled."""
    slow = "esc-t:loss=ce:lr=1e-9:steps=10000"
    one = visit(query=f"?do={names[2]}:esc~{names[5]},{names[6]}:{slow}")
    one.page.wait_for_function(
        "document.querySelector('#status').innerText.includes('of 10000')", timeout=60_000
    )
    one.page.locator("#cancel").click()
    one.settle()
    assert one.page.locator("#people .card.erased").count() == 1
    assert "Stopped" in one.status


BAD = (
    "do=Nobody:esc",
    "do=" + quote("<img src=x onerror=alert(1)>:esc"),
    "do=<b>x</b>",
    "people=" + "A" * 10_000,
    "faces=elsewhere&people=Asha",
    "do=Asha:esc:rank=-5",
    "do=Asha:esc&do=Diego:esc",
    "do=Asha:fly&view=attack",
    "do=Asha:esc&key=00000000",
)


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_a_bad_link_opens_the_start_page(visit: Open, size: tuple[int, int]) -> None:
    """Catches a traceback, a page that stays busy, and markup of a stranger."""
    for bad in BAD if size == DESKTOP else BAD[:3]:
        one = visit(size, query=f"?{bad}")
        one.page.wait_for_selector("#status .say.wrong")
        one.settle()
        said = one.status
        assert re.search(r"start page\.$|can hold: 8|on offer here", said), said
        assert said.count(".") == 1
        assert one.page.evaluate("document.body.dataset.view") == "studio"
        assert one.page.locator("#people .card.erased").count() == 0
        assert one.page.locator("#people .card input:checked").count() == 0
        assert one.page.locator("img[src=x]").count() == 0
        one.page.wait_for_function("location.search === ''")
        one.page.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_panel_fits_and_comes_without_a_clipboard(visit: Open, size: tuple[int, int]) -> None:
    """Catches a panel off the screen, and a copy button that fails where there is no clipboard."""
    one = visit(size)
    page = one.page
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.evaluate("document.execCommand = (what) => { window.done = what; return true; }")
    page.locator("[data-share]").click()
    page.wait_for_selector("#share figure svg")
    box = page.locator("#share [popover]").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size[0]
    assert box["y"] + box["height"] <= size[1]
    page.locator("#share [data-copy]").click()
    page.wait_for_function("document.querySelector('#share .said').innerText === 'Copied.'")
    assert page.evaluate("window.done") == "copy"
    field = "document.querySelector('#share input')"
    assert page.evaluate(f"{field}.selectionEnd - {field}.selectionStart === {field}.value.length")
    page.evaluate("document.execCommand = () => false")
    page.locator("#share [data-copy]").click()
    page.wait_for_function("document.querySelector('#share .said').innerText.includes('selected')")


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_own_photos_have_no_link(visit: Open, size: tuple[int, int], tmp_path: Path) -> None:
    """Catches a link that names somebody's own people."""
    one = visit(size)
    page = one.page
    to_place(one, "yours")
    bring(one, packed(tmp_path, "Asha", "Omar"))
    open_studio(one)
    page.locator("[data-share]").click()
    page.wait_for_selector("#share-why")
    assert "your own photos" in page.locator("#share-why").inner_text()
    assert page.locator("#share [data-copy]").is_disabled()
    assert page.locator("#share input, #share svg").count() == 0
