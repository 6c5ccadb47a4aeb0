"""Two words below the steps: take them away as a file, and open such a file."""

import gradio as gr

from demo import templates
from demo.panels.scripted import scripted


def build() -> gr.HTML:
    """The line. Events: `take` with a `turn`, `open_steps` with the `text` of a file.

    Props that the server sends: `any`, whether there are steps; `file`, what to save, with the turn
    that asked for it; `opened`, the method of the last step that a file held.
    """
    return scripted("saved", markup=templates.render("saved"), any=False, file=None, opened=None)
