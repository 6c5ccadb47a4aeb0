"""The clicks, without a browser: what they change, what they leave alone, what they say."""

import base64
import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

from demo import painting
from demo.actions import Actions, valid
from demo.atlases import Atlases
from demo.map_view import INNOCENT
from demo.session import Session, Sessions
from engine.audit.innocent import taken_for
from engine.erasure.base import Eraser
from engine.errors import Cancelled, LetheError
from engine.progress import Progress
from engine.service import service
from engine.service.shelf import Shelf, Spec
from engine.workspace import Step, start
from tests.demo.world import workspace

SPACE = workspace()


@pytest.fixture
def actions() -> Actions:
    shelf = Shelf(Spec("toy", "still"))
    shelf.put(shelf.default, SPACE)
    return Actions(shelf, Atlases(), Sessions())


def last(updates: list[dict], panel: str, prop: str) -> object:
    """The last value that a panel was given."""
    return [one[panel][prop] for one in updates if prop in one.get(panel, {})][-1]


def forget(actions: Actions, session: Session, *labels: int, method: str = "esc") -> list[dict]:
    """All updates of one deletion."""
    return list(actions.forget(session, {"chosen": list(labels)}, method, {}))


def test_forgetting_updates_every_panel(actions: Actions) -> None:
    """Catches a panel that still shows the world before the deletion."""
    session = actions.session("a")
    updates = forget(actions, session, 1, 4)
    touched = {panel for one in updates for panel in one}
    assert {"people", "steps", "who", "map", "kr", "scoreboard", "status", "forget"} <= touched
    assert session.state.forgotten == (1, 4)
    assert "Forgot 2 people" in last(updates, "status", "value")
    assert last(updates, "forget", "interactive") is True
    assert last(updates, "cancel", "interactive") is False
    assert last(updates, "undo", "interactive") is True
    assert set(last(updates, "people", "fates")) == {"1", "4"}


def test_the_map_marks_whom_the_forgotten_are_taken_for(actions: Actions) -> None:
    """Catches innocents who are found instead of the forgotten and look untouched on the map."""
    session = actions.session("a")
    roles = last(forget(actions, session, 1, 4, method="more"), "map", "value")["roles"]
    marked = np.frombuffer(base64.b64decode(roles), np.uint8) == INNOCENT
    labels = SPACE.features.labels.numpy()[marked]
    assert set(labels.tolist()) == set(taken_for(session.state.view()))
    assert len(labels)
    roles = last(list(actions.reset(session)), "map", "value")["roles"]
    assert INNOCENT not in base64.b64decode(roles)


def test_first_update_is_feedback(actions: Actions) -> None:
    """Catches a page that stays silent until the work is done."""
    first = next(iter(actions.forget(actions.session("a"), {"chosen": [1]}, "esc", {})))
    assert "Forgetting Kofi" in first["status"]["value"]
    assert first["forget"]["interactive"] is False
    assert first["cancel"]["interactive"] is True


def test_undo_brings_back_the_exact_numbers(actions: Actions) -> None:
    """Catches figures that drift when a step is done, undone and done again."""
    session = actions.session("a")
    one = last(forget(actions, session, 1, 4), "scoreboard", "value")
    forget(actions, session, 2)
    undone = list(actions.undo(session))
    assert session.state.forgotten == (1, 4)
    assert _figures(last(undone, "scoreboard", "value")) == _figures(one)
    actions.service.kept.clear()
    again = actions.service.measure(session.state)
    assert again.after == actions.service.measure(session.state).after


def test_undo_chooses_the_same_people_again(actions: Actions) -> None:
    """Catches five people who must be picked anew to try another method on them."""
    session = actions.session("a")
    actions.choose(session, {"chosen": [1, 4], "last": 4})
    asked = actions.service.measure(session.state, (1, 4)).before
    forget(actions, session, 1, 4)
    updates = list(actions.undo(session))
    assert session.chosen == (1, 4)
    assert last(updates, "people", "value")["chosen"] == [1, 4]
    assert last(updates, "forget", "value") == "Forget 2 people"
    assert last(updates, "method", "spectrum")["rank"] is None
    assert actions.service.measure(session.state, session.chosen).before is asked
    updates = list(actions.reset(session))
    assert last(updates, "method", "spectrum") is False
    assert last(updates, "people", "value")["chosen"] == []


