"""All methods on the same people: a table to sort, and what each trades for what."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import gradio as gr
import plotly.graph_objects as go

from demo.trade_off import trade_off
from engine.compare import COLUMNS, ORIGINAL, RETRAINED, Column, Row, title_of
from engine.durations import took

HERE = Path(__file__)
OURS = "stand-in"
ARROWS = {"down": ("↓", "lower is better"), "up": ("↑", "higher is better")}


def build(value: str) -> gr.HTML:
    """The table; events `compare` and `stop` are its two buttons."""
    return gr.HTML(
        value=value,
        css_template=HERE.with_suffix(".css").read_text(encoding="utf-8"),
        js_on_load=HERE.with_suffix(".js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="compare",
    )


def build_chart() -> gr.Plot:
    """The trade-off chart, which is not there before there is something to show."""
    return gr.Plot(visible=False, show_label=False, elem_id="trade-off")


def render(
    names: Sequence[str],
    rows: Sequence[Row],
    waiting: Sequence[str] = (),
    *,
    ready: bool = True,
    running: bool = False,
) -> str:
    """The table's HTML: `rows` that are there, titles of methods that are still `waiting`.

    With no row at all nothing has been started. Stop is ready while methods are `running`.
    """
    go, stop = (" disabled", "") if running else ("", " disabled")
    heads = "".join(_head(column) for column in COLUMNS)
    body = "".join(_row(row) for row in rows)
    word = "waiting" if rows or running else "not run yet"
    body += "".join(
        f'<tr class="waiting"><th scope="row">{escape(title)}</th>'
        f'<td colspan="{len(COLUMNS)}">{word}</td></tr>'
        for title in waiting
    )
    who = escape(", ".join(names[:3]) + (" …" if len(names) > 3 else ""))
    whom = f"on {who}" if names else "choose or forget people first"
    ended = "" if ready or waiting else " (stopped)"
    return f"""
<section aria-label="Compare all methods">
  <div class="top">
    <div><h2>Compare all methods <small>{whom}{ended}</small></h2>
    <p class="lead">Every method erases the same people from the same start, and meets the same
    attacks. Grey is chance: what the same attack does with strangers. Click a heading to sort.</p>
    </div>
    <button type="button" class="chip go" data-compare{go}>Run all methods</button>
    <button type="button" class="chip" data-stop{stop}>Stop</button>
  </div>
  <div class="scroll" tabindex="0" role="region" aria-label="Figures of each method">
  <table><thead><tr><th scope="col">Method</th>{heads}</tr></thead><tbody>{body}</tbody></table>
  </div>
</section>"""


def chart(rows: Sequence[Row]) -> go.Figure:
    """What is still known of the forgotten against who else is still found, a point a method."""
    points = {
        row.title: (row.figures["known"], row.figures["retrieval.retain_recall_at_1"])
        for row in rows
        if row.error is None
        and row.figures["known"] is not None
        and row.figures["retrieval.retain_recall_at_1"] is not None
    }
    return trade_off(
        points,
        reference=title_of(RETRAINED),
        ours=title_of(OURS),
        original=title_of(ORIGINAL),
        x_title="known of the forgotten, beyond strangers",
        y_title="everybody else, found at rank 1",
    )


def _head(column: Column) -> str:
    sign, words = ARROWS.get(column.good, ("", ""))
    title = "Time" if column.unit == "seconds" else column.title
    if column.ideal is not None:
        sign, words = f"{column.ideal:g}".replace("0.", "."), f"best at {column.ideal:g}"
    return (
        f'<th scope="col" aria-sort="none"><button type="button" data-key="{escape(column.key)}" '
        f'data-good="{column.good}" title="{escape(column.help)} {words}.">'
        f'{escape(title)} <i aria-hidden="true">{sign}</i>'
        f'<span class="sr">{words}, sort</span></button></th>'
    )


def _row(row: Row) -> str:
    kind = "ours" if row.method == OURS else "original" if row.method == ORIGINAL else ""
    head = (
        f'<tr class="{kind}" data-method="{escape(row.method)}">'
        f'<th scope="row">{escape(row.title)}</th>'
    )
    if row.error is not None:
        return f'{head}<td class="wrong" colspan="{len(COLUMNS)}">{escape(row.error)}</td></tr>'
    return head + "".join(_cell(row, column) for column in COLUMNS) + "</tr>"


def _cell(row: Row, column: Column) -> str:
    value = row.figures.get(column.key)
    if value is None:
        return "<td>–</td>"
    far = abs(value - column.ideal) if column.ideal is not None else value
    floor = row.figures.get(column.floor) if column.floor else None
    small = "" if floor is None else f"<small>{_figure(floor, column)}</small>"
    exact = f"{value:.4f}" + ("" if floor is None else f", chance {floor:.4f}")
    return f'<td data-value="{far:.6f}" title="{exact}"><b>{_figure(value, column)}</b>{small}</td>'


def _figure(value: float, column: Column) -> str:
    if column.unit == "seconds":
        return took(value)
    if column.unit == "score":
        return f"{value:.2f}".replace("0.", ".", 1)
    digits = 1 if column.good == "up" and value < 1 else 0
    return f"{100 * value:.{digits}f}\u202f%"
