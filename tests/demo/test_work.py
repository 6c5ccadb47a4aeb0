"""Work in a thread: it streams, it stops, and it tells trouble in one sentence."""

import threading
import time
from types import SimpleNamespace

import pytest
import torch

from demo.panels import status
from engine.errors import Cancelled, LetheError
from engine.machine import threads
from engine.progress import Progress, Watch
from engine.service import work
from engine.service.work import (
    BEFORE,
    IDLE,
    LATER,
    NEXT,
    Done,
    Gate,
    News,
    Stop,
    TooLong,
    stream,
    words,
)


class Waiting:
    """A visitor's piece of work that has come to the gate, and goes on when it is told to."""

    def __init__(self, gate: Gate, name: str, went_in: list[str] | None = None) -> None:
        self.told: list[Progress] = []
        self.news, self.go_on = threading.Event(), threading.Event()
        self.stop, self.error = Stop(name), None
        self.inside = threading.Event()
        self._gate, self._name = gate, name
        self._went_in = [] if went_in is None else went_in
        # Names that are the same object are the same visitor's.
        came = gate.inside + gate.waiting
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        while gate.inside + gate.waiting == came:
            time.sleep(0.001)

    def _run(self) -> None:
        try:
            with self._gate.held(self.stop, self._hear):
                self._went_in.append(self._name)
                self.inside.set()
                assert self.go_on.wait(10)
        except Cancelled as error:
            self.error = error

    def _hear(self, progress: Progress) -> None:
        self.told.append(progress)
        self.news.set()

    def before(self) -> float:
        """How many are before it, as it is told next."""
        assert self.news.wait(10)
        self.news.clear()
        return self.told[-1].values[BEFORE]

    def through(self) -> None:
        """Let it end, once it is its turn."""
        self.go_on.set()
        self.ended()

    def ended(self) -> None:
        """Wait until it has left."""
        self._thread.join(10)
        assert not self._thread.is_alive()


def test_who_comes_first_goes_first_and_nobody_holds_two_places_before_another() -> None:
    """Catches a line in which the newest goes first, or one visitor's clicks keep all others out.

    Also one whose second piece of work is overtaken for ever by those who came after its turn.
    """
    gate, went_in = Gate(1), []
    first = Waiting(gate, "ada", went_in)
    rest = [Waiting(gate, name, went_in) for name in ("ada", "ada", "ben", "cyd", "ben")]
    assert first.inside.wait(10)
    first.go_on.set()
    assert rest[2].inside.wait(10)
    late = Waiting(gate, "dee", went_in)
    for one in (*rest, late):
        one.go_on.set()
    for one in (first, *rest, late):
        one.ended()
    assert went_in == ["ada", "ben", "cyd", "ada", "dee", "ben", "ada"]
    assert (gate.inside, gate.waiting) == (0, 0)


def test_a_second_piece_of_work_goes_in_where_nobody_else_waits() -> None:
    """Catches a free place that stays empty, and a visitor who waits for nobody."""
    gate = Gate(2)
    one, two = Waiting(gate, "ada"), Waiting(gate, "ada")
    assert one.inside.wait(10)
    assert two.inside.wait(10)
    three = Waiting(gate, "ada")
    assert three.before() == 0
    one.through()
    three.through()
    two.through()


def test_who_waits_is_told_how_many_are_before_them_as_it_changes() -> None:
    """Catches a place in line that counts oneself, stays as it was, or forgets who is inside."""
    gate = Gate(1)
    one, two, three = (Waiting(gate, name) for name in ("ada", "ben", "cyd"))
    assert one.inside.wait(10)
    assert (two.before(), three.before()) == (1, 2)
    two.stop.set()
    two.ended()
    assert isinstance(two.error, Cancelled)
    assert not two.inside.is_set()
    assert three.before() == 1
    one.through()
    three.through()
    assert BEFORE not in three.told[-1].values
    assert [one.told, len(three.told)] == [[], 3]


def test_the_news_of_who_waits_is_their_place() -> None:
    """Catches a page that says nothing while others' work goes on, or still waits when it is its
    turn."""
    gate = Gate(1)
    with gate.held():
        events = stream(lambda watch: "done", Stop("ada"), gate)
        said = ""
        while not said:
            event = next(events)
            assert isinstance(event, News)
            if event.progress:
                said = status.progress(event.progress[-1], event.seconds)
        assert said == "Waiting: 1 before you"
    *news, done = events
    assert isinstance(done, Done)
    stages = [one.stage for event in news if isinstance(event, News) for one in event.progress]
    assert stages in ([], ["it is your turn"])  # it may have ended since the last news


