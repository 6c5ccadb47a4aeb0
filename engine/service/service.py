"""What follows from any state, for all who ask: one store of it, and one gate for heavy work."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from torch import Tensor

from engine.audit import audit
from engine.audit.innocent import taken_for
from engine.compare import (
    ORIGINAL,
    RETRAINED,
    Row,
    checked,
    lineup,
    one_row,
    random_people,
    trains,
)
from engine.erasure import METHODS
from engine.erasure.spectrum import auto_rank, factor, paper_rank
from engine.errors import LetheError
from engine.live.curve import last_rank
from engine.live.strip import Frame
from engine.progress import Watch, ignore
from engine.service.cache import Cache
from engine.service.forecast import seconds_to_train
from engine.service.live import Live
from engine.service.weights import weight
from engine.service.work import Gate
from engine.workspace import State, Workspace, start

T = TypeVar("T")
HEAVY = 2
"""Pieces of engine work that may run at once, for all visitors together."""
REMEMBERED = 64_000_000
"""Bytes of answers that are kept, so that undo, and whoever asks the same, has them at once."""
FITS = 16_000_000
"""Bytes of probes and rankings, kept for who asks the same features about other people."""
FRAMES = 48_000_000
"""Bytes of a dragged slider's frames that are kept: some thirty of the longest strips."""
SHOWN = 64
"""Singular values of a spectrum that are told."""


@dataclass(frozen=True)
class Measured:
    """The figures before any deletion and, where somebody is forgotten, those of now."""

    before: dict[str, dict]
    after: dict[str, dict] | None


@dataclass(frozen=True)
class Spectrum:
    """The largest singular values of some people's features, and the ranks that words stand for.

    `auto` cuts at the largest gap, `paper` is the ESC paper's p of 1.5 percent, `dimension` is d.
    A slider goes up to `last`: four directions a person, at least 32, where there are as many.
    """

    values: tuple[float, ...]
    auto: int
    paper: int
    dimension: int
    last: int


