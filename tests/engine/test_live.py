"""A dragged slider shows the deletion that the button then makes."""

from dataclasses import replace

import pytest
import torch

from engine.audit import audit, kr
from engine.errors import LetheError
from engine.live import slider
from engine.live.slider import LiveErasure
from engine.probes.ridge import RIDGE
from engine.workspace import Strangers, start
from tests.demo.world import workspace
from tests.engine.test_ridge_probe import plain

SPACE = workspace()
FORGET = (1, 4)


@pytest.mark.parametrize("options", [{}, {"rank": 1}, {"rank": 5}, {"rank": "paper", "p": 7}])
@pytest.mark.parametrize("earlier", [(), (6,)])
def test_state_is_the_buttons(options: dict, earlier: tuple[int, ...]) -> None:
    """Catches a drag that stands for another rank, or forgets an earlier step."""
    base = start(SPACE)
    if earlier:
        base = base.forget(earlier, "esc")
    pressed = base.forget(FORGET, "esc", options)
    dragged = LiveErasure(base, FORGET).state(options)
    assert dragged.forgotten == pressed.forgotten
    assert dragged.steps[-1].options == pressed.steps[-1].options
    assert dragged.steps[-1].eraser.rank == pressed.steps[-1].eraser.rank
    assert torch.allclose(dragged.values, pressed.values, atol=1e-5)


@pytest.mark.parametrize("rank", [1, 2, 6])
def test_figures_are_the_audits(rank: int) -> None:
    """Catches quick figures of another state; only KR may be an estimate."""
    live = LiveErasure(start(SPACE), FORGET)
    state = live.state({"rank": rank})
    quick, slow = live.figures(state), audit(state.view(), tuple(live.figures(state)))
    assert quick["head"] == slow["head"]
    for name, value in slow["retrieval"].items():
        if isinstance(value, float):
            assert quick["retrieval"][name] == pytest.approx(value, abs=1e-3), name
    assert quick["kr"].keys() == slow["kr"].keys()
    # KR is what a discriminant fitted anew to the erased features gives, in double precision.
    view, before = state.view(), start(SPACE).values
    train, labels = view.train, view.labels
    level = _ridge_level(before[train], labels[train])
    left = view.values[train]
    solution = plain(left, labels[train], level, view.classes)
    logits = (view.values - left.mean(0)).double() @ solution[:-1] + solution[-1]
    assert quick["kr"] == kr.figures(view, lambda _: logits.argmax(1), SPACE.seed)


def _ridge_level(x: torch.Tensor, y: torch.Tensor) -> float:
    means = torch.stack([x[y == one].mean(0) for one in range(int(y.max()) + 1)])
    return RIDGE * float((x - means[y]).double().square().sum() / x.shape[1])


def test_strangers_are_asked_too_where_there_are_some() -> None:
    """Catches a quick floor of other strangers, or of those as they were before the deletion."""
    others = workspace(("S", "T", "U", "V"), seed=1)
    judging = torch.arange(len(others.features)) % 2 == 0
    space = replace(SPACE, strangers=Strangers(others.gallery, others.features, ~judging, judging))
    live = LiveErasure(start(space), FORGET)
    state = live.state({"rank": 2})
    view, train = state.view(), SPACE.features.train
    assert view.strangers is not None
    level = _ridge_level(SPACE.features.values[train], view.labels[train])
    left = view.values[train]
    solution = plain(left, view.labels[train], level, view.classes)

    def predict(x: torch.Tensor) -> torch.Tensor:
        return ((x - left.mean(0)).double() @ solution[:-1] + solution[-1]).argmax(1)

    assert live.figures(state)["kr"] == kr.figures(view, predict, SPACE.seed)


def test_another_selection_reuses_what_is_there() -> None:
    """Catches a slider that factors everything again for one more person, or wrongly reuses."""
    one = LiveErasure(start(SPACE), FORGET)
    two = LiveErasure(one.base, (1, 4, 5), one)
    assert two.probe is one.probe
    assert two.factor.products[1, 4] is one.factor.products[1, 4]
    other = start(SPACE).forget((0,), "esc")
    assert LiveErasure(other, (1, 4), one).probe is not one.probe
    fresh = LiveErasure(start(SPACE), (1, 4, 5))
    a, b = two.state({"rank": 3}), fresh.state({"rank": 3})
    assert torch.allclose(a.values, b.values, atol=1e-5)
    assert two.figures(a)["kr"]["forget_test"] == fresh.figures(b)["kr"]["forget_test"]


def test_bad_options_are_refused() -> None:
    """Catches a drag that quietly clamps what the button refuses."""
    live = LiveErasure(start(SPACE), FORGET)
    for options in ({"rank": 0}, {"rank": 999}, {"unknown": 1}):
        with pytest.raises(LetheError):
            live.state(options)


def test_a_slider_ends_where_the_directions_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a slider that goes further than there are directions, or than were prepared."""
    live = LiveErasure(start(SPACE), FORGET)
    assert live.deepest == live.factor.directions.shape[1]
    assert live.rank({"rank": live.deepest + 1}) == live.deepest
    assert live.rank({"rank": 3}) == 3
    assert live.rank({"rank": "paper", "p": 10}) == 4  # of 48 dimensions
    monkeypatch.setattr(slider, "DEEPEST", 5)
    short = LiveErasure(start(SPACE), FORGET)
    assert short.deepest == 5
    assert short.rank({"rank": 6}) == 5
    quick = short.figures(short.state({"rank": 9}))
    assert (
        quick["retrieval"]
        == short.figures(start(SPACE).forget(FORGET, "esc", {"rank": 5}))["retrieval"]
    )


def test_what_was_prepared_is_lent_on_the_same_base_alone() -> None:
    """Catches factors or a probe of another base, or all prepared anew on the same one."""
    base = start(SPACE).forget((0,), "esc")
    one = LiveErasure(base, (1,))
    same, other = LiveErasure(base, (1, 4), one), LiveErasure(start(SPACE), (1, 4), one)
    assert same.probe is one.probe
    assert other.probe is not one.probe
    values = start(SPACE).values[SPACE.features.train]
    assert torch.allclose(other.factor.features[1], values[_enrolled() == 1].double())
    with_more = LiveErasure(other.base, (1, 4, 5), other)
    assert with_more.factor.products[1, 4] is other.factor.products[1, 4]


def _enrolled() -> torch.Tensor:
    return SPACE.features.labels[SPACE.features.train]
