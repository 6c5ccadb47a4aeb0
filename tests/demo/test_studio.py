"""The page as Gradio builds it: what is wired, what is open to whom."""

import base64
import threading
import time
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest

from demo import studio
from demo.actions import Actions
from demo.arrivals import CAME
from demo.atlases import Atlases
from demo.page import STRICT, Page
from demo.session import Sessions
from engine.service.shelf import Shelf, Spec
from tests.demo.world import workspace

IDS = [
    "people",
    "method",
    "forget",
    "cancel",
    "undo",
    "reset",
    "map",
    "who",
    "kr-chart",
    "scoreboard",
    "status",
    "steps",
    "header",
]


@pytest.fixture(scope="module")
def actions() -> Actions:
    shelf = Shelf(Spec("toy", "still"))
    shelf.put(shelf.default, workspace())
    return Actions(shelf, Atlases(), Sessions())


@pytest.fixture(scope="module")
def page(actions: Actions) -> gr.Blocks:
    return studio.build(actions)


def test_ids_that_scripts_rely_on(page: gr.Blocks) -> None:
    """Catches an element id that was renamed."""
    markup = str(page.get_config_file())
    for name in IDS:
        assert f"'elem_id': '{name}'" in markup, name
    for name in ("query", "retrieval-before", "retrieval-after"):
        assert f'id="{name}"' in markup, name


def test_no_application_is_made_for_a_page_that_is_not_served(page: gr.Blocks) -> None:
    """Catches a page that is built, in any language, with eighty routes to throw away."""
    assert page.app is None


def test_only_three_functions_are_public(page: gr.Blocks) -> None:
    """Catches an event handler that strangers can call by name."""
    public = {
        one["api_name"]
        for one in page.get_config_file()["dependencies"]
        if one["api_visibility"] == "public"
    }
    assert public == {"forget", "retrieve", "scoreboard"}


def test_nobody_waits_for_a_place_at_an_act_that_others_hold(page: gr.Blocks) -> None:
    """Catches a Forget whose map waits until one of so many others' has its last figure."""
    limits = [
        (one.targets, one.concurrency_limit)
        for one in page.fns.values()
        if one.api_visibility != "public" and one.targets != [(None, "unload")]
    ]
    assert limits
    assert [one for one in limits if one[1] is not None] == []


@pytest.mark.parametrize("name", ["forget", "retrieve"])
def test_a_call_that_leaves_values_out_gets_a_sentence(page: gr.Blocks, name: str) -> None:
    """Catches Gradio's own traceback in the log for a script that sends too little."""
    endpoint = next(one for one in page.fns.values() if one.api_name == name)
    with pytest.raises(gr.Error, match="got 0") as caught:
        page.validate_inputs(endpoint, [])
    assert caught.value.print_exception is False
    page.validate_inputs(endpoint, [None] * len(endpoint.inputs))


def test_first_paint_needs_no_click(page: gr.Blocks) -> None:
    """Catches a page that opens empty and fills later."""
    values = {
        one["props"].get("elem_id"): one["props"].get("value")
        for one in page.get_config_file()["components"]
    }
    assert values["who"].count('class="hit ') == 8
    assert 'data-metric="kr.retain_test"' in values["scoreboard"]
    points = np.frombuffer(base64.b64decode(values["map"]["before"]), np.uint16).reshape(-1, 2)
    people = np.frombuffer(base64.b64decode(values["map"]["labels"]), np.uint16)
    assert len(points) == len(people) == 80
    assert np.bincount(people).tolist() == [10] * 8
    assert len(np.unique(points, axis=0)) > 70


def test_a_dropped_session_is_said_and_started_afresh(
    actions: Actions, page: gr.Blocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a page that acts on steps which the server no longer has."""
    monkeypatch.setattr("demo.page.ARRIVING_SECONDS", 0.01)
    one = Page(actions, {})
    request = SimpleNamespace(session_hash="gone", headers={})
    aside = list(one._run(lambda session: {}, request, (), ("kr",)))
    assert "load it anew" in aside[0]["status"]["value"]
    assert not actions.sessions.known("gone")
    updates = list(one._run(lambda session: {}, request, (), ()))
    assert "fresh start" in updates[0]["status"]["value"]
    assert updates[0]["people"]["fates"] == {}
    again = list(one._run(lambda session: {}, request, (), ()))
    assert all("status" not in update for update in again)


def test_what_somebody_asked_before_they_left_brings_nobody_back(
    actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches clicks that wait in line and, once their page is closed, make a session that stays.

    Also a page that comes back, whose click would be taken for one of before.
    """
    monkeypatch.setattr("demo.page.ARRIVING_SECONDS", 0.01)
    page, acted = Page(actions, {}), []

    def ask(came: float) -> list:
        request = SimpleNamespace(
            session_hash="left", headers={}, request=SimpleNamespace(scope={CAME: came})
        )
        return list(page._run(lambda session: acted.append(1) or {}, request, (), ()))

    actions.session("left")
    before = time.monotonic()
    actions.sessions.drop("left")
    assert ask(before) == []
    assert acted == []
    assert not actions.sessions.known("left")
    assert "fresh start" in ask(time.monotonic() + 1)[0]["status"]["value"]
    assert actions.sessions.known("left")
    actions.sessions.drop("left")


def test_who_presses_before_the_page_has_arrived_is_answered(actions: Actions) -> None:
    """Catches a button that does nothing, for good, for whoever is quicker than their own page."""
    request = SimpleNamespace(session_hash="quick", headers={})
    arriving = threading.Timer(0.1, actions.session, ["quick"])
    arriving.start()
    told = list(Page(actions, {})._run(lambda session: {"kr": 1}, request, (), ("kr",)))
    arriving.join()
    assert told == [{"kr": 1}]


def test_an_act_may_change_only_what_it_touches(
    actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches an update that never reaches the page, and that nobody misses."""
    page = Page(actions, dict.fromkeys(("kr", "map", "status"), "part"))
    monkeypatch.setenv(STRICT, "1")
    page._dress({"kr": {"value": "x"}, "status": {"value": "y"}}, ("kr",))
    with pytest.raises(RuntimeError, match="map"):
        page._dress({"kr": {"value": "x"}, "map": {"value": "z"}}, ("kr",))
    monkeypatch.delenv(STRICT)
    page._dress({"map": {"value": "z"}}, ("kr",))


def test_every_visitor_acts_on_a_session_of_their_own(actions: Actions) -> None:
    """Catches all visitors being given the first one's session."""
    seen = {}
    for key in ("first", "second"):
        actions.session(key)

        def act(session: object, key: str = key) -> dict:
            seen[key] = session
            return {}

        request = SimpleNamespace(session_hash=key, headers={})
        list(Page(actions, {})._run(act, request, (), ("kr",)))  # type: ignore[arg-type]
    first, second = seen["first"], seen["second"]
    assert first is not second
    first.state = first.state.forget((1,), "head-only")
    first.chosen = (2,)
    assert second.state.forgotten == ()
    assert second.chosen == ()
    assert actions.session("first") is first
