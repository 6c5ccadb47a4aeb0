"""Photos that say nowhere who is on them become people, by likeness alone."""

from types import SimpleNamespace

import pytest
import torch

from engine.gallery import Gallery
from engine.photo import Skipped
from engine.service import unnamed
from engine.service.unnamed import ALIKE, BY, are_unnamed, by_likeness
from engine.sources.held import Held
from tests.engine.photos import encoded


def held(*paths: str) -> list[Held]:
    return [Held(path, encoded(at)) for at, path in enumerate(paths)]


@pytest.mark.parametrize(
    ("paths", "without"),
    [
        (("a.png", "b.png"), True),
        (("a.png",), False),
        ((), False),
        (("a.png", "Ada/b.png"), False),
        (("a.png", "Ada\\b.png"), False),
        (("Ada/a.png", "Ada/b.png"), False),
    ],
)
def test_files_without_any_folder_are_unnamed(paths: tuple[str, ...], without: bool) -> None:
    """Would catch a folder's name thrown away, or a single photo taken for a collection."""
    assert are_unnamed(held(*paths)) == without


@pytest.mark.parametrize("people", [1, 2])
def test_the_groups_are_the_people_and_the_rest_is_listed(
    monkeypatch: pytest.MonkeyPatch, people: int
) -> None:
    """Would catch a photo given to another group, one without a face kept, or a note that counts
    wrongly."""
    values = torch.eye(3)[[0, 1, 1, 1] if people == 2 else [1, 1, 1, 1]]
    asked: list[str] = []

    def seen(gallery: Gallery, backbone: str, **_: object) -> SimpleNamespace:
        assert backbone == BY
        keys = [photo.key for photo in gallery.photos]
        asked.extend(keys)
        rows = [at for at, key in enumerate(keys) if key != "c.png"]  # no face in the third
        return SimpleNamespace(
            values=values, rows=torch.tensor(rows).numpy(), skipped=(Skipped("c.png", "no face"),)
        )

    monkeypatch.setattr(unnamed, "extract", seen)
    monkeypatch.setattr(unnamed, "load_backbone", lambda name, **_: name)
    found = by_likeness([*held("a.png", "b.png", "c.png", "d.png", "e.png"), Held("x.txt", b"x")])
    assert sorted(asked) == ["a.png", "b.png", "c.png", "d.png", "e.png"]
    alone = "Person 2" if people == 2 else "Person 1"
    assert [(one.key, one.identity) for one in found.items] == [
        *(("a.png", alone), ("b.png", "Person 1"), ("d.png", "Person 1"), ("e.png", "Person 1"))
    ]
    assert found.skipped == (Skipped("c.png", "no face"),)
    (note,) = found.notes
    assert f"into {people} {'person' if people == 1 else 'people'}. Name" in note
    assert 0 < ALIKE < 1
