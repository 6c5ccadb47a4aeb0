"""Engine work in a thread, told as a generator, so that the page breathes and can say stop."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.errors import Cancelled, LetheError
from engine.progress import Progress, Watch

T = TypeVar("T")
BEAT = 0.1
"""Seconds between two reports to the page."""


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


class Gate:
    """Lets a few heavy pieces of work run at once; the others wait and can still be cancelled."""

    def __init__(self, width: int) -> None:
        self._places = threading.BoundedSemaphore(width)

    def enter(self, cancel: threading.Event) -> None:
        """Wait for a place. Raises `Cancelled` when `cancel` is set first."""
        while not self._places.acquire(timeout=BEAT):
            if cancel.is_set():
                raise Cancelled
        if cancel.is_set():
            self._places.release()
            raise Cancelled

    def leave(self) -> None:
        """Give the place back."""
        self._places.release()

    @contextmanager
    def held(self, cancel: threading.Event | None = None) -> Iterator[None]:
        """A place for the length of a block. Raises `Cancelled` when `cancel` is set first."""
        self.enter(cancel or threading.Event())
        try:
            yield
        finally:
            self.leave()

    def each(self, items: Iterator[T]) -> Iterator[T]:
        """The items, a place held while each is made, so that others come in between."""
        while True:
            with self.held():
                try:
                    item = next(items)
                except StopIteration:
                    return
            yield item


def stream(
    job: Callable[[Watch], T], cancel: threading.Event, gate: Gate
) -> Iterator[News | Done[T]]:
    """Run `job(watch)` in a thread; yield `News` about every `BEAT` seconds, then `Done`.

    Setting `cancel`, or closing the generator (a closed tab), makes the job's next report raise
    `Cancelled`. Whatever the job raises is raised here.
    """
    reports: queue.SimpleQueue[Progress | None] = queue.SimpleQueue()
    outcome: list[T] = []
    failure: list[BaseException] = []

    def watch(progress: Progress) -> None:
        if cancel.is_set():
            raise Cancelled
        reports.put(progress)

    def run() -> None:
        try:
            with gate.held(cancel):
                outcome.append(job(watch))
        except BaseException as error:  # handed to the generator, which raises it
            failure.append(error)
        finally:
            reports.put(None)

    began = time.perf_counter()
    threading.Thread(target=run, name="lethe-work", daemon=True).start()
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
        return str(error)
    if isinstance(error, MemoryError):
        return "There was not enough memory for this; choose fewer people or a smaller gallery."
    return "Something went wrong inside; nothing was changed, and you can go on."
