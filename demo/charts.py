"""Plotly figures in the page's colours: the forgetting curve, ROC, and what all share.

A figure does not know whether the page is light or dark. Its ground is transparent, and what is
drawn in a colour of the light page is repainted by `css` with that colour's property.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from demo.palette import light

KNOWN, FORGOTTEN, INNOCENT, NEUTRAL = map(light, ("known", "forgotten", "innocent", "muted"))
FONT = '"IBM Plex Sans", system-ui, sans-serif'

STYLE = """
.js-plotly-plot text { fill: var(--muted) !important; font-variant-numeric: tabular-nums; }
.js-plotly-plot .legendtext, .js-plotly-plot .annotation-text, .js-plotly-plot .gtitle,
.js-plotly-plot .textpoint text { fill: var(--ink) !important; }
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
    return STYLE + "\n".join(painted)


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
    figure = go.Figure(layout=layout(height, "directions removed", "test photos"))
    figure.update_layout(yaxis={"range": [-0.03, 1.06], "tickformat": ".0%", "dtick": 0.25})
    figure.update_layout(xaxis={"rangemode": "tozero", "showgrid": False}, hovermode="x unified")
    ranks = [point.rank for point in points]
    lines = (
        ("KR, everybody else", "kr_retain", KNOWN, "solid"),
        ("KR, the forgotten", "kr_forget", FORGOTTEN, "solid"),
        ("finds own photos (mAP)", "map_forget", FORGOTTEN, "dot"),
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
            x=0, xref="paper", y=chance, text="guessing", showarrow=False, yshift=8, xanchor="left"
        )
    _marks(figure, {"cliff": cliff, "paper's p": paper, "now": current}, points)
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


def roc(curves: Sequence[Roc], *, height: int = 300, logarithmic: bool = True) -> go.Figure:
    """True against false accepts; dashed before, solid after, grey guessing."""
    figure = go.Figure(layout=layout(height, "false accepts", "true accepts"))
    least = 1e-4
    grid = [least * (1 / least) ** (at / 60) for at in range(61)]
    figure.add_scatter(
        x=grid,
        y=grid,
        mode="lines",
        name="guessing",
        line={"color": NEUTRAL, "width": 1.2, "dash": "dash"},
        hoverinfo="skip",
    )
    colours = {"known": KNOWN, "forgotten": FORGOTTEN, "innocent": INNOCENT}
    for curve in curves:
        figure.add_scatter(
            x=[max(rate, least) for rate in curve.false_positive]
            if logarithmic
            else list(curve.false_positive),
            y=list(curve.true_positive),
            mode="lines",
            name=f"{curve.title}, AUC {curve.auc:.3f}",
            line={
                "color": colours.get(curve.role, NEUTRAL),
                "width": 1.5 if curve.before else 2.2,
                "dash": "dot" if curve.before else "solid",
            },
            opacity=0.75 if curve.before else 1,
            hovertemplate="accepts %{y:.1%} at %{x:.2%} false<extra></extra>",
        )
    figure.update_layout(
        xaxis={
            "type": "log" if logarithmic else "linear",
            "tickformat": "~%",
            "dtick": 1 if logarithmic else 0.25,
            "showgrid": False,
        },
        yaxis={"tickformat": ".0%", "range": [-0.02, 1.03], "dtick": 0.25},
    )
    return figure


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
        now = "now" in names
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
