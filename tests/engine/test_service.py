"""What is shared by all who ask: computed once, bounded, given to whoever waits."""

import threading

import pytest

from engine.errors import Cancelled
from engine.progress import Progress
from engine.service import service
from engine.service.cache import Cache
from engine.service.service import Service
from engine.workspace import start
from tests.demo.world import workspace


def test_two_who_ask_at_once_compute_once() -> None:
    """Catches two visitors who fit the same probe side by side."""
    cache: Cache[object] = Cache(4)
    begun, finish, made, got = threading.Event(), threading.Event(), [], []

    def make() -> object:
        made.append(1)
        begun.set()
        finish.wait(10)
        return object()

    asking = [threading.Thread(target=lambda: got.append(cache.once("a", make))) for _ in range(3)]
    asking[0].start()
    assert begun.wait(10)
    for one in asking[1:]:
        one.start()
    finish.set()
    for one in asking:
        one.join(10)
    assert len(made) == 1
    assert len({id(one) for one in got}) == 1
    assert len(got) == 3


def test_who_asks_meanwhile_waits_and_makes_nothing() -> None:
    """Catches a second computation that only chance keeps from being seen."""
    cache: Cache[str] = Cache(4)
    begun, waited, got = threading.Event(), threading.Event(), []

    def make() -> str:
        begun.set()
        assert waited.wait(10)  # set by nobody but somebody who waits
        return "the first's"

    first = threading.Thread(target=lambda: got.append(cache.once("a", make)))
    first.start()
    assert begun.wait(10)
    got.append(cache.once("a", lambda: "the second's", lambda _: waited.set()))
    waited.set()
    first.join(10)
    assert got == ["the first's", "the first's"]
    assert cache.once("a", lambda: "a third's") == "the first's"


def test_one_who_waits_can_be_stopped_and_the_next_tries_again() -> None:
    """Catches a waiting visitor whose Cancel does nothing, and a failure kept as a figure."""
    cache: Cache[int] = Cache(4)
    begun, finish = threading.Event(), threading.Event()

    def fails() -> int:
        begun.set()
        finish.wait(10)
        raise ValueError("x")

    def first() -> None:
        with pytest.raises(ValueError, match="x"):
            cache.once("a", fails)

    thread = threading.Thread(target=first)
    thread.start()
    assert begun.wait(10)

    def stopped(_: Progress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        cache.once("a", lambda: 1, stopped)
    finish.set()
    thread.join(10)
    assert cache.once("a", lambda: 2) == 2


def test_a_cache_is_bounded() -> None:
    """Catches memory that grows with every visitor."""
    cache: Cache[int] = Cache(2)
    for key in range(5):
        cache.once(key, lambda: 0)
    assert len(cache) == 2


def test_figures_belong_to_the_state_and_not_to_who_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches figures computed again for a second visitor, or given for other people."""
    calls, real = [], service.audit
    monkeypatch.setattr(service, "audit", lambda *a, **k: calls.append(1) or real(*a, **k))
    space, ours = workspace(), Service()
    one = ours.measure(start(space).forget((1, 4), "esc"))
    other = ours.measure(start(space).forget((1, 4), "esc"))
    assert len(calls) == 2
    assert one.after is other.after
    assert ours.measure(start(space).forget((2,), "esc")).after != one.after
    assert len(calls) == 4
