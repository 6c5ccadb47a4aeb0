"""Where one visitor stands in the lesson."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count


@dataclass
class Lesson:
    """The step by its id, how many photos had been `asked` about when it began, and a number for
    each look at it: answers may overtake each other on their way to the page."""

    step: str
    asked: int = 0
    looks: Iterator[int] = field(default_factory=count)
