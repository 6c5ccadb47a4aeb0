"""The curve below the first screen, and the places of attacks and of the comparison."""

from tests.browser.conftest import Open, Unknown
from tests.browser.test_trouble import slow


def test_the_curve_marks_where_the_deletion_stands(visit: Open) -> None:
    """Catches a curve that is not drawn, or that does not follow the deletion."""
    one = visit()
    one.choose(0, 3, 7)
    one.forget()
    one.see_curve()
    one.page.wait_for_function(
        "() => { const g = document.querySelector('#forgetting-curve .js-plotly-plot');"
        " return g && g.data.length >= 3 && Math.max(...g.data.map((d) => d.x.length)) >= 33"
        " && g.layout.annotations.some((a) => a.text.includes('now')); }"
    )


def test_charts_come_with_who_looks(visit: Open) -> None:
    """Catches megabytes of script, and a page that stands still while it begins, for who never
    scrolls down; a frame that jumps when its curve comes; one that does not come any more."""
    one = visit()
    page, asked = one.page, []
    page.on("request", lambda request: asked.append(request.url))
    one.choose(0, 3, 7)
    page.wait_for_selector("#curve [data-waits]")
    one.forget()
    page.wait_for_timeout(500)
    assert page.locator("#forgetting-curve .js-plotly-plot").count() == 0
    assert not [url for url in asked if "Plotly" in url]
    high = page.locator("#curve-panel").bounding_box()["height"]
    one.see_curve()
    assert [url for url in asked if "Plotly" in url]
    page.wait_for_timeout(500)
    assert abs(page.locator("#curve-panel").bounding_box()["height"] - high) < 2
    # It follows from now on, wherever the page is scrolled to.
    page.evaluate("window.scrollTo(0, 0)")
    one.page.locator("#undo").click()
    one.settle()
    page.wait_for_function("!document.querySelector('#curve').innerText.includes('converged')")
    assert page.locator("#forgetting-curve .js-plotly-plot").count() == 1


def test_attacks_fill_the_rows_and_can_be_stopped(visit: Open) -> None:
    """Catches an attack whose figures never arrive, or that holds the page after Stop."""
    one = visit()
    page = one.page
    one.choose(0, 3)
    one.forget()
    one.go("attack")  # which starts them
    page.wait_for_function(
        "() => document.querySelector(\"#attack tr[data-metric='knn.forget_test']\")"
        "?.innerText.includes('→')"
    )
    page.locator("#attack [data-stop]").click()
    page.wait_for_function("document.querySelector('#cancel').disabled")
    one.settle()
    assert "Stopped" in one.status
    one.go("studio")
    one.choose(5)
    one.forget()
    assert page.locator("#people .card.erased").count() == 3


def test_the_comparison_streams_sorts_and_stops(visit: Open) -> None:
    """Catches rows that never come, a heading that does not sort, and a Stop that is not heard."""
    one = visit()
    page = one.page
    one.choose(0, 3)
    page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 2 people'")
    one.go("compare")  # which starts those that need no training
    page.wait_for_function(
        "() => document.querySelectorAll('#compare tbody tr:not(.waiting)').length >= 4"
    )
    page.locator("#compare [data-stop]").click()
    one.settle()
    done = page.locator("#compare tbody tr:not(.waiting)")
    page.wait_for_function("document.querySelector('#compare h2').innerText.includes('(stopped)')")
    assert done.count() >= 4
    page.locator("#compare button[data-key='kr.forget_test']").click()
    shown = page.evaluate(
        "Array.from(document.querySelectorAll('#compare tbody tr:not(.waiting)'))"
        ".map((row) => Number(row.children[2].dataset.value))"
    )
    assert shown == sorted(shown)
    assert len(set(shown)) > 1
    assert page.locator("#trade-off .scatterlayer .trace").count() == done.count()


def test_the_chart_comes_with_its_first_point(visit: Open) -> None:
    """Catches an empty frame where there is nothing to show, and names cut off at its edge."""
    one = visit()
    page = one.page
    assert page.locator("#trade-off").count() == 0
    one.choose(1, 4)
    page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 2 people'")
    one.go("compare")
    page.wait_for_function(
        "document.querySelectorAll('#trade-off .scatterlayer .trace').length >= 3"
    )
    page.locator("#compare [data-stop]").click()
    one.settle()
    page.wait_for_function(
        """() => {
          const frame = document.querySelector('#trade-off .main-svg').getBoundingClientRect();
          const names = [...document.querySelectorAll('#trade-off .annotation-text')];
          return names.length >= 1 && names.every((one) => {
            const box = one.getBoundingClientRect();
            return box.left >= frame.left && box.right <= frame.right && box.top >= frame.top;
          });
        }"""
    )


def test_stop_is_ready_only_while_something_runs(visit: Open) -> None:
    """Catches a Stop or a Cancel that looks ready when nothing runs, or is dead when it does."""
    one = visit()
    page = one.page
    stops = [page.locator(f"#{panel} [data-stop]") for panel in ("attack", "compare")]
    assert page.locator("#cancel").is_disabled()
    one.choose(2, 5)
    page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 2 people'")
    assert all(stop.is_disabled() for stop in stops)
    one.go("compare")
    page.wait_for_selector("#compare [data-stop]:not([disabled])")
    assert page.locator("#cancel").is_enabled()
    assert stops[0].is_disabled()
    stops[1].click()
    one.settle()
    page.wait_for_selector("#compare [data-stop][disabled]", state="attached")
    assert page.locator("#cancel").is_disabled()


