"""Work in a thread: it streams, it stops, and it tells trouble in one sentence."""

import threading
import time

import pytest

from engine.errors import Cancelled, LetheError
from engine.progress import Progress, Watch
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
