"""The place "Learn": what the lesson is, where it begins, and its steps to enter by."""

import gradio as gr

from demo import templates
from demo.lessons.steps import STEPS
from demo.panels.scripted import scripted


def build() -> gr.HTML:
    """The place; its links and its button open the card of `demo.panels.lesson`."""
    return scripted(
        "learn",
        value=templates.render("learn", steps=STEPS),
    )
