"""From what a visitor sees to a link, and back through the same actions as their clicks."""

import re
from dataclasses import replace
from typing import Any

import pytest

from demo import languages, links, sharing
from demo.actions import Actions
from demo.atlases import Atlases
from demo.links import Link
from demo.session import Session, Sessions
from demo.sharing import Sharing
from engine.service.shelf import Shelf, Spec
from tests.demo.world import workspace

SPACE = workspace()
BASE = "http://192.168.0.7:7860/lethe/"


@pytest.fixture
def actions() -> Actions:
    shelf = Shelf(Spec("toy", "still"))
    shelf.put(shelf.default, SPACE)
    return Actions(shelf, Atlases(), Sessions())


@pytest.fixture
def share(actions: Actions) -> Sharing:
    return Sharing(actions)


def forget(actions: Actions, session: Session, *labels: int, **how: Any) -> None:
    list(actions.forget(session, list(labels), how.pop("method", "esc"), how))


def query(share: Sharing, session: Session) -> str:
    """The link's query string, as the panel shows it."""
    html = share.show(session, {"base": BASE, "turn": 1})["share"]["shown"]["html"]
    found = re.search(r'value="([^"]+)"', html)
    assert found is not None, html
    address = found[1].replace("&amp;", "&").replace("&#39;", "'")
    assert address.startswith(BASE + "?")
    return address.removeprefix(BASE)


def opened(share: Sharing, session: Session, text: str) -> list[dict]:
    return list(share.open(session, {"query": text}))


def figures(session: Session) -> tuple:
    measured = session.measure()
    return measured.before, measured.after


def said(updates: list[dict]) -> str:
    """The last sentence of the status line."""
    html = [one["status"]["value"] for one in updates if "status" in one][-1]
    return re.search(r'aria-live="polite">(.*?)</p>', html, re.DOTALL)[1]  # type: ignore[index]


def test_another_visitor_sees_the_same(share: Sharing, actions: Actions) -> None:
    """Catches a step, an option, a choice or a photo that a link loses, and other figures."""
    mine, theirs = actions.session("a"), actions.session("b")
    forget(actions, mine, 1, 4, rank=3)
    forget(actions, mine, 2, method="leace")
    actions.choose(mine, {"chosen": [6, 7], "last": 7})
    text = query(share, mine)
    assert "do=Kofi,Priya:esc:rank=3~Mei:leace&people=Yuki,Zola" in text
    actions.service.kept.clear()
    updates = opened(share, theirs, text)
    assert [step.forget for step in theirs.state.steps] == [(1, 4), (2,)]
    assert theirs.chosen == (6, 7)
    assert theirs.query == mine.query
    assert theirs.state.values.equal(mine.state.values)
    assert figures(theirs) == figures(mine)
    assert query(share, theirs) == text
    last = {panel: props for one in updates for panel, props in one.items()}
    assert last["people"]["value"]["chosen"] == [6, 7]
    assert last["share"]["opened"] == {"method": "leace"}
    assert "Forgot 1 person" in said(updates)
    assert not theirs.is_working


def test_what_is_chosen_alone_is_shared_too(share: Sharing, actions: Actions) -> None:
    """Catches a link that needs a deletion."""
    mine, theirs = actions.session("a"), actions.session("b")
    actions.choose(mine, {"chosen": [3], "last": 3})
    assert said(opened(share, theirs, query(share, mine))) == "This is what was shared."
    assert theirs.chosen == (3,)
    assert figures(theirs) == figures(mine)


def test_a_taken_back_step_is_not_shared(share: Sharing, actions: Actions) -> None:
    """Catches a link of another state than the one on screen."""
    session = actions.session("a")
    forget(actions, session, 1)
    forget(actions, session, 2)
    list(actions.undo(session, 0))
    assert "do=Mei:esc&people=Kofi" in query(share, session)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("do=Nobody:esc", "names somebody who is not"),
        ("people=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E", "names somebody who is not"),
        ("do=Kofi:esc~Kofi:leace", "cannot be read"),
        ("do=Kofi:esc&people=Kofi", "cannot be read"),
        ("do=Ada,Kofi,Mei,Omar,Priya,Ravi,Yuki,Zola:esc", "cannot be read"),
        ("do=Kofi:fly", "a method that is not here"),
        ("do=Kofi:fine-tune", "needs a backbone that can be trained"),
        ("do=Kofi:esc:rank=-4", "cannot be read"),
        ("do=Kofi:esc:rank=4000", "outside 1 to"),
        ("do=Kofi:esc~Mei:esc:rank=4000", "outside 1 to"),
        ("faces=/etc&do=Kofi:esc", "cannot be read"),
        ("faces=yours&do=Kofi:esc", "not on offer"),
        ("backbone=none&do=Kofi:esc", "not on offer"),
        ("seed=5&do=Kofi:esc", "another seed"),
        ("key=00000000&do=Kofi:esc", "have changed since"),
        ("ask=999999", "cannot be read"),
        ("do=Kofi:esc&do=Kofi:esc", "cannot be read"),
        ("do=" + "A" * 10_000, "more than a link can hold"),
    ],
)
def test_a_bad_link_opens_the_start_page(
    share: Sharing, actions: Actions, text: str, says: str
) -> None:
    """Catches a traceback, half a link that was done, and markup of a stranger on the page."""
    session = actions.session("a")
    updates = opened(share, session, text)
    assert says in said(updates)
    assert "Traceback" not in str(updates)
    assert "onerror" not in str(updates)
    assert session.state.steps == ()
    assert session.chosen == ()
    assert not session.is_working
    assert updates[-1]["share"]["opened"] == {"refused": True}
    assert updates[-1]["forget"]["interactive"] is True
    forget(actions, session, 1)
    assert session.state.forgotten == (1,)


