"""A button that writes the report of what is on screen."""

import gradio as gr

from demo import templates
from demo.panels.scripted import scripted


def build() -> gr.HTML:
    """The panel. Events: `make`, with its `turn`, and `taken` once its files are saved.

    Props that the server sends: `session`, from which on it may be asked; `ready`, whether
    anybody is forgotten; `made`, the files of a turn, none where it failed.
    """
    return scripted("report", markup=templates.render("report"), session="", ready=False, made=None)
