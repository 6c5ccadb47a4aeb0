"""Engine work in a thread, told as a generator, so that the page breathes and can say stop."""

import itertools
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.durations import took
from engine.errors import Cancelled, LetheError
from engine.machine import threads
from engine.progress import Progress, Watch, ignore
from engine.said import noted, said

T = TypeVar("T")
BEAT = 0.1
"""Seconds between two reports to the page."""
BEFORE = "before"
"""The figure in a report of who waits: how many pieces of work of others are before theirs."""


@dataclass(frozen=True)
class News:
    """What happened since the last report; nothing at all when the work is only waiting.

    `trace` holds every report of the present stage, for methods that train.
    """

    progress: tuple[Progress, ...]
    trace: tuple[Progress, ...]
    seconds: float


@dataclass(frozen=True)
class Done(Generic[T]):
    """The work's result and the seconds it took."""

    result: T
    seconds: float


class TooLong(Cancelled):
    """A piece of work that took all the time it may; like one that somebody stopped."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            said(
                "Stopped after {took}, the most that one piece of work may take here, "
                "and nothing was changed; choose fewer people or a quicker method, or "
                "start Lethe with a higher --max-seconds.",
                took=took(seconds, 0),
            )
        )


NOW, NEXT, LATER, IDLE = range(4)
"""How urgent work is: what somebody looks at the screen for, the figures that belong to it, what
follows by itself, and what makes that finer or nobody has asked for yet."""


class Stop(threading.Event):
    """Says that a piece of work shall stop, on whose behalf it is done, and how urgent it is.

    It is set by itself once the work is not `wanted` any more.
    """

    def __init__(
        self,
        who: object = None,
        urgency: int = NOW,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        super().__init__()
        self.who, self.urgency, self._wanted = who, urgency, wanted

    def is_set(self) -> bool:
        """Whether the work shall stop."""
        return super().is_set() or not self._wanted()

    def ended(self) -> "Stop":
        """What is left of it after the work: whether it was set."""
        left = Stop(self.who, self.urgency)
        if self.is_set():
            left.set()
        return left

    def then(self, urgency: int) -> "Stop":
        """The same for what comes after, which is not as urgent."""
        return Stop(self.who, urgency, lambda: not self.is_set())


@dataclass(eq=False)
class _Place:
    """Somebody's place at a gate, who is nobody in particular for None.

    `turn` counts up in the order in which places came into line; it is infinite as long as another
    one of the same visitor's, as urgent as this, is before it.
    """

    who: object
    urgency: int
    turn: float


class Gate:
    """Lets `width` heavy pieces of work run at once; the others wait in line.

    What is more urgent goes first. Of what is as urgent, who came first does, with one place in
    line for each visitor: another piece of work of the same one comes into line when theirs is
    done, or goes in where nobody else waits. What follows by itself never takes the last place,
    and what is idle goes in where nothing else is inside. A piece of work may take `seconds`, any
    time for 0.
    """

    def __init__(self, width: int, seconds: float = 0) -> None:
        self.width, self.seconds = width, seconds
        self._inside: list[_Place] = []
        self._waiting: list[_Place] = []
        self._turns = itertools.count()
        self.done = 0
        """Pieces of work that have left, however they ended."""
        self._moved = threading.Condition()

    @property
    def inside(self) -> int:
        """Pieces of work that run."""
        return len(self._inside)

    @property
    def waiting(self) -> int:
        """Pieces of work that wait."""
        return len(self._waiting)

    @contextmanager
    def held(self, cancel: threading.Event | None = None, watch: Watch = ignore) -> Iterator[None]:
        """A place for the length of a block, waited for in line.

        Inside, torch computes by one thread, for others are inside as well; who trains a network
        or embeds photos takes more. `watch` hears how many are before it, whenever that changes.
        Raises `Cancelled` when `cancel` is set first, and as `watch` does.
        """
        stop = cancel if isinstance(cancel, Stop) else Stop(wanted=_unless(cancel))
        place = self._line_up(stop.who, stop.urgency)
        try:
            self._wait(place, stop, watch)
            with threads(1):
                yield
        finally:
            self._leave(place)

    def watched(self, cancel: threading.Event, watch: Watch = ignore) -> Watch:
        """A watcher for one piece of work: stops it when told to, or when its time is over."""
        until = time.monotonic() + self.seconds if self.seconds else math.inf

        def hear(progress: Progress) -> None:
            if cancel.is_set():
                raise Cancelled
            if time.monotonic() > until:
                raise TooLong(self.seconds)
            watch(progress)

        return hear

    def _line_up(self, who: object, urgency: int) -> _Place:
        with self._moved:
            place = _Place(who, urgency, math.inf)
            self._waiting.append(place)
            self._bring_into_line(place)
            self._let_in()
        return place

    def _wait(self, place: _Place, cancel: threading.Event, watch: Watch) -> None:
        told: int | None = None
        while True:
            with self._moved:
                self._moved.wait_for(lambda: place in self._inside, BEAT)
                before = None if place in self._inside else self._before(place)
            if cancel.is_set():
                raise Cancelled
            if before is None:
                if told is not None:
                    watch(Progress(noted("it is your turn"), 0, 0))
                return
            if before != told:
                watch(Progress(noted("waiting"), 0, 0, {BEFORE: before}))
                told = before

    def _before(self, place: _Place) -> int:
        """How many others are inside or go in before."""
        line = self._line()
        ahead = self._inside + line[: line.index(place)]
        return sum(one.who is None or one.who is not place.who for one in ahead)

    def _leave(self, place: _Place) -> None:
        with self._moved:
            (self._inside if place in self._inside else self._waiting).remove(place)
            self.done += 1
            self._bring_into_line(place)
            self._let_in()

    def _bring_into_line(self, last: _Place) -> None:
        """Give the visitor's first piece of work a turn where none of theirs as urgent has one."""
        theirs = [
            one
            for one in self._inside + self._waiting
            if one.who is last.who and one.urgency == last.urgency
        ]
        if last.who is None:
            theirs = [one for one in theirs if math.isinf(one.turn)]
        if theirs and all(math.isinf(one.turn) for one in theirs):
            theirs[0].turn = next(self._turns)

    def _let_in(self) -> None:
        for place in self._line():
            later = sum(one.urgency >= LATER for one in self._inside)
            room = self.width - len(self._inside)
            if place.urgency >= LATER:
                room = min(room, max(self.width - 1, 1) - later)
            if place.urgency >= IDLE and self._inside:
                room = 0
            if room < 1:
                break  # what comes after it in line is no more urgent
            self._waiting.remove(place)
            self._inside.append(place)
            if math.isinf(place.turn):
                place.turn = next(self._turns)
        self._moved.notify_all()

    def _line(self) -> list[_Place]:
        """Who waits, the next one first; second places in the order in which they came."""
        return sorted(self._waiting, key=lambda one: (one.urgency, one.turn))


