"""Words of the page: explained where they stand, for mouse, finger and keyboard."""

import json
import re

import pytest

from demo.glossary import words
from demo.panels.views import PLACES
from tests.browser.conftest import DESKTOP, PHONE, Open, Visit

EVERYDAY = {"attack", "auto", "forgotten", "known"}
"""Words of the glossary that the first screen uses as everybody does."""


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_word_opens_and_closes_by_keyboard(visit: Open, key: str) -> None:
    """Catches an explanation that only a mouse opens, or that the keyboard cannot leave."""
    page = visit().page
    term, tip = page.locator('#kr-chart .term[data-term="KR"]').first, page.locator("#word")
    assert term.get_attribute("aria-expanded") == "false"
    term.focus()
    page.keyboard.press(key)
    tip.wait_for(state="visible")
    page.wait_for_function("document.querySelector('.term[aria-expanded=true]')")
    assert "Knowledge kept (KR)" in tip.inner_text()
    assert "names a forgotten person" in tip.inner_text()
    assert page.evaluate("document.activeElement.id") == "word"
    page.keyboard.press("Escape")
    tip.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.dataset.term") == "KR"
    page.wait_for_function("!document.querySelector('.term[aria-expanded=true]')")


def test_a_click_opens_and_another_closes(visit: Open) -> None:
    """Catches a second click on the word that opens it again, and exact figures of another row."""
    page = visit().page
    term, tip = page.locator('#scoreboard .term[data-term="KR"]'), page.locator("#word")
    term.click()
    tip.wait_for(state="visible")
    assert re.search(r"Everybody else: before \d\.\d{4}", tip.inner_text())
    term.click()
    tip.wait_for(state="hidden")
    page.locator('#scoreboard .term[data-term="HM"]').click()
    assert "Balance (HM)" in tip.inner_text()
    assert "Everybody else" not in tip.inner_text()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_every_word_in_every_place_is_explained_within_the_window(
    visit: Open, size: tuple[int, int]
) -> None:
    """Catches a term without a text, and a text that an edge of the window cuts off."""
    one = visit(size)
    one.choose(0, 2)
    one.forget()
    for place, _ in PLACES:
        one.go(place)
        if place in ("attack", "compare"):
            # What follows from a deletion is painted after it.
            one.page.locator(f"#{place} th[scope=row] .term").first.wait_for()
        one.settle()
        found = one.page.evaluate(EACH)
        assert found["faults"] == [], place
        # Nothing has to be explained there: the lesson's card defines its words where they come.
        assert found["count"] > 5 or place in ("yours", "learn")


def test_all_words_are_one_click_away(visit: Open) -> None:
    """Catches a glossary that lacks words, or keeps the keyboard."""
    page = visit(PHONE).page
    button, everything = page.locator("#header [data-glossary]"), page.locator("#all-words")
    button.click()
    listed = everything.locator("dt").all_text_contents()
    assert listed == [one.name for one in words().values()]
    page.keyboard.press("Escape")
    everything.wait_for(state="hidden")
    assert page.evaluate("'glossary' in document.activeElement.dataset")
    page.locator("#scoreboard .term").nth(1).click()
    page.locator("#word [data-glossary]").click()
    everything.wait_for(state="visible")
    page.get_by_role("button", name="Close").click()
    assert page.evaluate("document.activeElement.className") == "term"


def test_the_first_screen_has_no_word_that_nobody_explains(visit: Open) -> None:
    """Catches an acronym or a term of the trade without a way to look it up beside it."""
    one = visit()
    keys = {key: (_pattern(key), word.name) for key, word in words().items() if key not in EVERYDAY}
    assert _unexplained(one, keys) == []
    one.choose(0, 2)
    one.forget()
    assert _unexplained(one, keys) == []


def _pattern(key: str) -> str:
    """How a word is found in a text: acronyms as they are, others in plural and large too."""
    if key.islower() and key.isalpha():
        return f"\\b[{key[0].upper()}{key[0]}]{re.escape(key[1:])}s?\\b"
    return rf"(?<![\w@]){re.escape(key)}(?![\w@-])"


def _unexplained(one: Visit, keys: dict[str, tuple[str, str]]) -> list[str]:
    return one.page.evaluate(UNEXPLAINED, json.dumps(keys))


EACH = """async () => {
  const tip = document.querySelector('#word'), faults = [];
  const frame = () => new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(done));
  });
  const page = document.documentElement.getBoundingClientRect();
  const seen = (one) => one.checkVisibility({ visibilityProperty: true });
  const terms = Array.from(document.querySelectorAll('.term')).filter(seen);
  for (const term of terms) {
    term.scrollIntoView({ block: 'center', inline: 'center' });
    term.click();
    await frame();
    // A panel that is painted anew meanwhile has other terms by now.
    if (!term.isConnected) continue;
    const box = tip.getBoundingClientRect();
    const inside = box.left >= page.left && box.right <= page.right && box.top >= 0
      && box.bottom <= window.innerHeight && box.width > 60;
    if (!inside) faults.push(`${term.textContent}: ${JSON.stringify(box)}`);
    if (!tip.querySelector('[data-said] p')) faults.push(`${term.textContent}: nothing is said`);
    tip.hidePopover();
  }
  return { faults, count: terms.length };
}"""
UNEXPLAINED = """(given) => {
  const keys = Object.entries(JSON.parse(given))
    .map(([key, [text, name]]) => [key, new RegExp(text), name]);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const out = [];
  while (texts.nextNode()) {
    const one = texts.currentNode, around = one.parentElement;
    if (!one.data.trim() || !around.checkVisibility({ visibilityProperty: true })) continue;
    if (around.closest('script, style, .sr, .term, #views, option')) continue;
    const box = around.getBoundingClientRect();
    if (box.width < 2 || box.bottom < 0 || box.top > window.innerHeight) continue;
    for (const [key, pattern, name] of keys) {
      // Written in full, as `Erase (ESC)`, a short form has its words before it.
      if (!pattern.test(one.data) || (name !== key && one.data.includes(name))) continue;
      const panel = around.closest('#how, #centre, #right') || around.closest('.block[id]')
        || document.body;
      const beside = Array.from(panel.querySelectorAll('.term'));
      if (!beside.some((term) => term.dataset.term === key || pattern.test(term.textContent))) {
        out.push(`${key} in "${one.data.trim().slice(0, 80)}"`);
      }
    }
  }
  return out;
}"""
