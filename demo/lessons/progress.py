"""Where one visitor stands in the lesson."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Lesson:
    """The step by its id, how many photos had been `asked` about when it began, and what was
    `told` of it last."""

    step: str
    asked: int = 0
    told: Mapping[str, Any] = field(default_factory=dict)
