"""How a question to the features is described, and each of its figures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from engine.view import View

Good = Literal["down", "up", "ideal"]
Unit = Literal["fraction", "score", "seconds"]


@dataclass(frozen=True)
class Metric:
    """A figure of a question: all that tables, panels and reports need to know to show it.

    `good` says which way the value should move by a deletion; with `ideal` the best value is the
    one given. `chance` names the figure of the same question that holds the chance level.
    """

    key: str
    title: str
    help: str
    good: Good
    unit: Unit = "fraction"
    ideal: float | None = None
    chance: str | None = None

    @property
    def question(self) -> str:
        """The name of the question that it answers."""
        return self.key.partition(".")[0]

    @property
    def figure(self) -> str:
        """Its name in the question's answer."""
        return self.key.partition(".")[2]


@dataclass(frozen=True)
class Question:
    """A question to the features: `measure(view, seed)` answers with plain figures by name."""

    name: str
    title: str
    metrics: tuple[Metric, ...]
    measure: Callable[[View, int], dict]
    needs_strangers: bool = False
    trains: bool = False  # a probe of all people, which a large gallery makes slow
