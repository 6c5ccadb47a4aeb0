"""The embedded people behind a page, without a browser."""

import pytest

from demo.actions import Actions
from demo.atlases import Atlases
from demo.session import Sessions
from engine.service.shelf import Shelf, Spec
from engine.store import default_store


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    """The embedded people, opened once."""
    return Shelf(Spec("synthetic", "mini"), store=default_store())


@pytest.fixture
def actions(shelf: Shelf) -> Actions:
    return Actions(shelf, Atlases(sketch=True), Sessions())
