"""A link to what is shown, to copy and as a QR code for a room: a panel over the page."""

import gradio as gr
import segno
from markupsafe import Markup

from demo import templates
from demo.panels.scripted import scripted


def build() -> gr.HTML:
    """The panel, hidden until the window's event `lethe:share`.

    Events: `ask` for what is to be shown, `open_link` with the page's own query string. Props that
    the server sends: `session`, from which on a link may be opened; `shown`, the HTML and the turn
    that it answers; `opened`, what became of a link; `stands`, what a link would hold now.
    """
    return scripted(
        "share",
        markup=templates.render("share_box"),
        session="",
        shown=None,
        opened=None,
        stands=None,
    )


def render(address: str, *, here_only: bool) -> str:
    """The panel's HTML for a link; `here_only` where its host is this very computer."""
    # Only lines and numbers come from the library; the address is not in the picture's text.
    code = segno.make_qr(address, error="l").svg_inline(omitsize=True, border=4)
    return templates.render(
        "share", address=address, code=Markup(code), here_only=here_only, why=""
    )


def refused(why: str) -> str:
    """The panel's HTML where there is no link, with the reason."""
    return templates.render("share", address="", code="", here_only=False, why=why)