def _unless(cancel: threading.Event | None) -> Callable[[], bool]:
    return lambda: cancel is None or not cancel.is_set()


def stream(
    job: Callable[[Watch], T], cancel: threading.Event, gate: Gate
) -> Iterator[News | Done[T]]:
    """Run `job(watch)` in a thread; yield `News` about every `BEAT` seconds, then `Done`.

    While it waits at the gate the news is how many are before it (`BEFORE`). Setting `cancel`, or
    closing the generator (a closed tab), makes the job's next report raise `Cancelled`, and time
    that is over `TooLong`. Whatever the job raises is raised here.
    """
    reports: queue.SimpleQueue[Progress | None] = queue.SimpleQueue()
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            with gate.held(cancel, reports.put):
                outcome.append(job(gate.watched(cancel, reports.put)))
        except BaseException as error:  # handed to the generator, which raises it
            failure.append(error)
        finally:
            reports.put(None)

    began = time.perf_counter()
    # In the context of whoever asks: what they are to read is in their language there too.
    here = copy_context().run
    threading.Thread(target=here, args=(run,), name="lethe-work", daemon=True).start()
    try:
        yield from _tell(reports, began)
    except GeneratorExit:
        cancel.set()
        raise
    if failure:
        raise failure[0]
    yield Done(outcome[0], time.perf_counter() - began)


def _tell(reports: "queue.SimpleQueue[Progress | None]", began: float) -> Iterator[News]:
    trace: list[Progress] = []
    while True:
        gathered: list[Progress] = []
        until = time.monotonic() + BEAT
        while (left := until - time.monotonic()) > 0:
            try:
                report = reports.get(timeout=left)
            except queue.Empty:
                break
            if report is None:
                return
            gathered.append(report)
            if trace and trace[-1].stage != report.stage:
                trace.clear()
            trace.append(report)
        yield News(tuple(gathered), tuple(trace), time.perf_counter() - began)


def words(error: BaseException) -> str:
    """One sentence for the page; what is not meant for people is not shown to them."""
    if isinstance(error, LetheError):
        return error.said
    if isinstance(error, MemoryError):
        return noted(
            "There was not enough memory for this; choose fewer people or a smaller gallery."
        )
    return noted("Something went wrong inside; nothing was changed, and you can go on.")
