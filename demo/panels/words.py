"""The glossary on the page: what a term's button opens, and the list of all words."""

import gradio as gr

from demo import glossary, templates
from demo.languages import translated as _
from demo.panels.scripted import scripted


def build() -> gr.HTML:
    """Both, out of sight until a `.term` or `[data-glossary]` anywhere on the page is pressed."""
    return scripted(
        "words",
        markup=markup(),
    )


def markup() -> str:
    """The HTML of both; the words in alphabetical order."""
    return templates.render(
        "words",
        words=sorted(glossary.words().values(), key=lambda one: _(one.name).casefold()),
    )
