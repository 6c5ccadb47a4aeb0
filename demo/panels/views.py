"""The places of the page, one shown at a time: a bar of real links below the header."""

from collections.abc import Sequence
from pathlib import Path

import gradio as gr

from demo import templates

HERE = Path(__file__)
PLACES: tuple[tuple[str, str], ...] = (
    ("studio", "Studio"),
    ("attack", "Attack"),
    ("compare", "Compare"),
    ("learn", "Learn"),
    ("yours", "Yours"),
)
"""Key, as in `?view=key`, and title; the first is shown where no other is asked for.

What belongs to a place has the class `view-key`; `assets/studio.css` hides what is elsewhere.
"""


def build(places: Sequence[tuple[str, str]] = PLACES) -> gr.HTML:
    """The bar. Scripts change the place by the window's event `lethe:view`, its detail the key;
    the window's event `lethe:viewed` tells which one is shown."""
    return gr.HTML(
        html_template="${markup}",
        css_template=HERE.with_suffix(".css").read_text(encoding="utf-8"),
        js_on_load=HERE.with_suffix(".js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="views",
        markup=markup(places),
    )


def markup(places: Sequence[tuple[str, str]]) -> str:
    """The bar's HTML."""
    return templates.render("views", places=places)
