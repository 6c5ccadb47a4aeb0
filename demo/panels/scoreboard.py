"""The numbers: every default figure of the engine, before and after, and which way is good."""

from dataclasses import dataclass

import gradio as gr

from demo import templates
from engine.audit import always
from engine.audit.base import Metric
from engine.audit.figures import (
    Figures,
    arrow,
    chance_of,
    direction,
    exactly,
    look_up,
    written,
)
from engine.durations import took

WHOSE = ("the forgotten", "everybody else")


@dataclass(frozen=True)
class Cell:
    """A figure before and after (None: no deletion yet), its sign and its chance level, written."""

    key: str
    tip: str
    was: str
    now: str | None
    sign: str
    words: str
    chance: tuple[str, str] | None


def build(value: str) -> gr.HTML:
    """The panel."""
    return gr.HTML(
        value=value,
        apply_default_css=False,
        elem_id="scoreboard",
        elem_classes="lethe-panel",
    )


def render(before: Figures, after: Figures | None, seconds: float | None = None) -> str:
    """The table's HTML; dashes stand where there is nothing to measure yet.

    A metric called `title, whose` shares its row with the others of that title.
    """
    rows: dict[str, dict[str, Cell]] = {}
    for question in always():
        for metric in question.metrics:
            title, whose = metric.whose
            rows.setdefault(title, {})[whose] = _cell(metric, before, after)
    return templates.render(
        "scoreboard",
        heads=WHOSE if after is not None else ("the chosen", WHOSE[1]),
        whose=WHOSE,
        rows=rows,
        time="–" if seconds is None else took(seconds),
        seconds=seconds,
    )


def _cell(metric: Metric, before: Figures, after: Figures | None) -> Cell:
    was, now = look_up(before, metric.key), look_up(after, metric.key)
    known = was is not None or now is not None
    last = after if after is not None else before
    level, word = chance_of(metric, last.get(metric.question, {}))
    chance = None
    if level is not None and metric.ideal is None and known:
        short = "strangers" if word == "strangers" else "guessing"
        chance = (word, f"{short} {written(level, metric.unit)}")
    return Cell(
        key=metric.key,
        tip=exactly(metric, before, after),
        was=written(was, metric.unit),
        now=None if after is None else written(now, metric.unit),
        sign=arrow(metric) if known else "",
        words=direction(metric),
        chance=chance,
    )
