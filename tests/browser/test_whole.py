"""Streamed answers on a page of three boxes, served from the test itself."""

import time
from collections.abc import Iterator

import gradio as gr
import pytest

from demo.gradio_quirks.whole import WholeBlocks
from tests.browser.conftest import CUT_OFF

WAIT = 1.0


@pytest.fixture(scope="module")
def boxes() -> Iterator[str]:
    """A page whose first button streams to two boxes and whose second answers at once."""
    with WholeBlocks(analytics_enabled=False) as demo:
        first, second = gr.Textbox(elem_id="first"), gr.Textbox(elem_id="second")
        stream, quick = gr.Button("stream", elem_id="stream"), gr.Button("quick", elem_id="quick")

        def tell() -> Iterator[dict]:
            for count in range(20):
                yield {first: gr.update(value=f"told {count}", label=f"label {count}")}
                yield {second: "told"}
            time.sleep(WAIT)

        options = {"api_visibility": "private", "show_progress": "hidden"}
        stream.click(tell, None, [first, second], **options)
        quick.click(lambda: "quick", None, second, **options)
    _, address, _ = demo.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    yield address
    demo.close()


def test_a_stream_tells_all_and_nothing_twice(chromium: object, boxes: str) -> None:
    """Catches an update lost to the one behind it, and an end that repeats the last update."""
    page = chromium.new_page()
    trouble: list[str] = []
    page.on("console", lambda one: one.type == "error" and trouble.append(one.text))
    page.goto(boxes)
    page.locator("#stream button, button#stream").click()
    second = page.locator("#second textarea, #second input")
    page.wait_for_function("document.querySelector('#second textarea, #second input').value")
    page.wait_for_function(
        "document.querySelector('#first textarea, #first input').value === 'told 19'"
    )
    assert "label 19" in page.locator("#first").inner_text()
    page.locator("#quick button, button#quick").click()
    page.wait_for_function(
        "document.querySelector('#second textarea, #second input').value === 'quick'"
    )
    page.wait_for_timeout(2000 * WAIT)
    assert second.input_value() == "quick"
    page.close()
    assert not [line for line in trouble if not CUT_OFF.search(line)]
