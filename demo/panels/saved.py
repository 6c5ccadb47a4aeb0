"""Two words below the steps: to what can be taken along, and opening a file of saved steps."""

import gradio as gr

from demo import templates
from demo.panels.scripted import scripted


def build() -> gr.HTML:
    """The line. Event: `open_steps` with the `text` of a file.

    Props that the server sends: `any`, whether there are steps; `opened`, the method of the last
    step that a file held.
    """
    return scripted("saved", markup=templates.render("saved"), any=False, opened=None)
