"""The numbers: every default figure of the engine, before and after, and which way is good."""

from collections.abc import Mapping
from html import escape

import gradio as gr

from engine.audit import DEFAULT, METRICS, QUESTIONS
from engine.audit.base import Metric

Figures = Mapping[str, Mapping[str, object]]
"""What `engine.audit.audit` answers: figures by question."""

ARROWS = {"down": ("↓", "lower is better"), "up": ("↑", "higher is better")}


def build(value: str) -> gr.HTML:
    """The panel."""
    return gr.HTML(
        value=value,
        js_on_load=None,
        apply_default_css=False,
        elem_id="scoreboard",
        elem_classes="lethe-panel",
    )


def render(before: Figures, after: Figures | None, seconds: float | None = None) -> str:
    """The table's HTML; dashes stand where there is nothing to measure yet."""
    groups: dict[str, list[str]] = {}
    for question in DEFAULT:
        for metric in QUESTIONS[question].metrics:
            title, _, whose = metric.title.partition(", ")
            row = _row(METRICS[metric.key], title, before, after)
            groups.setdefault(whose, []).append(row)
    rows = "".join(
        _heading(whose or "overall") + "".join(groups[whose])
        for whose in sorted(groups, key=lambda whose: not whose)
    )
    took = f"{seconds:.2f} s" if seconds is not None else "–"
    exact = f' title="{seconds:.4f} s"' if seconds is not None else ""
    return f"""
<table class="numbers">
  <caption><h2>Numbers <small>test photos; hover for what each one is</small></h2></caption>
  <thead><tr><th scope="col"><span class="sr">Figure</span></th><th scope="col">before</th>
  <th scope="col">after</th><th scope="col">good</th><th scope="col">chance</th></tr></thead>
  <tbody>{rows}
  <tr title="From the first sum to the fitted eraser; embedding the photos is not part of it.">
  <th scope="row">Time to forget</th><td></td><td class="after"{exact}>{took}</td><td></td><td></td>
  </tr></tbody>
</table>"""


def look_up(figures: Figures | None, key: str) -> float | None:
    """A figure by its metric's key, None where it was not measured."""
    question, _, name = key.partition(".")
    value = (figures or {}).get(question, {}).get(name)
    return float(value) if isinstance(value, int | float) else None


def figure(value: float | None, unit: str) -> str:
    """A figure as the page writes it: percent without decimals, scores in two."""
    if value is None:
        return "–"
    if unit == "seconds":
        return f"{value:.2f} s"
    if unit == "score":
        return f"{value:.2f}".replace("0.", ".", 1) if 0 <= value < 1 else f"{value:.2f}"
    return f"{100 * value:.0f}\u202f%"


def _row(metric: Metric, title: str, before: Figures, after: Figures | None) -> str:
    was, now = look_up(before, metric.key), look_up(after, metric.key)
    if metric.good == "ideal" and metric.ideal is not None:
        sign = f"→ {figure(metric.ideal, metric.unit)}"
        words = f"best at {figure(metric.ideal, metric.unit)}"
    else:
        sign, words = ARROWS.get(metric.good, ("", ""))
    question = metric.key.partition(".")[0]
    source = after if after is not None else before
    chance = look_up(source, f"{question}.{metric.chance}") if metric.chance else None
    low, high = (look_up(source, f"{metric.key}_{end}") for end in ("low", "high"))
    spread = f", 95 % interval {low:.3f} to {high:.3f}" if low is not None and high else ""
    tip = escape(f"{metric.help} Here {words}{spread}.")
    return (
        f'<tr title="{tip}" data-metric="{escape(metric.key)}"><th scope="row">'
        f"{escape(title)}</th>{_cell(was, metric.unit, 'before')}"
        f"{_cell(now, metric.unit, 'after')}"
        f'<td class="good"><span aria-hidden="true">{sign}</span>'
        f'<span class="sr">{words}</span></td>'
        f'<td class="chance">{figure(chance, metric.unit) if chance is not None else ""}</td></tr>'
    )


def _cell(value: float | None, unit: str, side: str) -> str:
    exact = f' title="{value:.4f}"' if value is not None else ""
    return f'<td class="{side}"{exact}>{figure(value, unit)}</td>'


def _heading(whose: str) -> str:
    words = escape(whose[:1].upper() + whose[1:])
    return f'<tr class="whose"><th scope="rowgroup" colspan="5">{words}</th></tr>'
