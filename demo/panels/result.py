"""What came of a deletion, in a line at the thumb: on a phone the figures are out of sight."""

from typing import Any

import gradio as gr

from demo import templates
from demo.languages import translated
from demo.panels.scripted import scripted
from engine.audit import metrics
from engine.audit.figures import Figures, chance_of, look_up, written
from engine.erasure.base import Method
from engine.said import joined, noted, said_n
from engine.said import said as sentence

KR = "kr.forget_test"


def build() -> gr.HTML:
    """The line, hidden until the server's prop `said` has a text. It is for narrow screens only."""
    return scripted(
        "result",
        "playing",
        markup=templates.render("result"),
        said=said(0, None, {}, {}),
    )


def said(
    forgotten: int,
    method: Method | None,
    before: Figures,
    after: Figures | None,
    exact: bool = True,
) -> dict[str, Any]:
    """`text` says who is gone, and what a probe finds of them; empty before any deletion.

    `rough` marks the quick figures of a slider that moves, which are not read out.
    """
    if method is None or after is None:
        return {"text": "", "rough": False}
    title, bracket, short = translated(method.title).partition(" (")
    text = said_n(
        "{count} forgotten by {method}",
        "{count} forgotten by {method}",
        forgotten,
        method=short.rstrip(")") if bracket else title,
    )
    was, now = look_up(before, KR), look_up(after, KR)
    if now is not None:
        figure: str = written(now, "fraction")
        if not exact:
            figure = sentence("about {figure}", figure=figure)
        kr = sentence("KR {was} → {now}", was=written(was, "fraction"), now=figure)
        level, word = chance_of(metrics()[KR], after.get("kr", {}))
        if level is not None:
            kr = sentence(
                "{kr} ({chance} {level})",
                kr=kr,
                chance=noted("strangers") if word == "strangers" else noted("chance"),
                level=written(level, "fraction"),
            )
        text = joined(text, kr, by=" · ")
    return {"text": text, "rough": not exact}
