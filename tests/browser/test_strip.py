"""The strength slider is played by the page: no question while it moves, exact figures after."""

import re

from demo.strips import PANELS
from tests.browser.conftest import Open

FRAMES = """async () => {
  for (let at = 0; at < 5; at += 1) await new Promise(requestAnimationFrame);
}"""
"""As many frames as there are groups of panels, and one: by then all of them tell of one rank."""

SET = """(rank) => {
  const slider = document.querySelector('#strength');
  slider.value = rank;
  for (const kind of ['input', 'change']) {
    slider.dispatchEvent(new Event(kind, { bubbles: true }));
  }
}"""
WHERE = """() => {
  const box = document.querySelector('#strength').getBoundingClientRect();
  return [box.left, box.top + box.height / 2, box.width];
}"""


def test_a_drag_asks_nothing_and_ends_exactly(visit: Open) -> None:
    """Catches a slider that asks the server while it moves, stands still, stays an estimate, or
    does in one frame what there is no time for."""
    one = visit()
    page = one.page
    one.choose(0, 3, 7, 9, 12)
    one.method("esc")
    one.forget()
    page.evaluate(
        """() => {
          window.played = [];
          window.told = [];
          window.styled = 0;
          document.addEventListener('lethe:play', ({ detail }) => {
            window.played.push(detail.strip.ranks.length);
            window.told.push(Object.keys(detail.panels || {}));
          });
          new MutationObserver((seen) => {
            window.styled += seen.filter((one) => one.target.localName === 'style').length;
          }).observe(document.head, { childList: true, subtree: true });
        }"""
    )
    # The whole strip: every rank of at least 33.
    page.wait_for_function("Number(document.querySelector('[data-ranks]')?.dataset.ranks) >= 33")
    page.wait_for_timeout(500)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    left, top, width = page.evaluate(WHERE)
    figure = page.locator('#scoreboard [data-metric="kr.forget_test"] b')
    canvas = page.locator("#map canvas").first
    before = figure.inner_text(), canvas.get_attribute("aria-label")
    seen, told = set(), set()
    # Estimates say so while it moves; where it comes back to, what stood there stands again.
    table, line = page.locator("#scoreboard").inner_text(), "#result [role=status]"
    stood = *before, table, page.locator(line).text_content(), page.locator("#who").inner_text()
    now = page.locator("#strength")
    start = float(now.input_value()), float(now.get_attribute("max"))
    at = left + 8 + (start[0] - 1) / (start[1] - 1) * (width - 16)
    page.mouse.move(at, top)
    page.mouse.down()
    page.mouse.move(left + 0.9 * width, top, steps=4)
    page.evaluate(FRAMES)
    assert figure.inner_text().startswith("about ")
    assert "about" in page.locator(line).text_content()
    page.mouse.move(at, top, steps=4)
    page.mouse.up()
    page.wait_for_function(
        "(was) => document.querySelector('#scoreboard').innerText === was", arg=table
    )
    assert float(now.input_value()) == start[0]
    assert stood == (
        figure.inner_text(),
        canvas.get_attribute("aria-label"),
        page.locator("#scoreboard").inner_text(),
        page.locator(line).text_content(),
        page.locator("#who").inner_text(),
    )
    assert asked == []
    page.mouse.move(left + 0.2 * width, top)
    page.mouse.down()
    for at in (0.1, 0.05, 0.02, 0.3, 0.6, 0.9, 0.4, 0.03):
        page.mouse.move(left + at * width, top, steps=5)
        page.evaluate(FRAMES)
        seen.add(figure.inner_text())
        told.add(canvas.get_attribute("aria-label"))
        assert "quick estimate" in page.locator("#kr-chart").inner_text()
    assert asked == []
    assert len(page.evaluate("window.played")) >= 8
    assert min(page.evaluate("window.played")) >= 33
    # Each frame has a few of the panels, and no style sheet that the browser has already read.
    groups = page.evaluate("window.told")
    assert max(map(len, groups)) <= 4
    assert {name for group in groups for name in group} == {*PANELS, "status"}
    assert page.evaluate("window.styled") == 0
    assert len(seen) > 2, before
    assert len(told) > 2
    words = page.locator('.knobs[data-for="esc"] [data-words]').inner_text()
    page.mouse.up()
    page.wait_for_function("() => document.querySelector('#status .busy')")
    one.settle()
    assert asked
    rank = re.search(r"(\d+) of", words)
    assert rank is not None
    assert f"{rank[1]} direction" in page.locator("#steps").inner_text()
    assert "quick estimate" not in page.locator("#kr-chart").inner_text()
    page.wait_for_timeout(300)
    exact = figure.inner_text()
    # Another deletion made at that strength by the button has the very same figure.
    page.locator("#undo").click()
    one.settle()
    page.evaluate(SET, rank[1])
    one.forget()
    assert f"{rank[1]} direction" in page.locator("#steps").inner_text()
    assert figure.inner_text() == exact


def test_a_drag_before_the_deletion_is_a_look(visit: Open) -> None:
    """Catches a preview that asks the server as it moves, does not say what it is, stays, or keeps
    anybody's card from being ticked."""
    one = visit()
    page = one.page
    one.method("esc")
    one.choose(0, 3, 7)
    page.wait_for_selector("[data-mark]", state="attached")
    page.locator("#method .rank").hover()
    page.wait_for_function("Number(document.querySelector('[data-ranks]')?.dataset.ranks) >= 33")
    page.wait_for_timeout(500)
    panels = [page.locator(f"#{name}") for name in ("kr-chart", "scoreboard", "who", "status")]
    canvas = page.locator("#map canvas").first

    def seen() -> list[str]:
        return [*(each.inner_text() for each in panels), canvas.get_attribute("aria-label")]

    stood = seen()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    left, top, width = page.evaluate(WHERE)
    page.mouse.move(left + 0.1 * width, top)
    page.mouse.down()
    for at in (0.3, 0.8):
        page.mouse.move(left + at * width, top, steps=4)
        page.evaluate(FRAMES)
        assert all(now != was for now, was in zip(seen(), stood, strict=True))
        assert "preview" in one.status
        assert "preview" in page.locator("#map .lm-caption").inner_text()
        assert page.locator("#people .card.erased").count() == 0
    rank = page.locator("#strength").input_value()
    page.mouse.up()
    page.evaluate(FRAMES)
    assert seen() == stood
    # Keys look as well, until another one is chosen.
    page.keyboard.press("ArrowLeft")
    page.evaluate(FRAMES)
    assert "preview" in one.status
    assert asked == []
    page.keyboard.press("ArrowRight")
    one.forget()
    assert f"{rank} direction" in page.locator("#steps").inner_text()
    assert "about" not in page.locator("#scoreboard").inner_text()
    assert "preview" not in page.locator("#map .lm-caption").inner_text()
