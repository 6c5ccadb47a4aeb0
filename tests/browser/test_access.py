"""Access: WCAG 2.2 AA by axe-core in every place and language, at 200 %, without motion."""

import pytest

from demo.panels.views import PLACES
from tests.browser.conftest import DESKTOP, PHONE, Open, Visit

ZOOMED = (720, 450)
"""A laptop's window at 200 %."""

GRADIO = '<div aria-label="Empty value"'
"""Gradio's own placeholder of a chart without a value, which the page cannot name otherwise."""

EMPTY_AT_FIRST = ["studio", "attack", "compare"]
"""Places that are others before a deletion than after it."""

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


CONTRAST = "color-contrast"
"""The one rule whose outcome depends on the theme."""


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "es")])
def test_no_serious_violation(visit: Open, size: tuple[int, int], language: str) -> None:
    """Catches missing names, weak contrast, broken roles, small targets and what is wider than the
    window, in any place, light and dark, in each language."""
    one = visit(size, query=f"?lang={language}")
    _everywhere(one, EMPTY_AT_FIRST, dark=False)
    one.choose(0, 2)
    one.forget()
    _everywhere(one, [key for key, _title in PLACES], dark=True)
    for only in ("", CONTRAST):
        one.page.locator("#scoreboard .term").first.click()
        assert not _violations(one, only)
        one.page.keyboard.press("Escape")
        one.page.locator("#header [data-glossary]").click()
        assert not _violations(one, only)
        one.page.keyboard.press("Escape")
        one.page.locator("#header [data-theme]").click()


def test_nothing_is_wider_than_the_window_at_twice_the_size(visit: Open) -> None:
    """Catches a page that has to be scrolled sideways, or is cut, at 200 % or from right to left,
    before and after a deletion."""
    one = visit(ZOOMED)
    for _ in range(2):
        for place, _title in PLACES:
            one.go(place)
            for towards in ("rtl", "ltr"):
                one.page.evaluate("to => { document.documentElement.dir = to; }", towards)
                assert _too_wide(one) == [], (place, towards)
        one.go("studio")
        if not one.page.locator("#people .card.erased").count():
            one.choose(0, 2)
            one.forget()


def test_who_sees_no_pictures_and_wants_no_motion(visit: Open) -> None:
    """Catches a picture that says nothing to a screen reader, or what it said before, and
    transitions and glides for who asked the browser for none."""
    one = visit()
    told = one.page.locator("#map canvas").first
    assert "Photos of one person lie together" in told.get_attribute("aria-label")
    one.choose(0, 2)
    one.forget()
    assert "The 2 people's photos lie" in told.get_attribute("aria-label")
    assert one.page.locator("#map-morph").input_value() == "100"
    assert one.page.evaluate("document.getAnimations().length") == 0
    one.see_curve()
    assert "KR, the forgotten 100" in one.page.locator("#forgetting-curve").text_content()


def _everywhere(one: Visit, places: list[str], *, dark: bool) -> None:
    """Every place in the light, and with `dark` what another theme may change in it."""
    for place in places:
        one.go(place)
        one.settle()
        assert not _violations(one), place
        assert not _too_wide(one), place
        if dark:
            one.page.locator("#header [data-theme]").click()
            assert not _violations(one, CONTRAST), place
            one.page.locator("#header [data-theme]").click()
    one.go("studio")


def _violations(one: Visit, only: str = "") -> list[str]:
    """Serious and critical findings, a line each; of all rules, or `only` of one."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    rules = {"type": "rule", "values": [only]} if only else {"type": "tag", "values": TAGS}
    # Nobody reads what was found to be right, and it takes most of the time.
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = axe.run(one.page, options=options).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]} ({node['failureSummary'][:300]})"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
        if GRADIO not in node["html"]
    ]


def _too_wide(one: Visit) -> list[str]:
    """What is seen and reaches past the left or right edge, but inside what scrolls or clips."""
    return one.page.evaluate(
        """() => {
          const page = document.documentElement, box = page.getBoundingClientRect();
          const out = [];
          if (page.scrollWidth > window.innerWidth) out.push(`page: ${page.scrollWidth}`);
          const held = (one) => {
            for (let up = one.parentElement; up && up !== document.body; up = up.parentElement) {
              const { overflowX } = getComputedStyle(up);
              if (overflowX === 'auto' || overflowX === 'scroll') return true;
            }
            return false;
          };
          // Gradio keeps the bar of its progress beside what clips it.
          const unseen = (one) => {
            const here = one.getBoundingClientRect();
            for (let up = one.parentElement; up && up !== document.body; up = up.parentElement) {
              const there = up.getBoundingClientRect();
              if (getComputedStyle(up).overflowX !== 'hidden') continue;
              if (here.right <= there.left || here.left >= there.right) return true;
            }
            return false;
          };
          for (const one of document.querySelectorAll('.gradio-container *')) {
            if (!one.checkVisibility({ visibilityProperty: true })) continue;
            if (one.closest('.sr, svg')) continue;
            const { left, right, width, height } = one.getBoundingClientRect();
            if (width < 2 || height < 2 || held(one) || unseen(one)) continue;
            if (left < box.left - 1 || right > window.innerWidth + 1) {
              out.push(`${one.tagName} ${one.id} ${one.className}: ${left} to ${right}`);
            }
          }
          return out.slice(0, 12);
        }"""
    )