def test_a_training_curve_stays_with_its_method(visit: Open) -> None:
    """Catches one method's training drawn under another that is set or compared."""
    one = visit()
    page = one.page
    one.choose(3, 6)
    slow(one)
    page.locator("#forget").click()
    page.wait_for_selector("#method [data-spectrum] svg")
    one.method("stand-in")
    assert page.locator("#method [data-spectrum] svg").count() == 0
    page.locator("#cancel").click()
    one.settle()
    one.go("compare")
    page.wait_for_function(
        "document.querySelectorAll('#compare tbody tr:not(.waiting)').length >= 4"
    )
    assert page.locator("#method [data-spectrum] svg").count() == 0
    one.settle()


def test_who_is_quicker_than_the_server_finds_a_place_filled(visit: Open) -> None:
    """Catches a place that stays empty for whoever chose and entered it before the server knew
    their page, and one that stays with others where it has not heard yet whom they chose."""
    unknown = Unknown()
    one = visit(before=unknown)
    page = one.page
    one.choose(1, 10)
    one.go("compare")
    assert "Nobody is chosen yet" in page.inner_text("#compare")
    unknown.known()
    page.wait_for_selector('#compare tr[data-method="esc"]')
    one.settle()
    one.go("studio")
    page.evaluate(
        """() => {
          document.querySelectorAll('#people .card input')[12].click();
          document.querySelector('#views [data-place=attack]').click();
        }"""
    )
    page.wait_for_function(
        """() => {
          const said = document.querySelector('#attack h2').innerText;
          return said.split(',').length === 3 && !said.includes('not attacked yet');
        }"""
    )
    one.settle()


def test_no_place_is_empty_at_rest(visit: Open) -> None:
    """Catches a place that shows frames without anything in them: with nobody chosen it says what
    to do and leads there, with somebody it fills by itself, and keeps what it has."""
    one = visit()
    page = one.page
    for place in ("attack", "compare"):
        one.go(place)
        assert page.locator(f"#{place} table").count() == 0
        assert "Nobody is chosen yet" in page.inner_text(f"#{place}")
        page.locator(f"#{place} [data-go]").click()
        page.wait_for_function("document.body.dataset.view === 'studio'")
    assert page.locator("#curve-panel").is_hidden()
    one.choose(6, 9)
    one.forget()
    one.see_curve()
    for place, further in (("attack", "Ask every layer"), ("compare", "Run those that train")):
        one.go(place)
        page.wait_for_function(
            "([at, text]) => document.querySelector(at)?.innerText.startsWith(text)",
            arg=[f"#{place} .chip.go:not([disabled])", further],
        )
    filled = page.inner_text("#compare tbody")
    page.go_back()
    page.wait_for_function("document.body.dataset.view === 'attack'")
    one.go("compare")
    page.wait_for_timeout(500)
    assert page.inner_text("#compare tbody") == filled
    empty = page.evaluate(
        """Array.from(document.querySelectorAll('.lethe-panel, .attack-chart'))
          .filter((one) => one.checkVisibility({ visibilityProperty: true }))
          .filter((one) => !one.innerText.trim() && !one.querySelector('svg, canvas, img'))
          .map((one) => one.id)"""
    )
    assert empty == []


def test_a_place_is_there_at_once(visit: Open) -> None:
    """Catches a place whose names and buttons come, or go, some frames after its address: Gradio
    eases `visibility` too."""
    one = visit()
    one.page.emulate_media(reduced_motion="no-preference")
    one.page.wait_for_timeout(300)
    seen = one.page.evaluate(
        """async () => {
          const seen = [];
          for (const place of ['yours', 'studio']) {
            const look = () => ['#people .name', '#forget', '#yours h2'].map((one) =>
              getComputedStyle(document.querySelector(one)).visibility);
            look();
            window.dispatchEvent(new CustomEvent('lethe:view', { detail: place }));
            seen.push(look());
            await new Promise((done) => setTimeout(done, 300));
          }
          return seen;
        }"""
    )
    assert seen == [["hidden", "hidden", "visible"], ["visible", "visible", "hidden"]]


def test_on_a_phone_the_places_are_at_the_thumb(visit: Open) -> None:
    """Catches a bar of places out of reach or over what is to be pressed."""
    one = visit(size=(390, 844))
    page = one.page
    bar = page.locator("#views .places").bounding_box()
    assert bar["y"] + bar["height"] == 844
    assert bar["height"] >= 44
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(300)
    lowest = page.evaluate(
        """Math.max(...Array.from(document.querySelectorAll('.view-studio .lethe-panel'))
          .filter((one) => one.checkVisibility({ visibilityProperty: true }))
          .map((one) => one.getBoundingClientRect().bottom))"""
    )
    assert lowest <= bar["y"]
