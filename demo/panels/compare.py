"""All methods on the same people: a table to sort, and what each trades for what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
import plotly.graph_objects as go

from demo import templates
from demo.glossary import key_of
from demo.languages import translated as _
from demo.panels.attack import whose
from demo.panels.scripted import scripted
from demo.trade_off import trade_off
from engine.audit.base import Metric
from engine.audit.figures import arrow, direction, written
from engine.compare import ORIGINAL, RETRAINED, Row, columns, title_of
from engine.erasure import METHODS
from engine.said import noted, said

OURS = "stand-in"


def build(value: str) -> gr.HTML:
    """The table; events `compare` and `stop` are its buttons, `open` that its place is entered."""
    return scripted(
        "compare",
        "entering",
        value=value,
        session="",
    )


def build_chart() -> gr.Plot:
    """The trade-off chart, which is not there before there is something to show."""
    return gr.Plot(visible=False, show_label=False, elem_id="trade-off")


def render(
    names: Sequence[str],
    rows: Sequence[Row],
    waiting: Sequence[str] = (),
    *,
    left: Sequence[str] = (),
    ready: bool = True,
    running: bool = False,
    waits: str = "",
    lasts: str = "",
) -> str:
    """The table's HTML: `rows` that are there, titles of methods that are `waiting`, and `left`.

    With no row at all nothing has been started; where some are there and not `ready`, it was
    stopped. Stop is ready while methods are `running`. `waits` says for how many, `lasts` how long
    the methods that are left will take, as far as that is known.
    """
    whom: str = said("on {names}", names=whose(names)) if names else ""
    if whom and not (ready or waiting):
        whom = said("{on} (stopped)", on=whom)
    return templates.render(
        "compare",
        about=names,
        heads=[_head(metric) for metric in columns()],
        rows=[_row(row) for row in rows],
        waiting=waiting,
        left=left,
        nobody=not names,
        go=_go(bool(rows), bool(left), ready),
        whom=waits or whom,
        running=running,
        lasts=lasts,
    )


def _go(some: bool, left: bool, ready: bool) -> str:
    """What the button does next; empty where nothing is left to do."""
    if not some:
        return noted("Run all methods")
    if not left:
        return ""
    return noted("Run those that train, too") if ready else noted("Go on")


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
        x_title=_("known of the forgotten, beyond strangers"),
        y_title=_("everybody else, found at rank 1"),
    )


def _head(metric: Metric) -> dict[str, str]:
    return {
        "key": metric.key,
        "good": metric.good,
        "title": metric.title if metric.unit == "seconds" else metric.column,
        "word": key_of(metric.name),
        "sign": arrow(metric),
        "words": direction(metric),
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "method": row.method,
        "title": row.title,
        "word": key_of(row.title) if row.method in METHODS else "",
        "kind": {OURS: "ours", ORIGINAL: "original"}.get(row.method, ""),
        "error": row.error,
        "cells": [_cell(row, metric) for metric in columns()],
    }


def _cell(row: Row, metric: Metric) -> dict[str, Any] | None:
    value = row.figures.get(metric.key)
    if value is None:
        return None
    floor = row.figures.get(metric.floor) if metric.floor else None
    fine = metric.good == "up" and value < 1
    return {
        "value": written(value, metric.unit, fine=fine),
        "floor": None if floor is None else written(floor, metric.unit),
        "far": value if metric.ideal is None else abs(value - metric.ideal),
        "exact": f"{value:.4f}"
        if floor is None
        else said("{value:.4f}, chance {floor:.4f}", value=value, floor=floor),
    }
