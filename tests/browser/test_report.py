"""The report is taken from the page, opens without a network, and is whole on paper."""

import json
from pathlib import Path

from engine.audit.figures import written
from tests.browser.conftest import PHONE, Open

A4 = (680, 960)
"""Pixels of what A4 leaves between its margins."""

CUT = """width => Array.from(document.querySelectorAll('svg, table, pre, img, h1, p, dd'))
  .filter((one) => !one.closest('.scroll') || width > 600)
  .map((one) => [one.tagName, one.getBoundingClientRect()])
  .filter(([, at]) => at.left < -0.5 || at.right > width + 0.5)
  .map(([name, at]) => `${name} ${at.left} to ${at.right}`)"""


def test_the_report_of_what_is_on_screen(visit: Open, chromium: object, tmp_path: Path) -> None:
    """Catches a button that gives nothing, figures of its own, a request, and a cut chart."""
    one = visit()
    opener, button = (
        one.page.locator(f"#take {at}") for at in ("[data-open]", "[data-key=report]")
    )
    assert opener.is_disabled()
    one.choose(0, 3)
    one.forget()
    one.settle()
    one.page.locator("#saved [data-away]").click()
    assert opener.get_attribute("aria-expanded") == "true"
    assert one.page.locator("#take [data-key]").count() == 6
    saved: dict[str, Path] = {}

    def keep(download: object) -> None:
        name = download.suggested_filename
        download.save_as(tmp_path / name)
        saved[name] = tmp_path / name  # whole by now

    one.page.on("download", keep)
    button.click()
    one.page.wait_for_function(
        "document.querySelector('#take [data-said]').textContent.includes('Handed to your browser')"
    )
    while len(saved) < 2:
        one.page.wait_for_timeout(100)
    one.settle()
    report = json.loads(saved["lethe-report.json"].read_text(encoding="utf-8"))
    shown = one.figure("kr.forget_test").replace("\u202f", " ")
    for side in ("before", "after"):
        value = report["metrics"][side]["kr"]["forget_test"]
        assert written(value, "fraction").replace("\u202f", " ") in shown
    context = chromium.new_context(viewport={"width": 1000, "height": 900}, offline=True)
    try:
        page, trouble = context.new_page(), []
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                asked.url.startswith(("file:", "data:")) or trouble.append(f"asked for {asked.url}")
            ),
        )
        page.goto(saved["lethe-report.html"].as_uri())
        assert page.locator("h1").inner_text() == report["verdict"]["headline"]
        assert page.locator("svg").count() >= 3
        for width, height in (PHONE, (1000, 900)):
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.emulate_media(media="print")
        page.set_viewport_size({"width": A4[0], "height": A4[1]})
        assert page.evaluate(CUT, A4[0]) == []
        for chart in page.locator("figure").all():
            assert chart.bounding_box()["height"] < A4[1] / 2
            assert chart.evaluate("one => getComputedStyle(one).breakInside") == "avoid"
        assert page.pdf(format="A4", prefer_css_page_size=True).startswith(b"%PDF")
        assert trouble == []
    finally:
        context.close()
