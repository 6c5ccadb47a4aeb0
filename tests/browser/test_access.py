"""Access: WCAG 2.2 AA by axe-core in every place, at 200 %, from right to left, without motion."""

import pytest

from demo.panels.views import PLACES
from tests.browser.conftest import DESKTOP, PHONE, Open, Visit

ZOOMED = (720, 450)
"""A laptop's window at 200 %."""

GRADIO = '<div aria-label="Empty value"'
"""Gradio's own placeholder of a chart without a value, which the page cannot name otherwise."""

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_no_serious_violation(visit: Open, size: tuple[int, int]) -> None:
    """Catches missing names, weak contrast, broken roles and small targets, in any place, light and
    dark."""
    one = visit(size)
    _everywhere(one, ["light"])
    one.choose(0, 2)
    one.forget()
    _everywhere(one, ["light", "dark"])
    for _ in range(2):
        one.page.locator("#scoreboard .term").first.click()
        assert not _violations(one)
        one.page.keyboard.press("Escape")
        one.page.locator("#header [data-glossary]").click()
        assert not _violations(one)
        one.page.keyboard.press("Escape")
        one.page.locator("#header [data-theme]").click()


@pytest.mark.parametrize("size", [ZOOMED, PHONE, DESKTOP])
def test_nothing_is_wider_than_the_window(visit: Open, size: tuple[int, int]) -> None:
    """Catches a page that has to be scrolled sideways, or is cut, at 200 % or from right to left,
    before and after a deletion."""
    one = visit(size)
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


def test_who_asks_for_no_motion_gets_none(visit: Open) -> None:
    """Catches transitions and glides for who asked the browser for none."""
    one = visit()
    one.choose(0, 2)
    one.forget()
    assert one.page.locator("#map-morph").input_value() == "100"
    assert one.page.evaluate("document.getAnimations().length") == 0


def test_charts_and_map_are_told_in_words(visit: Open) -> None:
    """Catches a picture that says nothing to a screen reader, or what it said before."""
    one = visit()
    told = one.page.locator("#map canvas").first
    assert "Photos of one person lie together" in told.get_attribute("aria-label")
    one.choose(0, 2)
    one.forget()
    assert "The 2 people's photos lie" in told.get_attribute("aria-label")
    one.page.wait_for_selector("#forgetting-curve .js-plotly-plot")
    assert "KR, the forgotten 100" in one.page.locator("#forgetting-curve").text_content()


def _everywhere(one: Visit, schemes: list[str]) -> None:
    for place, _ in PLACES:
        one.go(place)
        one.settle()
        for scheme in schemes:
            assert not _violations(one), (place, scheme)
            if len(schemes) > 1:
                one.page.locator("#header [data-theme]").click()
                one.settle()
    one.go("studio")


def _violations(one: Visit) -> list[str]:
    """Serious and critical findings, a line each."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    options = {"runOnly": {"type": "tag", "values": TAGS}}
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
