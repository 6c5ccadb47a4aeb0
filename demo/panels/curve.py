"""The forgetting curve: what is still known, against how much is removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
import plotly.graph_objects as go

from demo import templates
from demo.charts import forgetting_curve
from demo.panels.scripted import scripted
from engine.erasure.esc import METHOD
from engine.erasure.factor import ForgetFactor
from engine.erasure.spectrum import auto_rank, paper_rank
from engine.live.curve import Point
from engine.said import listed, noted, said

IDLE = noted(
    "Choose people, or erase some with ESC, and the curve is drawn. Other methods have no strength "
    "to vary."
)
PROBES = {
    "discriminant": noted("quick estimate by a closed-form probe"),
    "converged": noted("converged probe"),
}
PAPER_P = next(option.default for option in METHOD.options if option.name == "p")


def build_words() -> gr.HTML:
    """Heading and one sentence; event `look` says that somebody has come to see the curve."""
    return scripted("curve", value=heading(IDLE, "idle"))


def build_chart() -> gr.Plot:
    """The chart, which is not there before there is somebody's curve."""
    return gr.Plot(visible=False, show_label=False, elem_id="forgetting-curve")


def heading(words: str, state: str = "") -> str:
    """The panel's heading above `words`.

    `state` is "idle" where there is no curve to draw, and "waits" for one that nobody looks at yet.
    """
    return templates.render("curve", words=words, state=state)


def awaited(names: Sequence[str]) -> str:
    """Whose curve it is going to be."""
    return said(
        "{who}: the strengths of ESC are being drawn, each by a probe.", who=listed(names, 3)
    )


def words(names: Sequence[str], points: Sequence[Point]) -> str:
    """Whose curve it is and which probe drew it."""
    probes = [point.probe for point in points]
    probe = "converged" if probes and set(probes) == {"converged"} else "discriminant"
    return said(
        "{who}: {count} strengths of ESC, {probe}.",
        who=listed(names, 3),
        count=len(points),
        probe=PROBES[probe],
    )


def figure(
    factor: ForgetFactor, current: int | None, points: Sequence[Any], guessing: float
) -> go.Figure:
    """The curve with the rank in use, the spectrum's cliff and the paper's p marked.

    `guessing` is what a blind probe scores: `View.guessing`, never one of one.
    """
    return forgetting_curve(
        points,
        chance=guessing,
        current=current,
        cliff=auto_rank(factor.spectrum, len(factor.people)),
        paper=paper_rank(len(factor.directions), PAPER_P),
    )
