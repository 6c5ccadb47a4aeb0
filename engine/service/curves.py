"""The forgetting curve of a visit, first by a quick probe and then by the converged one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from engine.erasure.esc import METHOD
from engine.erasure.factor import ForgetFactor, factor_people
from engine.live.curve import Point, curve_ranks, forgetting_curve
from engine.service.service import Service
from engine.service.visit import Visit
from engine.service.work import IDLE, LATER, Stop
from engine.workspace import State

Probe = Literal["discriminant", "converged"]

TOGETHER = {"discriminant": 12, "converged": 1}
"""Points made in one place at the gate, by probe: a quick one takes less than a turn in line."""


@dataclass(frozen=True, eq=False)
class Subject:
    """Whose curve: the state before they are erased, who they are, and the rank in use if any.

    `stop` says who asks for it, as the gate knows them, and when nobody does any more.
    """

    base: State
    forget: tuple[int, ...]
    rank: int | None
    stop: Stop = field(default_factory=Stop)

    @property
    def probes(self) -> tuple[Probe, ...]:
        """The probes to draw with: the converged one takes seconds, for who is erased already."""
        return ("discriminant",) if self.rank is None else ("discriminant", "converged")


def subject_of(visit: Visit, urgency: int = LATER) -> Subject | None:
    """The last deletion where ESC made it, before any deletion the chosen; else None.

    `urgency` is how urgent its first curve is at the gate.
    """
    state, mark = visit.state, visit.mark
    stop = Stop(visit.who, urgency, lambda: visit.mark == mark)
    if not state.steps:
        return Subject(state, visit.chosen, None, stop) if visit.chosen else None
    last = state.steps[-1]
    if last.method != METHOD.name:
        return None
    return Subject(state.undo(), last.forget, last.eraser.rank, stop)


class Curves:
    """The curves of a service; one that is finished is there at once for the next visit."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def factor(self, subject: Subject) -> ForgetFactor:
        """The directions along which the curve goes.

        Raises `LetheError` where none is left, `Cancelled` once nobody wants them.
        """

        def make() -> ForgetFactor:
            features = subject.base.workspace.features
            values, labels = subject.base.values[features.train], features.labels[features.train]
            with self._service.gate.held(subject.stop):
                return factor_people(values, labels, subject.forget)

        return self._service.once(("factor", subject.forget), subject.base, make)

    def finished(self, subject: Subject) -> tuple[Point, ...] | None:
        """The whole curve by the subject's last probe, None where it is not drawn yet."""
        return self._service.known(("curve", subject.forget, subject.probes[-1]), subject.base)

    def points(self, subject: Subject, probe: Probe) -> Iterator[Point]:
        """The points of increasing rank as they are computed, some in each place at the gate.

        Raises `Cancelled` once nobody wants them.
        """
        space = subject.base.workspace
        factor = self.factor(subject)
        ranks, many = curve_ranks(factor), TOGETHER[probe]
        curve = forgetting_curve(
            subject.base.values,
            space.features.labels,
            space.features.train,
            len(space.features.identities),
            factor,
            ranks=ranks,
            probe=probe,
            seed=space.seed,
        )
        # An estimate stands there already: who waits for anything goes before.
        stop = subject.stop.then(IDLE) if probe == "converged" else subject.stop
        found: list[Point] = []
        for _turn in range(0, len(ranks), many):
            with self._service.gate.held(stop):
                points = list(islice(curve, many))
            found += points
            yield from points
        self._service.once(("curve", subject.forget, probe), subject.base, lambda: tuple(found))
