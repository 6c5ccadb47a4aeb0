"""What the map is sent: positions, roles and faces of the right gallery and of nobody else's."""

import base64
import dataclasses
import gc
import io
import json

import numpy as np
import pytest
from PIL import Image

from demo import map_view, templates
from demo.map_view import Frame, Sheets, map_value
from engine.gallery import Photo
from engine.maps import Atlas
from engine.workspace import Workspace
from tests.demo.world import gallery, workspace


def decode(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def places(text: str) -> np.ndarray:
    """As the browser reads them."""
    return decode(text, "<u2").reshape(-1, 2) / 65535 * map_view.SPAN + map_view.LOW


@pytest.fixture(scope="module")
def world() -> tuple[Workspace, Atlas, Sheets, Frame]:
    space, sheets = workspace(), Sheets()
    atlas = Atlas(space.features.values)
    return space, atlas, sheets, Frame.of(space, atlas, sheets)


def test_positions_and_labels_survive_the_wire(world: tuple) -> None:
    """Catches a coding that the browser reads differently, and one too coarse to zoom into."""
    space, atlas, _, frame = world
    value = json.loads(json.dumps(map_value(frame, atlas.before + 0.25)))
    assert places(value["before"]) == pytest.approx(atlas.before, abs=2e-5)
    assert places(value["after"]) == pytest.approx(atlas.before + 0.25, abs=2e-5)
    assert decode(value["labels"], "<u2").tolist() == space.features.labels.tolist()
    assert decode(value["rows"], "<u4").tolist() == space.features.rows.tolist()
    assert value["names"][2] == "Mei Lin"
    assert map_value(frame)["after"] == ""
    wild = map_value(frame, np.full_like(atlas.before, 1e9))
    assert places(wild["after"]).max() == pytest.approx(map_view.LOW + map_view.SPAN)


def test_the_forgotten_outrank_the_innocent(world: tuple) -> None:
    """Catches a forgotten person painted as innocent, and roles of the wrong people."""
    space, _, _, frame = world
    value = map_value(frame, frame.before, forgotten=(1, 3), innocent=(3, 5), chosen=(0,), query=7)
    roles, labels = decode(value["roles"], "u1"), space.features.labels.numpy()
    assert set(roles[np.isin(labels, [1, 3])]) == {map_view.FORGOTTEN}
    assert set(roles[labels == 5]) == {map_view.INNOCENT}
    assert set(roles[np.isin(labels, [0, 2, 4, 6, 7])]) == {map_view.KNOWN}
    assert (value["chosen"], value["query"]) == ([0], 7)


def test_the_summary_says_what_the_eye_sees(world: tuple) -> None:
    """Catches a description for screen readers that has no figures, or wrong ones."""
    _, _, _, frame = world
    size = np.linalg.norm(np.ptp(frame.before, axis=0))
    after = frame.before.copy()
    after[frame.labels == 1] += [0.5 * size, 0]
    text = map_view.summary(frame, after, (1,))
    assert "80 photos of 8 people" in text
    assert "Forgotten: Kofi" in text
    assert "moved by 50 %" in text
    assert "everybody else by 0 %" in text
    assert "Forgotten" not in map_view.summary(frame, None, ())


def test_the_summary_says_among_whom_the_forgotten_lie(world: tuple) -> None:
    """Catches words that call people scattered who lie together, or count the wrong others."""
    _, _, _, frame = world
    text = map_view.summary(frame, frame.before + 0.1, (1,))
    assert "The person's photos still lie beside each other." in text
    after = frame.before.copy()
    gone = np.flatnonzero(np.isin(frame.labels, (1, 3)))
    hosts = np.flatnonzero(np.isin(frame.labels, (0, 5, 6)))[: len(gone)]
    after[gone[: len(hosts)]] = after[hosts] + 1e-6
    others = len(set(frame.labels[hosts].tolist()))
    text = map_view.summary(frame, after, (1, 3))
    assert f"The 2 people's photos lie scattered among those of {others} others" in text
    assert f"{len(hosts)} of {len(gone)} have somebody else's beside them" in text


def test_a_sheet_holds_the_photos_in_order(world: tuple) -> None:
    """Catches a face shown under another's name."""
    space, _, sheets, _ = world
    token = sheets.token(space.gallery)
    url = sheets.sheet(f"{token}/1")
    page = Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))).convert("RGB")
    for photo in (32, 41, 63):
        x, y = (photo - 32) % map_view.ACROSS, (photo - 32) // map_view.ACROSS
        spot = page.getpixel((x * map_view.THUMB + 2, y * map_view.THUMB + 2))
        expected = space.gallery.photos[photo].image().getpixel((0, 0))
        assert np.abs(np.subtract(spot, expected)).max() < 24
    assert sheets.sheet(f"{token}/1") is url


@pytest.mark.parametrize(
    "part", ["", "/", "x/0", "{token}/3", "{token}/-1", "{token}/a", "{token}", "../{token}/0"]
)
def test_other_sheets_are_nobodys(world: tuple, part: str) -> None:
    """Catches thumbnails for who does not hold the gallery's token, and errors for nonsense."""
    space, _, sheets, _ = world
    assert sheets.sheet(part.format(token=sheets.token(space.gallery))) == ""


def test_galleries_do_not_share_tokens() -> None:
    """Catches one visitor's faces on another's map."""
    sheets = Sheets()
    one, two = gallery(), gallery(("Somebody", "Else"))
    assert sheets.token(one) != sheets.token(two)
    assert sheets.token(one) == sheets.token(one) != sheets.token(again := gallery())
    assert again.sha256 == one.sha256
    assert one.sha256 not in sheets.token(one)
    assert sheets.sheet(f"{sheets.token(two)}/2") == ""


def test_a_photo_that_cannot_be_read_leaves_the_others() -> None:
    """Catches one damaged file that takes a whole sheet of faces with it."""
    whole = gallery()
    photos = (Photo("broken", b"no image"), *whole.photos[1:])
    sheets, partly = Sheets(), dataclasses.replace(whole, photos=photos)
    assert sheets.sheet(f"{sheets.token(partly)}/0")


def test_sheets_are_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a cache that grows with every look, or keeps faces of a gallery that is gone."""
    monkeypatch.setattr(map_view, "KEPT_SHEETS", 2)
    sheets, whole = Sheets(), gallery()
    token = sheets.token(whole)
    first = sheets.sheet(f"{token}/0")
    for number in (1, 2):
        sheets.sheet(f"{token}/{number}")
    assert len(sheets._kept[whole]) == 2
    assert sheets.sheet(f"{token}/0") == first
    del whole
    gc.collect()
    assert not sheets._kept
    assert sheets.gallery(token) is None
    assert sheets.sheet(f"{token}/0") == ""


def test_names_never_become_markup() -> None:
    """Catches a script that writes a folder's name as HTML, and templates that Gradio expands."""
    for name in map_view.SCRIPTS:
        assert "innerHTML" not in (map_view.HERE / name).read_text()
    for text in (
        templates.render("map_view"),
        (map_view.HERE / "map_view.css").read_text(),
    ):
        assert "{{" not in text
        assert "${" not in text
        assert "`" not in text
