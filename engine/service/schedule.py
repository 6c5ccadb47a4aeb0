"""One request after another: who was forgotten when, and what that did to everybody each time."""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

from engine.audit import metrics
from engine.audit.figures import by_person
from engine.erasure import METHODS, demand
from engine.errors import LetheError
from engine.gallery import Gallery
from engine.progress import Progress, Watch, ignore
from engine.said import noted, row, said
from engine.service.forecast import seconds_a_request
from engine.service.service import Service
from engine.service.visit import Visit
from engine.workspace import State, Workspace, start

Field = Literal["kr", "recall"]
FIGURES: Mapping[Field, str] = {"kr": "kr.forget_test", "recall": "retrieval.forget_recall_at_1"}
"""The figures of a `Group`, and the audit's whose share by person they are made of."""

QUESTIONS = ("kr", "retrieval")
"""What is asked after every request at least: what those figures are made of."""


@dataclass(frozen=True)
class Request:
    """People who asked to be forgotten together, how they are, and the day on which they came."""

    people: tuple[int, ...]
    method: str = "esc"
    options: Mapping[str, Any] = field(default_factory=dict)
    day: datetime.date | None = None


@dataclass(frozen=True)
class Group:
    """How some people are known: KR and recall@1 over their `photos` test photos, 0 to 1.

    None where there is no such photo.
    """

    kr: float | None
    recall: float | None
    photos: int


@dataclass(frozen=True)
class Moment:
    """How things stand after `done` requests; 0 is before any.

    `figures` are the audit's about all who are `forgotten` so far, at 0 about all who will be.
    `requests` are the people of each request of the schedule, whether it has come or not.
    `bystanders` are those whom no request of the schedule is about, `kept` each of them by label
    as recall@1. `seconds` is what fitting took, `warnings` are the eraser's.
    """

    done: int
    figures: Mapping[str, dict]
    forgotten: Group
    requests: tuple[Group, ...]
    bystanders: Group
    kept: Mapping[int, float]
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()


Step = Callable[[Watch], Moment]
"""A piece of work of a schedule, so that others come in between and each can be stopped."""


def check(requests: Sequence[Request], space: Workspace) -> None:
    """Raises `LetheError` for a schedule that cannot be done, before any of it is."""
    seen: set[int] = set()
    has = {"model": space.trainable, "reference": space.strangers}
    if not requests:
        raise LetheError(said("Nobody is selected; choose at least one person to forget."))
    for one in requests:
        again = [space.gallery.display(label) for label in one.people if label in seen]
        if again or len(set(one.people)) < len(one.people):
            named = again or [space.gallery.display(label) for label in one.people]
            raise LetheError(
                said("{names} can be forgotten only once; name each once.", names=row(named))
            )
        seen |= {*one.people}
        demand(METHODS[one.method], has)
    if len(seen) >= len(space.features.labels.unique()):
        raise LetheError(said("Everybody is selected; leave at least one person to remember."))


def steps(
    visit: Visit, requests: Sequence[Request], questions: Sequence[str] = QUESTIONS
) -> Iterator[Step]:
    """A piece of work for the moment before any request and for each one, to be done in order.

    `visit`, in which nobody is forgotten yet, forgets one request after another. It can take back
    the last alone: a year of states would fill the memory. Figures are of `questions` and of
    `QUESTIONS`; states that anybody had audited before are not audited again. Raises as `check`
    does, and a piece as `Visit.forget` does.
    """
    check(requests, visit.workspace)
    asked = tuple(dict.fromkeys((*questions, *QUESTIONS)))
    everybody = tuple(sorted(label for one in requests for label in one.people))

    def before(watch: Watch) -> Moment:
        return _moment(visit, requests, 0, everybody, asked, watch)

    def after(done: int, watch: Watch) -> Moment:
        one = requests[done - 1]
        watch(Progress(noted("one request after another"), done, len(requests)))
        visit.forget(one.people, one.method, one.options, watch)
        visit.state = _without_past(visit.state)
        return _moment(visit, requests, done, visit.people, asked, watch)

    yield before
    for done in range(1, len(requests) + 1):
        yield partial(after, done)


def play(
    visit: Visit,
    requests: Sequence[Request],
    watch: Watch = ignore,
    questions: Sequence[str] = QUESTIONS,
) -> Iterator[Moment]:
    """The moments of `steps`, one by one. Raises as those do, and `Cancelled` when stopped."""
    for step in steps(visit, requests, questions):
        yield step(watch)


