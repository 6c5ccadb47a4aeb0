"""The acts of "Your model", without a browser: inspected, fed otherwise, looked through, gone."""

import gc
import weakref

from demo.actions import YOURS, Actions
from demo.atlases import Atlases
from demo.model import Model, settings
from demo.session import Session, Sessions
from demo.studio import build
from demo.yours import Yours
from engine.service.own import Limits
from engine.service.shelf import Shelf
from engine.store import Store
from tests.demo.own import ALONE, brought, last
from tests.engine.onnx_toy import mini_bytes


def handed(actions: Actions, key: str = "a") -> Session:
    """A visitor whose model has come in."""
    session = actions.session(key)
    session.handed = "<i>quincunx.onnx", mini_bytes()
    return session


def test_inspected_then_looked_through(actions: Actions) -> None:
    """Catches a model that nobody looked into, one that others get to see, figures of another
    backbone under its name, and a deletion that fails under it."""
    session, model = handed(actions), Model(actions)
    told = list(model.look(session, {}))
    card = last(told, "model", "card")
    assert "It tells faces apart" in card
    assert "&lt;i&gt;quincunx.onnx" in card
    assert "<i>quincunx" not in card
    assert last(told, "header", "value")["model"] is True
    assert session.handed is None
    told = list(model.use(session))
    assert last(told, "model", "entered") == 1
    assert last(told, "header", "value")["backbone"] == YOURS
    assert session.workspace.private
    assert session.workspace.backbone is session.model.backbone
    list(actions.forget(session, {"chosen": [0, 5]}, "esc", {}))
    assert session.state.forgotten == (0, 5)
    other = actions.session("b")
    assert other.workspace.backbone.name == "mini"
    assert "quincunx" not in str(actions.everything(other))
    list(actions.open(other, "synthetic", YOURS))
    assert other.workspace.backbone.name == "mini"


def test_other_settings_are_checked_before_they_are_used(actions: Actions) -> None:
    """Catches settings that the page shows and the model is not fed by, and one that cannot be,
    which must leave all as it was."""
    session, model = handed(actions), Model(actions)
    list(model.look(session, {}))
    first = session.model
    told = list(model.look(session, {"mean": "0", "std": "1", "output": "", "evil": "x"}))
    assert session.model.check.auc < first.check.auc - 0.005
    assert f"<b>{session.model.check.auc:.3f}</b>" in last(told, "model", "card")
    assert session.model.backbone.settings.std == 1
    assert first.backbone.settings.std == 127.5
    now = session.model
    told = list(model.look(session, {"std": "0"}))
    assert last(told, "model", "said") == {
        "text": "The option std must be above 0.",
        "tone": "wrong",
    }
    assert session.model is now


def test_a_bad_model_leaves_the_one_before(actions: Actions) -> None:
    """Catches a visitor who loses a model by bringing a file that is none."""
    session, model = handed(actions), Model(actions)
    list(model.look(session, {}))
    first = session.model
    session.handed = "notes.onnx", b"hello"
    told = list(model.look(session, {}))
    assert "not an ONNX model" in last(told, "model", "said")["text"]
    assert session.model is first
    assert session.handed is None
    assert "quincunx.onnx" in last(told, "model", "card")


def test_own_photos_are_seen_by_it_and_all_goes_with_the_data(actions: Actions) -> None:
    """Catches own photos shown to a shared backbone where an own model is chosen, the model lost
    by a change of gallery, and one that outlives "Delete my data"."""
    session, model, yours = brought(actions), Model(actions), Yours(actions)
    session.handed = "quincunx.onnx", mini_bytes()
    list(model.look(session, {}))
    list(model.use(session))
    list(yours.look(session, ALONE))
    assert session.draft.backbone is session.model.backbone
    told = list(yours.enter(session, ALONE))
    header = last(told, "header", "value")
    assert (header["faces"], header["backbone"]) == (YOURS, YOURS)
    list(actions.open(session, "synthetic", YOURS))
    assert session.workspace.gallery.identities != ()
    assert (session.model_in, session.photos_in) == (True, False)
    alive = weakref.ref(session.model.backbone)
    updates = yours.wipe(session)
    assert updates["model"] == {"card": ""}
    assert updates["header"]["value"] == {"faces": "synthetic", "backbone": "mini", "model": False}
    assert session.workspace.backbone.name == "mini"
    del updates, told, header
    gc.collect()
    assert alive() is None


def test_removed_it_gives_way_to_the_backbone_before(actions: Actions) -> None:
    """Catches a studio that goes on looking through a model that is gone."""
    session, model = handed(actions), Model(actions)
    list(model.look(session, {}))
    list(model.use(session))
    told = list(model.remove(session))
    assert session.workspace.backbone.name == "mini"
    assert last(told, "model", "card") == ""
    assert last(told, "header", "value")["model"] is False
    told = list(model.use(session))
    assert "Bring a model first" in last(told, "model", "said")["text"]


def test_nothing_of_it_is_kept_on_the_disk(shelf: Shelf, tmp_path, monkeypatch) -> None:
    """Catches features, checks or maps by a visitor's model in the cache that all share."""
    put: list[str] = []
    monkeypatch.setattr(Store, "put", lambda self, key, value: put.append(key))
    actions = Actions(shelf, Atlases(Store(tmp_path)), Sessions())
    session = handed(actions)
    list(Model(actions).look(session, {}))
    list(Model(actions).use(session))
    assert session.model_in
    assert put == []


def test_what_a_page_sends_is_sieved() -> None:
    """Catches values of a kind that no page sends on their way into the engine."""
    assert settings(None) == {}
    assert settings({"mean": [1], "std": {}, "size": True and "80", "x": 1}) == {"size": "80"}
    assert settings({"output": ""}) == {"output": None}


def test_where_models_are_not_taken_nothing_offers_them(shelf: Shelf) -> None:
    """Catches a place, or a choice, for models that `--max-model-megabytes 0` shut out."""
    for megabytes, there in ((0, False), (1, True)):
        limits = Limits(model_megabytes=megabytes)
        page = str(build(Actions(shelf, Atlases(sketch=True), Sessions(), limits)).config)
        assert ("Your model…" in page, "model-place" in page) == (there, there)
