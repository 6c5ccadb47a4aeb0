"""The numbers: every default figure of the engine, before and after, and which way is good."""

from collections.abc import Mapping
from html import escape

import gradio as gr

from engine.audit import DEFAULT, QUESTIONS
from engine.audit.base import Metric
from engine.audit.figures import chance_of
from engine.durations import took

Figures = Mapping[str, Mapping[str, object]]
"""What `engine.audit.audit` answers: figures by question."""

JS = """
let later = null;
watch('value', () => {
  clearTimeout(later);
  later = setTimeout(() => trigger('rested', {}), 300);
});
"""
WHOSE = ("the forgotten", "everybody else")
ARROWS = {"down": ("↓", "lower is better"), "up": ("↑", "higher is better")}


def build(value: str) -> gr.HTML:
    """The panel. Event `rested`, a moment after its last change: what takes long follows that."""
    return gr.HTML(
        value=value,
        js_on_load=JS,
        apply_default_css=False,
        elem_id="scoreboard",
        elem_classes="lethe-panel",
    )


def render(before: Figures, after: Figures | None, seconds: float | None = None) -> str:
    """The table's HTML; dashes stand where there is nothing to measure yet.

    A metric called `title, whose` shares its row with the others of that title.
    """
    rows: dict[str, dict[str, Metric]] = {}
    for question in DEFAULT:
        for metric in QUESTIONS[question].metrics:
            title, _, whose = metric.title.partition(", ")
            rows.setdefault(title, {})[whose] = metric
    body = "".join(_row(title, own, before, after) for title, own in rows.items())
    time = "–" if seconds is None else took(seconds)
    exact = f' title="{seconds:.4f} s"' if seconds is not None else ""
    names = WHOSE if after is not None else ("the chosen", WHOSE[1])
    heads = "".join(f'<th scope="col">{escape(_capital(whose))}</th>' for whose in names)
    return f"""
<h2 id="numbers-title">Numbers <small>before → after, on test photos</small></h2>
<table class="numbers" aria-labelledby="numbers-title">
  <thead><tr><th scope="col"><span class="sr">Figure</span></th>{heads}</tr></thead>
  <tbody>{body}
  <tr title="From the first sum to the fitted eraser; embedding the photos is not part of it.">
  <th scope="row">Time to forget</th><td colspan="2"{exact}><b>{time}</b></td></tr></tbody>
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
        return took(value)
    if unit == "score":
        return f"{value:.2f}".replace("0.", ".", 1) if 0 <= value < 1 else f"{value:.2f}"
    return f"{100 * value:.0f}\u202f%"


def _row(title: str, own: Mapping[str, Metric], before: Figures, after: Figures | None) -> str:
    if "" in own:
        cells = _cell(own[""], before, after, wide=True)
    else:
        cells = "".join(
            _cell(own[whose], before, after) if whose in own else "<td></td>" for whose in WHOSE
        )
    return f'<tr><th scope="row">{escape(title)}</th>{cells}</tr>'


def _cell(metric: Metric, before: Figures, after: Figures | None, *, wide: bool = False) -> str:
    was, now = look_up(before, metric.key), look_up(after, metric.key)
    sign, words = ARROWS.get(metric.good, ("", ""))
    if metric.good == "ideal" and metric.ideal is not None:
        sign = f"ideal {figure(metric.ideal, metric.unit)}"
        words = f"best at {figure(metric.ideal, metric.unit)}"
    question = metric.key.partition(".")[0]
    last = after if after is not None else before
    chance, word = chance_of(metric, last.get(question, {}))
    small = ""
    if chance is not None and metric.ideal is None and (was is not None or now is not None):
        short = "strangers" if word == "strangers" else "guessing"
        small = f'<small title="{escape(word)}">{short} {figure(chance, metric.unit)}</small>'
    if was is None and now is None:
        sign = ""
    values = f'<span class="was">{figure(was, metric.unit)}</span>'
    if after is not None:
        values += f' <span aria-hidden="true">→</span> <b>{figure(now, metric.unit)}</b>'
    span = ' colspan="2"' if wide else ""
    return (
        f'<td{span} data-metric="{escape(metric.key)}" '
        f'title="{escape(_tip(metric, was, now, last, words))}">'
        f'{values} <i aria-hidden="true">{sign}</i><span class="sr">{words}</span>{small}</td>'
    )


def _tip(
    metric: Metric, was: float | None, now: float | None, last: Figures | None, words: str
) -> str:
    parts = [metric.help, f"{_capital(words)}."]
    sides = (("before", was), ("after", now))
    exact = [f"{side} {value:.4f}" for side, value in sides if value is not None]
    if exact:
        low, high = (look_up(last, f"{metric.key}_{end}") for end in ("low", "high"))
        spread = f", 95 % interval {low:.3f} to {high:.3f}" if low is not None and high else ""
        parts.append(f"Exactly: {', '.join(exact)}{spread}.")
    return " ".join(parts)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
