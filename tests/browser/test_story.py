"""The whole story as a visitor lives it, on a laptop and on a phone, in light and dark."""

import pytest

from tests.browser.conftest import DESKTOP, PHONE, Open, Visit

FIVE = (0, 3, 7, 12, 20)


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_from_known_to_forgotten_and_back(visit: Open, size: tuple[int, int], scheme: str) -> None:
    """Catches a page on which any part of the story does not follow the deletion."""
    one = visit(size, scheme)
    page = one.page
    assert page.locator("#retrieval-before .hit").count() == 8
    assert page.locator("#retrieval-after .hit").count() == 0
    assert "%" in one.figure("kr.retain_test")
    assert page.locator("body.dark").count() == (scheme == "dark")
    _fits(one)

    one.choose(*FIVE)
    page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 5 people'")
    assert "5 of" in page.locator("#people [data-count]").inner_text()
    one.forget()
    assert "Forgot 5 people" in one.status
    assert page.locator("#people .card.erased").count() == 5
    assert page.locator("#people .card.erased input:disabled").count() == 5
    assert page.locator("#retrieval-after .hit").count() == 8
    assert page.locator("#steps [data-step]").count() == 1
    assert not page.locator("#map-morph").is_disabled()
    assert "→" in page.locator("#kr-chart").inner_text()
    first = one.figure("kr.forget_test"), one.figure("mia.accuracy")
    assert "→" in first[0]
    _fits(one)

    one.choose(1)
    page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 1 person'")
    one.forget()
    assert page.locator("#people .card.erased").count() == 6
    page.locator("#undo").click()
    one.settle()
    assert page.locator("#people .card.erased").count() == 5
    assert (one.figure("kr.forget_test"), one.figure("mia.accuracy")) == first

    page.locator("#reset").click()
    one.settle()
    assert page.locator("#people .card.erased").count() == 0
    assert page.locator("#retrieval-after .hit").count() == 0
    assert page.locator("#undo").is_disabled()


def test_the_first_screen_needs_no_scrolling(visit: Open) -> None:
    """Catches a Forget button or a map below the fold of a laptop, before and after."""
    one = visit()
    for place in (2, 5):
        for part in ("#people", "#forget", "#map", "#map-morph"):
            box = one.page.locator(part).bounding_box()
            assert box["y"] >= 0, part
            assert box["y"] + box["height"] <= DESKTOP[1], part
        heights = one.page.evaluate(
            "['#people','#how','#map','#who','#scoreboard']"
            ".map(s => document.querySelector(s).getBoundingClientRect().top)"
        )
        one.choose(place)
        one.forget()
    again = one.page.evaluate(
        "['#people','#how','#map','#who','#scoreboard']"
        ".map(s => document.querySelector(s).getBoundingClientRect().top)"
    )
    assert again == pytest.approx(heights, abs=1)


def test_hiding_the_name_is_not_forgetting_in_two_clicks(visit: Open) -> None:
    """Catches a page that makes head-only deletion look like an erasure."""
    one = visit()
    one.choose(*FIVE)
    one.method("head-only")
    one.forget()
    assert one.figure("head.forget_test").split("→")[1].strip().startswith("0")
    before, after = one.figure("kr.forget_test").split("→")
    assert after.split("%")[0].strip() == before.split("%")[0].strip()
    assert one.page.locator("#people .card.hidden-name").count() == 5
    assert "still find them" in one.page.locator("#who .verdict").inner_text()


def test_asking_about_other_photos(visit: Open) -> None:
    """Catches a question panel that does not follow a click on a photo."""
    one = visit()
    page = one.page
    one.choose(4)
    name = page.locator("#people .card .name").nth(4).inner_text()
    page.wait_for_function(
        "name => document.querySelector('#query .truth').innerText === name", arg=name
    )
    page.locator("#query .strip button").nth(1).click()
    page.wait_for_selector('#query .strip button:nth-child(2)[aria-pressed="true"]')
    hit = page.locator("#retrieval-before .hit").last
    hit.click()
    page.locator("#who [data-any=anybody]").click()
    page.wait_for_function(
        "name => document.querySelector('#query .truth').innerText !== name", arg=name
    )


