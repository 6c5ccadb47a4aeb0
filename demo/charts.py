"""Plotly figures in the page's colours: the forgetting curve, ROC, and what all share.

A figure does not know whether the page is light or dark. Its ground is transparent, and what is
drawn in a colour of the light page is repainted by `css` with that colour's property.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from demo.languages import translated as _
from demo.palette import light
from engine.audit import metrics
from engine.audit.depth import Layer
from engine.audit.figures import chance_of, written
from engine.audit.probe_strength import Strength
from engine.said import said
from engine.service.schedule import FIGURES, Field, Moment, right_after

KNOWN, FORGOTTEN, INNOCENT, NEUTRAL = map(light, ("known", "forgotten", "innocent", "muted"))
LEAST = 1e-4
"""The least false accept rate that is drawn."""

SMALL, PLOT_LEFT, PLOT_RIGHT = 300, 46, 22
"""Height of a small chart, and pixels left and right of its axes; `attack.css` knows them too."""

FONT = '"IBM Plex Sans", system-ui, sans-serif'

STYLE = """
.js-plotly-plot text { fill: var(--muted) !important; font-variant-numeric: tabular-nums; }
.js-plotly-plot .legendtext, .js-plotly-plot .annotation-text, .js-plotly-plot .gtitle,
.js-plotly-plot .textpoint text { fill: var(--ink) !important; }
.js-plotly-plot .annotation-text { paint-order: stroke; stroke: var(--card); stroke-width: 4px;
  stroke-linejoin: round; }
.js-plotly-plot .gridlayer path, .js-plotly-plot .zerolinelayer path {
  stroke: var(--line) !important; }
.js-plotly-plot .xaxislayer-above path, .js-plotly-plot .yaxislayer-above path {
  stroke: var(--muted) !important; }
.js-plotly-plot .hoverlayer .hovertext path { fill: var(--card) !important;
  stroke: var(--line) !important; fill-opacity: 1 !important; }
.js-plotly-plot .hoverlayer text { fill: var(--ink) !important; }
.js-plotly-plot .hoverlayer .legend .bg { fill: var(--card) !important;
  stroke: var(--line) !important; }
.js-plotly-plot .hoverlayer .spikeline { stroke: var(--muted) !important;
  stroke-width: 1px !important; }
.js-plotly-plot .modebar-container { display: none; }
"""


def css() -> str:
    """What repaints a figure as the page goes light or dark; part of the page's style."""
    painted = []
    for name in ("known", "forgotten", "innocent", "muted"):
        red, green, blue = (int(light(name)[at : at + 2], 16) for at in (1, 3, 5))
        for part in ("stroke", "fill"):
            painted.append(
                f'.js-plotly-plot [style*="{part}: rgb({red}, {green}, {blue})"] '
                f"{{ {part}: var(--{name}) !important; }}"
            )
    return "\n".join(painted) + STYLE


def layout(height: int, x: str, y: str, **more: Any) -> go.Layout:
    """What all figures share: one font, few lines, no mode bar, room for the words."""
    axis: dict[str, Any] = {
        "showline": False,
        "ticks": "",
        "zeroline": False,
        "automargin": True,
        "gridcolor": light("line"),
        "fixedrange": True,
        "title": {"font": {"size": 12}, "standoff": 8},
    }
    base: dict[str, Any] = {
        "template": "none",
        "height": height,
        "margin": {"l": 8, "r": 12, "t": 12, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 12, "color": NEUTRAL},
        "hoverlabel": {"font": {"family": FONT, "size": 12}, "align": "left"},
        "hovermode": "closest",
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "xaxis": {**axis, "title": {**axis["title"], "text": x}},
        "yaxis": {**axis, "title": {**axis["title"], "text": y}},
    }
    for key, value in more.items():
        base[key] = {**base[key], **value} if isinstance(base.get(key), dict) else value
    return go.Layout(**base)


def shown(figure: go.Figure | None) -> dict[str, Any]:
    """The properties of a `gr.Plot`: it is there when there is something to show.

    Its label is not seen, but read aloud.
    """
    if figure is None or not figure.data:
        return {"visible": False}
    return {"value": figure, "visible": True, "label": told(figure)}


def warm() -> None:
    """Load what draws, so that the first chart does not wait for it."""
    layout(SMALL, "", "")


def told(figure: go.Figure) -> str:
    """A chart of shares in words, for who does not see it: from where to where each line goes."""
    parts = []
    for trace in figure.data:
        values = [one for one in trace.y if one is not None] if trace.name and trace.y else []
        if values:
            first, last = (written(one, "fraction") for one in (values[0], values[-1]))
            parts.append(
                f"{trace.name} {first}"
                if first == last
                else _(said("{line} {first} to {last}", line=trace.name, first=first, last=last))
            )
    title, axis = figure.layout.title.text or _("Chart"), figure.layout.xaxis.title.text
    lines = "; ".join(parts)
    if axis:
        return _(said("{title}, by {axis}: {lines}.", title=title, axis=axis, lines=lines))
    return f"{title}: {lines}."


