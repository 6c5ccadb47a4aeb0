"""A report's charts as plain SVG: lines and points that print sharply at any size.

Plotly draws the page's charts, but a plotly chart is 4 MB of script that draws again at every
opening, at the width of a screen; on paper it is cut or blurred, and some offices open no file with
scripts in it. A few paths need neither, and weigh some kB.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.audit.figures import look_up
from engine.report.pictures import Map

WIDTH, HEIGHT = 330, 190
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 10, 36
"""Pixels of a chart and around its axes; two stand beside each other on A4."""

MAP = 330
"""Side of a map in pixels."""


@dataclass(frozen=True)
class Line:
    """A series: its name, whose it is (the class by which it is coloured), points, and its mark.

    `path` is what is drawn; `x`, `y` are where its last point is.
    """

    name: str
    role: str
    path: str
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Chart:
    """All that a template needs to draw one; ticks are (place, text)."""

    title: str
    told: str
    x_title: str
    lines: tuple[Line, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    cut: float | None = None
    cut_text: str = ""


Series = tuple[str, str, Sequence[float | None]]
"""Name, role and values of a line."""


def curve(document: Mapping[str, Any]) -> Chart | None:
    """The forgetting curve: what a probe knows and retrieval finds by the rank of ESC."""
    points = document["curve"]
    if not points:
        return None
    ranks = [one["rank"] for one in points]
    return _chart(
        "The forgetting curve",
        "directions removed (rank)",
        ranks,
        (
            ("KR, the forgotten", "forgotten", [one["kr_forget"] for one in points]),
            ("KR, everybody else", "known", [one["kr_retain"] for one in points]),
            ("mAP, the forgotten", "second", [one["map_forget"] for one in points]),
        ),
        cut=document["eraser"]["rank"],
    )


def spectrum(document: Mapping[str, Any]) -> Chart | None:
    """The singular values of the forgotten people's enrolled features, largest first."""
    found = document["spectrum"]
    if found is None or not found["values"]:
        return None
    values = found["values"][:40]
    top = max(values)
    return _chart(
        "The spectrum of the forgotten",
        "singular values, largest first",
        list(range(1, len(values) + 1)),
        (("singular value", "forgotten", [one / top for one in values]),),
        y=tuple((share, f"{share * top:.1f}") for share in (0.0, 0.5, 1.0)),
        dots=True,
        cut=found["auto"] + 0.5,
        cut_text=f"auto: {found['auto']}",
    )


def training(document: Mapping[str, Any]) -> Chart | None:
    """What a probe finds by how long it was trained."""
    return _strength(document, "training", "How long the attacker trains", "steps of training")


def penalty(document: Mapping[str, Any]) -> Chart | None:
    """What a probe finds by its penalty, from a timid to a bold attacker."""
    return _strength(
        document, "penalty", "How boldly the attacker fits", "penalty, falling to the right"
    )


def _strength(document: Mapping[str, Any], name: str, title: str, x_title: str) -> Chart | None:
    found = document["probe_strength"].get(name)
    if found is None:
        return None
    steps = range(len(found["effort"]))
    return _chart(
        title,
        x_title,
        list(steps),
        (
            ("the forgotten", "forgotten", found["forget"]),
            ("everybody else", "known", found["retain"]),
            ("strangers taken for one", "stranger", found["floor"]),
        ),
        names=[f"{one:g}" for one in found["effort"]],
    )


def depths(document: Mapping[str, Any]) -> Chart | None:
    """KR by the depth of the network, where its layers were asked."""
    layers = document["depths"]
    if not layers:
        return None
    return _chart(
        "KR by depth",
        "layers, first to last",
        list(range(len(layers))),
        (
            ("the forgotten", "forgotten", [one["forget_test"] for one in layers]),
            ("everybody else", "known", [one["retain_test"] for one in layers]),
        ),
        names=[str(at + 1) for at in range(len(layers))],
    )


def requests(document: Mapping[str, Any]) -> list[Chart]:
    """KR and recall@1 after each request of a schedule; none where there was no schedule."""
    moments = document.get("schedule") or ()
    chance = {"kr": "kr.chance", "recall_at_1": "retrieval.chance_forgotten"}
    titles = {"kr": "Known to a probe (KR)", "recall_at_1": "Found first (recall@1)"}
    return [
        _chart(
            titles[figure],
            "requests so far",
            range(len(moments)),
            (
                ("bystanders", "known", [one["of_bystanders"][figure] for one in moments]),
                ("forgotten so far", "forgotten", [one["of_forgotten"][figure] for one in moments]),
                (
                    "the same, each right after their own",
                    "own",
                    [one["of_forgotten_right_after"][figure] for one in moments],
                ),
                ("chance", "stranger", [look_up(one["metrics"], level) for one in moments]),
            ),
        )
        for figure, level in chance.items()
        if moments
    ]


def _chart(
    title: str,
    x_title: str,
    x: Sequence[float],
    series: Sequence[Series],
    *,
    y: Sequence[tuple[float, str]] = ((0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")),
    names: Sequence[str] | None = None,
    dots: bool = False,
    cut: float | None = None,
    cut_text: str = "",
) -> Chart:
    first, last = x[0], x[-1]
    span = (last - first) or 1

    def across(value: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (value - first) / span, 1)

    def up(share: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share, 1)

    lines, told = [], []
    for name, role, values in series:
        pairs = [(at, one) for at, one in zip(x, values, strict=True) if one is not None]
        if not pairs:
            continue
        places = [(across(at), up(one)) for at, one in pairs]
        path = "M" + "L".join(f"{a} {b}" for a, b in places)
        lines.append(Line(name, role, path, tuple(places) if dots else ()))
        if not dots:
            told.append(f"{name} from {pairs[0][1]:.0%} to {pairs[-1][1]:.0%}")
    every = max(-(-len(x) // 7), 1)
    ticks = [(across(one), names[at] if names else f"{one:g}") for at, one in enumerate(x)][::every]
    inside = cut is not None and first <= cut <= last
    return Chart(
        title,
        f"{title}: {'; '.join(told) or x_title}.",
        x_title,
        tuple(lines),
        tuple(ticks),
        tuple((up(share), text) for share, text in y),
        across(cut) if inside and cut is not None else None,
        cut_text or (f"used: {cut:g}" if cut is not None else ""),
    )


def map_paths(drawn: Map) -> tuple[dict[str, str], dict[str, str]]:
    """Before and after: for each kind of point one path of dots, strangers first."""
    both = np.concatenate([drawn.before, drawn.after])
    low, high = both.min(0), both.max(0)
    span = float((high - low).max()) or 1.0
    margin = 8

    def paths(places: np.ndarray) -> dict[str, str]:
        scaled = margin + (places - low) / span * (MAP - 2 * margin)
        return {
            name: "".join(f"M{a:.1f} {b:.1f}h0" for a, b in scaled[drawn.kind == kind])
            for name, kind in (("stranger", 2), ("known", 0), ("forgotten", 1))
        }

    return paths(drawn.before), paths(drawn.after)


def map_height(drawn: Map) -> float:
    """Pixels of a map's height at a width of `MAP`: maps lie flat."""
    both = np.concatenate([drawn.before, drawn.after])
    wide, high = (both.max(0) - both.min(0)).tolist()
    return round(16 + (MAP - 16) * high / (max(wide, high) or 1.0), 1)
