"""Own photos among the embedded people: what is known of those is not looked for again."""

import io
from pathlib import Path

import pytest
from PIL import Image

from engine.backbones.base import Backbone
from engine.company import join
from engine.features import extract
from engine.gallery import build
from engine.near_copies import near_copies, with_company
from engine.opening import REAL_ACCEPT, open_workspace, own_workspace
from engine.service.asking import asked_about, show
from engine.sources.embedded import collect
from engine.workspace import Workspace, start


@pytest.fixture(scope="module")
def space() -> Workspace:
    """The embedded people under mini."""
    return open_workspace("synthetic", "mini")


def jpeg(photo: bytes) -> bytes:
    """The same picture in other bytes."""
    out = io.BytesIO()
    Image.open(io.BytesIO(photo)).convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


def test_copies_beside_a_company_are_all_found(space: Workspace) -> None:
    """Would catch a copy of one's own photo, or of somebody's in the company, that is missed."""
    items = collect().items
    mine = [("Me", f"Me/{at}.jpg", jpeg(items[40 * at].source)) for at in range(4)]
    mine.append(("Me", "Me/again.jpg", jpeg(jpeg(items[0].source))))
    gallery = build("mine", mine, aligned=True)
    both = join((gallery, extract(gallery, space.backbone)), (space.gallery, space.features))
    invented = (7, 9)
    pairs = with_company(*both, 5, (invented,))
    assert set(pairs) - {(12, 14)} == set(near_copies(*both))
    assert (12, 14) in pairs
    assert {a for a, _ in pairs} >= {0, 1, 2, 3}
    assert any(a < 5 and b < 5 for a, b in pairs)


def test_under_mini_the_rendered_strangers_judge(space: Workspace) -> None:
    """Would catch a threshold for real faces where only rendered ones are known."""
    items = collect().items[:8]
    gallery = build("mine", [("Me", f"{one.key}", jpeg(one.source)) for one in items], aligned=True)
    own = own_workspace(gallery, space.backbone, space)
    assert "strangers pass" in own.threshold_from
    assert "LFW" not in own.threshold_from


def test_real_people_are_known_again_and_strangers_are_not(shared_faces: Path) -> None:
    """Would catch a threshold set by rendered people, below which nobody real is known at all."""
    company = open_workspace("synthetic", "dlib")
    backbone: Backbone = company.backbone
    people = sorted(one for one in (shared_faces / "lfw_dev_photos").iterdir() if one.is_dir())
    mine, *others = people[:12]
    photos = sorted(mine.iterdir())
    gallery = build("mine", [("Me", one.name, one) for one in photos[:8]], aligned=False)
    own = own_workspace(gallery, backbone, company)
    assert own.threshold == REAL_ACCEPT["dlib"]
    state = start(own)

    def first(path: Path) -> tuple[str, bool | None]:
        hit = asked_about(state, show(own, path.read_bytes())).before.hits[0]
        return own.gallery.display(hit.label), hit.accepted

    assert [first(one) for one in photos[8:13]] == [("Me", True)] * 5
    assert not any(first(sorted(one.iterdir())[0])[1] for one in others)
