"""The places of the page, one shown at a time: a bar of real links below the header."""

from collections.abc import Sequence

import gradio as gr

from demo import templates
from demo.panels.scripted import scripted
from engine.said import noted

PLACES: tuple[tuple[str, str], ...] = (
    ("studio", noted("Studio")),
    ("attack", noted("Attack")),
    ("compare", noted("Compare")),
    ("learn", noted("Learn")),
    ("yours", noted("Yours")),
)
"""Key, as in `?view=key`, and title; the first is shown where no other is asked for.

What belongs to a place has the class `view-key`; `assets/studio.css` hides what is elsewhere.
"""


def build(places: Sequence[tuple[str, str]] = PLACES) -> gr.HTML:
    """The bar. Scripts change the place by the window's event `lethe:view`, its detail the key;
    the window's event `lethe:viewed` tells which one is shown."""
    return scripted(
        "views",
        "arriving",
        markup=markup(places),
    )


def markup(places: Sequence[tuple[str, str]]) -> str:
    """The bar's HTML."""
    return templates.render("views", places=places)
