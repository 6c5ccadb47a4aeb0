"""How a question to the features is described, and each of its figures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from engine.said import noted, said
from engine.view import View

Good = Literal["down", "up", "ideal"]
Unit = Literal["fraction", "score", "seconds"]
Aspect = Literal["identity", "relearning", "verification", "detection", "innocent", "rest"]
Asked = Literal["always", "for the verdict", "on request"]

ASPECTS: dict[Aspect, str] = {
    "identity": noted("Who is it?"),
    "relearning": noted("Known again after a few photos?"),
    "verification": noted("Are these two the same person?"),
    "detection": noted("Has somebody been erased?"),
    "innocent": noted("Is an innocent taken for them?"),
    "rest": noted("And everybody else?"),
}
"""What attacks are about, in the order in which they are shown."""

FORGOTTEN, REST = noted("the forgotten"), noted("everybody else")
"""Of whom a figure is."""


@dataclass(frozen=True)
class Metric:
    """A figure of a question: all that tables, panels and reports need to know to show it.

    `what` is measured, of `whom` where there are several. `good` says which way the value should
    move by a deletion; with `ideal` the best value is the one given. `chance` names the figure of
    the same question that holds the chance level, and `interval` says that `<key>_low` and
    `<key>_high` are its 95 % interval. `column` is its short heading where methods are compared by
    it, `aspect` where it stands among the attacks. `spelled` is its name with words before the
    short one, where `what` is too short to be understood. `each` names the figure of the same
    question that holds it by person, in the order of the labels, where it is known.
    """

    key: str
    what: str
    help: str
    good: Good
    unit: Unit = "fraction"
    ideal: float | None = None
    chance: str | None = None
    interval: bool = False
    column: str = ""
    aspect: Aspect | None = None
    spelled: str = ""
    whom: str = ""
    each: str = ""

    @property
    def question(self) -> str:
        """The name of the question that it answers."""
        return self.key.partition(".")[0]

    @property
    def figure(self) -> str:
        """Its name in the question's answer."""
        return self.key.partition(".")[2]

    @property
    def floor(self) -> str | None:
        """The key of the chance level that an attack on the forgotten has to exceed, if any."""
        return f"{self.question}.{self.chance}" if self.good == "down" and self.chance else None

    @property
    def title(self) -> str:
        """What is measured and of whom: `KR, the forgotten`."""
        if not self.whom:
            return self.what
        return said("{what}, {whom}", what=self.what, whom=self.whom)

    @property
    def whose(self) -> tuple[str, str]:
        """Its title as what is measured, and of whom: the forgotten, everybody else, or nobody."""
        return self.what, self.whom

    @property
    def name(self) -> str:
        """What is measured, for who has never met it: `Knowledge kept (KR)`."""
        return self.spelled or self.what


@dataclass(frozen=True)
class Question:
    """A question to the features: `measure(view, seed)` answers with plain figures by name.

    `asked` says when: its figures are "always" shown, weighed "for the verdict" where they can be
    had, or asked "on request". One that `trains` fits a probe of all people, which a large gallery
    makes slow.
    """

    name: str
    title: str
    metrics: tuple[Metric, ...]
    measure: Callable[[View, int], dict]
    asked: Asked = "on request"
    needs_strangers: bool = False
    needs_threshold: bool = False
    trains: bool = False

    def possible(self, view: View) -> bool:
        """Whether the view has what the question needs."""
        return not (
            (self.needs_strangers and view.strangers is None)
            or (self.needs_threshold and view.threshold is None)
        )
