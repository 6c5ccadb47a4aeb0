"""Work in a thread: it streams, it stops, and it tells trouble in one sentence."""

import threading
import time
from types import SimpleNamespace

import pytest

from engine.errors import Cancelled, LetheError
from engine.progress import Progress, Watch
from engine.service import work
from engine.service.work import Done, Gate, News, stream, words


def test_result_comes_last_and_every_report_before_it() -> None:
    """Catches reports lost between the thread and the page."""

    def job(watch: Watch) -> str:
        for i in range(30):
            watch(Progress("counting", i, 30))
        time.sleep(0.25)
        return "done"

    events = list(stream(job, threading.Event(), Gate(1)))
    assert isinstance(events[-1], Done)
    assert events[-1].result == "done"
    told = [one.done for event in events[:-1] for one in event.progress]
    assert told == list(range(30))


def test_cancel_stops_the_thread() -> None:
    """Catches a cancel button that only stops the telling."""
    cancel, after = threading.Event(), []

    def job(watch: Watch) -> None:
        for i in range(1000):
            watch(Progress("waiting", i, 1000))
            after.append(i)
            time.sleep(0.01)

    events = stream(job, cancel, Gate(1))
    next(events)
    cancel.set()
    with pytest.raises(Cancelled):
        list(events)
    count = len(after)
    time.sleep(0.1)
    assert len(after) == count < 1000


def test_closing_the_generator_stops_the_thread() -> None:
    """Catches work that goes on for a tab that is closed."""
    cancel = threading.Event()

    def job(watch: Watch) -> None:
        while True:
            watch(Progress("waiting", 0, 1))
            time.sleep(0.01)

    events = stream(job, cancel, Gate(1))
    next(events)
    events.close()
    assert cancel.is_set()


def test_waiting_at_the_gate_can_be_cancelled() -> None:
    """Catches a visitor who cannot leave the queue behind somebody else's work."""
    gate, cancel = Gate(1), threading.Event()
    gate.enter(threading.Event())
    events = stream(lambda watch: None, cancel, gate)
    first = next(events)
    assert isinstance(first, News)
    assert not first.progress
    cancel.set()
    with pytest.raises(Cancelled):
        list(events)


def test_the_gate_opens_again_after_trouble() -> None:
    """Catches a place at the gate that a failed job keeps for ever."""
    gate = Gate(1)

    def fails(watch: Watch) -> None:
        raise LetheError("No.")

    for _ in range(3):
        with pytest.raises(LetheError):
            list(stream(fails, threading.Event(), gate))


def test_words_never_show_a_traceback() -> None:
    """Catches internals on the page."""
    assert words(LetheError("Choose somebody.")) == "Choose somebody."
    assert "secret" not in words(RuntimeError("secret path"))
    assert "not enough memory" in words(MemoryError())


def test_the_trace_is_of_the_present_stage_alone() -> None:
    """Catches a curve of training that goes on with the next stage's numbers, or loses its own."""
    told, shown = threading.Event(), threading.Event()
    reports = [Progress("a", at, 3) for at in range(3)] + [Progress("b", at, 2) for at in range(2)]

    def job(watch: Watch) -> None:
        for one in reports[:3]:
            watch(one)
        told.set()
        assert shown.wait(10)
        for one in reports[3:]:
            watch(one)
        told.clear()
        assert told.wait(10)

    seen: list[Progress] = []
    for event in stream(job, threading.Event(), Gate(1)):
        if isinstance(event, News):
            seen += event.progress
            stage = seen[-1].stage if seen else ""
            assert list(event.trace) == [one for one in seen if one.stage == stage]
            if len(seen) == 3:
                shown.set()
            if len(seen) == 5:
                told.set()
    assert seen == reports


def test_seconds_are_counted_from_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a clock's reading told as a duration."""
    clock = iter([100.0, 103.5])
    watch = SimpleNamespace(perf_counter=lambda: next(clock), monotonic=time.monotonic)
    monkeypatch.setattr(work, "time", watch)
    monkeypatch.setattr(work, "BEAT", 60.0)  # no news in between
    (done,) = stream(lambda _: 7, threading.Event(), Gate(1))
    assert (done.result, done.seconds) == (7, 3.5)


def test_a_gate_is_as_wide_as_told_and_who_leaves_the_queue_takes_no_place() -> None:
    """Catches one piece of work too many, and a place lost to somebody who went away."""
    gate, gone = Gate(2), threading.Event()
    gone.set()
    with pytest.raises(Cancelled):
        gate.enter(gone)
    with gate.held(), gate.held():
        assert not gate._places.acquire(blocking=False)
        with pytest.raises(Cancelled), gate.held(gone):
            pass
    gate.enter(threading.Event())
    gate.enter(threading.Event())
    assert not gate._places.acquire(blocking=False)


def test_a_generator_that_is_closed_before_its_end_gives_its_place_back() -> None:
    """Catches a curve that nobody looks at any more and that keeps others waiting."""
    gate = Gate(1)
    items = gate.each(iter([1, 2, 3]))
    assert next(items) == 1
    items.close()
    with gate.held():
        pass
