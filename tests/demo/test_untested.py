"""A gallery of so few photos a person that nobody has one to test with."""

from dataclasses import replace

import torch

from demo.actions import Actions
from demo.atlases import Atlases
from demo.session import Sessions
from engine.opening import _threshold
from engine.service.shelf import Shelf, Spec
from tests.demo.world import workspace

PLAIN = workspace()
FEATURES = replace(PLAIN.features, train=torch.ones(len(PLAIN.features), dtype=torch.bool))


def test_such_a_gallery_has_a_threshold() -> None:
    """Catches a page that does not open where nobody tests."""
    threshold, origin = _threshold(FEATURES, None)
    assert -1 < threshold < 1
    assert f"{len(FEATURES)} photos" in origin
    tested, _ = _threshold(PLAIN.features, None)
    assert abs(threshold - tested) < 0.2


def test_what_cannot_be_measured_is_said() -> None:
    """Catches "names them – of the time", and a click that breaks for want of test photos."""
    shelf = Shelf(Spec("toy", "still"))
    shelf.put(shelf.default, replace(PLAIN, features=FEATURES))
    actions = Actions(shelf, Atlases(), Sessions())
    session = actions.session("a")
    actions.choose(session, {"chosen": [1], "last": 1})
    updates = [*actions.after.follow(session), *actions.forget(session, {"chosen": [1]}, "esc", {})]
    said = [one["status"]["value"] for one in updates if "status" in one][-1]
    assert "No photo of this person was kept back to test" in said
    assert "–" not in said
