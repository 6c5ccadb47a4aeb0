"""What is computed before anybody asks, and that nobody waits for it."""

from typing import Any

import pytest

from demo.actions import Actions
from demo.ahead import Ahead
from demo.panels.people import Group
from engine.errors import Cancelled
from engine.service import service
from tests.demo.test_actions import actions, forget  # noqa: F401

PEOPLE = (1, 4)


@pytest.fixture
def ahead(actions: Actions, monkeypatch: pytest.MonkeyPatch) -> Ahead:  # noqa: F811
    monkeypatch.setattr("demo.painting.groups", lambda _: [Group("some", PEOPLE)])
    return Ahead(actions)


def test_the_first_click_on_a_preset_measures_nothing(
    ahead: Ahead,
    actions: Actions,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Catches presets that are computed under other keys than the button asks for."""
    ahead.run()
    monkeypatch.setattr(service, "audit", None)  # would fail
    updates = forget(actions, actions.session("a"), *PEOPLE)
    assert any("Forgot 2 people" in str(one.get("status", "")) for one in updates)


def test_it_waits_as_long_as_somebody_acts(ahead: Ahead, actions: Actions) -> None:  # noqa: F811
    """Catches work for nobody that begins beside a visitor's."""
    assert ahead.wanted
    actions.session("a")
    assert not ahead.wanted
    with pytest.raises(Cancelled):
        ahead.prepare(PEOPLE)
    assert len(actions.service.kept) == 0


def test_it_stops_when_somebody_comes_and_goes_on_later(
    ahead: Ahead,
    actions: Actions,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Catches a visitor who waits until all of it is done, or a preset that is given up."""
    asked: list[Any] = []
    real = service.audit

    def interrupted(view: Any, questions: Any, seed: int, watch: Any) -> Any:
        asked.append(1)
        if len(asked) == 1:
            actions.session("a")
        return real(view, questions, seed, watch)

    def leave(_seconds: float) -> None:
        actions.sessions.drop("a")

    monkeypatch.setattr(service, "audit", interrupted)
    monkeypatch.setattr("demo.ahead.time.sleep", leave)
    ahead.run()
    assert len(asked) == 3  # the first one was stopped, then before and after
    assert (actions.gate.inside, actions.gate.waiting) == (0, 0)