def test_theme_is_kept(visit: Open) -> None:
    """Catches a choice of light or dark that a reload throws away."""
    one = visit()
    one.page.get_by_role("button", name="Switch between light and dark").click()
    assert one.page.locator("body.dark").count() == 1
    one.reload()
    assert one.page.locator("body.dark").count() == 1


def test_keyboard_alone_can_forget(visit: Open) -> None:
    """Catches cards or buttons that only a mouse can reach."""
    one = visit()
    page = one.page
    page.locator("#people input[type=search]").focus()
    name = page.locator("#people .card .name").nth(5).inner_text()
    page.keyboard.type(name)
    page.wait_for_function("document.querySelectorAll('#people .card:not([hidden])').length >= 1")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.type") != "checkbox":
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 1 person'")
    page.locator("#forget").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("!document.querySelector('#undo').disabled", timeout=60_000)


def _fits(one: Visit) -> None:
    wide = one.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"the page is {wide} px wider than the window"


def test_a_strength_belongs_to_the_people_it_was_set_for(visit: Open) -> None:
    """Catches a slider that stays where it was for whoever is chosen next."""
    one = visit()
    page = one.page
    words = page.locator('.knobs[data-for="esc"] [data-words]')
    drag = """() => {
      const slider = document.querySelector('#strength');
      slider.value = '9';
      for (const kind of ['input', 'change']) {
        slider.dispatchEvent(new Event(kind, { bubbles: true }));
      }
    }"""
    one.choose(0, 3)
    page.wait_for_function("!document.querySelector('#strength').disabled")
    page.evaluate(drag)
    assert "9 of" in words.inner_text()
    one.forget()
    assert "9 directions" in page.locator("#steps").inner_text()
    assert "9 of" in words.inner_text()
    one.choose(7)
    assert "9 of" not in words.inner_text()
    page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 1 person'")
    one.forget()
    assert "9 directions" not in page.locator("#steps li").last.inner_text()
    page.locator("#undo").click()
    one.settle()
    page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 1 person'")
    assert "9 of" not in words.inner_text()
    page.locator("#people [data-clear]").click()  # Undo has ticked them again
    page.wait_for_function(
        "document.querySelector('.knobs[data-for=esc] [data-words]').innerText.includes('9 of')"
    )
    page.locator("#reset").click()
    one.settle()
    page.wait_for_function(
        "document.querySelector('.knobs[data-for=esc] [data-words]').innerText === 'Strength: auto'"
    )


def test_the_slider_takes_along_the_map_and_each_person_s_kr(visit: Open) -> None:
    """Catches a list that stays empty or is sent unasked, and what a drag leaves behind."""
    one = visit()
    one.choose(*FIVE)
    one.method("esc")
    one.forget()
    page, rows = one.page, one.page.locator("#kr-people .kr-row")
    assert rows.count() == 0
    page.locator(".kr-more input").check()
    page.wait_for_function("document.querySelectorAll('#kr-people .kr-row').length === 64")
    shown = page.locator("#kr-people").inner_text()
    told = page.locator("#map canvas").first.get_attribute("aria-label")
    cards = page.locator("#people .card.erased .fate").all_inner_texts()
    page.evaluate(
        """() => {
          const slider = document.querySelector('#strength');
          slider.value = '1';
          slider.dispatchEvent(new Event('input', { bubbles: true }));
        }"""
    )
    page.wait_for_function(
        "before => document.querySelector('#kr-people').innerText !== before", arg=shown
    )
    page.wait_for_function(
        "before => document.querySelector('#map canvas').ariaLabel !== before", arg=told
    )
    page.wait_for_function(
        "before => [...document.querySelectorAll('#people .card.erased .fate')]"
        ".some((one, at) => one.innerText !== before[at])",
        arg=cards,
    )
    one.settle()
    assert rows.count() == 64
    page.locator("#reset").click()
    one.settle()
    assert rows.count() == 64
    assert "64 people" in page.locator("#kr-people").inner_text()
