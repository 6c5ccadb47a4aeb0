"""How long work tells where it stands, and how it is stopped."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """One report: `done` of `total` units of `stage`, with named figures where there are any."""

    stage: str
    done: int
    total: int
    values: Mapping[str, float] = field(default_factory=dict)


Watch = Callable[[Progress], None]
"""Called several times a second by long work; raises `engine.errors.Cancelled` to stop it."""


def ignore(_: Progress) -> None:
    """The watcher of those who do not watch."""
