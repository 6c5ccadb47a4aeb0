"""What is odd about these photos: said before anybody believes a figure."""

import gradio as gr

from demo import templates
from engine.said import joined, noted, said, said_n
from engine.workspace import Workspace

SHOWN = 50
"""Photos left out that are listed one by one; the command line's `list` names them all."""


def build(value: str) -> gr.HTML:
    """The line above the ways to forget; nothing at all where nothing is odd."""
    return gr.HTML(value=value, js_on_load=None, apply_default_css=False, elem_id="odd")


def render(space: Workspace) -> str:
    """The panel's HTML: a line that opens, or nothing where all photos are used and plain."""
    lost = (*space.gallery.skipped, *space.lost)
    notes = space.notes
    account: str = space.gallery.account(space.lost)
    if (others := space.strangers) is not None and others.features.skipped:
        lost += others.features.skipped
        strangers = others.gallery.account(others.lost)
        account = joined(account, said("Strangers: {account}", account=strangers))
    if not (lost or space.oddities or notes):
        return ""
    return templates.render(
        "odd",
        line=_line(space, len(lost)),
        account=account,
        oddities=space.oddities,
        notes=notes,
        lost=lost,
        shown=SHOWN,
    )


def _line(space: Workspace, lost: int) -> str:
    pictured = space.gallery.pictured
    if space.oddities and not pictured:
        return noted("What is odd about these embeddings")
    if space.oddities:
        return noted("What is odd about these photos")
    if lost:
        return said_n("{count:,} file was left out", "{count:,} files were left out", lost)
    if not pictured:
        return noted("How these embeddings were read")
    return noted("How these photos were read")
