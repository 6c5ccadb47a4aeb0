"""Small line charts as SVG in the page's own colours, so that they follow light and dark."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 340, 210
LEFT, RIGHT, TOP, BOTTOM = 38, 10, 10, 34


@dataclass(frozen=True)
class Line:
    """Points (x, y) of one series; None breaks the line. `role` gives the colour."""

    name: str
    role: str
    points: Sequence[tuple[float, float | None]]
    before: bool = False


@dataclass(frozen=True)
class Axis:
    """Where an axis begins and ends, in plot coordinates, and what is written along it."""

    title: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]


PERCENT = Axis("", 0.0, 1.0, ((0, "0"), (0.5, "50"), (1, "100 %")))


def over(x: Sequence[float], y: Sequence[float | None]) -> list[tuple[float, float | None]]:
    """The points of a line from its coordinates."""
    return list(zip(x, y, strict=True))


def chart(
    lines: Sequence[Line], x: Axis, y: Axis = PERCENT, *, label: str, cursor: bool = False
) -> str:
    """The chart's HTML: lines, round marks with the exact value on hover, and a legend.

    With `cursor` there is an upright line of class `cursor` that a script may move; the plot's
    left end and width are in its `data-left` and `data-width`.
    """
    grid = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(at, y):.1f}" '
        f'y2="{_y(at, y):.1f}"/><text class="tick" x="{LEFT - 6}" y="{_y(at, y) + 4:.1f}" '
        f'text-anchor="end">{escape(text)}</text>'
        for at, text in y.ticks
    )
    marks = "".join(
        f'<text class="tick" x="{_x(at, x):.1f}" y="{HEIGHT - BOTTOM + 15}" '
        f'text-anchor="middle">{escape(text)}</text>'
        for at, text in x.ticks
    )
    title = (
        f'<text class="axis" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 3}" '
        f'text-anchor="middle">{escape(x.title)}</text>'
    )
    middle = (
        f'<line class="cursor" x1="{LEFT}" x2="{LEFT}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" '
        f'data-left="{LEFT}" data-width="{WIDTH - LEFT - RIGHT}"/>'
        if cursor
        else ""
    )
    drawn = "".join(_series(one, x, y) for one in lines)
    legend = "".join(
        f'<span class="{one.role}{" before" if one.before else ""}">{escape(one.name)}</span>'
        for one in lines
    )
    return (
        f'<figure class="chart"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(label)}">{grid}{marks}{title}{middle}{drawn}</svg>'
        f"<figcaption>{legend}</figcaption></figure>"
    )


def _series(line: Line, x: Axis, y: Axis) -> str:
    kind = f"{line.role}{' before' if line.before else ''}"
    paths: list[str] = []
    path: list[str] = []
    for at, value in [*line.points, (0.0, None)]:
        if value is None:
            if len(path) > 1:
                paths.append("M" + "L".join(path))
            path = []
        else:
            path.append(f"{_x(at, x):.1f} {_y(value, y):.1f}")
    dots = "".join(
        f'<circle cx="{_x(at, x):.1f}" cy="{_y(value, y):.1f}" r="2.4"/>'
        f'<circle class="hover" cx="{_x(at, x):.1f}" cy="{_y(value, y):.1f}" r="7">'
        f"<title>{escape(line.name)}: {100 * value:.1f} %</title></circle>"
        for at, value in line.points
        if value is not None and len(line.points) <= 20
    )
    return f'<g class="{kind}"><path d="{"".join(paths)}"/>{dots}</g>'


def _x(value: float, axis: Axis) -> float:
    share = (value - axis.low) / ((axis.high - axis.low) or 1)
    return LEFT + min(max(share, 0), 1) * (WIDTH - LEFT - RIGHT)


def _y(value: float, axis: Axis) -> float:
    share = (value - axis.low) / ((axis.high - axis.low) or 1)
    return HEIGHT - BOTTOM - min(max(share, 0), 1) * (HEIGHT - TOP - BOTTOM)