def _small(title: str, x: str, **more: Any) -> go.Figure:
    """A chart of shares for half a column: fixed margins, and its legend below the axis."""
    margin = {"l": PLOT_LEFT, "r": PLOT_RIGHT, "t": 34 if title else 10, "b": 104}
    legend = {"x": 0, "y": 0, "yref": "container", "yanchor": "bottom", "font": {"size": 11.5}}
    heading = {"text": title, "x": 0, "y": 0.985, "yanchor": "top", "font": {"size": 13}}
    figure = go.Figure(
        layout=layout(
            SMALL, x, "", margin=margin, legend=legend, title=heading, hovermode="x unified", **more
        )
    )
    figure.update_layout(
        yaxis={
            "range": [-0.03, 1.05],
            "tickformat": ".0%",
            "tickvals": [0, 0.5, 1],
            "automargin": False,
        },
        xaxis={"showgrid": False, "automargin": False, "ticklabeloverflow": "allow"},
    )
    return figure


def _line(
    figure: go.Figure,
    name: str,
    role: str,
    x: Sequence[float],
    y: Sequence[float | None],
    *,
    before: bool = False,
    marks: bool = True,
) -> None:
    """One series of shares; None breaks it. What is nobody's (chance, strangers) is dashed grey."""
    colour = {"known": KNOWN, "forgotten": FORGOTTEN, "innocent": INNOCENT}.get(role, NEUTRAL)
    dash = "dot" if before else "solid" if role in ("known", "forgotten") else "dash"
    figure.add_scatter(
        x=list(x),
        y=list(y),
        name=name,
        mode="lines+markers" if marks and dash == "solid" else "lines",
        line={"color": colour, "width": 2 if dash == "solid" else 1.4, "dash": dash},
        marker={"color": colour, "size": 5},
        connectgaps=False,
        hovertemplate="%{y:.1%}",
    )


