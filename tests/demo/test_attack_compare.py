"""The attack and compare panels, without a browser: rows stream, stop, and say what they found."""

import dataclasses
import re
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from demo import attacks, comparing, places
from demo.actions import Actions
from demo.atlases import Atlases
from demo.attacks import Attacks
from demo.comparing import Comparisons
from demo.painting import merge
from demo.panels import compare as compare_panel
from demo.session import Session, Sessions
from engine import compare
from engine.audit import audit, metrics
from engine.audit.verdict import verdict
from engine.compare import ORIGINAL, Row, columns
from engine.erasure import METHODS
from engine.opening import open_workspace
from engine.progress import ignore
from engine.service import service
from engine.service.attacks import Attacks as Engine
from engine.service.attacks import Findings
from engine.service.service import Service
from engine.service.shelf import Shelf, Spec
from engine.service.visit import Visit
from engine.store import default_store
from engine.workspace import Strangers, Workspace
from tests.demo.world import gallery, workspace
from tests.engine.toy import cluster

SOME = ("esc", "head-only")


def with_strangers() -> Workspace:
    """Eight people and thirty strangers."""
    space = workspace()
    others = gallery(tuple(f"S{at:02}" for at in range(30)))
    values, labels = cluster(30, 10, 48, 0.5, seed=9)
    features = dataclasses.replace(
        space.features,
        values=values,
        labels=labels,
        identities=others.identities,
        rows=np.arange(len(values)),
    )
    reference = labels % 2 == 0
    return dataclasses.replace(space, strangers=Strangers(others, features, reference, ~reference))


SPACE = with_strangers()


@pytest.fixture
def actions(monkeypatch: pytest.MonkeyPatch) -> Actions:
    shelf = Shelf(Spec("toy", "still"))
    shelf.put(shelf.default, SPACE)
    monkeypatch.setattr(compare, "available", lambda _: SOME)
    return Actions(shelf, Atlases(), Sessions())


@pytest.fixture
def session(actions: Actions) -> Session:
    session = actions.session("a")
    session.state = session.state.forget((1, 4), "esc")
    return session


def values(updates: Iterator[dict], panel: str) -> list[str]:
    """Everything that a panel was shown."""
    return [one[panel]["value"] for one in updates if panel in one]


def cell(html: str, metric: str) -> str:
    """The table row of one metric."""
    found = re.search(rf'<tr data-metric="{metric}".*?</tr>', html, re.S)
    assert found, metric
    return found[0]


def test_attacks_stream_and_agree_with_the_engine(actions: Actions, session: Session) -> None:
    """Catches a panel that waits for the last attack, or shows other figures than the audit's."""
    told = list(Attacks(actions).run(session))
    shown = values(iter(told), "attack")
    assert len(shown) > 8
    assert "–" in cell(shown[0], "detectability.norm")
    end = shown[-1]
    expected = audit(session.state.view(), ("knn", "detectability"), SPACE.seed)
    share = expected["knn"]["forget_test"]
    assert f"{share:.4f}" in cell(end, "knn.forget_test")
    assert f"<b>{100 * share:.0f}\u202f%</b>" in cell(end, "knn.forget_test")
    assert f"{expected['detectability']['norm']:.4f}" in cell(end, "detectability.norm")
    beside = [one for one in told if "attack_roc" in one]
    assert not any(props["visible"] for name, props in beside[0].items() if "attack_" in name)
    drawn = {name for name, props in beside[-1].items() if "attack_" in name and props["visible"]}
    assert {f"attack_{name}" for name in ("strength", "training", "penalty", "roc")} <= drawn
    assert "data-curve" in beside[-1]["attack_strength"]["value"]
    assert "worst first" in beside[-1]["attack_hurt"]["value"]


def test_what_was_found_is_shown_again_and_goes_stale_with_the_state(
    actions: Actions, session: Session
) -> None:
    """Catches figures of an earlier deletion that stay on the page as if they were of this one."""
    panel = Attacks(actions)
    end = values(panel.run(session), "attack")[-1]
    assert panel.show(session)["attack"]["value"] == end
    assert len(list(panel.run(session))) == 1
    assert len(list(panel.open(session))) == 1
    session.state = session.state.forget((2,), "esc")
    assert "not attacked yet" in panel.show(session)["attack"]["value"]
    session.state = session.state.undo()
    assert panel.show(session)["attack"]["value"] == end


def test_before_any_deletion_the_chosen_are_attacked(actions: Actions) -> None:
    """Catches a panel that is dead until somebody is forgotten, or invents an "after"."""
    session = actions.session("b")
    panel = Attacks(actions)
    first = list(panel.run(session))
    assert "Choose people" in first[0]["status"]["value"]
    session.chosen = (3,)
    end = values(panel.run(session), "attack")[-1]
    assert "Omar" in end
    assert " → <b>" not in cell(end, "kr.forget_test")


