"""A limit on a figure, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.audit.base import Good, Metric
from engine.audit.figures import written

Over = Literal["", "chance", "before"]
Outcome = Literal["passed", "failed", "unmeasured", "skipped"]

OUTCOMES: dict[Outcome, str] = {
    "passed": "passed",
    "failed": "failed",
    "unmeasured": "not measured",
    "skipped": "skipped",
}
"""What an outcome is called; `failed` and `unmeasured` keep a policy from being passed."""


@dataclass(frozen=True)
class Limit:
    """A figure may be so large, or must be so large, after the deletion.

    `good` is the direction: "down" for at most `limit`, "up" for at least, "ideal" for at most that
    far from the metric's ideal. `over` takes the figure less its chance level, or how much worse it
    is than before the deletion. With `each` it is judged for every person of those whom the metric
    is about. A figure of fewer than `min_test_photos` is not passed, or with `skip` left out where
    it is one person's. `line` is where the limit stands in its file, where that is known.
    """

    metric: Metric
    limit: float
    good: Good
    over: Over = ""
    each: bool = False
    min_test_photos: int = 1
    skip: bool = False
    line: int | None = None

    @property
    def of_rest(self) -> bool:
        """Whether the figure is of the kept; else of the forgotten."""
        return self.metric.figure.startswith("retain_") or self.metric.aspect == "rest"

    @property
    def rule(self) -> str:
        """Its name for machines: `kr.forget_test/each/over-before`."""
        parts = [self.metric.key]
        parts += ["each"] if self.each else []
        parts += [f"over-{self.over}"] if self.over else []
        return "/".join(parts)

    @property
    def asks(self) -> str:
        """What is asked for, in words: `at most 40.0 %`."""
        percents = self.metric.unit == "fraction"
        apart = f"{100 * self.limit:.1f} points" if percents else self.told(self.limit)
        if self.over == "before":
            return f"at most {apart} worse than before"
        if self.over == "chance":
            return f"at most {apart} above chance"
        if self.good == "ideal":
            return f"at most {apart} from {self.told(self.metric.ideal)}"
        return f"at {'least' if self.good == 'up' else 'most'} {self.told(self.limit)}"

    @property
    def figure(self) -> str:
        """What is measured, and of whom."""
        return ", ".join(filter(None, (self.metric.name, self.metric.whom)))

    @property
    def title(self) -> str:
        """The figure and what is asked for."""
        return f"{self.figure}{', each person' if self.each else ''}: {self.asks}"

    def told(self, value: float | None) -> str:
        """A value of the figure in its unit, as a terminal shows it."""
        return written(value, self.metric.unit, exact=True)


@dataclass(frozen=True)
class Policy:
    """Limits that all must hold, from the file `path`, as it was named."""

    name: str
    path: str
    limits: tuple[Limit, ...]

    @property
    def questions(self) -> tuple[str, ...]:
        """The questions that have to be asked, each once."""
        return tuple(dict.fromkeys(one.metric.question for one in self.limits))


@dataclass(frozen=True)
class Evidence:
    """What there is to judge: figures of both sides, and how many photos they rest on.

    `names` and `tests` are by label: what everybody is called, and how many test photos of them
    there are.
    """

    before: Mapping[str, Mapping[str, object]]
    after: Mapping[str, Mapping[str, object]]
    forgotten: tuple[int, ...]
    names: Sequence[str]
    tests: Sequence[int]


@dataclass(frozen=True)
class Verdict:
    """What became of a limit, or with `each` of one person under it.

    `value` is what was held against the limit, None where that could not be told; `says` is a
    sentence about it.
    """

    limit: Limit
    outcome: Outcome
    says: str
    value: float | None = None
    before: float | None = None
    after: float | None = None
    person: str = ""

    @property
    def good(self) -> bool:
        """Whether it does not keep the policy from being passed."""
        return self.outcome in ("passed", "skipped")


@dataclass(frozen=True)
class Judged:
    """A policy with its verdicts, and what was judged: words by what they are about."""

    policy: Policy
    verdicts: tuple[Verdict, ...]
    facts: Mapping[str, str]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every limit was kept, and could be told to be."""
        return all(one.good for one in self.verdicts)

    def of(self, limit: Limit) -> tuple[Verdict, ...]:
        """The verdicts of one limit."""
        return tuple(one for one in self.verdicts if one.limit is limit)

    def count(self, outcome: Outcome) -> int:
        """How many verdicts have this outcome."""
        return sum(one.outcome == outcome for one in self.verdicts)
