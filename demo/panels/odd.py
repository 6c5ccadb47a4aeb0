"""What is odd about these photos: said before anybody believes a figure."""

from html import escape

import gradio as gr

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
    account = space.gallery.account(space.lost)
    if (others := space.strangers) is not None and others.features.skipped:
        lost += others.features.skipped
        account += f" Strangers: {others.gallery.account(others.lost)}"
    if not (lost or space.oddities or notes):
        return ""
    odd = "".join(
        f"<li><b>{escape(one.says)}</b> {escape(one.advice)}</li>" for one in space.oddities
    )
    odd = f"<ul>{odd}</ul>" if odd else ""
    assumed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    assumed = f"<h3>What was assumed</h3><ul>{assumed}</ul>" if assumed else ""
    files = "".join(f"<li>{escape(one.key)}: {escape(one.reason)}</li>" for one in lost[:SHOWN])
    if len(lost) > SHOWN:
        files += f"<li>and {len(lost) - SHOWN:,} more</li>"
    files = f"<h3>Left out</h3><ul>{files}</ul>" if files else ""
    return (
        f'<details class="odd pop{" alarm" if space.oddities else ""}">'
        f"<summary>{escape(_line(space, len(lost)))}</summary>"
        f'<div class="menu"><p>{escape(account)}</p>{odd}{assumed}{files}</div></details>'
    )


def _line(space: Workspace, lost: int) -> str:
    if space.oddities:
        return "What is odd about these photos"
    if lost:
        return f"{lost:,} {'file was' if lost == 1 else 'files were'} left out"
    return "How these photos were read"
