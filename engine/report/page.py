"""The report as one HTML file, made of the JSON document alone: what it says is in the JSON too."""

import shlex
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.audit import QUESTIONS
from engine.audit.figures import written
from engine.compare import columns
from engine.durations import took
from engine.report import charts, limits
from engine.report.pictures import Pictures

HERE = Path(__file__).parent
SHOWN = 12
"""Kept people who were hit that are listed; the JSON has all."""


def page(document: Mapping[str, Any], pictures: Pictures | None = None) -> str:
    """The page: no script, no request, styles and charts inside, made to be read and printed."""
    pictures = pictures or Pictures()
    drawn = [
        made
        for draw in (charts.spectrum, charts.curve, charts.training, charts.penalty, charts.depths)
        if (made := draw(document)) is not None
    ]
    measured = document["metrics"]["after"]
    hit = [one for one in document["kept_people"] or () if one["hit"]]
    return (
        _templates()
        .get_template("page.html")
        .render(
            report=document,
            groups=_groups(document["figures"]),
            charts=drawn,
            requests=charts.requests(document),
            box=charts,
            maps=None if pictures.map is None else charts.map_paths(pictures.map),
            map_height=None if pictures.map is None else charts.map_height(pictures.map),
            photos=pictures.photos,
            hit=hit[:SHOWN],
            more_hit=max(len(hit) - SHOWN, 0),
            columns=columns(),
            keys={row["key"] for row in document["figures"]},
            limits=limits.limits(document),
            unasked=[one.title for key, one in QUESTIONS.items() if key not in measured],
        )
    )


def _groups(rows: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The figures under their questions, in order."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["question"], []).append(row)
    return list(found.items())


def name(identity: str) -> str:
    """An identity as people write it, as `Gallery.display` does."""
    return identity.replace("_", " ")


def lines(command: str) -> str:
    """A command with an option a line, as a shell takes it."""
    out = ""
    for word in shlex.split(command):
        out += f" \\\n  {shlex.quote(word)}" if word.startswith("--") else f" {shlex.quote(word)}"
    return out.strip()


def _exact(value: float | None, unit: str) -> str:
    """A figure as a terminal has it; its percent sign never begins a line."""
    return written(value, unit, exact=True).replace(" ", "\xa0")


@cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["exact"] = _exact
    made.filters["short"] = written
    made.filters["name"] = name
    made.filters["lines"] = lines
    made.filters["took"] = took
    return made
