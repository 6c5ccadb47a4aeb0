"""Plotly figures in the page's colours: the forgetting curve, the trade-off, ROC.

A figure does not know whether the page is light or dark. Its ground is transparent, and text, grid
and neutral lines are repainted by `CSS`; the four meaning colours are read on both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

KNOWN, FORGOTTEN, INNOCENT, NEUTRAL = "#2f6db3", "#d5472f", "#b7791f", "#7a818c"
NOTE = 64
"""Height of a chart that has nothing to show yet."""
FONT = '"IBM Plex Sans", system-ui, sans-serif'

CSS = """
.js-plotly-plot text { fill: var(--muted, #5f6672) !important; font-variant-numeric: tabular-nums; }
.js-plotly-plot .legendtext, .js-plotly-plot .annotation-text, .js-plotly-plot .textpoint text {
  fill: var(--ink, #1d2026) !important; }
.js-plotly-plot .gridlayer path, .js-plotly-plot .zerolinelayer path {
  stroke: var(--line, #e3e1da) !important; }
.js-plotly-plot .xaxislayer-above path, .js-plotly-plot .yaxislayer-above path {
  stroke: var(--muted, #5f6672) !important; }
.js-plotly-plot .hoverlayer .hovertext path { fill: var(--card, #fff) !important;
  stroke: var(--line, #e3e1da) !important; fill-opacity: 1 !important; }
.js-plotly-plot .hoverlayer text { fill: var(--ink, #1d2026) !important; }
.js-plotly-plot .hoverlayer .legend .bg { fill: var(--card, #fff) !important;
  stroke: var(--line, #e3e1da) !important; }
.js-plotly-plot .hoverlayer .spikeline { stroke: var(--muted, #5f6672) !important;
  stroke-width: 1px !important; }
.js-plotly-plot .modebar-container { display: none; }
"""
"""To be appended to the page's style."""


def layout(height: int, x: str, y: str, **more: object) -> go.Layout:
    """What all figures share: one font, few lines, no mode bar, room for the words."""
    axis = {
        "showline": False,
        "ticks": "",
        "zeroline": False,
        "automargin": True,
        "gridcolor": "#e3e1da",
        "fixedrange": True,
        "title": {"font": {"size": 12}, "standoff": 8},
    }
    base = {
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


def trade_off(
    points: Mapping[str, tuple[float, float]],
    *,
    reference: str | None = None,
    ours: str | None = None,
    original: str | None = None,
    spreads: Mapping[str, tuple[float, float]] | None = None,
    x_title: str = "what is still known of the forgotten",
    y_title: str = "everybody else, KR",
    height: int = 340,
) -> go.Figure:
    """One point a method: `points[title] = (known of the forgotten, known of everybody else)`.

    Good is the upper left. `original` is hollow, `reference` (retrained without them) a diamond,
    `ours` larger; `spreads` are standard deviations in both directions. Without points a note.
    """
    figure = go.Figure(layout=layout(height, x_title, y_title, showlegend=False))
    figure.update_layout(
        xaxis={"tickformat": ".0%", "range": [-0.06, 1.1]}, yaxis={"tickformat": ".1~%"}
    )
    if not points:
        figure.update_xaxes(visible=False)
        figure.update_yaxes(visible=False)
        figure.update_layout(height=NOTE)
        figure.add_annotation(
            text="Run the methods to see what each trades for what.",
            x=0.5,
            y=0.5,
            xref="paper",
            yref="paper",
            showarrow=False,
        )
        return figure
    shares = [kept for _, kept in points.values()]
    pad = max(0.01, 0.15 * (max(shares) - min(shares)))
    low, high = min(shares) - pad, min(max(shares) + pad, 1.0)
    figure.update_yaxes(range=[low, high])
    sides = _sides(points, (-0.06, 1.1), (low, high), height)
    for title, (known, kept) in points.items():
        spread = (spreads or {}).get(title)
        if title == original:
            marker = {"symbol": "circle-open", "color": NEUTRAL, "size": 11}
        elif title == reference:
            marker = {"symbol": "diamond", "color": NEUTRAL, "size": 11}
        else:
            marker = {"color": FORGOTTEN, "size": 14 if title == ours else 10}
        figure.add_scatter(
            x=[known],
            y=[kept],
            mode="markers+text",
            marker=marker,
            text=[f"<b>{title}</b>" if title == ours else title],
            textposition=sides[title],
            error_x=_error(spread[0]) if spread else None,
            error_y=_error(spread[1]) if spread else None,
            cliponaxis=False,
            hovertemplate=f"{title}<br>forgotten %{{x:.1%}}<br>everybody else %{{y:.1%}}"
            "<extra></extra>",
        )
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


def _sides(
    points: Mapping[str, tuple[float, float]],
    across: tuple[float, float],
    up: tuple[float, float],
    height: int,
    width: int = 400,
) -> dict[str, str]:
    """Where each point's name goes so that names cover neither each other nor points."""
    spots = {
        title: (
            (known - across[0]) / (across[1] - across[0]) * width,
            (up[1] - kept) / (up[1] - up[0]) * (height - 60),
        )
        for title, (known, kept) in points.items()
    }
    taken = [(x - 8, y - 8, x + 8, y + 8) for x, y in spots.values()]
    out = {}
    for title, (x, y) in spots.items():
        long = 6.6 * len(title)
        boxes = {
            "middle right": (x + 9, y - 7, x + 9 + long, y + 7),
            "middle left": (x - 9 - long, y - 7, x - 9, y + 7),
            "top center": (x - long / 2, y - 23, x + long / 2, y - 9),
            "bottom center": (x - long / 2, y + 9, x + long / 2, y + 23),
            "top right": (x, y - 23, x + long, y - 9),
            "bottom right": (x, y + 9, x + long, y + 23),
            "top left": (x - long, y - 23, x, y - 9),
            "bottom left": (x - long, y + 9, x, y + 23),
        }
        out[title] = min(boxes, key=lambda side: _cost(boxes[side], taken, width))
        taken.append(boxes[out[title]])
    return out


def _cost(
    box: tuple[float, float, float, float],
    taken: Sequence[tuple[float, float, float, float]],
    width: int,
) -> float:
    """Pixels that a box shares with others, and what of it lies outside."""
    shared = sum(
        max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
        * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
        for other in taken
    )
    return shared + 50 * (max(0.0, -box[0]) + max(0.0, box[2] - width))


def _error(spread: float) -> dict[str, object]:
    return {"type": "data", "array": [spread], "thickness": 1, "width": 0, "color": NEUTRAL}
