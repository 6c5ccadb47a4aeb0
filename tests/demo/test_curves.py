"""The forgetting curve follows the visitor, and its last word is the converged probe's."""

from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest

from demo.curves import Curves
from demo.session import Session
from engine.audit import audit
from engine.probes.linear import fit_linear
from engine.service.curves import subject_of
from engine.service.service import Service
from engine.service.work import LATER, NEXT, Stop
from tests.demo.world import workspace


@pytest.fixture
def session() -> Session:
    """A visitor who has done nothing yet but to look where the curve will be."""
    session = Session(Service(), workspace())
    session.looks = True
    return session


@pytest.fixture
def curves() -> Curves:
    """The curves of one page."""
    return Curves()


def test_nobody_chosen_draws_no_curve(session: Session, curves: Curves) -> None:
    """Would catch a curve of nobody, or of a method without a strength."""
    (told,) = curves.run(session)
    assert "Choose people" in told["curve_words"]["value"]
    assert told["curve"] == {"visible": False}
    session.state = session.state.forget((1,), "head-only")
    assert subject_of(session) is None


def test_the_curve_ends_converged_and_meets_the_audit(
    session: Session, curves: Curves, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a curve of other people, another state, or the quick probe left standing."""
    # Both probes go on until no photo is still undecided, each from its own start.
    for module in ("engine.live.curve", "engine.audit.kr"):
        monkeypatch.setattr(f"{module}.fit_linear", partial(fit_linear, tolerance=1e-4))
    session.state = session.state.forget((1, 4), "esc")
    *_, last = curves.run(session)
    assert "converged probe" in last["curve_words"]["value"]
    lines = {line.name: line for line in last["curve"]["value"].data}
    rank = session.state.steps[-1].eraser.rank
    at = list(lines["KR, the forgotten"].x).index(rank)
    after = audit(session.state.view(), ["kr", "retrieval"])
    assert lines["KR, the forgotten"].y[at] == pytest.approx(after["kr"]["forget_test"])
    assert lines["KR, everybody else"].y[at] == pytest.approx(after["kr"]["retain_test"])
    own = lines["finds own photos (mAP)"]
    assert own.y[at] == pytest.approx(after["retrieval"]["forget_map"], abs=1e-4)
    assert lines["KR, the forgotten"].y[0] == pytest.approx(
        audit(session.state.before(), ["kr"])["kr"]["forget_test"]
    )


def test_a_change_of_mind_stops_the_old_curve(session: Session, curves: Curves) -> None:
    """Would catch yesterday's curve painted over today's selection."""
    session.state = session.state.forget((2,), "esc")
    run = curves.run(session)
    next(run)
    session.state = session.state.undo()
    assert list(run) == []


def test_a_finished_curve_is_shown_at_once(session: Session, curves: Curves) -> None:
    """Would catch an undo that computes everything again."""
    session.chosen = (2,)
    first = list(curves.run(session))
    again = list(curves.run(session))
    assert len(again) == 1
    assert again[0]["curve"]["value"].to_dict() == first[-1]["curve"]["value"].to_dict()
    other = Session(session.service, session.workspace)
    other.looks = True
    other.choose((2,))
    assert len(list(curves.run(other))) == 1


def test_nothing_is_drawn_before_somebody_looks(
    session: Session, curves: Curves, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a chart, and its megabytes of script, for who never scrolls down to it; and a
    curve that is then drawn twice, or never, or after what nobody waits for."""
    gate, urgent = session.service.gate, []
    held = gate.held

    def noted(stop: Stop, *more: Any) -> AbstractContextManager[None]:
        urgent.append(stop.urgency)
        return held(stop, *more)

    monkeypatch.setattr(gate, "held", noted)
    session.looks = False
    session.choose((1, 4))
    (told,) = curves.run(session)
    assert "data-waits" in told["curve_words"]["value"]
    assert told["curve"] == {"visible": False}
    assert gate.done == 0
    drawn = list(curves.look(session))
    assert {*urgent} == {NEXT}
    assert drawn[-1]["curve"]["visible"]
    assert "data-waits" not in drawn[-1]["curve_words"]["value"]
    # An answer that was lost is told again.
    (again,) = curves.look(session)
    assert again["curve"]["value"].to_dict() == drawn[-1]["curve"]["value"].to_dict()
    # Whoever is chosen next has theirs at once.
    session.choose((2,))
    urgent.clear()
    assert next(curves.run(session))["curve"]["visible"]
    assert {*urgent} == {LATER}
