"""What is shared by all who ask: computed once, bounded, given to whoever waits."""

import threading
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.audit import audit, kr
from engine.audit.innocent import taken_for
from engine.compare import lineup, random_people
from engine.erasure import METHODS
from engine.erasure.spectrum import auto_rank
from engine.errors import Cancelled, LetheError
from engine.probes.linear import fit_linear
from engine.progress import Progress
from engine.service import service
from engine.service.cache import Cache
from engine.service.service import Service
from engine.service.weights import weight
from engine.workspace import State, start
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


def test_a_cache_gives_what_was_put_until_it_is_cleared() -> None:
    """Catches a value under another key, and waiting lists that grow with every figure."""
    cache: Cache[str] = Cache(4)
    assert cache.get("a") is None
    cache.put("a", "given")
    assert cache.get("a") == "given"
    assert cache.once("a", lambda: "made") == "given"
    assert cache.once("b", lambda: "made") == "made"
    assert cache.get("b") == "made"
    assert len(cache) == 2
    assert not cache._flights
    cache.clear()
    assert (len(cache), cache.get("a")) == (0, None)
    assert cache.once("a", lambda: "anew") == "anew"


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


def test_a_spectrum_says_where_the_words_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches values of one erasure with the ranks of another, or more values than are told."""
    space, ours = workspace(), Service()
    people = (0, 1, 3, 4, 6)
    found = ours.spectrum(start(space), people)
    assert found is not None
    rows = space.features.train & torch.isin(space.features.labels, torch.tensor(people))
    values = torch.linalg.svdvals(space.features.values[rows].double())
    assert found.values == pytest.approx(values.tolist(), rel=1e-6)
    assert (found.auto, found.dimension) == (auto_rank(values, 5), 48)
    assert found.auto > auto_rank(values, 1)
    assert found.paper == 1  # 1.5 percent of 48 is less than one
    monkeypatch.setattr(service, "SHOWN", 3)
    short = Service().spectrum(start(space), people)
    assert short is not None
    assert (short.values, short.auto) == (found.values[:3], found.auto)
    gone = start(space).forget(people, "esc", {"rank": len(found.values)})
    assert ours.spectrum(gone, people) is None


def test_only_rows_that_somebody_computed_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a row of other options or another seed shown as the default's, or made anew."""
    monkeypatch.setattr(service, "one_row", lambda *_, **__: object())
    space, ours = workspace(), Service()
    fresh = start(space)
    assert ours.rows_known(fresh, (1,)) == ()
    with_options = ours.row(fresh, (1,), "esc", {"rank": 2})
    assert ours.rows_known(fresh, (1,)) == ()
    head = ours.row(fresh, (1,), "head-only")
    esc = ours.row(fresh, (1,), "esc")
    assert esc is not with_options
    assert ours.rows_known(fresh, (1,)) == (esc, head)  # as they are lined up
    assert ours.row(fresh, (1,), "esc", {}) is esc
    assert ours.rows_known(fresh, (1,), seed=1) == ()
    assert ours.rows_known(fresh, (2,)) == ()


def test_a_comparison_hands_on_options_and_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches options given to another method, one seed for all sets, or the original left out."""
    asked: list[tuple] = []

    def note(state: State, forget: tuple, method: str, **how: object) -> tuple:
        asked.append((forget, method, how["options"], how["seed"]))
        return asked[-1]

    monkeypatch.setattr(service, "one_row", note)
    space, options = workspace(), {"esc": {"rank": 2}}
    rows = list(
        Service().compare(start(space), (3,), ("esc", "head-only"), options=options, seed=5)
    )
    assert rows == asked
    assert asked == [
        ((3,), "original", None, 5),
        ((3,), "esc", {"rank": 2}, 5),
        ((3,), "head-only", None, 5),
    ]
    asked.clear()
    list(Service().compare_sets(space, (1, 2), (0, 7), iter(("esc",)), options=options))
    assert [(forget, seed) for forget, method, _, seed in asked if method == "esc"] == [
        (random_people(space, count, seed), seed) for count in (1, 2) for seed in (0, 7)
    ]
    asked.clear()
    list(Service().compare_sets(space, (1,), (0,)))
    assert [method for _, method, *_ in asked] == list(lineup(space, random_people(space, 1, 0)))
    with pytest.raises(LetheError):
        next(Service().compare(start(space), (3,), ("burn",)))


def test_nobody_is_taken_for_the_forgotten_before_anybody_is() -> None:
    """Catches innocent people named before a deletion, or found anew at each look."""
    space, ours = workspace(), Service()
    assert ours.innocents(start(space)) == ()
    state = start(space).forget((1,), "esc")
    assert ours.innocents(state) == taken_for(state.view())
    assert ours.known("innocents", state) is ours.innocents(state)
    ours.kept.clear()
    assert ours.known("innocents", state) is None


def test_what_is_kept_is_bounded_by_its_bytes_and_too_much_is_still_given() -> None:
    """Catches a cache that is full of small things and holds gigabytes, or fails over a big one."""
    cache: Cache[Tensor] = Cache(4_000, weight)
    for number in range(20):
        cache.put(number, torch.zeros(250))
    assert cache.weight <= 4_000
    assert len(cache) == 4
    assert cache.once("big", lambda: torch.ones(2_000)).sum() == 2_000
    assert cache.get("big") is None
    assert len(cache) == 4


def test_what_is_held_twice_weighs_once_and_a_shared_workspace_nothing() -> None:
    """Catches a view that counts as little, though it keeps all of what it is a view of."""
    rows = torch.zeros(1_000, 100)
    assert weight(rows[:1]) >= 400_000
    assert weight({"all": rows, "some": rows[:10]}) < 410_000
    assert weight(np.zeros((100, 100))[0]) >= 80_000
    state = start(workspace())
    assert weight(state) < 2 * weight((state.values, state.judging, state.reference)) + 10_000


def test_a_probe_and_a_ranking_are_made_once_for_whoever_is_asked_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Catches the undeleted features fitted anew for each visitor's people, or with other figures.

    The figures are those of an audit that shares nothing.
    """
    fitted = []

    def counted(*args: Any, **options: Any) -> Any:
        fitted.append(1)
        return fit_linear(*args, **options)

    monkeypatch.setattr(kr, "fit_linear", counted)
    shared, state = Service(), start(workspace())
    for people in ((0,), (1, 2), (3,)):
        found = shared.audit(state, people)
        assert len(fitted) == 1
        monkeypatch.setattr(kr, "fit_linear", fit_linear)
        assert found == audit(state.view(people), seed=state.workspace.seed)
        monkeypatch.setattr(kr, "fit_linear", counted)


def test_one_question_of_an_audit_that_is_there_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Catches attacks that measure what the scoreboard shows already."""
    shared, state = Service(), start(workspace())
    whole = shared.audit(state, (1, 2))
    monkeypatch.setattr(service, "audit", None)
    assert shared.audit(state, (1, 2), questions=("kr",)) == {"kr": whole["kr"]}


def test_a_default_that_was_given_makes_the_same_state() -> None:
    """Catches the same deletion computed twice, for a page and for a script."""
    fresh = start(workspace())
    given = {one.name: one.default for one in METHODS["esc"].options}
    assert fresh.forget((1,), "esc").trail == fresh.forget((1,), "esc", given).trail
    assert fresh.forget((1,), "esc").trail != fresh.forget((1,), "esc", {"rank": 1}).trail
