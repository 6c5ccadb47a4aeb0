"""One person's way through a workspace, whoever asks: a page, a script, the command line."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from engine.errors import Cancelled, LetheError
from engine.progress import Watch, ignore
from engine.said import noted
from engine.service.asking import Asked, Shown, asked, asked_about, clearest, show
from engine.service.live import Live
from engine.service.service import Measured, Service
from engine.service.work import Stop
from engine.workspace import State, Workspace, start


class Busy(LetheError):
    """A click while the last one is still being worked on."""

    def __init__(self) -> None:
        super().__init__(noted("Still working on the last click; let it finish, or press Cancel."))


class GaveWay(Cancelled):
    """Work that nobody had asked for was stopped by some that somebody did ask for."""


class Outdated(Cancelled):
    """Work was stopped since it would have been about what nobody looks at any more."""


GIVING_WAY = 5.0
"""Seconds within which work that nobody asked for ends once it is told to."""


class Visit:
    """Whom one person has chosen and forgotten, and which photo they ask about.

    What follows from that is computed by `service`, which visits share unless the photos are
    somebody's own. A visit does one piece of work at a time (`working`), and one that fails leaves
    no trace (`attempt`). `who` stands for this visit at the gate.
    """

    def __init__(self, service: Service, workspace: Workspace) -> None:
        self.service = service
        self.who = object()
        self.cancel = Stop(self.who)
        self._working = threading.Lock()
        self._unasked: Stop | None = None
        self._passed: Stop | None = None
        self.enter(workspace)

    def enter(self, workspace: Workspace, service: Service | None = None) -> None:
        """Look at another workspace, with nobody chosen or forgotten, through another service."""
        self.service = service or self.service
        self.workspace, self.state = workspace, start(workspace)
        self.chosen: tuple[int, ...] = ()
        self._choices = 0
        self._query: int | None = None
        self._shown: Shown | None = None

    @contextmanager
    def working(
        self,
        patience: float = 0.0,
        *,
        asked: bool = True,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Iterator[Stop]:
        """Hold the visit for one piece of work and yield its cancel event.

        Raises `Busy` when it is held already, after `patience` seconds: clicks are answered,
        never piled up. Work that was not `asked` for gives way to whatever comes next: it is
        cancelled, and what it raises by that leaves the block as `GaveWay`. What is not `wanted`
        any more is cancelled too, and leaves it as `Outdated`.
        """
        unasked = self._unasked
        if unasked is not None:
            self._passed = unasked
            unasked.set()
            patience = max(patience, GIVING_WAY)
        if not self._working.acquire(timeout=patience):
            raise Busy
        mine = self.cancel = Stop(self.who, wanted=wanted)
        try:
            self._unasked = None if asked else mine
            yield mine
        except Cancelled as error:
            if self._passed is mine:
                raise GaveWay from error
            if not wanted():
                raise Outdated from error
            raise
        finally:
            self._unasked = self._passed = None
            # What is `wanted` may hold the visit: it is not to outlive the work.
            self.cancel = mine.ended()
            self._working.release()

    @property
    def is_working(self) -> bool:
        """Whether a piece of work is under way."""
        return self._working.locked()

    @property
    def is_held(self) -> bool:
        """Whether a piece of work is under way that somebody asked for, so that clicks wait."""
        return self.is_working and self._unasked is None

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """What is changed inside is taken back where the block does not come to its end.

        Whom somebody chose meanwhile stays chosen.
        """
        before, chosen, choices = self.state, self.chosen, self._choices
        try:
            yield
        except BaseException:
            self.state = before
            if self._choices == choices:
                self.chosen = chosen
            raise

    @property
    def people(self) -> tuple[int, ...]:
        """Labels of whom figures are about: the forgotten, before any deletion the chosen."""
        return tuple(sorted(self.state.forgotten or self.chosen))

    @property
    def about(self) -> tuple[State, tuple[int, ...]]:
        """The same as long as figures are about the same people in the same state."""
        return self.state, self.people

    @property
    def mark(self) -> tuple[State, tuple[int, ...]]:
        """The same as long as nobody was chosen, forgotten or brought back."""
        return self.state, self.chosen

    def choose(self, labels: Iterable[int]) -> None:
        """Choose whom to forget next; who is gone already cannot be chosen."""
        gone = self.state.forgotten
        self.chosen = tuple(sorted(label for label in labels if label not in gone))
        self._choices += 1

    def forget(
        self,
        labels: Sequence[int],
        method: str = "esc",
        options: Mapping[str, Any] | None = None,
        watch: Watch = ignore,
    ) -> None:
        """One more deletion. Raises as `State.forget` does; nothing is changed then.

        Nobody is chosen after it but who was chosen while it was under way.
        """
        choices = self._choices
        self._erased(self.state.forget(tuple(labels), method, options, watch), choices)

    def undo(self, step: int = -1, watch: Watch = ignore) -> None:
        """Take a deletion back, its people chosen again. Raises as `State.undo` does."""
        state = self.state.undo(step, watch)
        self._arrive(state, self.state.steps[step].forget)

    def start_over(self) -> None:
        """Everybody is known again."""
        self._arrive(start(self.workspace))

    def adjustable(self, method: str) -> bool:
        """Whether the last deletion can be made again at another strength of `method`."""
        steps = self.state.steps
        return not self.chosen and bool(steps) and steps[-1].method == method

    def adjust(self, options: Mapping[str, Any], watch: Watch = ignore) -> None:
        """The last deletion with other options, as `forget` does it."""
        last, choices = self.state.steps[-1], self._choices
        before = self.state.undo()
        self._erased(before.forget(last.forget, last.method, options, watch), choices)

    def drag(self, options: Mapping[str, Any]) -> dict[str, dict] | None:
        """`adjust` while a slider moves, with quick figures where there are any, else None."""
        method = self.state.steps[-1].method
        if not Live.follows(self.state, method):
            self.adjust(options)
            return None
        live = self.service.live.of(self.state)
        self.state = live.state(options)
        return live.figures(self.state)

    def measure(self, watch: Watch = ignore, questions: tuple[str, ...] | None = None) -> Measured:
        """The figures of now; see `Service.measure`."""
        return self.service.measure(self.state, self.chosen, watch, questions)

    @property
    def query(self) -> int:
        """The row of the photo asked about; at first one that the model gets right."""
        if self._query is None:
            self._query = clearest(self.workspace, 0)
        return self._query

    @query.setter
    def query(self, row: int) -> None:
        self._query, self._shown = row, None

    def ask(self, photo: bytes, watch: Watch = ignore) -> None:
        """Ask about a photo that nobody enrolled. Raises `LetheError` where it shows no face."""
        self._shown = show(self.workspace, photo, watch)

    @property
    def unenrolled(self) -> Shown | None:
        """The photo asked about where nobody enrolled it, else None."""
        return self._shown

    def retrieve(self) -> Asked:
        """What both sides make of the photo asked about."""
        if self._shown is not None:
            return asked_about(self.state, self._shown)
        return asked(self.state, self.query)

    def _erased(self, state: State, choices: int) -> None:
        """Arrive after a deletion that was begun when so many choices had been made."""
        self._arrive(state, self.chosen if self._choices != choices else ())

    def _arrive(self, state: State, chosen: tuple[int, ...] = ()) -> None:
        gone = state.forgotten
        self.state, self.chosen = state, tuple(one for one in chosen if one not in gone)