def test_work_beyond_its_time_is_stopped_with_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a limit that is not kept, that counts the wait in line, or stops work in time."""
    now = [0.0]
    clock = SimpleNamespace(perf_counter=lambda: now[0], monotonic=lambda: now[0])
    gate = Gate(1, 60)
    monkeypatch.setattr(work, "time", clock)
    now[0] = 1000.0
    watch = gate.watched(Stop())
    now[0] = 1060.0
    watch(Progress("in time", 0, 1))
    now[0] = 1061.0
    with pytest.raises(TooLong, match=r"1 min 0 s.*nothing was changed; choose") as stopped:
        watch(Progress("too late", 0, 1))
    assert words(stopped.value) == str(stopped.value)
    endless = Gate(1).watched(Stop())
    now[0] = 1e9
    endless(Progress("any time", 0, 1))


def test_a_job_beyond_its_time_ends_and_gives_its_place_back() -> None:
    """Catches a limit that stops the telling alone, while the work goes on in its place."""
    gate = Gate(1, 0.05)

    def job(watch: Watch) -> None:
        while True:
            watch(Progress("on and on", 0, 0))
            time.sleep(0.01)

    with pytest.raises(TooLong):
        list(stream(job, Stop(), gate))
    assert gate.inside == 0


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
    with gate.held():
        events = stream(lambda watch: None, cancel, gate)
        first = next(events)
        assert isinstance(first, News)
        cancel.set()
        with pytest.raises(Cancelled):
            list(events)
        assert (gate.inside, gate.waiting) == (1, 0)


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
    with pytest.raises(Cancelled), gate.held(gone):
        pass
    with gate.held(), gate.held():
        with pytest.raises(Cancelled), gate.held(gone):
            pass
        third = Waiting(gate, "a")
        assert (gate.inside, gate.waiting) == (2, 1)
    third.through()
    assert (gate.inside, gate.waiting) == (0, 0)


def test_what_is_more_urgent_goes_first_whoever_came_before() -> None:
    """Catches a first picture that waits for what follows by itself, of others or of the same."""
    gate, order = Gate(1), []
    came: list[threading.Thread] = []

    def come(name: str, stop: Stop) -> None:
        def work() -> None:
            with gate.held(stop):
                order.append(name)

        before = gate.waiting
        came.append(threading.Thread(target=work, daemon=True))
        came[-1].start()
        while gate.waiting == before:
            time.sleep(0.001)

    with gate.held():
        come("idle", Stop("nobody", IDLE))
        come("ada's curve", Stop("ada", LATER))
        come("bo's curve", Stop("bo", LATER))
        come("ada's figures", Stop("ada", NEXT))
        come("ada's picture", Stop("ada"))
        come("bo's picture", Stop("bo"))
    for one in came:
        one.join(10)
    assert order == [
        "ada's picture", "bo's picture", "ada's figures", "ada's curve", "bo's curve", "idle",
    ]  # fmt: skip


def test_who_does_not_want_it_any_more_leaves_the_line() -> None:
    """Catches work on a deletion that a newer one has replaced."""
    gate, wanted = Gate(1), [True]
    with gate.held():
        waiting = Stop("ada", LATER, lambda: wanted[0])
        outcome: list[BaseException] = []

        def come() -> None:
            try:
                with gate.held(waiting):
                    pass
            except Cancelled as error:
                outcome.append(error)

        thread = threading.Thread(target=come, daemon=True)
        thread.start()
        while not gate.waiting:
            time.sleep(0.001)
        wanted[0] = False
        thread.join(10)
        assert gate.waiting == 0
    assert len(outcome) == 1
    after = Stop("ada").then(NEXT)
    assert (after.who, after.urgency, after.is_set()) == ("ada", NEXT, False)


def test_at_the_gate_torch_takes_one_thread_of_its_own() -> None:
    """Catches two pieces of work that wait for each other's threads, or a setting that stays."""
    before, inside = torch.get_num_threads(), []
    gate = Gate(2)
    with gate.held(), threads(3):
        other = threading.Thread(target=lambda: inside.append(_at(gate)))
        other.start()
        other.join(10)
        assert torch.get_num_threads() == 3
    assert inside == [1]
    assert torch.get_num_threads() == before


def _at(gate: Gate) -> int:
    with gate.held():
        return torch.get_num_threads()


def test_what_follows_by_itself_leaves_a_place() -> None:
    """Catches a first picture that waits for two curves to be drawn; one place is no dead end."""
    gate = Gate(2)
    with gate.held(Stop("ada", LATER)):
        looks = iter([True, True, False])
        with pytest.raises(Cancelled), gate.held(Stop("bo", LATER, lambda: next(looks))):
            pytest.fail("two pieces of what follows by itself ran at once")
        with gate.held(Stop("cy")):
            assert gate.inside == 2
            looks = iter([True, True, False])
            with pytest.raises(Cancelled), gate.held(Stop("bo", IDLE, lambda: next(looks))):
                pytest.fail("idle work ran beside somebody's")
    for urgency in (LATER, IDLE):
        with Gate(1).held(Stop("ada", urgency)):
            pass
