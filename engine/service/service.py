"""The figures of any state, for all who ask: one store of them, and one gate for heavy work."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.audit import audit
from engine.progress import Watch, ignore
from engine.service.cache import Cache
from engine.service.work import Gate
from engine.workspace import State, start

HEAVY = 2
"""Pieces of engine work that may run at once, for all visitors together."""
REMEMBERED = 256
"""States whose figures are kept, so that undo shows them at once."""


@dataclass(frozen=True)
class Measured:
    """The figures before any deletion and, where somebody is forgotten, those of now."""

    before: dict[str, dict]
    after: dict[str, dict] | None


class Service:
    """One a process. It knows states, never visitors: what it keeps is shared by all."""

    def __init__(self) -> None:
        self.gate = Gate(HEAVY)
        self.figures: Cache[dict[str, dict]] = Cache(REMEMBERED)

    def measure(self, state: State, chosen: Sequence[int] = (), watch: Watch = ignore) -> Measured:
        """The figures of a state; the same state always gives the very same figures.

        Before the first deletion, `chosen` are the people to tell apart from the rest.
        """
        asked = tuple(sorted(state.forgotten or chosen))
        before = self.audit(start(state.workspace), asked, watch)
        return Measured(before, self.audit(state, asked, watch) if state.steps else None)

    def audit(self, state: State, asked: tuple[int, ...], watch: Watch = ignore) -> dict[str, dict]:
        """The figures of one side about `asked`."""

        def make() -> dict[str, dict]:
            return audit(state.view(asked), seed=state.workspace.seed, watch=watch)

        return self.figures.once((state.workspace.key, state.trail, asked), make, watch)
