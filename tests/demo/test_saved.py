"""Saved steps on the page: the same figures from the file, and one sentence where it is another."""

import pytest

from demo.actions import Actions
from demo.atlases import Atlases
from demo.saved import Saved
from demo.session import Session, Sessions
from engine.service.shelf import Shelf, Spec
from engine.steps import steps_of, written
from tests.demo.own import last
from tests.demo.world import workspace

SPACE = workspace()


@pytest.fixture
def actions() -> Actions:
    shelf = Shelf(Spec("toy", "still"))
    shelf.put(shelf.default, SPACE)
    return Actions(shelf, Atlases(sketch=True), Sessions())


def figures(session: Session) -> tuple:
    measured = session.measure()
    return measured.before, measured.after


def test_what_was_saved_is_done_again(actions: Actions):
    """Would catch steps on top of others', lost options, and a file for nothing."""
    saved, one, other = Saved(actions), actions.session("a"), actions.session("b")
    list(actions.forget(one, [1, 4], "esc", {"rank": 2}))
    list(actions.forget(one, [6], "leace", {}))
    text = written(steps_of(one.state))
    list(actions.forget(other, [0], "esc", {}))
    told = list(saved.open(other, {"text": text}))
    assert last(told, "saved", "opened") == {"method": "leace"}
    assert "saved steps" in str(last(told, "status", "value"))
    assert other.state.trail == one.state.trail
    assert figures(other) == figures(one)


def test_what_cannot_be_done_changes_nothing(actions: Actions):
    """Would catch a visit that is emptied for a file that turns out to be somebody else's."""
    saved, one = Saved(actions), actions.session("a")
    list(actions.forget(one, [1], "esc", {}))
    text = written(steps_of(one.state))
    before = one.state
    for wrong, words in (
        (text.replace("Kofi", "Zoe"), "Zoe"),
        (text.replace('"still"', '"mini"').replace("still", "0"), "another backbone"),
        ("{}", "no saved steps"),
        (None, "no saved steps"),
    ):
        told = list(saved.open(one, {"text": wrong}))
        assert words in str(last(told, "status", "value"))
        assert one.state is before
    with one.working():
        told = list(saved.open(one, {"text": text}))
    assert "Still working" in str(last(told, "status", "value"))
    assert one.state is before
