"""Figures of an audit: one way to look them up, one way to write them."""

from collections.abc import Mapping

from engine.audit.base import Metric
from engine.durations import took

Figures = Mapping[str, Mapping[str, object]]
"""What `engine.audit.audit` answers: figures by question."""

CHANCE_WORDS: dict[str, str] = {
    "strangers": "strangers",
    "forgotten": "guessing among them",
    "all": "guessing among all",
    "chance_all": "guessing among all",
    "chance_forgotten": "guessing",
}
"""What a chance level stands for, by the figure `chance_kind` or the name of the level itself."""

DIRECTIONS = {"down": "lower is better", "up": "higher is better"}


def look_up(figures: Figures | None, key: str) -> float | None:
    """The figure `question.figure`, None where it was not measured or is no number."""
    question, _, name = key.partition(".")
    value = (figures or {}).get(question, {}).get(name)
    return float(value) if isinstance(value, int | float) else None


def written(value: float | None, unit: str, *, exact: bool = False) -> str:
    """A figure in its unit: percent, a score as `.92`, seconds as `took` writes them.

    `exact` has a decimal more, for text that is read in a terminal; a dash stands for None.
    """
    if value is None:
        return "-" if exact else "–"
    if unit == "seconds":
        return took(value)
    if unit == "score":
        text = f"{value:.{3 if exact else 2}f}"
        return text.removeprefix("0") if not exact and text.startswith("0.") else text
    return f"{100 * value:.1f} %" if exact else f"{100 * value:.0f}\u202f%"


def direction(metric: Metric) -> str:
    """Which way is good, in words: `lower is better`, `best at 0.5`."""
    if metric.good == "ideal" and metric.ideal is not None:
        return f"best at {metric.ideal:g}"
    return DIRECTIONS.get(metric.good, "")


def chance_of(metric: Metric, answer: Mapping[str, object]) -> tuple[float | None, str]:
    """The chance level of a metric in its question's `answer`, and the word for what it is."""
    value = answer.get(metric.chance or "")
    if metric.chance is None or not isinstance(value, int | float):
        return None, ""
    kind = answer.get("chance_kind") if metric.chance == "chance" else metric.chance
    return float(value), CHANCE_WORDS.get(str(kind), "chance")
