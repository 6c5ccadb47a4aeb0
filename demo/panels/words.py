"""The glossary on the page: what a term's button opens, and the list of all words."""

from pathlib import Path

import gradio as gr

from demo import glossary, templates

HERE = Path(__file__)


def build() -> gr.HTML:
    """Both, out of sight until a `.term` or `[data-glossary]` anywhere on the page is pressed."""
    return gr.HTML(
        html_template="${markup}",
        css_template=HERE.with_suffix(".css").read_text(encoding="utf-8"),
        js_on_load=HERE.with_suffix(".js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="words",
        markup=markup(),
    )


def markup() -> str:
    """The HTML of both; the words in alphabetical order."""
    return templates.render("words", words=glossary.words().values())
