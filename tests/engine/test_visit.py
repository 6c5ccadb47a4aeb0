"""One person's way through a workspace, without any page."""

import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.audit import QUESTIONS, audit
from engine.errors import Cancelled, LetheError
from engine.live.curve import Point
from engine.progress import ignore
from engine.service import attacks as attacks_module
from engine.service import service as module
from engine.service import visit as visit_module
from engine.service.asking import Shown, asked, asked_about, clearest
from engine.service.attacks import Attacks, Findings
from engine.service.curves import Curves, Probe, subject_of
from engine.service.service import Service
from engine.service.visit import Busy, GaveWay, Outdated, Visit
from engine.view import View
from tests.demo.world import Still, workspace

ROOT = Path(__file__).parents[2]
SPACE = workspace()


@pytest.fixture
def visit() -> Visit:
    """Somebody who has done nothing yet."""
    return Visit(Service(), SPACE)


def test_a_visit_needs_no_page() -> None:
    """Would catch a service that only works with Gradio loaded, or draws with plotly."""
    code = (
        "import sys; from engine.service import attacks, curves, shelf, visit; "
        "sys.exit(bool({'gradio', 'plotly', 'demo'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_way_there_and_back(visit: Visit) -> None:
    """Would catch a deletion, an undo or a fresh start that leaves something behind."""
    visit.choose((4, 1))
    before = visit.measure()
    assert before.after is None
    assert visit.people == (1, 4)
    visit.forget(visit.chosen)
    assert (visit.state.forgotten, visit.chosen) == ((1, 4), ())
    told = visit.measure()
    assert told.before is before.before  # the very figures: nothing is measured twice
    assert told.after == audit(visit.state.view(), seed=SPACE.seed)
    visit.choose((1, 2))
    assert visit.chosen == (2,)
    visit.forget((2,), "head-only")
    visit.undo(0)
    assert (visit.state.forgotten, visit.chosen) == ((2,), (1, 4))
    visit.undo()
    assert (visit.state.steps, visit.chosen) == ((), (2,))
    visit.forget((3,))
    visit.start_over()
    assert (visit.state.steps, visit.chosen, visit.people) == ((), (), ())
    with pytest.raises(LetheError, match="nothing to undo"):
        visit.undo()


def test_an_attempt_that_fails_leaves_no_trace(visit: Visit) -> None:
    """Would catch half a deletion after trouble, a stop, or a closed tab."""
    visit.choose((1,))
    mark = visit.mark

    def fail(trouble: BaseException) -> None:
        with visit.attempt():
            visit.forget((1,))
            raise trouble

    for trouble in (LetheError("No."), Cancelled(), GeneratorExit()):
        with pytest.raises(type(trouble)):
            fail(trouble)
        assert visit.mark == mark
    with visit.attempt():
        visit.forget((1,))
    assert visit.state.forgotten == (1,)


def test_one_thing_at_a_time(visit: Visit) -> None:
    """Would catch two pieces of work on one visit, or one that is held for good."""
    with visit.working(), pytest.raises(Busy), visit.working():
        pass
    assert not visit.is_working


def test_a_choice_made_during_a_deletion_outlives_it(visit: Visit) -> None:
    """Would catch a tick that the page shows and the visit has lost, once the deletion that was
    under way when it was made is cancelled or done."""

    def choose_more(_: object) -> None:
        visit.choose((1, 4, 6))

    def stop(_: object) -> None:
        choose_more(_)
        raise Cancelled

    visit.choose((1, 4))
    with pytest.raises(Cancelled), visit.attempt():
        visit.forget((1, 4), "esc-t", {}, stop)
    assert (visit.state.forgotten, visit.chosen) == ((), (1, 4, 6))
    visit.choose((1, 4))
    visit.forget((1, 4), "esc-t", {"steps": 3}, choose_more)
    assert (visit.state.forgotten, visit.chosen) == ((1, 4), (6,))
    visit.choose(())
    visit.adjust({"steps": 2}, lambda _: visit.choose((5,)))
    assert (visit.state.forgotten, visit.chosen) == ((1, 4), (5,))
    visit.choose((5, 7))
    visit.forget((5, 7), "esc-t", {"steps": 2})
    assert visit.chosen == ()


def test_what_nobody_asked_for_gives_way(visit: Visit) -> None:
    """Would catch a click refused for work that began by itself, one that is stopped by what began
    by itself, or a stop that somebody pressed taken for such."""
    begun, ended = threading.Event(), []

    def unasked() -> None:
        try:
            with visit.working(asked=False) as stop:
                begun.set()
                stop.wait(10)
                raise Cancelled
        except Cancelled as error:
            ended.append(type(error))

    def go() -> threading.Thread:
        begun.clear()
        thread = threading.Thread(target=unasked)
        thread.start()
        assert begun.wait(10)
        assert visit.is_working
        assert not visit.is_held
        return thread

    thread = go()
    with visit.working():
        thread.join(10)
        assert ended == [GaveWay]
        assert visit.is_held
        with pytest.raises(Busy), visit.working(asked=False):
            pass
        assert not visit.cancel.is_set()
    thread = go()
    visit.cancel.set()
    thread.join(10)
    assert ended == [GaveWay, Cancelled]
    assert visit.cancel.is_set(), "who asks afterwards is told that it was stopped"
    assert not visit.is_working


def test_what_nobody_wants_any_more_is_told_from_what_was_stopped(visit: Visit) -> None:
    """Would catch work about the people of before that goes on, or ends as if Stop was pressed."""
    about, ended = visit.about, []
    try:
        with visit.working(wanted=lambda: visit.about == about) as stop:
            assert not stop.is_set()
            visit.choose((2,))
            assert stop.is_set()
            raise Cancelled
    except Cancelled as error:
        ended.append(type(error))
    assert ended == [Outdated]
    assert not visit.is_working


def test_a_visit_is_freed_with_whoever_leaves() -> None:
    """Would catch photos that stay in memory after their visitor, in a circle that only a later
    sweep of the interpreter finds, since the work they did last knows for whom it was wanted."""
    gc.disable()
    try:
        visit = Visit(Service(), SPACE)
        with visit.working(wanted=lambda visit=visit: not visit.people):
            pass
        gone = weakref.ref(visit)
        del visit
        assert gone() is None
    finally:
        gc.enable()


def test_a_dragged_strength_is_the_one_that_it_says(visit: Visit) -> None:
    """Would catch a drag that shows one rank and leaves another, or its exact figures wrong."""
    visit.forget((1, 4))
    assert visit.adjustable("esc")
    assert not visit.adjustable("head-only")
    quick = visit.drag({"rank": 2})
    assert quick is not None
    assert visit.state.steps[-1].eraser.rank == 2
    exact = visit.measure().after
    assert exact is not None
    assert quick["head"] == exact["head"]
    key = "forget_recall_at_1"
    assert quick["retrieval"][key] == pytest.approx(exact["retrieval"][key])
    visit.choose((2,))
    assert not visit.adjustable("esc")  # the slider is theirs now
    visit.choose(())
    visit.forget((2,), "head-only")
    assert visit.drag({}) is None


def test_what_one_visit_found_the_next_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch two people who wait for the same attack, row or spectrum, each computed anew."""
    asked: list[str] = []
    for name in ("audit", "one_row", "factor"):
        real = getattr(module, name)

        def counted(*given: Any, real: Any = real, name: str = name, **more: Any) -> Any:
            asked.append(name)
            return real(*given, **more)

        monkeypatch.setattr(module, name, counted)
    service = Service()
    one, other = Visit(service, SPACE), Visit(service, SPACE)
    attacks = Attacks(service)
    for each in (one, other):
        each.forget((1, 4))
        found = Findings()
        for step in attacks.run(each.state, each.people):
            found = step(found, ignore)
        service.row(each.state.previous, (1, 4), "esc")
        service.spectrum(each.state.previous, (1, 4))
        if each is one:
            first = len(asked)
            assert first > 4
    assert len(asked) == first
    assert attacks.found(other.state, (1, 4)) is attacks.found(one.state, (1, 4)) is not None
    assert attacks.found(other.state, (1,)) is None
    other.undo()
    assert attacks.found(other.state, (1, 4)) is None


def test_the_spectrum_is_of_these_people_in_this_state(visit: Visit) -> None:
    """Would catch a spectrum of others, or of features that an earlier step changed."""
    visit.forget((0,))
    found = visit.service.spectrum(visit.state, (1, 4))
    assert found is not None
    own = visit.state.view((1, 4))
    z = own.values[own.is_forget & own.train].double()
    largest = float((z.T @ z).trace()) ** 0.5
    assert sum(one**2 for one in found.values) ** 0.5 == pytest.approx(largest, rel=1e-6)
    assert list(found.values) == sorted(found.values, reverse=True)
    assert found.dimension == z.shape[1]
    fresh = visit.service.spectrum(Visit(visit.service, SPACE).state, (1, 4))
    assert fresh is not None
    assert fresh.values != found.values


def test_a_curve_leaves_room_between_its_points(visit: Visit) -> None:
    """Would catch a curve that holds the gate until its end, or is not there the next time."""
    visit.choose((1, 4))
    subject = subject_of(visit)
    assert subject is not None
    curves = Curves(visit.service)
    assert curves.finished(subject) is None
    points = curves.points(subject, "discriminant")
    next(points)
    assert visit.service.gate.inside == 0
    rest = list(points)
    assert len(curves.finished(subject) or ()) == len(rest) + 1


@pytest.mark.parametrize(("probe", "turns"), [("discriminant", 3), ("converged", 33)])
def test_a_curve_takes_few_turns_at_the_gate(
    visit: Visit, probe: Probe, turns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch points made beside the gate, and quick ones that each wait in line behind those
    of all other visitors."""
    inside, gate = [], visit.service.gate
    ranks = list(range(33))

    def made(*_: object, **__: object) -> Iterator[Point]:
        for rank in ranks:
            inside.append(gate.inside)
            yield Point(rank, 1.0, 1.0, 1.0, 1.0, probe)

    monkeypatch.setattr("engine.service.curves.forgetting_curve", made)
    monkeypatch.setattr("engine.service.curves.curve_ranks", lambda _: ranks)
    visit.choose((1, 4))
    subject = subject_of(visit)
    assert subject is not None
    curves = Curves(visit.service)
    curves.factor(subject)
    before = gate.done
    assert [one.rank for one in curves.points(subject, probe)] == ranks
    assert inside == [1] * 33
    assert gate.done - before == turns


def test_a_curve_is_about_the_last_deletion_or_about_the_chosen(visit: Visit) -> None:
    """Would catch a curve of the wrong people, from a state where they are gone already, or of a
    method without ranks."""
    assert subject_of(visit) is None
    visit.choose((2, 5))
    chosen = subject_of(visit)
    assert chosen is not None
    assert (chosen.base, chosen.forget, chosen.rank) == (visit.state, (2, 5), None)
    assert chosen.probes == ("discriminant",)
    visit.forget((1, 4), "esc", {"rank": 3})
    visit.forget((2,), "esc", {"rank": 2})
    last = subject_of(visit)
    assert last is not None
    assert (last.base.trail, last.forget, last.rank) == (visit.state.trail[:1], (2,), 2)
    assert last.probes == ("discriminant", "converged")
    factor = Curves(visit.service).factor(last)
    rows = SPACE.features.train & (SPACE.features.labels == 2)
    values = torch.linalg.svdvals(last.base.values[rows].double())
    torch.testing.assert_close(factor.spectrum.double(), values, atol=1e-5, rtol=1e-4)
    assert Curves(visit.service).factor(last) is factor
    visit.forget((3,), "head-only")
    assert subject_of(visit) is None


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attacks that say whom and what they were asked about instead of trying it."""

    def told(name: str) -> Any:
        def tell(*given: Any, watch: object = None, **more: Any) -> tuple:
            sides = [
                (view.forget, view.values.double().sum().item()) if isinstance(view, View) else view
                for view in given
            ]
            return name, *sides, *more.values()

        return tell

    for name in ("by_training", "by_penalty", "papers", "collateral"):
        monkeypatch.setattr(attacks_module, name, told(name))
    monkeypatch.setattr(
        module, "audit", lambda view, names, *more: {names[0]: told("audit")(view, more[0])}
    )


def test_attacks_ask_about_these_people_on_the_right_side(visit: Visit, quick: None) -> None:
    """Would catch an attack on the other side, on other people, with another seed, or left out."""
    asked = [name for name, one in QUESTIONS.items() if any(each.aspect for each in one.metrics)]
    visit.enter(replace(SPACE, seed=3))
    for forget in ((), (1, 4)):
        if forget:
            visit.forget(forget)
        state, found = visit.state, Findings()
        for step in Attacks(visit.service).run(state, (1, 4)):
            found = step(found, ignore)
        before, after = (
            ((1, 4), view.values.double().sum().item())
            for view in (state.before((1, 4)), state.view((1, 4)))
        )
        possible = [name for name in asked if QUESTIONS[name].possible(state.view((1, 4)))]
        assert 0 < len(possible) < len(asked)
        assert found.before == dict.fromkeys(possible, ("audit", before, 3))
        assert found.training == ("by_training", after, 3)
        assert found.penalty == ("by_penalty", after)
        assert found.paper == ("papers", after, 3)
        assert found.layers is None
        if forget:
            assert before != after
            assert found.after == dict.fromkeys(possible, ("audit", after, 3))
            assert found.people == ("collateral", before, after)
        else:
            assert (found.after, found.people) == ({}, None)


def test_each_depth_is_asked_where_the_network_tells_it(visit: Visit, quick: None) -> None:
    """Would catch depths embedded for every look, or the erased embedding left out."""
    asked = []

    class Layered(Still):
        def embed(self, faces: np.ndarray) -> torch.Tensor:
            raise AssertionError

        def embed_depths(self, faces: np.ndarray) -> dict[str, torch.Tensor]:
            asked.append(len(faces))
            return {"first": SPACE.features.values[:, :8], "last": SPACE.features.values}

    faces = lambda: np.zeros((len(SPACE.features), 2, 2, 3), np.uint8)  # noqa: E731
    space = replace(SPACE, backbone=Layered(), features=replace(SPACE.features, faces=faces))
    visit.enter(space)
    told = []
    for forget in ((), (1, 4)):
        if forget:
            visit.forget(forget)
        found = Findings()
        for step in Attacks(visit.service).run(visit.state, (1, 4)):
            found = step(found, ignore)
        told.append(found.layers)
    fresh, after = told
    assert asked == [len(SPACE.features)]
    assert [one.name for one in fresh] == ["first", "last", "embedding"]
    assert [one.name for one in after] == ["first", "last", "after erasing"]
    assert after[:2] == fresh[:2]
    assert replace(fresh[2], name="last") == fresh[1]
    assert after[2].forget_test < fresh[2].forget_test


def test_a_visit_asks_about_one_photo_at_a_time(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch an answer about the photo before, or a first question about nobody in
    particular."""
    assert visit.query == clearest(SPACE, 0)
    assert int(SPACE.features.labels[visit.query]) == 0
    assert visit.retrieve() == asked(visit.state, visit.query)
    value = SPACE.features.values[40:41]
    stranger = Shown(SPACE, b"photo", np.zeros((1, 2, 2, 3), np.uint8), value)
    monkeypatch.setattr(visit_module, "show", lambda space, photo, *_: stranger)
    visit.ask(b"photo")
    assert visit.unenrolled is stranger
    told = visit.retrieve()
    assert told == asked_about(visit.state, stranger)
    assert (told.row, told.before.hits[0].label) == (None, int(SPACE.features.labels[40]))
    visit.query = 5
    assert (visit.unenrolled, visit.retrieve().row) == (None, 5)
    visit.ask(b"photo")
    visit.enter(SPACE)
    assert visit.unenrolled is None
    assert visit.query == clearest(SPACE, 0)
