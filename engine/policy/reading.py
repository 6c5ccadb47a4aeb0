"""A policy from a TOML file; every fault is one sentence that says where it stands."""

import difflib
import math
from pathlib import Path
from typing import cast

from engine.audit import metrics
from engine.audit.base import Good, Metric
from engine.audit.figures import DIRECTIONS
from engine.errors import LetheError
from engine.policy.base import Limit, Over, Policy
from engine.policy.table import Table, parsed, places
from engine.said import either

TOP = ("name", "min_test_photos", "limit")
KEYS = ("figure", "limit", "direction", "over", "each", "min_test_photos", "unmeasured")


def read_policy(path: Path) -> Policy:
    """The policy in a TOML file; `docs/audit-in-ci.md` describes the format.

    Raises `LetheError` for a file that cannot be read, a key that means nothing, a value of the
    wrong type, an unknown figure or a limit that the figure cannot reach.
    """
    text, data = parsed(path)
    top, blocks = places(text, "limit")
    whole = Table(path, data, top)
    whole.known(TOP)
    name, least = whole.text("name") or path.stem, whole.count("min_test_photos", 1)
    tables = data.get("limit")
    if not isinstance(tables, list) or not tables or not all(isinstance(t, dict) for t in tables):
        raise LetheError(
            f"{path} limits nothing; write a figure and a limit below a line [[limit]]."
        )
    if len(blocks) != len(tables):
        blocks = [{}] * len(tables)  # written in another way than by headers
    limits: dict[str, Limit] = {}
    for at, (data, lines) in enumerate(zip(tables, blocks, strict=True), 1):
        table = Table(path, data, lines, f"limit {at}")
        one = _limit(table, least)
        if one.rule in limits:
            raise table.wrong(
                "figure", f"{one.metric.key} is limited in this way already; keep one of the two."
            )
        limits[one.rule] = one
    return Policy(name, str(path), tuple(limits.values()))


def _limit(table: Table, least: int) -> Limit:
    table.known(KEYS)
    metric = _metric(table)
    good = cast(Good, table.choice("direction", (*DIRECTIONS, "ideal")) or metric.good)
    over = cast(Over, table.choice("over", ("chance", "before")))
    if good == "ideal" and metric.ideal is None:
        raise table.wrong("direction", f"{metric.key} has no ideal; it is good {metric.good}.")
    if over and good == "ideal":
        raise table.wrong("over", "a distance from the ideal is held against nothing else.")
    if over == "chance" and (good != "down" or not metric.chance):
        known = [key for key, one in metrics().items() if one.good == "down" and one.chance]
        raise table.wrong(
            "over", f"{metric.key} is not to stay near chance; such figures are {_row(known)}."
        )
    each = table.flag("each")
    if each and not metric.each:
        known = [key for key, one in metrics().items() if one.each]
        raise table.wrong(
            "each", f"{metric.key} is not known of each person; such figures are {_row(known)}."
        )
    skip = table.choice("unmeasured", ("fail", "skip")) == "skip"
    if skip and not each:
        raise table.wrong("unmeasured", "people can be left out only with each = true.")
    return Limit(
        metric=metric,
        limit=_number(table, metric, good, over),
        good=good,
        over=over,
        each=each,
        min_test_photos=table.count("min_test_photos", least),
        skip=skip,
        line=table.lines.get("figure") or table.lines.get(""),
    )


def _metric(table: Table) -> Metric:
    key, known = table.text("figure"), metrics()
    if not key:
        raise table.wrong("", 'no figure is named, for example figure = "kr.forget_test".')
    if key not in known:
        near = difflib.get_close_matches(key, known, n=3, cutoff=0.5) or [*known][:3]
        raise table.wrong("figure", f"there is no figure {key!r}; did you mean {either(near)}?")
    return known[key]


def _number(table: Table, metric: Metric, good: Good, over: Over) -> float:
    value = table.data.get("limit")
    if value is None:
        raise table.wrong("", f"{metric.key} has no limit, for example limit = 0.4.")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise table.wrong("limit", f"limit must be a number such as 0.4, not {value!r}.")
    low, high = (-1.0, 1.0) if over else (0.0, 1.0)
    if good == "ideal" and metric.ideal is not None:
        high = max(metric.ideal, 1 - metric.ideal)
    if not math.isfinite(value) or not low <= value <= high:
        raise table.wrong(
            "limit",
            f"limit must lie between {low:g} and {high:g} for {metric.key}, not {value}.",
        )
    return float(value)


def _row(keys: list[str]) -> str:
    return ", ".join(keys)
