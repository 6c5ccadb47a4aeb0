"""Bad clicks, bad moments, and two visitors at once."""

from tests.browser.conftest import Open

SLOW = {"loss": "ce", "lr": "1e-9", "steps": "10000"}
"""ESC-T that cuts nothing and so runs through all its steps."""


def slow(one: object) -> None:
    """Set a deletion that takes long."""
    one.method("esc-t")
    page = one.page
    page.locator('.knobs[data-for="esc-t"] summary').click()
    for name, value in SLOW.items():
        control = page.locator(f'.knobs[data-for="esc-t"] [data-option="{name}"]')
        if name == "loss":
            control.select_option(value)
        else:
            control.fill(value)
            control.blur()
    page.keyboard.press("Escape")


def test_who_is_ticked_while_others_are_forgotten_stays_chosen(visit: Open) -> None:
    """Catches a card that is ticked on the page for somebody who is not chosen any more."""
    one = visit()
    page = one.page
    one.choose(2)
    slow(one)
    page.locator("#forget").click()
    page.wait_for_selector("#method [data-spectrum] svg")
    with page.expect_response("**/run/predict"):
        one.choose(7)
    page.locator("#cancel").click()
    one.settle()
    assert page.inner_text("#forget") == "Forget 2 people"
    one.go("attack")
    page.wait_for_function(
        "!document.querySelector('#attack h2 small').innerText.includes('not attacked yet')"
    )
    assert page.inner_text("#attack h2 small").count(",") == 1, "two names"
    one.settle()


def test_nobody_and_everybody(visit: Open) -> None:
    """Catches a page that breaks on an empty or a full choice."""
    one = visit()
    one.page.locator("#forget").click()
    one.page.wait_for_selector("#status .wrong")
    assert "Nobody is selected" in one.status
    one.page.evaluate("document.querySelectorAll('#people .card input').forEach(b => b.click())")
    one.page.wait_for_function(
        "document.querySelector('#forget').innerText.startsWith('Forget ')"
        " && parseInt(document.querySelector('#forget').innerText.slice(7))"
        " === document.querySelectorAll('#people .card').length"
    )
    one.page.locator("#forget").click()
    one.page.wait_for_function(
        "document.querySelector('#status').innerText.includes('Everybody is selected')"
    )
    one.page.get_by_role("button", name="Clear").click()
    one.choose(1)
    one.forget()
    assert "Forgot 1 person" in one.status


def test_double_click_forgets_once(visit: Open) -> None:
    """Catches a second deletion, or an error, from an impatient hand."""
    one = visit()
    one.choose(1, 2)
    one.page.locator("#forget").dblclick()
    one.page.wait_for_function("!document.querySelector('#undo').disabled", timeout=60_000)
    one.settle()
    assert one.page.locator("#steps [data-step]").count() == 1
    assert one.page.locator("#people .card.erased").count() == 2


def test_a_tick_before_the_page_is_ready_is_heeded(visit: Open) -> None:
    """Catches a quick visitor's tick that is taken away when the cards' script begins."""
    one = visit()
    one.page.add_init_script(
        "new MutationObserver((_, seen) => {"
        " const box = document.querySelectorAll('#people .card input')[2];"
        " if (box) { seen.disconnect(); box.click(); }"
        "}).observe(document, { childList: true, subtree: true });"
    )
    one.reload()
    one.page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 1 person'")
    assert one.page.locator("#people .card input").nth(2).is_checked()


def test_cancel_and_go_on(visit: Open) -> None:
    """Catches a cancel that is not heard, or that leaves the page stuck or half changed."""
    one = visit()
    one.choose(1, 2)
    slow(one)
    one.page.locator("#forget").click()
    one.page.wait_for_function("!document.querySelector('#cancel').disabled")
    one.page.wait_for_function(
        "document.querySelector('#status').innerText.includes('of 10000')", timeout=20_000
    )
    one.page.locator("#cancel").click()
    one.page.wait_for_function("document.querySelector('#cancel').disabled", timeout=10_000)
    assert "Stopped" in one.status
    assert one.page.locator("#people .card.erased").count() == 0
    assert one.page.locator("#people .card input:checked").count() == 2
    one.method("esc")
    one.forget()
    assert one.page.locator("#people .card.erased").count() == 2


def test_reload_in_the_middle(visit: Open) -> None:
    """Catches work that holds a reloaded page up."""
    one = visit()
    one.choose(1, 2)
    slow(one)
    one.page.locator("#forget").click()
    one.page.wait_for_function("!document.querySelector('#cancel').disabled")
    one.reload()
    one.choose(3)
    one.forget()
    assert "Forgot 1 person" in one.status
    assert one.page.locator("#people .card.erased").count() == 1


def test_lost_connection_is_said_and_survived(visit: Open) -> None:
    """Catches a page that hangs in silence when the server is out of reach."""
    one = visit()
    one.choose(1)
    one.page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 1 person'")
    one.offline(True)
    one.page.locator("#forget").click()
    one.page.wait_for_function(
        "document.querySelector('#status').innerText.includes('connection')", timeout=15_000
    )
    one.offline(False)
    one.page.wait_for_selector("#status .calm")
    # Gradio may load the page anew once the server answers, later on a busy machine.
    opened = None
    while opened != (opened := one.page.evaluate("performance.timeOrigin")):
        one.page.wait_for_timeout(4000)
    one.page.wait_for_selector("#people .card")
    one.choose(2)
    one.forget()
    assert "Forgot" in one.status
    one.trouble.clear()  # Chromium itself reports the requests that failed while offline.


def test_gradio_alone_keeps_a_lost_connection_to_itself(visit: Open) -> None:
    """Would catch a patched `fetch` that Gradio no longer needs."""
    one = visit()
    one.page.add_init_script(
        "const kept = window.fetch.bind(window);"
        "Object.defineProperty(window, 'fetch', { get: () => kept, set: () => {} });"
    )
    one.reload()
    one.choose(1)
    one.page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 1 person'")
    one.offline(True)
    one.page.locator("#forget").click()
    one.page.wait_for_timeout(4000)
    assert one.status == "On its way."
    one.trouble.clear()  # Chromium itself reports the requests that failed while offline.


def test_two_visitors_see_only_their_own(visit: Open) -> None:
    """Catches one visitor's deletions on another's page."""
    one, other = visit(), visit()
    one.choose(0, 1, 2)
    other.choose(5)
    one.page.locator("#forget").click()
    other.page.locator("#forget").click()
    for window in (one, other):
        window.page.wait_for_function("!document.querySelector('#undo').disabled", timeout=60_000)
        window.settle()
    names = [
        window.page.locator("#people .card.erased .name").all_inner_texts()
        for window in (one, other)
    ]
    assert [len(found) for found in names] == [3, 1]
    assert not set(names[0]) & set(names[1])
    assert "Forgot 3 people" in one.status
    assert "Forgot 1 person" in other.status
    third = visit()
    assert third.page.locator("#people .card.erased").count() == 0
