"""The strength slider is played by the page: no question while it moves, exact figures after."""

import re

from tests.browser.conftest import Open

FRAMES = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""
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
    """Catches a slider that asks the server while it moves, stands still, or stays an estimate."""
    one = visit()
    page = one.page
    one.choose(0, 3, 7, 9, 12)
    one.method("esc")
    one.forget()
    page.evaluate(
        """() => {
          window.played = [];
          document.addEventListener('lethe:play', ({ detail }) => {
            window.played.push(detail.strip.ranks.length);
          });
        }"""
    )
    # The whole strip: every rank of at least 33.
    page.wait_for_function("Number(document.querySelector('[data-ranks]')?.dataset.ranks) >= 33")
    # The curve below brings its own script when it is drawn first.
    page.wait_for_selector("#forgetting-curve .js-plotly-plot", state="attached")
    page.wait_for_timeout(500)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    left, top, width = page.evaluate(WHERE)
    figure = page.locator('#scoreboard [data-metric="kr.forget_test"] b')
    canvas = page.locator("#map canvas").first
    before = figure.inner_text(), canvas.get_attribute("aria-label")
    seen, told = set(), set()
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
