"""The place "Learn": what the lesson is, where it begins, and its steps to enter by."""

from pathlib import Path

import gradio as gr

from demo import templates
from demo.lessons.steps import STEPS

HERE = Path(__file__)


def build() -> gr.HTML:
    """The place; its links and its button open the card of `demo.panels.lesson`."""
    return gr.HTML(
        value=templates.render("learn", steps=STEPS),
        css_template=HERE.with_suffix(".css").read_text(encoding="utf-8"),
        js_on_load=HERE.with_suffix(".js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="learn",
    )