def test_who_comes_to_a_place_finds_it_filled(
    actions: Actions, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a place that is empty until a button is pressed, work for nobody, and networks that
    are trained without having been asked for, or without a word how long that takes."""
    monkeypatch.setattr(compare, "available", lambda _: (*SOME, "fine-tune"))
    monkeypatch.setattr(service, "seconds_to_train", lambda *_: {"fine-tune": 37.4})
    for panel, name in ((Attacks(actions), "attack"), (Comparisons(), "compare")):
        nobody = actions.session(f"nobody {name}")
        assert list(panel.open(nobody)) == []
        assert "Nobody is chosen yet" in panel.show(nobody)[name]["value"]
        end = values(panel.open(session), name)[-1]
        assert "Nobody is chosen yet" not in end
        assert "Run all" not in end
        assert "(stopped)" not in end
    assert "not run yet" in end
    assert "Run those that train, too" in end
    assert "about 35 s here" in end
    rows = {row.method for row in Comparisons._rows(session, session.people)}
    assert rows == {ORIGINAL, *SOME}
    monkeypatch.setattr(places, "PATIENCE", 0.0)
    with session.working():
        for panel, name in ((Attacks(actions), "attack"), (Comparisons(), "compare")):
            (meanwhile,) = values(panel.open(session), name)
            assert "Nobody is chosen yet" not in meanwhile


def test_who_goes_from_one_place_to_the_next_finds_it_filled(
    actions: Actions, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a place that stays empty for whoever came while the last one was still at work."""
    monkeypatch.setattr(compare, "available", lambda _: SOME)
    monkeypatch.setattr(places, "EVERY", 0.01)
    work = session.working()
    work.__enter__()
    ending = threading.Timer(0.05, work.__exit__, [None, None, None])
    ending.start()
    end = values(Comparisons().open(session), "compare")[-1]
    ending.join()
    assert {row.method for row in Comparisons._rows(session, session.people)} == {ORIGINAL, *SOME}
    assert "Run all" not in end


def test_layers_are_asked_on_request(actions: Actions) -> None:
    """Catches attacks that are run again for the layers, and layers that nobody asked for."""
    service = Service()
    visit = Visit(service, open_workspace("synthetic", "mini", store=default_store()))
    visit.forget((0, 3), "esc", {})
    engine = Engine(service)
    found = Findings()
    for step in engine.run(visit.state, visit.people, quick=True):
        found = step(found, ignore)
    assert found.layers is None
    assert engine.has_depths(visit.state)
    assert list(engine.run(visit.state, visit.people, quick=True)) == []
    rest = list(engine.run(visit.state, visit.people))
    assert len(rest) == 2
    for step in rest:
        found = step(found, ignore)
    assert found.layers
    assert engine.found(visit.state, visit.people) is found
    assert list(engine.run(visit.state, visit.people)) == []


def test_what_begins_by_itself_gives_way_to_a_click(actions: Actions, session: Session) -> None:
    """Catches an Undo that is refused, or buttons that are off, while attacks run that began when
    their place was entered; and attacks that then tell of themselves over the click's own news."""
    begun = threading.Event()
    told: list[dict] = []

    def attacks_go_on() -> None:
        for updates in Attacks(actions).run(session, quick=True):
            told.append(updates)
            begun.set()

    thread = threading.Thread(target=attacks_go_on)
    with actions.gate.held():  # they wait here for as long as nobody stops them
        thread.start()
        assert begun.wait(10)
        before = len(session.state.steps)
        undone = actions.undo(session)
        first = next(undone)
        assert first["undo"] == {"interactive": False}
        thread.join(10)
    said = [*undone]
    assert len(session.state.steps) == before - 1
    assert not any(one.get("status", {}).get("value", "").count("Still working") for one in said)
    assert not any({"forget", "undo", "reset", "header"} & one.keys() for one in told)
    assert not any("Stopped" in one.get("status", {}).get("value", "") for one in told)
    assert not session.is_working


@pytest.mark.parametrize("name", ["attack", "compare"])
def test_what_begins_by_itself_is_about_whom_the_page_is_about(actions: Actions, name: str) -> None:
    """Catches a place that goes on about people who are not chosen any more, over the table of
    those who are; one that is left with a Cancel for nothing; and one that begins twice."""
    session = actions.session("c")
    panel = Attacks(actions) if name == "attack" else Comparisons()
    session.choose((3,))
    stream = panel.run(session, quick=True)
    begun = next(stream)
    assert begun["cancel"] == {"interactive": True}
    assert list(panel.open(session)) == []
    session.choose((3, 5))
    ended = merge(*stream)
    assert ended["cancel"] == {"interactive": False}
    assert "busy" not in ended["status"]["value"]
    assert "Ravi" in ended[name]["value"]
    assert not session.is_working
    end = values(panel.open(session), name)[-1]
    assert "not run yet" not in end
    assert "not attacked yet" not in end


def test_attacks_can_be_stopped(actions: Actions, session: Session) -> None:
    """Catches a stop that is ignored, or half a result kept as a whole one."""
    panel = Attacks(actions)
    stream = panel.run(session)
    while not any("attack" in one for one in [next(stream)]):
        pass
    session.cancel.set()
    rest = list(stream)
    assert "not attacked yet" in values(rest, "attack")[-1]
    assert any("Stopped" in one.get("status", {}).get("value", "") for one in rest)
    assert not session.is_working


def test_comparison_streams_rows_and_is_kept(actions: Actions, session: Session) -> None:
    """Catches a table that comes all at once, or is computed again for the same people."""
    panel = Comparisons()
    shown = values(panel.run(session), "compare")
    counts = [html.count("<tr class") - html.count('class="waiting"') for html in shown]
    assert counts[:4] == [0, 1, 2, 3]
    assert shown[0].count('class="waiting"') == 3
    again = list(panel.run(session))
    assert len(again) == 1
    assert again[0]["compare"]["value"] == shown[-1]
    assert "(stopped)" not in shown[-1]


def test_a_stopped_comparison_keeps_its_rows_and_says_so(
    actions: Actions, session: Session
) -> None:
    """Catches rows lost by Stop, or half a table passed off as whole."""
    panel = Comparisons()
    stream = panel.run(session)
    for update in stream:
        if "compare" in update and f'data-method="{ORIGINAL}"' in update["compare"]["value"]:
            session.cancel.set()
            break
    end = values(stream, "compare")[-1]
    assert "(stopped)" in end
    assert f'data-method="{ORIGINAL}"' in end
    assert 'data-method="head-only"' not in end
    assert not session.is_working


def test_the_table_escapes_and_sorts_by_distance_to_the_ideal() -> None:
    """Catches names that become markup, and a detector at .2 sorted as better than one at .5."""
    figures = dict.fromkeys([key for one in columns() for key in (one.key, one.floor) if key], 0.3)
    row = Row("esc", "<i>x</i>", (1,), 0, figures | {"detectability.norm": 0.2})
    html = compare_panel.render(["<b>Ada</b>"], [row, Row("x", "X", (1,), 0, error="no <way>")])
    assert "<i>x</i>" not in html
    assert "<b>Ada</b>" not in html
    assert "no &lt;way&gt;" in html
    assert re.search(r'data-value="0.300000">.*?<span class="exact">0.2000</span>', html)
    head = re.search(r"<thead>.*?</thead>", html, re.S)[0]
    assert head.count("data-key") == len(columns())


def test_the_trade_off_has_a_point_a_method() -> None:
    """Catches methods that failed, or were not measured, drawn at zero."""
    good = {"known": 0.2, "retrieval.retain_recall_at_1": 0.99}
    rows = [
        Row("esc", METHODS["esc"].title, (1,), 0, good),
        Row("leace", "LEACE", (1,), 0, error="no"),
        Row("more", "MoRE", (1,), 0, {**good, "known": None}),
    ]
    assert [one.x[0] for one in compare_panel.chart(rows).data] == [0.2]
    assert not compare_panel.chart(()).data


def test_a_verdict_needs_an_interval_beyond_chance() -> None:
    """Catches "it leaks" from three photos, and a detector that is right by being always wrong."""
    knn, norm = metrics()["knn.forget_test"], metrics()["detectability.norm"]
    sure = {"forget_test": 0.5, "forget_test_low": 0.3, "forget_test_high": 0.7}
    assert verdict(knn, sure | {"chance": 0.1}) == "leaks"
    assert verdict(knn, sure | {"chance": 0.4}) == "quiet"
    assert verdict(knn, {"forget_test": 0.5, "chance": 0.1}) == "unknown"
    assert verdict(norm, {"norm": 0.1, "norm_low": 0.0, "norm_high": 0.2}) == "leaks"
    assert verdict(norm, {"norm": 0.6, "norm_low": 0.4, "norm_high": 0.8}) == "quiet"
    assert verdict(metrics()["knn.retain_test"], {"retain_test": 1.0}) == "unknown"


def test_both_panels_are_mounted() -> None:
    """Catches a panel that nobody can reach."""
    from demo.studio import FURTHER

    assert {("attack", attacks), ("compare", comparing)} <= set(FURTHER)