def strength(curve: Strength, effort: str) -> go.Figure:
    """What a probe names at each step of its effort: forgotten, the rest, strangers as floor.

    Steps stand at equal distances from 0 on, so that a cursor over the chart finds them.
    """
    figure = _small("", effort)
    steps = range(len(curve.effort))
    every = max(-(-(len(steps) - 1) // 5), 1)
    figure.update_xaxes(
        range=[0, max(len(steps) - 1, 1)],
        tickvals=list(steps)[::every],
        ticktext=[f"{curve.effort[at]:g}" for at in steps[::every]],
    )
    _line(figure, _("the forgotten"), "forgotten", steps, curve.forget)
    _line(figure, _("everybody else"), "known", steps, curve.retain)
    _line(figure, _("strangers taken for one of them"), "stranger", steps, curve.floor)
    figure.update_traces(cliponaxis=False)
    return figure


def relearning(was: Mapping[str, Any] | None, now: Mapping[str, Any]) -> go.Figure:
    """Share recognised again by the number of photos enrolled: `shots`, `accuracy`, `floor`."""
    figure = _small(_("How many photos to know them again?"), _("photos the attacker enrols"))
    if was is not None:
        _line(figure, _("before"), "forgotten", was["shots"], was["accuracy"], before=True)
    _line(figure, _("recognised"), "forgotten", now["shots"], now["accuracy"])
    _line(figure, _("strangers taken for them"), "stranger", now["shots"], now["floor"])
    shots = list(now["shots"])
    figure.update_xaxes(type="log", tickvals=shots, ticktext=[str(one) for one in shots])
    return figure


def depth(layers: Sequence[Layer]) -> go.Figure:
    """KR at each layer, from the first to the last."""
    figure = _small(_("KR by depth: earlier layers still know"), "")
    names = [layer.name for layer in layers]
    places = range(len(names))
    _line(figure, _("the forgotten"), "forgotten", places, [one.forget_test for one in layers])
    _line(figure, _("the rest"), "known", places, [one.retain_test for one in layers])
    figure.update_xaxes(tickvals=list(places), ticktext=names, tickangle=-35, tickfont={"size": 11})
    return figure


def schedule(moments: Sequence[Moment], requests: int, field: Field) -> go.Figure:
    """How bystanders and all forgotten so far are known after each of so many requests.

    `field` is the figure of a `Group`. Dotted are the same people, each right after their own
    request; dashed is chance, which for KR is what the same probe scores on strangers where there
    are some.
    """
    metric = metrics()[FIGURES[field]]
    figure = _small(_(metric.spelled), "")
    _below(figure, _("requests so far"))
    done = [one.done for one in moments]
    every = max(-(-requests // 10), 1)
    figure.update_xaxes(range=[0, max(requests, 1)], tickvals=[*range(0, requests + 1, every)])
    figure.update_yaxes(ticksuffix="\u00a0")
    others = [getattr(one.bystanders, field) for one in moments]
    gone = [getattr(one.forgotten, field) for one in moments]
    own = [getattr(right_after(moments[: at + 1]), field) for at in range(len(moments))]
    chance = [chance_of(metric, one.figures[metric.question])[0] for one in moments]
    _line(figure, _("bystanders"), "known", done, others)
    _line(figure, _("forgotten so far"), "forgotten", done, gone)
    _line(
        figure, _("the same, each right after their own day"), "forgotten", done, own, before=True
    )
    _line(figure, _("chance"), "chance", done, chance)
    figure.update_traces(cliponaxis=False)
    return figure


@dataclass(frozen=True)
class CurvePoint:
    """The forgetting curve at one rank; shares 0 to 1, None where there is nothing to measure."""

    rank: int
    kr_forget: float | None
    kr_retain: float | None
    map_forget: float | None = None


def forgetting_curve(
    points: Sequence[CurvePoint],
    *,
    chance: float | None = None,
    current: int | None = None,
    cliff: int | None = None,
    paper: int | None = None,
    height: int = 260,
) -> go.Figure:
    """KR of the forgotten and of the rest, and mAP of the forgotten, against removed directions.

    `points` by rank need `.rank`, `.kr_forget`, `.kr_retain` and may have `.map_forget`. Marked
    are the rank in use, the spectrum's cliff and the paper's p; `chance` is guessing among the
    forgotten.
    """
    figure = go.Figure(layout=layout(height, _("directions removed"), _("test photos")))
    figure.update_layout(yaxis={"range": [-0.03, 1.06], "tickformat": ".0%", "dtick": 0.25})
    figure.update_layout(xaxis={"rangemode": "tozero", "showgrid": False}, hovermode="x unified")
    ranks = [point.rank for point in points]
    lines = (
        (_("KR, everybody else"), "kr_retain", KNOWN, "solid"),
        (_("KR, the forgotten"), "kr_forget", FORGOTTEN, "solid"),
        (_("finds own photos (mAP)"), "map_forget", FORGOTTEN, "dot"),
    )
    for name, field, colour, dash in lines:
        shares = [getattr(point, field, None) for point in points]
        if all(share is None for share in shares):
            continue
        figure.add_scatter(
            x=ranks,
            y=shares,
            name=name,
            mode="lines",
            line={"color": colour, "width": 2 if dash == "solid" else 1.5, "dash": dash},
            hovertemplate="%{y:.1%}",
        )
    if chance is not None:
        figure.add_hline(y=chance, line={"color": NEUTRAL, "width": 1.2, "dash": "dash"})
        figure.add_annotation(
            x=0,
            xref="paper",
            y=chance,
            text=_("guessing"),
            showarrow=False,
            yshift=8,
            xanchor="left",
        )
    _marks(figure, {_("cliff"): cliff, _("paper's p"): paper, _("now"): current}, points)
    return figure


@dataclass(frozen=True)
class Roc:
    """A ROC curve: false and true positive rates, its AUC, whose it is, and before or after."""

    title: str
    false_positive: Sequence[float]
    true_positive: Sequence[float]
    auc: float
    role: str = "known"
    before: bool = False


def roc(curves: Sequence[Roc]) -> go.Figure:
    """True against false accepts on a logarithmic axis; dotted before, solid after, grey guessing.

    Rates of zero are drawn at the axis's end.
    """
    figure = _small(_("Same person? Hits by false accepts (ROC)"), "")
    _below(figure, _("strangers accepted (FAR)"))
    for curve in curves:
        _line(
            figure,
            f"{curve.title}, AUC {curve.auc:.3f}",
            curve.role,
            [max(rate, LEAST) for rate in curve.false_positive],
            curve.true_positive,
            before=curve.before,
            marks=False,
        )
    if curves:
        grid = [LEAST ** (1 - at / 60) for at in range(61)]
        _line(figure, _("guessing"), "chance", grid, grid, marks=False)
    rates = [LEAST, 1e-3, 1e-2, 1e-1, 1]
    figure.update_xaxes(
        type="log", range=[-4, 0], tickvals=rates, ticktext=[f"{100 * at:g}%" for at in rates]
    )
    return figure


def _below(figure: go.Figure, title: str) -> None:
    """The title of an axis over four rows of legend: plotly would lay its own over the ticks."""
    figure.update_layout(margin={"b": 122})
    figure.add_annotation(
        text=title,
        x=0.5,
        xref="paper",
        y=0,
        yref="paper",
        yanchor="top",
        yshift=-20,
        showarrow=False,
    )


def _marks(
    figure: go.Figure, ranks: Mapping[str, int | None], points: Sequence[CurvePoint]
) -> None:
    """Vertical lines at named ranks; names of equal ranks are joined, the one in use is solid."""
    last = max((point.rank for point in points), default=0)
    named: dict[int, list[str]] = {}
    for name, rank in ranks.items():
        if rank is not None and rank <= max(last, 1):
            named.setdefault(rank, []).append(name)
    for level, (rank, names) in enumerate(sorted(named.items())):
        now = _("now") in names
        line = {"color": NEUTRAL, "width": 1.6 if now else 1, "dash": "solid" if now else "dot"}
        figure.add_vline(x=rank, line=line)
        figure.add_annotation(
            x=rank,
            y=0.8 - 0.13 * (level % 4),
            yref="paper",
            text=f"{', '.join(names)}: {rank}",
            showarrow=False,
            xanchor="left" if rank < 0.75 * last else "right",
            xshift=4 if rank < 0.75 * last else -4,
            font={"size": 11},
        )
