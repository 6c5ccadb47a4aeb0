"""What is factored for a slider is kept per deletion, and shared."""

import pytest

from demo.actions import Actions
from engine.service import live as module
from engine.service.live import Live
from engine.service.weights import weight
from engine.workspace import start
from tests.demo.test_actions import actions, forget  # noqa: F401
from tests.demo.world import workspace

SPACE = workspace()


def test_the_same_deletion_is_factored_once() -> None:
    """Catches a drag that starts from scratch at every step, or answers for other people."""
    live = Live()
    state = start(SPACE).forget((1, 4), "esc")
    one = live.of(state)
    assert live.of(one.state({"rank": 2})) is one
    other = live.of(start(SPACE).forget((1, 5), "esc"))
    assert other.forget == (1, 5)
    assert other.probe is one.probe
    later = live.of(state.forget((6,), "esc"))
    assert later.base.forgotten == (1, 4)


def test_a_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches memory that grows with every visitor's selection."""
    one = weight(Live().of(start(SPACE).forget((0, 1), "esc")))
    monkeypatch.setattr(module, "KEPT", 5 * one)
    live = Live()
    for label in range(1, 8):
        live.of(start(SPACE).forget((0, label), "esc"))
    for label in range(1, 6):
        live.of(start(SPACE).forget((label,), "esc"))
    assert 2 <= len(live._kept) < 12
    assert sum(map(weight, live._kept.values())) <= 5 * one


def test_only_esc_is_dragged() -> None:
    """Catches quick figures of ESC shown for another method."""
    state = start(SPACE).forget((1,), "head-only")
    assert not Live.follows(state, "head-only")
    assert not Live.follows(state, "esc")
    assert not Live.follows(start(SPACE), "esc")
    assert Live.follows(start(SPACE).forget((1,), "esc"), "esc")


def test_a_drag_moves_all_panels_and_says_estimate(actions: Actions) -> None:  # noqa: F811
    """Catches figures that stay behind the slider, or pass an estimate off as the audit."""
    session = actions.session("a")
    forget(actions, session, 1, 4)
    (updates,) = actions.strength(session, "esc", {"rank": 3}, settled=False)
    assert {"map", "kr", "scoreboard", "who", "steps"} <= updates.keys()
    assert "quick estimate" in updates["kr"]["value"]
    assert "Quick figures" in updates["status"]["value"]
    assert all(fate["note"].endswith(" % left") for fate in updates["people"]["fates"].values())
    assert "value" not in updates["people"]  # a tick made meanwhile stays
    assert session.state.steps[-1].eraser.rank == 3
    settled = list(actions.strength(session, "esc", {"rank": 3}, settled=True))
    panels = [one["kr"]["value"] for one in settled if "kr" in one]
    assert panels
    assert "quick estimate" not in panels[-1]
