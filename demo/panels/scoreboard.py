"""The numbers: every default figure of the engine, before and after, and which way is good."""

from dataclasses import dataclass

import gradio as gr

from demo import templates
from demo.glossary import key_of
from demo.languages import translated
from engine.audit import always
from engine.audit.base import Metric
from engine.audit.figures import (
    Figures,
    arrow,
    chance_of,
    direction,
    in_full,
    look_up,
    written,
)
from engine.durations import took
from engine.live.slider import ESTIMATED
from engine.said import noted, said

WHOSE = (noted("the forgotten"), noted("everybody else"))


@dataclass(frozen=True)
class Cell:
    """A figure before and after (None: no deletion yet), its sign and its chance level, written.

    `full` is all of it, exactly and in a sentence. What is `about` so much is an estimate.
    """

    key: str
    full: str
    was: str
    now: str | None
    sign: str
    words: str
    chance: str
    about: bool = False


def build(value: str) -> gr.HTML:
    """The panel."""
    return gr.HTML(
        value=value,
        js_on_load=templates.playing("scoreboard"),
        apply_default_css=False,
        elem_id="scoreboard",
        elem_classes="lethe-panel",
    )


def render(
    before: Figures, after: Figures | None, seconds: float | None = None, *, exact: bool = True
) -> str:
    """The table's HTML; dashes stand where there is nothing to measure yet.

    A metric called `title, whose` shares its row with the others of that title. Those of `after`
    are a dragged slider's where they are not `exact`.
    """
    rows: dict[tuple[str, str], dict[str, Cell]] = {}
    for question in always():
        for metric in question.metrics:
            row = (key_of(metric.name), metric.name)
            rows.setdefault(row, {})[metric.whose[1]] = _cell(metric, before, after, exact)
    return templates.render(
        "scoreboard",
        heads=WHOSE if after is not None else (noted("the chosen"), WHOSE[1]),
        whose=WHOSE,
        rows=rows,
        time="–" if seconds is None else took(seconds),
        seconds=seconds,
    )


def _cell(metric: Metric, before: Figures, after: Figures | None, exact: bool) -> Cell:
    was, now = look_up(before, metric.key), look_up(after, metric.key)
    known = was is not None or now is not None
    last = after if after is not None else before
    level, word = chance_of(metric, last.get(metric.question, {}))
    chance: str = ""
    about = not exact and now is not None and metric.question in ESTIMATED
    full = in_full(metric, before, None if about else after)
    if full and metric.whom:
        whom = translated(metric.whom)
        full = said("{whom}: {figures}", whom=f"{whom[:1].upper()}{whom[1:]}", figures=full)
    if level is not None and metric.ideal is None and known:
        share = written(level, metric.unit)
        if word == "strangers":
            chance = said("strangers {share}", share=share)
        else:
            chance = said("guessing {share}", share=share)
        full = said("{figures}; {chance} {level:.4f}", figures=full, chance=word, level=level)
    return Cell(
        key=metric.key,
        full=said("{figures}.", figures=full) if full else "",
        was=written(was, metric.unit),
        now=None if after is None else written(now, metric.unit),
        sign=arrow(metric) if known else "",
        words=direction(metric),
        chance=chance,
        about=about,
    )