def test_undo_of_the_first_of_two_steps(actions: Actions) -> None:
    """Catches an undo that drops the later steps as well."""
    session = actions.session("a")
    forget(actions, session, 1)
    forget(actions, session, 2, method="head-only")
    list(actions.undo(session, 0))
    assert session.state.trail == (((2,), "head-only", ()),)


def test_reset_makes_everybody_known(actions: Actions) -> None:
    """Catches leftovers after starting over."""
    session = actions.session("a")
    forget(actions, session, 1)
    updates = list(actions.reset(session))
    assert session.state.forgotten == ()
    assert session.positions is None
    assert last(updates, "people", "fates") == {}
    assert "retrieval-after" in last(updates, "who", "value")
    assert "Forget somebody" in last(updates, "who", "value")


@pytest.mark.parametrize(
    ("labels", "options", "says"),
    [
        ((), {}, "Nobody is selected"),
        (tuple(range(8)), {}, "Everybody is selected"),
        ((1,), {"rank": 4000}, "outside 1 to"),
        ((1,), {"speed": 3}, "has no option"),
    ],
)
def test_bad_input_is_one_sentence_and_changes_nothing(
    actions: Actions, labels: tuple, options: dict, says: str
) -> None:
    """Catches a page that breaks, or half a deletion, after a bad click."""
    session = actions.session("a")
    updates = list(actions.forget(session, {"chosen": list(labels)}, "esc", options))
    assert says in last(updates, "status", "value")
    assert session.state.forgotten == ()
    assert not session.is_working
    assert last(updates, "forget", "interactive") is True
    forget(actions, session, 1)
    assert session.state.forgotten == (1,)


def test_cancel_puts_everything_back(actions: Actions) -> None:
    """Catches a cancelled deletion that stays half done on the page."""
    session = actions.session("a")
    before = session.state
    work = actions.forget(session, {"chosen": [1]}, "esc", {})
    updates = []
    for one in work:
        updates.append(one)
        if "steps" in one and session.state is not before:
            session.cancel.set()
            # Whatever is asked next reports and so hears of the cancel.
            actions.service.kept.clear()
    assert session.state is before
    assert session.positions is None
    assert "Stopped" in " ".join(one["status"]["value"] for one in updates if "status" in one)
    assert last(updates, "people", "fates") == {}


