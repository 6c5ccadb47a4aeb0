"""How long methods that train will take, said before they run."""

from dataclasses import replace

import pytest
import torch

from engine.compare import RETRAINED
from engine.durations import about
from engine.service import forecast
from engine.service.service import Service
from engine.workspace import Workspace
from tests.demo.world import workspace
from tests.engine.test_training_baselines import photos, trained


def trainable() -> Workspace:
    """The people of the tiny network, with their photos and no strangers."""
    space = workspace()
    faces, labels = photos()
    features = replace(
        space.features, values=torch.zeros(len(labels), 32), labels=labels, faces=lambda: faces
    )
    return replace(space, features=features, backbone=trained(), strangers=None)


def test_it_is_steps_times_a_step_and_all_photos_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a forecast that forgets a method's own steps, the batch, or embedding again."""

    def tenth(work: object) -> float:
        work()
        return 0.1

    monkeypatch.setattr(forecast, "_once", tenth)
    found = forecast.seconds_to_train(trainable(), ("fine-tune", "salun", RETRAINED))
    a_step, everything = 0.1 * 64 / 8, 0.1 * 80 / 8
    assert found == pytest.approx(
        {
            "fine-tune": 100 * a_step + everything,
            "salun": 150 * a_step + everything,
            RETRAINED: everything,
        }
    )


def test_measuring_changes_nothing() -> None:
    """Catches a measured step that trains the network all visitors share, or leaves gradients."""
    module = trained().module
    module.zero_grad()  # what its own training left
    before = {name: value.clone() for name, value in module.state_dict().items()}
    found = Service().seconds_to_train(trainable())
    assert set(found) == {"fine-tune", "negative-gradient", "random-label", "salun", RETRAINED}
    assert all(seconds > 0 for seconds in found.values())
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert all(one.grad is None for one in module.parameters())


def test_nothing_is_said_of_a_model_that_cannot_be_trained() -> None:
    """Catches a time for methods that are not on offer."""
    assert Service().seconds_to_train(workspace()) == {}


def test_an_estimate_looks_like_one() -> None:
    """Catches decimals that nobody measured."""
    assert [about(one) for one in (0.2, 4.4, 37.4, 171.0)] == [
        "about 1 s",
        "about 4 s",
        "about 35 s",
        "about 3 min",
    ]
