"""What each method trades for what: a point a method, and names that lie on nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import plotly.graph_objects as go

from demo.charts import FORGOTTEN, NEUTRAL, layout
from demo.languages import translated as _

ACROSS = (-0.06, 1.1)
"""What is still known of the forgotten, from nothing to all, with room for the marks."""

LEAST = 0.05
"""The least span of the upright axis: a method that keeps 99.7 % has not fallen off a cliff."""

HEADROOM = 0.12
"""Share of the upright axis that stays free above the best and below the worst."""

NARROW, FRAME = 270, 58
"""Pixels across the axes on a phone, and of the height that is not between them.

Names that fit there fit everywhere: on a wider page the points only move apart.
"""

NEAR = (13, 11)
"""Pixels, across and up, within which points share one list of names."""

LETTER, LINE = 6.0, 14.5
"""Pixels of a letter and of a line of the names."""

PASSES = 3
"""How often each list of names looks for its place among the others."""

STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)
"""Distances of the upright axis's ticks."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Note:
    """The names of points that lie together, in `lines`, and where they stand.

    `at` is the point, in pixels from the upper left; `shift` leads from it to the names' middle.
    """

    lines: tuple[str, ...]
    at: tuple[float, float]
    shift: tuple[float, float] = (0.0, 0.0)

    @property
    def box(self) -> Box:
        """Left, top, right, bottom of the names in pixels."""
        wide = LETTER * max(map(len, self.lines)) + 4
        high = LINE * len(self.lines) + 4
        x, y = self.at[0] + self.shift[0], self.at[1] + self.shift[1]
        return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def trade_off(
    points: Mapping[str, tuple[float, float]],
    *,
    reference: str | None = None,
    ours: str | None = None,
    original: str | None = None,
    x_title: str = "what is still known of the forgotten",
    y_title: str = "everybody else, KR",
    height: int = 360,
) -> go.Figure:
    """One point a method: `points[title] = (known of the forgotten, known of everybody else)`.

    Good is the upper left. `original` is hollow, `reference` (retrained without them) a diamond,
    `ours` larger. Points keep their exact places; those that lie together share a list of names.
    """
    figure = go.Figure(layout=layout(height, x_title, y_title, showlegend=False))
    if not points:
        return figure
    up = span([kept for _, kept in points.values()])
    figure.update_layout(
        xaxis={"range": ACROSS, "tickvals": [0, 0.25, 0.5, 0.75, 1], "tickformat": ".0%"},
        yaxis={"range": up, "tickvals": ticks(up), "tickformat": ".1~%"},
    )
    for title, (known, kept) in points.items():
        if title == original:
            marker = {"symbol": "circle-open", "color": NEUTRAL, "size": 11}
        elif title == reference:
            marker = {"symbol": "diamond", "color": NEUTRAL, "size": 11}
        else:
            marker = {"color": FORGOTTEN, "size": 14 if title == ours else 9}
        figure.add_scatter(
            x=[known],
            y=[kept],
            name=_(title),
            mode="markers",
            marker=marker,
            cliponaxis=False,
            hovertemplate=f"{_(title)}<br>{_('forgotten')} %{{x:.1%}}<br>{_('everybody else')} "
            "%{y:.1%}<extra></extra>",
        )
    for note in notes(points, up, height):
        _write(figure, note, up, height, ours)
    return figure


def span(shares: Sequence[float]) -> tuple[float, float]:
    """The upright axis: all of the shares, at least `LEAST`, and air above and below."""
    high = max(shares)
    low = min(min(shares), high - LEAST)
    air = HEADROOM * (high - low)
    return low - air, high + air