def test_trouble_inside_is_not_shown_as_it_is(
    actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a server path or a traceback on the page."""
    session = actions.session("a")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(actions.atlases, "settled", broken)
    updates = forget(actions, session, 1)
    assert "secret" not in str(updates)
    assert "Something went wrong inside" in last(updates, "status", "value")
    assert last(updates, "people", "fates") == {}
    assert session.state.forgotten == ()


def test_a_click_while_working_is_answered(actions: Actions) -> None:
    """Catches a second deletion started by a double click."""
    session = actions.session("a")
    first = actions.forget(session, {"chosen": [1]}, "esc", {})
    next(first)
    second = list(actions.forget(session, {"chosen": [1]}, "esc", {}))
    assert "Still working" in second[-1]["status"]["value"]
    list(first)
    assert session.state.forgotten == (1,)


def test_two_visitors_do_not_see_each_other(actions: Actions) -> None:
    """Catches shared state between sessions."""
    one, other = actions.session("a"), actions.session("b")
    forget(actions, one, 1)
    forget(actions, other, 5, 6, method="head-only")
    assert one.state.forgotten == (1,)
    assert other.state.forgotten == (5, 6)
    shown = str(actions.everything(one))
    assert "Ravi and Yuki" not in shown


def test_choosing_asks_about_the_person_chosen_last(actions: Actions) -> None:
    """Catches a question panel that does not follow the cards."""
    session = actions.session("a")
    updates = actions.choose(session, {"chosen": [2, 5], "last": 5})
    assert int(SPACE.features.labels[session.query]) == 5
    assert updates["forget"]["value"] == "Forget 2 people"
    assert "value" not in updates.get("people", {})
    followed = list(actions.after.follow(session))
    assert last(followed, "method", "spectrum")["auto"] >= 1
    assert last(followed, "method", "spectrum")["people"] == [2, 5]
    assert all("value" not in one.get("people", {}) for one in followed)


def test_what_a_page_sends_is_checked() -> None:
    """Catches labels out of range, of other types, or no list at all."""
    assert valid(SPACE, {"chosen": [3, 3, -1, 99, "2", None, True]}) == (3,)
    assert valid(SPACE, None) == ()
    assert valid(SPACE, {"chosen": "all"}) == ()


@pytest.mark.parametrize("row", [None, "x", -1, 10**9, "3; drop"])
def test_asking_about_no_photo_changes_nothing(actions: Actions, row: object) -> None:
    """Catches a crash by a row that is not there."""
    session = actions.session("a")
    before = session.query
    assert actions.ask(session, row) == {}
    assert session.query == before


def test_head_only_leaves_the_features_known(actions: Actions) -> None:
    """Catches a page on which hiding the name looks like forgetting."""
    session = actions.session("a")
    forget(actions, session, 1, 4, method="head-only")
    measured = actions.service.measure(session.state)
    assert measured.after["head"]["forget_test"] == 0
    assert measured.after["kr"]["forget_test"] == measured.before["kr"]["forget_test"]
    updates = actions.ask(session, 10)
    assert "still find them" in updates["who"]["value"]


def test_strength_follows_the_last_deletion(actions: Actions) -> None:
    """Catches a slider that moves the picture but not the deletion."""
    session = actions.session("a")
    forget(actions, session, 1, 4)
    list(actions.strength(session, "esc", {"rank": 1}, settled=False))
    assert session.state.steps[-1].eraser.rank == 1
    settled = list(actions.strength(session, "esc", {"rank": 4}, settled=True))
    assert session.state.steps[-1].eraser.rank == 4
    assert last(settled, "scoreboard", "value")
    assert list(actions.strength(session, "head-only", {}, settled=True)) == []


def test_an_unknown_gallery_is_refused(actions: Actions) -> None:
    """Catches a visitor who opens any folder of the server."""
    session = actions.session("a")
    updates = list(actions.open(session, "/etc", "given"))
    assert "not on offer" in last(updates, "status", "value")
    assert session.workspace is SPACE


def test_no_path_leaves_the_server() -> None:
    """Catches the folder of the command line in the page's source."""
    shelf = Shelf(Spec("/home/somebody/faces", "/opt/models/edge_face.onnx"))
    offered = [*shelf.galleries(), *shelf.backbones()]
    assert not any("/" in one.key + one.title + one.hint for one in offered)
    assert shelf.galleries()[0].title == "faces"


def test_progress_of_training_reaches_the_trace(actions: Actions) -> None:
    """Catches a loss curve that misses epochs between two reports."""
    from demo import painting
    from engine.service.work import News

    reports = tuple(
        Progress("learning the mask", i, 50, {"loss": 1.0 / (i + 1), "hits": 0.5}) for i in range(4)
    )
    event = News(reports[2:], reports, 1.0)
    update = painting.news(event, "esc-t")
    assert len(update["method"]["trace"]["loss"]) == 4
    assert update["method"]["trace"]["method"] == "esc-t"
    assert "method" not in painting.news(event)


def test_only_forget_draws_its_training(actions: Actions) -> None:
    """Catches another method's training curve under the method that is set."""
    from demo.comparing import Comparisons

    session = actions.session("a")
    options = {"steps": 12}
    updates = list(actions.forget(session, {"chosen": [1]}, "esc-t", options))
    traces = [one["method"]["trace"] for one in updates if one.get("method", {}).get("trace")]
    assert all(trace["method"] == "esc-t" for trace in traces)
    rows = list(Comparisons().run(session))
    assert any("compare" in one for one in rows)
    assert not any("trace" in one.get("method", {}) for one in rows)


def spectrum_of(session: Session) -> Any:
    """The spectrum that the page shows for this session."""
    return painting.spectrum(session)["method"]["spectrum"]


def test_a_strength_belongs_to_its_people(actions: Actions) -> None:
    """Catches a slider that the page cannot tell whose strength it shows."""
    session = actions.session("a")
    assert spectrum_of(session) is False
    actions.choose(session, {"chosen": [3]})
    chosen = spectrum_of(session)
    assert (chosen["people"], chosen["rank"]) == ([3], None)
    list(actions.forget(session, {"chosen": [3]}, "esc", {"rank": 2}))
    erased = spectrum_of(session)
    assert (erased["people"], erased["rank"]) == ([3], 2)
    list(actions.forget(session, {"chosen": [4]}, "head-only", {}))
    assert spectrum_of(session)["rank"] == "auto"
    # Not None: Gradio would leave that out, and the page would keep what it had.
    updates = list(actions.reset(session))
    assert last(updates, "method", "spectrum") is False
    assert last(updates, "method", "trace") is False


def test_every_warning_is_said(actions: Actions) -> None:
    """Catches a second warning that nobody reads."""
    session = actions.session("a")
    forget(actions, session, 1)
    step = session.state.steps[-1]
    eraser = dataclasses.replace(step.eraser, warnings=("One is odd.", "Two is odder."))
    state = dataclasses.replace(session.state, steps=(dataclasses.replace(step, eraser=eraser),))
    session.state = state
    said = painting.outcome(session, actions.service.measure(state).after)["status"]["value"]
    assert "One is odd." in said
    assert "Two is odder." in said


def test_nobody_to_test_with_is_said_in_words(actions: Actions) -> None:
    """Catches "names them – of the time" where no photo was kept back."""
    session = actions.session("a")
    forget(actions, session, 1)
    said = painting.outcome(session, {"head": {}, "kr": {"forget_test": None}})["status"]["value"]
    assert "–" not in said
    assert "No photo of this person was kept back to test" in said


@pytest.mark.parametrize("panel", ["attack", "compare"])
def test_a_panel_turned_away_leaves_cancel_alone(actions: Actions, panel: str) -> None:
    """Catches a Cancel that goes dead because another button was pressed meanwhile."""
    from demo.attacks import Attacks
    from demo.comparing import Comparisons

    session = actions.session("a")
    session.chosen = (1,)
    run = {"attack": Attacks(actions), "compare": Comparisons()}[panel].run
    with session.working():
        updates = list(run(session))
    assert "Still working" in updates[-1]["status"]["value"]
    assert not any("cancel" in one or "forget" in one for one in updates)


def test_cancelled_is_calm() -> None:
    """Catches a cancel that looks like an accident."""
    assert "wrong" not in painting.failed(Cancelled())["status"]["value"]
    assert "wrong" in painting.failed(LetheError("No."))["status"]["value"]


def _figures(html: str) -> str:
    """The table without the time, which no two runs share."""
    return html[: html.index("Time to forget")]


def test_an_overtaken_choice_is_dropped(actions: Actions) -> None:
    """Catches a slow answer that brings an older choice back."""
    session = actions.session("a")
    actions.choose(session, {"chosen": [1, 2], "last": 2, "turn": 7})
    assert actions.choose(session, {"chosen": [1], "last": 1, "turn": 6}) == {}
    assert session.chosen == (1, 2)


def test_a_click_after_training_embeds_nothing(
    actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a tick, an untick or an Undo that puts every photo through the model again."""
    embedded, factored, real = [], [], service.factor

    @dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
    class Trained(Eraser):
        """A deletion that answers with another backbone, as training does."""

        kind = "trained"

        @property
        def backbone(self) -> object:
            return self

        dimension, name = 48, "trained"

        def embed(self, faces: np.ndarray) -> torch.Tensor:
            embedded.append(len(faces))
            return SPACE.features.values[[int(one[0, 0, 0]) for one in faces]]

    rows = np.arange(len(SPACE.features), dtype=np.uint8)
    photos = np.broadcast_to(rows[:, None, None, None], (len(rows), 32, 32, 3))
    features = dataclasses.replace(SPACE.features, faces=lambda: photos)
    space = dataclasses.replace(SPACE, features=features)
    session = actions.session("a")
    session.workspace = space
    step = Step((0,), "fine-tune", {}, Trained(method="fine-tune", rank=0), 0.1)
    session.state = start(space).after(step)
    assert sum(embedded) == len(rows)
    forget(actions, session, 1, 4)
    embedded.clear()
    monkeypatch.setattr(service, "factor", lambda x: factored.append(1) or real(x))
    for chosen in ([2, 3], [2], []):
        actions.choose(session, {"chosen": chosen})
        list(actions.after.follow(session))
    assert len(factored) == 2  # that of the last step was factored when it was made
    list(actions.undo(session))
    assert session.state.steps == (step,)
    assert len(factored) == 2  # and its people, chosen again, have the same one
    assert embedded == []


def test_another_gallery_leaves_the_button_ready(actions: Actions) -> None:
    """Catches a Forget button that stays grey after a gallery was opened."""
    session = actions.session("a")
    updates = list(actions.open(session, "given", "given"))
    assert last(updates, "forget", "interactive") is True
    assert last(updates, "header", "busy") is False
