"""On a phone what came of a deletion is said where one looks: at the thumb."""

import re

from tests.browser.conftest import DESKTOP, PHONE, Open, Visit

SHOWN = "document.querySelector('#result .result-line').classList.contains('on')"


def line(one: Visit) -> str:
    """What the line says, once it is there."""
    one.page.wait_for_function(SHOWN)
    return one.page.locator("#result [role=status]").inner_text()


def shares(text: str) -> list[str]:
    return re.findall(r"\d+\u202f%", text)


def test_the_line_is_in_view_and_says_what_the_scoreboard_says(visit: Open) -> None:
    """Catches a phone on which nothing changes after Forget, and figures of its own."""
    one = visit(PHONE)
    page = one.page
    assert page.locator("#result .result-line").is_hidden()
    one.choose(0, 3, 7)
    one.forget()
    said = line(one)
    assert said.startswith("3 forgotten by ESC · KR ")
    assert shares(said) == shares(one.figure("kr.forget_test"))
    box = page.locator("#result .result-line").bounding_box()
    places = page.locator("#views .places").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE[0]
    assert box["y"] > PHONE[1] / 2
    assert box["y"] + box["height"] <= places["y"] + 1
    for button, part in (("Map", "#map"), ("Photo: who is this?", "#who")):
        page.get_by_role("button", name=button, exact=True).click()
        page.wait_for_function(
            "part => { const at = document.querySelector(part).getBoundingClientRect();"
            " return at.top >= -1 && at.top < innerHeight / 3; }",
            arg=part,
        )
    # Panels below may still be growing; at the end of the page the line is over none of them.
    page.wait_for_function(
        """line => {
          scrollTo(0, document.body.scrollHeight);
          return Array.from(document.querySelectorAll('.view-studio .lethe-panel'))
            .filter((one) => one.checkVisibility({ visibilityProperty: true }))
            .every((one) => one.getBoundingClientRect().bottom <= line);
        }""",
        arg=box["y"],
    )


def test_the_line_follows_goes_and_can_be_closed(visit: Open) -> None:
    """Catches a line that stays over the page, or tells of what was taken back, and an Undo that
    is refused for attacks that began by themselves."""
    one = visit(PHONE)
    page = one.page
    one.choose(0)
    one.forget()
    first = line(one)
    one.choose(3)
    page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 1 person'")
    one.method("head-only")
    one.forget()
    page.wait_for_function(
        "document.querySelector('#result [role=status]').innerText.startsWith('2 forgotten')"
    )
    assert "Hide the name" in line(one)
    one.go("attack")
    assert page.locator("#result .result-line").is_hidden()
    one.go("studio")
    assert page.locator("#result .result-line").is_visible()
    page.locator("#undo").click()
    page.wait_for_function(
        "first => document.querySelector('#result [role=status]').innerText === first", arg=first
    )
    one.settle()
    page.get_by_role("button", name="Close", exact=True).click()
    page.wait_for_function(f"!{SHOWN}")
    assert page.locator("#result .result-line").is_hidden()
    page.locator("#undo").click()
    one.settle()
    assert page.locator("#result .result-line").is_hidden()
    one.forget()
    line(one)
    page.locator("#reset").click()
    one.settle()
    page.wait_for_function(f"!{SHOWN}")


def test_a_wide_screen_has_no_such_line(visit: Open) -> None:
    """Catches the line where map and figures are in view anyway."""
    one = visit(DESKTOP)
    one.choose(2)
    one.forget()
    one.page.wait_for_function(SHOWN)
    assert one.page.locator("#result .result-line").is_hidden()