class Service:
    """What follows from states, shared by all visits that are given it; it knows no visitor.

    A visit with photos of its own has one for itself, at the same `gate`.
    """

    def __init__(self, gate: Gate | None = None) -> None:
        self.gate = gate or Gate(HEAVY)
        self.kept: Cache[Any] = Cache(REMEMBERED, weight)
        self.depths: Cache[dict[str, Tensor]] = Cache(1)
        self.fits: Cache[Any] = Cache(FITS, weight)
        self.live = Live()
        self.frames: Cache[Frame] = Cache(FRAMES, weight)

    def once(self, what: Hashable, state: State, make: Callable[[], T], watch: Watch = ignore) -> T:
        """`what` of a state, computed where nobody has: equal states share it, in any visit."""
        return self.kept.once(_key(what, state), make, watch)

    def known(self, what: Hashable, state: State) -> Any:
        """`what` of a state where somebody has computed it, else None."""
        return self.kept.get(_key(what, state))

    def measure(
        self,
        state: State,
        chosen: Sequence[int] = (),
        watch: Watch = ignore,
        questions: tuple[str, ...] | None = None,
    ) -> Measured:
        """The figures of a state; the same state always gives the very same figures.

        Before the first deletion, `chosen` are the people to tell apart from the rest. Raises as
        `engine.audit.audit` does.
        """
        people = tuple(sorted(state.forgotten or chosen))
        before = self.audit(start(state.workspace), people, watch, questions)
        after = self.audit(state, people, watch, questions) if state.steps else None
        return Measured(before, after)

    def audit(
        self,
        state: State,
        people: tuple[int, ...],
        watch: Watch = ignore,
        questions: tuple[str, ...] | None = None,
    ) -> dict[str, dict]:
        """The figures of one side about `people`."""

        if questions is not None and len(questions) == 1:
            everything = self.known(("audit", people, None), state) or {}
            if questions[0] in everything:
                return {questions[0]: everything[questions[0]]}

        def shared(what: Hashable, make: Callable[[], Any]) -> Any:
            return self.fits.once(_key(what, state), make, watch)

        def make() -> dict[str, dict]:
            view = replace(state.view(people), once=shared)
            return audit(view, questions, state.workspace.seed, watch)

        return self.once(("audit", people, questions), state, make, watch)

    def spectrum(self, state: State, people: tuple[int, ...]) -> Spectrum | None:
        """The singular values of these people's enrolment features; None where nothing is left."""

        def make() -> Spectrum | None:
            view = state.view(people)
            try:
                _, values = factor(view.values[view.is_forget & view.train])
            except LetheError:
                return None
            dimension = view.values.shape[1]
            return Spectrum(
                tuple(values[:SHOWN].tolist()),
                auto_rank(values, len(people)),
                paper_rank(dimension, 1.5),
                dimension,
                last_rank(len(people), len(values)),
            )

        return self.once(("spectrum", people), state, make)

    def innocents(self, state: State) -> tuple[int, ...]:
        """Labels of the kept people for whom a test photo of the forgotten is accepted."""
        if not state.steps:
            return ()
        return self.once("innocents", state, lambda: taken_for(state.view()))

    def row(
        self,
        state: State,
        forget: tuple[int, ...],
        method: str,
        options: Mapping[str, Any] | None = None,
        seed: int = 0,
        watch: Watch = ignore,
    ) -> Row:
        """One row of a comparison: see `engine.compare.one_row`."""

        def make() -> Row:
            return one_row(state, forget, method, options=options, seed=seed, watch=watch)

        given = tuple(sorted((options or {}).items()))
        return self.once(("row", forget, method, given, seed), state, make, watch)

    def rows_known(self, state: State, forget: tuple[int, ...], seed: int = 0) -> tuple[Row, ...]:
        """The rows of a comparison with default options that somebody has computed."""
        found = (
            self.known(("row", forget, method, (), seed), state)
            for method in lineup(state.workspace, forget)
        )
        return tuple(row for row in found if row is not None)

    def seconds_to_train(self, workspace: Workspace, watch: Watch = ignore) -> dict[str, float]:
        """About how long each method that trains takes here; see `forecast.seconds_to_train`."""

        def make() -> dict[str, float]:
            return seconds_to_train(workspace, tuple(filter(trains, (*METHODS, RETRAINED))))

        return self.once("seconds to train", start(workspace), make, watch)

    def seconds_known(self, workspace: Workspace) -> dict[str, float]:
        """`seconds_to_train` where somebody has had it measured, else nothing."""
        return self.known("seconds to train", start(workspace)) or {}

    def compare(
        self,
        state: State,
        forget: tuple[int, ...],
        methods: Iterable[str] | None = None,
        *,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        seed: int = 0,
        watch: Watch = ignore,
    ) -> Iterator[Row]:
        """A row for the original, one for each method, one for the reference, as they are ready.

        Every method starts from `state` and erases the same people with its default options, or
        those that `options` gives by method. A method that cannot run gives a row with its reason;
        the others go on. `watch` raises `Cancelled` to stop: rows already given stay good. Raises
        `LetheError` for an unknown method before any work.
        """
        names = lineup(state.workspace, forget) if methods is None else (ORIGINAL, *methods)
        for name in checked(names):
            yield self.row(state, forget, name, (options or {}).get(name), seed, watch)

    def compare_sets(
        self,
        workspace: Workspace,
        counts: Sequence[int],
        seeds: Sequence[int],
        methods: Iterable[str] | None = None,
        *,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        watch: Watch = ignore,
    ) -> Iterator[Row]:
        """`compare` on random sets of people: every count with every seed."""
        names = None if methods is None else tuple(methods)
        for count in counts:
            for seed in seeds:
                people = random_people(workspace, count, seed)
                yield from self.compare(
                    start(workspace), people, names, options=options, seed=seed, watch=watch
                )


def _key(what: Hashable, state: State) -> tuple:
    return (what, state.workspace.key, state.trail)
