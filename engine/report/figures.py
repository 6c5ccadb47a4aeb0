"""Every figure of an audit with all that is needed to read it."""

from collections.abc import Mapping
from typing import Any

from engine.audit import QUESTIONS, metrics
from engine.audit.figures import chance_of, direction, explained, interval_of, look_up


def in_rows(before: Mapping[str, dict], after: Mapping[str, dict]) -> list[dict[str, Any]]:
    """A row for each figure that was measured, in the registry's order.

    `low` and `high` are its 95 % interval, `chance` the level that knows nothing, None where there
    is none; values are as they were measured, never rounded.
    """
    rows = []
    for key, metric in metrics().items():
        was, now = look_up(before, key), look_up(after, key)
        if was is None and now is None:
            continue
        chance, what = chance_of(metric, after.get(metric.question) or {})
        rows.append(
            {
                "key": key,
                "question": QUESTIONS[metric.question].title,
                "name": metric.name,
                "whom": metric.whom,
                "unit": metric.unit,
                "before": _side(was, interval_of(before, metric)),
                "after": _side(now, interval_of(after, metric)),
                "chance": chance,
                "chance_is": what,
                "good": metric.good,
                "ideal": metric.ideal,
                "direction": direction(metric),
                "says": explained(metric),
            }
        )
    return rows


def _side(value: float | None, spread: tuple[float, float] | None) -> dict[str, float | None]:
    low, high = spread or (None, None)
    return {"value": value, "low": low, "high": high}
