"""Is a figure beyond chance? One rule for every attack, by its 95 % interval."""

from collections.abc import Mapping
from typing import Literal

from engine.audit.base import Metric
from engine.audit.figures import interval_of, level_of, look_up

Verdict = Literal["leaks", "quiet", "unknown"]


def verdict(metric: Metric, answer: Mapping[str, object]) -> Verdict:
    """Whether an attack on the forgotten tells more than its chance level.

    `answer` is the question's, with the metric's `_low` and `_high` where it has an interval: it
    `leaks` when the whole interval lies beyond chance, to either side of an ideal. Without a
    figure, an interval or a chance level it is `unknown`, and so are metrics that are good when
    high, which are no attacks.
    """
    figures, chance = {metric.question: answer}, level_of(metric, answer)
    value, interval = look_up(figures, metric.key), interval_of(figures, metric)
    if metric.good == "up" or value is None or chance is None or interval is None:
        return "unknown"
    low, high = interval
    beyond = low > chance or (metric.good == "ideal" and high < chance)
    return "leaks" if beyond else "quiet"
