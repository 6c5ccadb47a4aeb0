"""Two ways of doing the same thing, timed in turns."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

SETTLE = 0.25
"""Seconds of rest before each timed run."""


@dataclass(frozen=True)
class Comparison:
    """One row of the table: the seconds of both ways, and what else was measured of them.

    `target` is the ratio that the project promises, None where it promises nothing.
    """

    name: str
    baseline: str
    ours: str
    baseline_seconds: tuple[float, ...]
    our_seconds: tuple[float, ...]
    target: float | None = None
    figures: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """How many times faster ours is: the ratio of the medians."""
        return statistics.median(self.baseline_seconds) / statistics.median(self.our_seconds)

    @property
    def reached(self) -> bool | None:
        """Whether the ratio reaches the target."""
        return None if self.target is None else self.ratio >= self.target


def side_by_side(
    baseline: Callable[[], object], ours: Callable[[], object], repeats: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Seconds of each, in turns, so that whatever else the machine does falls on both.

    Each runs once before it is timed: caches and compilers are warm on both sides. Each waits
    before its turn until the threads that the other woke are asleep: some libraries let theirs
    spin on for a while, on a core that the next one needs.
    """
    baseline(), ours()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for run, kept in zip((baseline, ours), times, strict=True):
            time.sleep(SETTLE)
            began = time.perf_counter()
            run()
            kept.append(time.perf_counter() - began)
    return tuple(times[0]), tuple(times[1])