def test_nothing_is_fitted_before_all_is_checked(
    share: Sharing, actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches work that a link begins before its last word is read."""

    def work(*_: object, **__: object) -> None:
        raise AssertionError("a deletion began")

    monkeypatch.setattr(Session, "forget", work)
    for last in ("Nobody:esc", "Mei:fly", "Mei:fine-tune", "Kofi:esc", "Mei:esc:rank=-1"):
        session = actions.session(last)
        assert opened(share, session, f"do=Kofi:esc~{last}")[-1]["share"]["opened"]["refused"]


def test_what_is_no_query_is_refused(share: Sharing, actions: Actions) -> None:
    """Catches a payload of another kind that breaks the page."""
    for given in (None, 3, ["do=Kofi:esc"], {}):
        session = actions.session(str(given))
        list(share.open(session, {"query": given}))
        assert session.state.steps == ()


def test_cancel_keeps_what_was_done(share: Sharing, actions: Actions) -> None:
    """Catches a cancelled link that starts over, or goes on."""
    session = actions.session("a")
    for _ in share.open(session, {"query": "do=Kofi:esc~Mei:esc~Omar:esc"}):
        if len(session.state.steps) == 2:
            session.cancel.set()
            actions.service.kept.clear()
    assert session.state.forgotten == (1,)
    assert not session.is_working


@pytest.mark.parametrize("what", ["photos", "model"])
def test_own_photos_and_own_models_are_never_shared(
    share: Sharing, actions: Actions, what: str
) -> None:
    """Catches a link that names whom a visitor brought, or that promises what others lack."""
    session = actions.session("a")
    actions.enter(session, replace(SPACE, private=True))
    session.photos_in = what == "photos"
    forget(actions, session, 1)
    html = share.show(session, {"base": BASE})["share"]["shown"]["html"]
    assert f"your own {what}" in html
    assert "disabled" in html
    assert "Kofi" not in html
    assert "svg" not in html
    assert list(share.stands(session)) == [{"share": {"stands": ""}}]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"base": None},
        {"base": "javascript:alert(1)"},
        {"base": 'http://a/"><script>'},
        {"base": BASE, "step": "<b>x</b>"},
        {"base": BASE, "view": "a b"},
        {"base": BASE, "theme": "pink"},
        {"base": BASE, "step": ["x"]},
    ],
)
def test_what_a_page_says_of_itself_is_checked(
    share: Sharing, actions: Actions, data: dict
) -> None:
    """Catches an address or a step that would be no link, or markup."""
    html = share.show(actions.session("a"), data)["share"]["shown"]["html"]
    assert "disabled" in html
    assert "<script" not in html
    assert "<b>" not in html


def test_the_browser_s_own_is_carried_along(share: Sharing, actions: Actions) -> None:
    """Catches a place, a step of the lesson, a theme or a language that the link loses."""
    data = {"base": BASE, "view": "attack", "step": "hide", "theme": "dark", "turn": 4}
    shown = share.show(actions.session("a"), data)["share"]["shown"]
    assert "view=attack&amp;step=hide&amp;theme=dark&amp;lang=en" in shown["html"]
    with languages.speaking("es"):
        assert "&amp;lang=es" in share.show(actions.session("a"), data)["share"]["shown"]["html"]
    assert shown["turn"] == 4
    assert "<svg" in shown["html"]
    assert "--host" not in shown["html"]
    near = share.show(actions.session("a"), {"base": "http://[::1]:7860/"})["share"]["shown"]
    assert "--host" in near["html"]


def test_a_link_of_these_people_fits_the_workspace(actions: Actions, share: Sharing) -> None:
    """Catches a link without what makes its figures the same."""
    link = links.read(query(share, actions.session("a")))
    assert link == Link("given", "given", 0, SPACE.key[: sharing.KEY], ask=link.ask, lang="en")