def ticks(up: tuple[float, float]) -> list[float]:
    """At most six round shares on the axis, none above all."""
    step = next((one for one in STEPS if (min(up[1], 1) - up[0]) / one < 6), STEPS[-1])
    first, last = int(up[0] // step) + 1, int(min(up[1], 1) / step + 1e-9)
    return [round(step * at, 4) for at in range(first, last + 1)]


def brief(title: str) -> str:
    """`Learn to erase (ESC-T)` as `ESC-T`; titles whose bracket is no name of theirs lose it."""
    name, _bracket, short = _(title).partition(" (")
    short = short.rstrip(")")
    return short if any(letter.isupper() for letter in short) else name


def notes(
    points: Mapping[str, tuple[float, float]], up: tuple[float, float], height: int
) -> list[Note]:
    """The names of all points, as lists that cover neither each other nor any point."""
    tall = height - FRAME
    spots = {
        title: (
            (known - ACROSS[0]) / (ACROSS[1] - ACROSS[0]) * NARROW,
            (up[1] - kept) / (up[1] - up[0]) * tall,
        )
        for title, (known, kept) in points.items()
    }
    marks: list[Box] = [(x - 7, y - 7, x + 7, y + 7) for x, y in spots.values()]
    # The longest list has the fewest places to go.
    groups = sorted(_together(spots), key=len, reverse=True)
    placed: dict[int, Note] = {}
    for _pass in range(PASSES):
        for at, group in enumerate(groups):
            taken = marks + [
                box for other, note in placed.items() if other != at for box in _covers(note)
            ]
            names = tuple(brief(title) for title in group)
            plain = Note(names, spots[group[len(group) // 2]])
            tried = [replace(plain, shift=shift) for shift in _shifts(plain)]
            placed[at] = min(tried, key=lambda note: _cost(note, taken, tall))
    return list(placed.values())


def _covers(note: Note) -> list[Box]:
    """The names, and the line that leads to them."""
    return [note.box, *((x - 3, y - 3, x + 3, y + 3) for x, y in _leader(note)[1:])]


def _together(spots: Mapping[str, tuple[float, float]]) -> list[list[str]]:
    """Titles whose points lie near each other, from left to right."""
    groups: list[list[str]] = []
    for title in sorted(spots, key=lambda one: spots[one]):
        x, y = spots[title]
        near = [
            group
            for group in groups
            if any(
                abs(x - spots[one][0]) <= NEAR[0] and abs(y - spots[one][1]) <= NEAR[1]
                for one in group
            )
        ]
        groups = [group for group in groups if group not in near]
        groups.append([*(one for group in near for one in group), title])
    return groups


def _shifts(note: Note) -> list[tuple[float, float]]:
    """Where the names may stand around their point, nearest first."""
    left, top, right, bottom = note.box
    half, tall = (right - left) / 2, (bottom - top) / 2
    out = []
    for gap in (9, 16, 26, 40, 60, 86):
        for side in (0, 1, -1, 0.5, -0.5):
            out += [(side * half, gap + tall), (side * half, -gap - tall)]
        out += [(gap + half, 0), (-gap - half, 0), (gap + half, tall), (-gap - half, tall)]
    return out


def _cost(note: Note, taken: Sequence[Box], tall: float) -> float:
    """Dear: names on others, outside the axes, or led to through others; then the way to them."""
    left, top, right, bottom = note.box
    covered = sum(
        left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
        for other in taken
    )
    outside = max(0.0, -left) + max(0.0, right - NARROW)
    outside += max(0.0, -top) + max(0.0, bottom - tall)
    crossed = sum(
        other[0] < x < other[2] and other[1] < y < other[3]
        for x, y in _leader(note)
        for other in taken
        if not (other[0] < note.at[0] < other[2] and other[1] < note.at[1] < other[3])
    )
    far = abs(note.shift[0]) + abs(note.shift[1])
    return 500 * covered + 100 * outside + 100 * crossed + far


def _leader(note: Note) -> list[tuple[float, float]]:
    """Places along the line from the point to its names."""
    (x, y), (across, down) = note.at, note.shift
    left, top, right, bottom = note.box
    way = [(x + share / 8 * across, y + share / 8 * down) for share in range(9)]
    return [(u, v) for u, v in way if not (left < u < right and top < v < bottom)]


def _write(
    figure: go.Figure, note: Note, up: tuple[float, float], height: int, ours: str | None
) -> None:
    bold = brief(ours) if ours else None
    x, y = note.at
    left, top, right, bottom = note.box
    inside = left <= x <= right and (top - 12 <= y <= bottom + 12)
    beside = top <= y <= bottom and min(abs(left - x), abs(right - x)) < 12
    figure.add_annotation(
        x=ACROSS[0] + x / NARROW * (ACROSS[1] - ACROSS[0]),
        y=up[1] - y / (height - FRAME) * (up[1] - up[0]),
        ax=note.shift[0],
        ay=note.shift[1],
        text="<br>".join(f"<b>{one}</b>" if one == bold else one for one in note.lines),
        showarrow=True,
        arrowhead=0,
        arrowwidth=1,
        # A line is drawn where the names do not touch their point anyway.
        arrowcolor="rgba(0,0,0,0)" if inside or beside else NEUTRAL,
        standoff=8,
        align="right" if note.shift[0] < -9 else "left" if note.shift[0] > 9 else "center",
        font={"size": 11},
        borderpad=1,
    )
