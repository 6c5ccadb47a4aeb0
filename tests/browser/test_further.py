"""The panels below the first screen: the curve, the attacks, the comparison of methods."""

from tests.browser.conftest import Open
from tests.browser.test_trouble import slow


def test_the_curve_marks_where_the_deletion_stands(visit: Open) -> None:
    """Catches a curve that is not drawn, or that does not follow the deletion."""
    one = visit()
    one.choose(0, 3, 7)
    one.forget()
    one.page.wait_for_function(
        "() => { const g = document.querySelector('#forgetting-curve .js-plotly-plot');"
        " return g && g.data.length >= 3 && Math.max(...g.data.map((d) => d.x.length)) >= 33"
        " && g.layout.annotations.some((a) => a.text.includes('now')); }"
    )


def test_attacks_fill_the_rows_and_can_be_stopped(visit: Open) -> None:
    """Catches an attack whose figures never arrive, or that holds the page after Stop."""
    one = visit()
    page = one.page
    one.choose(0, 3)
    one.forget()
    page.locator("#attack [data-attack]").click()
    page.wait_for_function(
        "() => document.querySelector(\"#attack tr[data-metric='knn.forget_test']\")"
        ".innerText.includes('→')"
    )
    page.locator("#attack [data-stop]").click()
    page.wait_for_function("document.querySelector('#cancel').disabled")
    one.settle()
    assert "Stopped" in one.status
    one.choose(5)
    one.forget()
    assert page.locator("#people .card.erased").count() == 3


def test_the_comparison_streams_sorts_and_stops(visit: Open) -> None:
    """Catches rows that never come, a heading that does not sort, and a Stop that is not heard."""
    one = visit()
    page = one.page
    rows = page.locator("#compare tbody tr")
    one.choose(0, 3)
    page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 2 people'")
    assert rows.count() == page.locator("#compare tr.waiting").count() > 5
    page.locator("#compare [data-compare]").click()
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
    page.locator("#compare [data-compare]").click()
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
    assert all(stop.is_disabled() for stop in stops)
    one.choose(2, 5)
    page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 2 people'")
    page.locator("#compare [data-compare]").click()
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
    page.locator("#compare [data-compare]").click()
    page.wait_for_function(
        "document.querySelectorAll('#compare tbody tr:not(.waiting)').length >= 4"
    )
    assert page.locator("#method [data-spectrum] svg").count() == 0
    page.locator("#compare [data-stop]").click()
    one.settle()
