"""The page without photos: initials in place of faces, and nothing offered that needs a model."""

import base64
from pathlib import Path

import numpy as np
import pytest

from demo import languages
from demo.actions import YOURS, Actions
from demo.atlases import Atlases
from demo.panels import people
from demo.serve import parse
from demo.session import Sessions
from demo.yours import Yours
from engine.opening import open_workspace
from engine.service.own import Limits
from engine.service.service import Service
from engine.service.shelf import Shelf, Spec
from engine.workspace import start
from tests.demo.own import ALONE, last
from tests.demo.world import workspace
from tests.engine.toy import cluster

NAMES = ("Ada Lovelace", "Bo", "Çelik", "王芳", "Eve <b>")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    values, labels = cluster(5, 6)
    path = tmp_path_factory.mktemp("features") / "people.npz"
    np.savez(path, embeddings=5 * values.numpy(), labels=np.array(NAMES)[labels.numpy()])
    return path


@pytest.fixture
def actions(file: Path) -> Actions:
    return Actions(Shelf(Spec(str(file), "features")), Atlases(sketch=True), Sessions())


def test_a_page_of_embeddings(actions: Actions):
    """Would catch a page that breaks on missing photos, or offers what needs a model."""
    session = actions.session("a")
    shown = actions.everything(session)
    assert "came without photos" in shown["who"]["value"]
    assert "data-camera" not in shown["who"]["value"]
    assert "Fine-tune" not in shown["method"]["markup"]
    assert shown["people"]["roster"]["names"] == sorted(NAMES)
    told = list(actions.forget(session, [0], "esc", {}))
    assert "Forgot" in str(last(told, "status", "value"))
    session.shown = b"photo"
    assert "came without a model" in str(last(list(actions.show(session)), "status", "value"))


def test_initials_stand_in_for_faces(actions: Actions):
    """Would catch invented faces, and a name that is taken for markup."""
    gallery = actions.session("a").workspace.gallery
    pictures = [
        base64.b64decode(people.face(gallery, label).partition(",")[2]).decode()
        for label in range(5)
    ]
    letters = [one.rpartition("</text>")[0].rpartition(">")[2] for one in pictures]
    assert letters == ["AL", "B", "E", "Ç", "王"]


def test_the_pickers_keep_embeddings_and_models_apart(file: Path):
    """Would catch embeddings read as photos by a model that somebody picked beside them."""
    shelf = Shelf(Spec(str(file), "features"))
    assert [one.key for one in shelf.galleries()][:1] == ["given"]
    assert "none" in shelf.backbones()[0].title
    assert shelf.spec("given", "mini") == shelf.default
    assert shelf.spec("synthetic", "given") == Spec("synthetic", "mini")
    assert shelf.spec("synthetic", "dlib") == Spec("synthetic", "dlib")
    options = parse(["--features", str(file)])
    assert (options.faces, options.backbone) == (str(file), "features")
    with pytest.raises(SystemExit):
        parse(["--features", str(file), "--backbone", "mini"])


def test_a_visitor_brings_embeddings(file: Path):
    """Would catch a file that is taken for photos, shared with others, or beyond the limits."""
    shelf = Shelf(Spec("toy", "still"))
    shelf.put(shelf.default, workspace())
    actions = Actions(shelf, Atlases(sketch=True), Sessions())
    session, yours = actions.session("a"), Yours(actions)
    session.inbox.add("people.npz", file.read_bytes())
    told = list(yours.look(session, ALONE))
    review = str(last(told, "yours", "review"))
    assert "30 rows of embeddings of 5 people" in review
    assert "Eve &lt;b&gt;" in review
    assert "they were 5 long" in review
    told = list(yours.enter(session, ALONE))
    assert last(told, "header", "value")["faces"] == YOURS
    assert session.workspace.private
    assert session.service is not actions.service
    yours.wipe(session)
    assert session.workspace.gallery.name == "toy"
    session.inbox.limits = Limits(people=4)  # type: ignore[misc]
    session.inbox.add("people.npz", file.read_bytes())
    told = list(yours.look(session, ALONE))
    assert "More than 4 people" in last(told, "yours", "said")["text"]
    session.inbox.add("people.npz", file.read_bytes()[:900])
    told = list(yours.look(session, ALONE))
    assert last(told, "yours", "said")["tone"] == "wrong"


def test_a_visitor_brings_strangers_too(file: Path, tmp_path: Path) -> None:
    """Would catch strangers who are left aside, taken for people, or other figures than those of
    the command line, and a review in another language than the visitor's."""
    values, _ = cluster(12, 3, seed=5)
    others = tmp_path / "strangers.npz"
    np.savez(others, embeddings=values.numpy(), labels=np.arange(36) // 3)
    shelf = Shelf(Spec("toy", "still"))
    shelf.put(shelf.default, workspace())
    actions = Actions(shelf, Atlases(sketch=True), Sessions())
    session, yours = actions.session("a"), Yours(actions)
    for path in (others, file):
        session.inbox.add(path.name, path.read_bytes())
    review = str(last(list(yours.look(session, ALONE)), "yours", "review"))
    assert "30 rows of embeddings of 5 people" in review
    assert "36 rows of strangers, 18 of which judge" in review
    told = list(languages.spoken("es", yours.look(session, ALONE)))
    assert "36 filas de desconocidos" in str(last(told, "yours", "review"))
    list(yours.enter(session, ALONE))
    space = open_workspace(file, "features", strangers=others)
    assert session.workspace.key == space.key
    list(actions.forget(session, [1], "esc", {}))
    found = session.measure().after
    assert found == Service().measure(start(space).forget((1,), "esc")).after
    assert "stranger_floor" in found["kr"]
    session.inbox.limits = Limits(people=5, photos_each=7)  # type: ignore[misc]
    told = list(yours.look(session, ALONE))
    assert "35 rows of strangers" in last(told, "yours", "said")["text"]
