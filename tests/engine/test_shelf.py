"""The galleries and backbones on offer, opened once and kept while they are used."""

import pytest

from engine.errors import LetheError
from engine.service import shelf as module
from engine.service.shelf import KEPT, Shelf, Spec
from engine.sources import SOURCES
from engine.workspace import Workspace
from tests.demo.world import workspace


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was opened, in order; nothing is."""
    seen: list[tuple[str, str]] = []

    def note(faces: str, backbone: str, **_: object) -> Workspace:
        seen.append((faces, backbone))
        return workspace(("A", "B"))

    monkeypatch.setattr(module, "open_workspace", note)
    return seen


def test_the_default_stays_open_whatever_else_is_opened(opened: list[tuple[str, str]]) -> None:
    """Would catch everybody's gallery embedded again since one visitor looked at others."""
    shelf = Shelf(Spec("mine", "still"))
    first = shelf.open()
    for number in range(2 * KEPT):
        shelf.open(Spec(f"other {number}", "still"))
    assert shelf.open() is first
    assert opened.count(("mine", "still")) == 1
    assert shelf.open(Spec("mine", "still")) is first
    shelf.open(Spec("other 0", "still"))
    assert opened.count(("other 0", "still")) == 2  # the oldest went


def test_what_is_open_already_is_not_opened(opened: list[tuple[str, str]]) -> None:
    """Would catch a workspace that is put on the shelf and opened again."""
    shelf, space = Shelf(Spec("mine", "still")), workspace()
    shelf.put(shelf.default, space)
    assert shelf.open() is space
    assert opened == []


def test_keys_stand_for_what_is_offered_and_for_nothing_else() -> None:
    """Would catch a path that a visitor types and the server opens, or a key of another picker."""
    path = "/home/ada/my_own_faces.zip"
    shelf = Shelf(Spec(path, "mini"))
    first, *rest = shelf.galleries()
    assert (first.key, first.spec, first.title) == ("given", path, "my own faces")
    assert [one.key for one in rest] == [one.name for one in SOURCES.values() if one.title]
    assert all(one.key == one.spec for one in rest)
    assert shelf.backbones()[0].key == "mini"
    assert [one.key for one in shelf.backbones()].count("mini") == 1
    assert shelf.spec("given", "mini") == Spec(path, "mini")
    assert shelf.keys_of() == {"faces": "given", "backbone": "mini"}
    assert shelf.keys_of(Spec("lfw", "dlib")) == {"faces": "lfw", "backbone": "dlib"}
    for faces, backbone in ((path, "mini"), ("given", "given"), ("mini", "lfw"), (None, "mini")):
        with pytest.raises(LetheError, match="not on offer"):
            shelf.spec(faces, backbone)


def test_a_named_default_is_offered_first_and_once() -> None:
    """Would catch the command line's gallery listed twice, or in the middle."""
    shelf = Shelf(Spec("lfw", "dlib"))
    names = [one.key for one in shelf.galleries()]
    assert names[0] == "lfw"
    assert sorted(names) == sorted(one.name for one in SOURCES.values() if one.title)
    assert shelf.galleries()[0].title == SOURCES["lfw"].title
    assert shelf.keys_of() == {"faces": "lfw", "backbone": "dlib"}
