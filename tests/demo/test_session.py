"""Sessions: one visitor's own, freed in time, never in each other's way."""

import threading
import time

import pytest

from demo.session import Session, Sessions
from engine.service.service import Service
from engine.service.visit import Busy
from tests.demo.world import workspace

SPACE = workspace()


def fresh() -> Session:
    """A visitor who has done nothing yet."""
    return Session(Service(), SPACE)


def test_two_visitors_share_nothing_but_the_workspace() -> None:
    """Catches one visitor's choice in another's page."""
    sessions = Sessions()
    one, other = sessions.get("a", fresh), sessions.get("b", fresh)
    one.chosen = (1, 2)
    one.state = one.state.forget((1,), "esc")
    assert other.chosen == ()
    assert other.state.forgotten == ()
    assert sessions.get("a", fresh) is one
    assert sessions.get("b", fresh) is other is not one
    held = [getattr(session, name) for session in (one, other) for name in ("cancel", "_working")]
    assert len({id(part) for part in held}) == len(held)


def test_the_longest_unused_go_first() -> None:
    """Catches sessions that pile up without end."""
    sessions = Sessions(capacity=3)
    for key in "abc":
        sessions.get(key, fresh)
    sessions.get("a", fresh)
    sessions.get("d", fresh)
    assert not sessions.known("b")
    assert all(sessions.known(key) for key in "acd")


def test_idle_sessions_expire() -> None:
    """Catches memory kept for tabs that never said goodbye."""
    sessions = Sessions(idle=0.0)
    sessions.get("a", fresh)
    sessions.get("b", fresh)
    assert not sessions.known("a")


def test_dropping_stops_the_work() -> None:
    """Catches work that outlives the tab it was started in."""
    sessions = Sessions()
    session = sessions.get("a", fresh)
    with session.working() as cancel:
        assert not sessions.gone.is_set()
        sessions.drop("a")
        assert cancel.is_set()
        assert sessions.gone.is_set()
    sessions.drop("a")


def test_a_second_click_is_told_so() -> None:
    """Catches double clicks that queue up a second deletion."""
    session = Sessions().get("a", fresh)
    with session.working():
        refused = []

        def click() -> None:
            try:
                with session.working():
                    pass
            except Busy as busy:
                refused.append(str(busy))

        thread = threading.Thread(target=click)
        thread.start()
        thread.join()
        assert len(refused) == 1
    with session.working():
        pass


def test_working_is_over_after_trouble() -> None:
    """Catches a session that stays busy for ever after an error."""
    session = Sessions().get("a", fresh)
    with pytest.raises(ValueError, match="x"), session.working():
        raise ValueError("x")
    assert not session.is_working


def test_a_sweep_forgets_who_is_away_and_their_photos() -> None:
    """Catches own photos that stay until somebody else comes, or a sweep that takes who works."""
    sessions = Sessions(idle=0.2)
    away, busy = sessions.get("a", fresh), sessions.get("b", fresh)
    away.inbox.add("Ada/1.jpg", b"photo")
    with busy.working():
        time.sleep(0.3)
        sessions.sweep()
        assert sessions.known("b")
    assert not sessions.known("a")
    assert len(away.inbox) == 0
    assert sessions.gone.is_set()


def test_who_wiped_is_told_once() -> None:
    """Catches a wipe that nothing follows from, or one that goes on for ever."""
    sessions = Sessions()
    sessions.get("a", fresh)
    sessions.wiped("a")
    assert sessions.gone.is_set()
    assert sessions.taken_wiped() == {"a"}
    assert sessions.taken_wiped() == set()
    assert sessions.known("a")