class Schedules:
    """The schedules of a service: what one visit has played of `QUESTIONS` is there for the next.

    Whose day is which is of no matter to it.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def known(self, space: Workspace, requests: Sequence[Request]) -> tuple[Moment, ...]:
        """The moments of these requests where somebody has played them, else none."""
        return self._service.known(_key(requests), start(space)) or ()

    def keep(
        self, space: Workspace, requests: Sequence[Request], moments: Sequence[Moment]
    ) -> None:
        """Remember the moments of requests that were all played."""
        self._service.once(_key(requests), start(space), lambda: tuple(moments))

    def seconds(self, space: Workspace, method: str, watch: Watch = ignore) -> float:
        """About how long one request takes here by a method; see `forecast.seconds_a_request`."""
        key = ("seconds a request", method)

        def make() -> float:
            return seconds_a_request(space, method, QUESTIONS)

        return self._service.once(key, start(space), make, watch)

    def seconds_known(self, space: Workspace, method: str) -> float | None:
        """`seconds` where somebody has had them measured."""
        return self._service.known(("seconds a request", method), start(space))


def came_back(moments: Sequence[Moment], field: Field = "recall") -> dict[int, tuple[float, float]]:
    """Requests whose people are known better at the end than right after their own deletion.

    Both shares by the request's place, from 0, who gained most first.
    """
    last = moments[-1]
    found = {}
    for at in range(last.done):
        own, now = (getattr(one.requests[at], field) for one in (moments[at + 1], last))
        if own is not None and now is not None and now > own:
            found[at] = (own, now)
    return dict(sorted(found.items(), key=lambda one: one[1][0] - one[1][1]))


def right_after(moments: Sequence[Moment]) -> Group:
    """All who are forgotten at the end, each as they were known right after their own deletion.

    What later deletions undid is what `moments[-1].forgotten` has more. Before any request it is
    that group itself.
    """
    own = [moments[at + 1].requests[at] for at in range(moments[-1].done)]
    if not own:
        return moments[-1].forgotten
    kr = [(one.kr, one.photos) for one in own]
    recall = [(one.recall, one.photos) for one in own]
    return Group(_mean(kr), _mean(recall), sum(one.photos for one in own))


def paid_most(moments: Sequence[Moment]) -> tuple[int, float, float] | None:
    """The bystander who is found less often than at first by the most: label, before and now.

    None where nobody is.
    """
    first, last = moments[0].kept, moments[-1].kept
    falls = {label: first[label] - now for label, now in last.items() if label in first}
    label = max(falls, key=lambda one: falls[one], default=None)
    if label is None or falls[label] <= 0:
        return None
    return label, first[label], last[label]


def as_data(
    requests: Sequence[Request], moments: Sequence[Moment], gallery: Gallery
) -> list[dict[str, Any]]:
    """The moments as a report holds them, people by name; the first is before any request."""
    out = []
    for at, moment in enumerate(moments):
        one = requests[moment.done - 1] if moment.done else None
        out.append(
            {
                "date": one.day.isoformat() if one and one.day else None,
                "forget": [gallery.identities[label] for label in one.people] if one else [],
                "method": one.method if one else None,
                "options": dict(one.options) if one else {},
                "seconds": round(moment.seconds, 4),
                "warnings": list(moment.warnings),
                "of_request": _data(moment.requests[moment.done - 1]) if one else None,
                "of_forgotten": _data(moment.forgotten),
                "of_forgotten_right_after": _data(right_after(moments[: at + 1])),
                "of_bystanders": _data(moment.bystanders),
                "of_each_request": [_data(group) for group in moment.requests],
                "bystanders": {gallery.identities[one]: x for one, x in moment.kept.items()},
                "metrics": dict(moment.figures),
            }
        )
    return out


def _key(requests: Sequence[Request]) -> tuple:
    asked = ((one.people, one.method, tuple(sorted(one.options.items()))) for one in requests)
    return ("schedule", tuple(asked))


def _without_past(state: State) -> State:
    """The state, of whose past only the last step is kept."""
    if state.previous is None:
        return state
    return replace(state, previous=replace(state.previous, previous=None))


def _data(group: Group) -> dict[str, Any]:
    return {"kr": group.kr, "recall_at_1": group.recall, "photos_test": group.photos}


def _moment(
    visit: Visit,
    requests: Sequence[Request],
    done: int,
    about: tuple[int, ...],
    questions: Sequence[str],
    watch: Watch,
) -> Moment:
    state: State = visit.state
    figures: dict[str, dict] = {}
    for name in questions:
        figures |= visit.service.audit(state, about, watch, (name,))
    features = state.workspace.features
    classes = len(features.identities)
    tests = features.labels[~features.train].bincount(minlength=classes).tolist()
    known = metrics()
    kr, recall = (by_person(figures, known[FIGURES[field]]) for field in ("kr", "recall"))

    def group(people: Sequence[int]) -> Group:
        photos = sum(tests[label] for label in people)
        return Group(
            _mean([(kr[label], tests[label]) for label in people]),
            _mean([(recall[label], tests[label]) for label in people]),
            photos,
        )

    asking = {label for one in requests for label in one.people}
    others = [label for label in range(classes) if label not in asking]
    step = state.steps[-1] if state.steps else None
    return Moment(
        done=done,
        figures=figures,
        forgotten=group(about),
        requests=tuple(group(one.people) for one in requests),
        bystanders=group(others),
        kept={label: share for label in others if (share := recall[label]) is not None},
        seconds=step.seconds if step else 0.0,
        warnings=step.eraser.warnings if step else (),
    )


def _mean(shares: Sequence[tuple[float | None, int]]) -> float | None:
    """The share of right photos of all: of each who took part, theirs and how many photos.

    Right photos are whole; the audit's shares are rounded to single precision.
    """
    there = [(share, count) for share, count in shares if share is not None]
    photos = sum(count for _, count in there)
    return sum(round(share * count) for share, count in there) / photos if photos else None
