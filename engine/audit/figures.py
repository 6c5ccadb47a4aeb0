"""Figures of an audit: one way to look them up, one way to write them."""

from collections.abc import Mapping

from engine.audit.base import Metric
from engine.durations import took
from engine.said import Said, joined, noted, said

Figures = Mapping[str, Mapping[str, object]]
"""What `engine.audit.audit` answers: figures by question."""

CHANCE_WORDS: dict[str, str] = {
    "strangers": noted("strangers"),
    "forgotten": noted("guessing among them"),
    "all": noted("guessing among all"),
    "chance_all": noted("guessing among all"),
    "chance_forgotten": noted("guessing"),
}
"""What a chance level stands for, by the figure `chance_kind` or the name of the level itself."""

DIRECTIONS = {
    "down": ("↓", noted("lower is better"), noted("Lower is better.")),
    "up": ("↑", noted("higher is better"), noted("Higher is better.")),
}
"""Which way is good: as a sign, in words, and as a sentence."""


def look_up(figures: Figures | None, key: str) -> float | None:
    """The figure `question.figure`, None where it was not measured or is no number."""
    question, _, name = key.partition(".")
    value = (figures or {}).get(question, {}).get(name)
    return float(value) if isinstance(value, int | float) else None


def by_person(figures: Figures | None, metric: Metric) -> list[float | None]:
    """A metric's figure of every person by label, None where it has no photo to be measured by.

    Empty where the metric is not known by person, or was not measured.
    """
    found = (figures or {}).get(metric.question, {}).get(metric.each or "")
    return list(found) if isinstance(found, list | tuple) else []


def interval_of(figures: Figures | None, metric: Metric) -> tuple[float, float] | None:
    """The 95 % interval of a metric, None where there is none."""
    if not metric.interval:
        return None
    low, high = (look_up(figures, f"{metric.key}_{end}") for end in ("low", "high"))
    return None if low is None or high is None else (low, high)


def written(value: float | None, unit: str, *, exact: bool = False, fine: bool = False) -> str:
    """A figure in its unit: percent, a score as `.92`, seconds as `took` writes them.

    `exact` has a decimal more, for text that is read in a terminal, and `fine` one for percents
    on the page whose small losses matter; a dash stands for None.
    """
    if value is None:
        return "-" if exact else "–"
    if unit == "seconds":
        return took(value)
    if unit == "score":
        text = f"{value:.{3 if exact else 2}f}"
        return text if exact else text.replace("0.", ".", 1) if abs(value) < 0.995 else text
    return f"{100 * value:.1f} %" if exact else f"{100 * value:.{int(fine)}f}\u202f%"


def averaged(metric: Metric, mean: float | None, spread: float | None, floor: float | None) -> str:
    """A mean with its standard deviation and, in brackets, its floor, as a table of runs has it."""
    if mean is None:
        return "-"
    digits = 3 if metric.good == "up" else 2
    text = f"{mean:.{digits}f}" + ("" if spread is None else f" ± {spread:.{digits}f}")
    return text if floor is None else f"{text} ({floor:.2f})"


def direction(metric: Metric) -> str:
    """Which way is good, in words: `lower is better`, `best at 0.5`."""
    if metric.ideal is None:
        return DIRECTIONS[metric.good][1]
    return said("best at {ideal}", ideal=_ideal(metric))


def arrow(metric: Metric) -> str:
    """Which way is good, as a sign: an arrow, or the ideal."""
    if metric.ideal is not None:
        return said("ideal {value}", value=written(metric.ideal, metric.unit))
    return DIRECTIONS[metric.good][0]


def _ideal(metric: Metric) -> str:
    return f"{metric.ideal:g}" if metric.unit == "score" else written(metric.ideal, metric.unit)


def exactly(metric: Metric, before: Figures | None, after: Figures | None) -> Said:
    """What a metric says, which way is good, and its exact figures, in sentences."""
    full = in_full(metric, before, after)
    told = explained(metric)
    return joined(told, said("Exactly: {figures}.", figures=full)) if full else told


def explained(metric: Metric) -> Said:
    """What a metric says and which way is good, in two sentences."""
    if metric.ideal is None:
        return joined(metric.help, DIRECTIONS[metric.good][2])
    return joined(metric.help, said("Best at {ideal}.", ideal=_ideal(metric)))


def in_full(metric: Metric, before: Figures | None, after: Figures | None) -> str:
    """A metric's exact figures with their interval, empty where there are none."""
    was, now = look_up(before, metric.key), look_up(after, metric.key)
    values = []
    if was is not None:
        values.append(said("before {value:.4f}", value=was))
    if now is not None:
        values.append(said("after {value:.4f}", value=now))
    if not values:
        return ""
    spread = interval_of(after if after is not None else before, metric)
    if spread is not None:
        low, high = spread
        values.append(said("95 % interval {low:.3f} to {high:.3f}", low=low, high=high))
    return joined(*values, by=", ")


def chance_of(metric: Metric, answer: Mapping[str, object]) -> tuple[float | None, str]:
    """The chance level of a metric in its question's `answer`, and the word for what it is."""
    value = answer.get(metric.chance or "")
    if metric.chance is None or not isinstance(value, int | float):
        return None, ""
    kind = answer.get("chance_kind") if metric.chance == "chance" else metric.chance
    return float(value), CHANCE_WORDS.get(str(kind), noted("chance"))


def level_of(metric: Metric, answer: Mapping[str, object]) -> float | None:
    """What the figure of an attack is held against: its ideal, else its chance level."""
    return metric.ideal if metric.ideal is not None else chance_of(metric, answer)[0]
