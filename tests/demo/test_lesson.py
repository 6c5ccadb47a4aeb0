"""The lesson without a browser: its data, what completes its steps, and whose figures it says."""

import re
import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from demo import learn, studio
from demo.actions import Actions
from demo.atlases import Atlases
from demo.attacks import Attacks
from demo.lessons import steps as data
from demo.lessons.screen import WORDS, Screen
from demo.lessons.steps import STEPS, Step, find
from demo.page import Page
from demo.panels import views
from demo.session import Session, Sessions
from engine.audit.collateral import collateral
from engine.audit.depth import Layer
from engine.audit.figures import look_up, written
from engine.service.attacks import Findings
from engine.service.shelf import Shelf, Spec
from engine.workspace import Workspace
from tests.demo.test_attack_compare import with_strangers

ROOT = Path(__file__).parents[2]


def drawn() -> Workspace:
    """A gallery with strangers whom the map can draw."""
    space = with_strangers()
    others = space.strangers
    assert others is not None
    features = replace(others.features, rows=np.arange(len(others.features)))
    return replace(space, strangers=replace(others, features=features))


SPACE = drawn()
PEOPLE = (1, 4, 6)
PLACES = dict(views.PLACES)
NUMBERS = re.compile(r"\d+(?:\.\d+)?\s?%|\d{2,}")
PROMISES = re.compile(r"irreversib|guarantee|for ?ever\b|completely|impossible", re.I)


def fresh() -> Actions:
    shelf = Shelf(Spec("toy", "still"))
    shelf.put(shelf.default, SPACE)
    return Actions(shelf, Atlases(), Sessions())


@pytest.fixture
def actions() -> Actions:
    return fresh()


@pytest.fixture
def session(actions: Actions) -> Session:
    return actions.session("a")


def choose(actions: Actions, session: Session, people: tuple[int, ...] = PEOPLE) -> None:
    for at in range(len(people)):
        actions.choose(session, {"chosen": [*people[: at + 1]], "last": people[at]})
    list(actions.after.follow(session))


def forget(actions: Actions, session: Session, method: str, **options: object) -> None:
    list(actions.forget(session, {"chosen": [*PEOPLE]}, method, options))


def ask(actions: Actions, session: Session) -> None:
    choose(actions, session)
    actions.ask(session, 20)


def features(actions: Actions, session: Session) -> None:
    forget(actions, session, "head-only")
    actions.spread(session, True)


def stronger(actions: Actions, session: Session) -> None:
    forget(actions, session, "esc", rank="auto")
    assert not learn.look(session)["lesson"]["news"]["done"]
    list(actions.strength(session, "esc", {"rank": 9}, settled=True))
    kept = collateral(session.state.before(), session.state.view())
    found = Findings(people=tuple(kept))
    session.service.once(("quick findings", session.people), session.state, lambda: found)


def attack(actions: Actions, session: Session) -> None:
    forget(actions, session, "esc")
    list(Attacks(actions).run(session, quick=True))


def layers(actions: Actions, session: Session) -> None:
    forget(actions, session, "esc")
    rows = (Layer("early", 8, 0.75, 0.9), Layer("after erasing", 48, 0.25, 0.9))
    found = Findings(layers=rows)
    session.service.once(("findings", session.people), session.state, lambda: found)


ACTS: dict[str, Callable[[Actions, Session], None]] = {
    "point": choose,
    "known": ask,
    "hide": lambda actions, session: forget(actions, session, "head-only"),
    "features": features,
    "erase": lambda actions, session: forget(actions, session, "esc"),
    "strength": stronger,
    "learn": lambda actions, session: forget(actions, session, "esc-t"),
    "hole": attack,
    "stranger": lambda actions, session: forget(actions, session, "stand-in"),
    "network": layers,
}


def begin(session: Session, step: Step) -> dict:
    return learn.open_step(session, {"step": step.id})["lesson"]


def words(step: Step) -> str:
    """All that a learner reads of a step."""
    parts = [step.title, *step.text, step.question, *step.facts]
    parts += [f"{term} {meaning}" for term, meaning in step.terms]
    parts += [f"{one.text} {one.because}" for one in step.answers]
    return " ".join([*parts, *(act.text for act in step.acts)])


def test_every_step_is_complete() -> None:
    """Catches a step without a question, an answer that nobody explains, two right ones, an id
    that is there twice, and a control at a place that there is not."""
    assert 8 <= len(STEPS) <= 10
    assert len({step.id for step in STEPS}) == len(STEPS)
    assert len({step.title for step in STEPS}) == len(STEPS)
    for step in STEPS:
        assert re.fullmatch("[a-z]+", step.id)
        assert step.title
        assert step.text
        assert step.acts
        assert step.facts
        assert step.terms
        assert step.question.endswith("?")
        assert len(step.answers) >= 3
        assert [one.right for one in step.answers].count(True) == 1
        assert all(one.text and one.because for one in step.answers)
        assert len({one.text for one in step.answers}) == len(step.answers)
        for act in step.acts:
            assert act.text
            assert act.where
            assert act.place in PLACES


def test_right_answers_stand_at_different_places() -> None:
    """Catches a lesson in which the first answer is always right."""
    at = [[one.right for one in step.answers].index(True) for step in STEPS]
    assert min(at.count(place) for place in range(3)) >= 2


def test_no_figure_is_written_down_and_nothing_is_promised() -> None:
    """Catches a sentence with somebody else's number, and words that no deletion deserves."""
    for step in STEPS:
        said = words(step)
        assert not NUMBERS.search(said), step.id
        assert not PROMISES.search(said), step.id
        for sentence in step.facts:
            used = {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
            assert used, sentence
            assert used <= WORDS.keys(), sentence


@dataclass(frozen=True)
class Walked:
    """A step before and after its act, on a session of its own."""

    step: Step
    session: Session
    first: dict
    told: dict


@pytest.fixture(scope="module", params=STEPS, ids=lambda step: step.id)
def walked(request: pytest.FixtureRequest) -> Walked:
    step = request.param
    actions = fresh()
    session = actions.session("a")
    first = begin(session, step)
    ACTS[step.id](actions, session)
    return Walked(step, session, first, learn.look(session)["lesson"]["news"])


def test_a_step_is_completed_by_its_act(walked: Walked) -> None:
    """Catches a step that is done before anything was, or that stays open after it was."""
    first, told = walked.first, walked.told
    assert first["step"]["number"] == STEPS.index(walked.step) + 1
    assert first["news"]["done"] is False
    assert "On your screen" not in first["news"]["html"]
    assert told["done"] is True
    assert told["act"] == told["where"] == ""
    assert "On your screen" in told["html"]
    assert "{" not in told["html"]


def test_what_never_arrived_is_told_again(walked: Walked) -> None:
    """Catches a card that stays open for good: its news went with an act that another overtook."""
    again = learn.look(walked.session)["lesson"]["news"]
    assert again["at"] > walked.told["at"]
    assert {**again, "at": 0} == {**walked.told, "at": 0}


def test_the_figures_are_those_of_the_screen(walked: Walked) -> None:
    """Catches a number that the panels do not show."""
    step, session = walked.step, walked.session
    measured = session.measure()
    screen = Screen(session)
    after = measured.after or measured.before
    pairs = {
        "says_before": (measured.before, "head.forget_test", "fraction"),
        "kr_before": (measured.before, "kr.forget_test", "fraction"),
        "rest_before": (measured.before, "kr.retain_test", "fraction"),
        "says": (after, "head.forget_test", "fraction"),
        "kr": (after, "kr.forget_test", "fraction"),
        "guess": (after, "kr.chance_all", "fraction"),
        "strangers": (after, "kr.stranger_floor", "fraction"),
        "said_rest": (after, "head.retain_test", "fraction"),
        "said_rest_before": (measured.before, "head.retain_test", "fraction"),
        "rest": (after, "kr.retain_test", "fraction"),
        "length": (after, "detectability.norm", "score"),
        "detector": (after, "detectability.mlp", "score"),
        "coin": (after, "detectability.chance", "score"),
    }
    names = {n for text in step.facts for _, n, _, _ in string.Formatter().parse(text) if n}
    for name in names & pairs.keys():
        figures, key, unit = pairs[name]
        assert screen[name] == written(look_up(figures, key), unit), name
    if "layer_kr" in names:
        assert [screen[one] for one in ("layer", "layer_kr", "last_kr")] == [
            "early",
            written(0.75, "fraction"),
            written(0.25, "fraction"),
        ]
    if "photos" in names:
        assert screen["photos"] == "30"
    if "directions" in names:
        rank = session.state.steps[-1].eraser.rank
        assert screen["directions"] == f"{rank} directions"
    if "hurt" in names:
        state = session.state
        kept = collateral(state.before(), state.view())
        hurt = sum(one.recall_change < 0 for one in kept)
        most = max(kept, key=lambda one: one.energy_removed)
        assert screen["most"] == SPACE.gallery.display(most.label)
        assert screen["lost"] == written(most.energy_removed, "fraction")
        assert (screen["hurt"] if hurt else screen["unhurt"]) == (str(hurt) if hurt else "None")
        with pytest.raises(KeyError):
            screen["unhurt" if hurt else "hurt"]


def test_a_sentence_waits_for_its_figures(actions: Actions, session: Session) -> None:
    """Catches a sentence with a gap, and one that has the server measure for it."""
    begin(session, find("known"))
    actions.choose(session, {"chosen": [1, 4, 6], "last": 6})
    actions.ask(session, 20)
    told = learn.look(session)["lesson"]["news"]
    assert told["done"]
    assert "You asked about a photo of" in told["html"]
    assert "right name" not in told["html"]
    list(actions.after.follow(session))
    assert "says the right name" in learn.look(session)["lesson"]["news"]["html"]


def test_choosing_is_not_asking(actions: Actions, session: Session) -> None:
    """Catches a step completed by a tick, whose photo is shown too."""
    begin(session, find("known"))
    choose(actions, session)
    assert not learn.look(session).get("lesson", {}).get("news", {}).get("done")


def test_what_is_missing_is_said_in_order(actions: Actions, session: Session) -> None:
    """Catches a fresh page on which a later step does not say what to do first."""
    step = find("erase")
    told = begin(session, step)["news"]
    acts, told_first = [told["act"]], told["html"]
    choose(actions, session)
    acts.append(learn.look(session)["lesson"]["news"]["act"])
    forget(actions, session, "head-only")
    acts.append(learn.look(session)["lesson"]["news"]["act"])
    list(actions.undo(session))
    acts.append(learn.look(session)["lesson"]["news"]["act"])
    assert "Undo" not in told_first
    assert acts[0].startswith("Choose three")
    assert "Erase (ESC)" in acts[1]
    assert "Undo" in acts[2]
    assert acts[3] == acts[1]


def test_a_page_loaded_anew_goes_on(session: Session) -> None:
    """Catches a reload that starts over, or does not say that the page is fresh."""
    told = learn.open_step(session, {"step": "learn", "resumed": True})["lesson"]
    assert told["step"]["id"] == "learn"
    assert "began anew" in told["step"]["html"]
    assert told["step"]["go"] == ""


@pytest.mark.parametrize("name", ["nowhere", 7, ["a"], {"step": 1}, "<b>x</b>" * 40])
def test_an_unknown_step_is_the_first(session: Session, name: object) -> None:
    """Catches a link to a step that there is not which breaks the page, or is shown as it came."""
    told = learn.open_step(session, {"step": name, "go": True, "turn": "x"})["lesson"]
    assert told["step"]["id"] == STEPS[0].id
    assert "There is no step" in told["step"]["html"]
    assert "<b>x" not in told["step"]["html"]
    assert told["step"]["go"] == ""


def test_a_known_step_leads_to_its_place(session: Session) -> None:
    """Catches a teacher's link that stays away from the control to use."""
    assert (
        learn.open_step(session, {"step": "hole", "go": True})["lesson"]["step"]["go"] == "studio"
    )
    fresh = learn.open_step(session, {"step": "", "go": True})["lesson"]["step"]
    assert fresh["id"] == STEPS[0].id
    assert "There is no step" not in fresh["html"]


def test_leaving_ends_it_for_the_server_too(actions: Actions, session: Session) -> None:
    """Catches a lesson that goes on telling, and one that changes the page by ending."""
    begin(session, STEPS[0])
    choose(actions, session)
    mark = session.mark
    assert learn.leave(session) == {}
    assert session.mark == mark
    assert learn.look(session) == {}


def test_two_learners_share_nothing(actions: Actions) -> None:
    """Catches one pupil's progress in another's card."""
    one, other = actions.session("a"), actions.session("b")
    begin(one, STEPS[0])
    begin(other, STEPS[0])
    choose(actions, one)
    assert learn.look(one)["lesson"]["news"]["done"]
    assert not learn.look(other)["lesson"]["news"]["done"]


def test_where_a_step_cannot_be_shown_it_says_so(session: Session) -> None:
    """Catches an act that nobody can do: this gallery has no network to look into."""
    told = begin(session, find("network"))["news"]
    assert "skip it" in told["html"]
    assert told["where"] == ""


def test_every_act_on_the_page_is_witnessed(actions: Actions) -> None:
    """Catches an act of the lesson whose answer cannot bring the card's news."""
    page = studio.build(actions)
    config = page.get_config_file()
    card = next(
        one["id"] for one in config["components"] if one["props"].get("elem_id") == "lesson"
    )
    ids = {one["props"].get("elem_id"): one["id"] for one in config["components"]}
    wanted = {
        (ids["people"], "choose"),
        (ids["who"], "ask"),
        (ids["who"], "show"),
        (ids["map"], "pick"),
        (ids["forget"], "click"),
        (ids["undo"], "click"),
        (ids["reset"], "click"),
        (ids["steps"], "drop"),
        (ids["method"], "settled"),
        (ids["kr-chart"], "spread"),
        (ids["attack"], "open"),
        (ids["attack"], "attack"),
    }
    told = {
        tuple(target)
        for one in config["dependencies"]
        if card in one["outputs"]
        for target in one["targets"]
    }
    assert wanted <= told, wanted - told
    opens = next(
        one for one in config["dependencies"] if (card, "open") in map(tuple, one["targets"])
    )
    assert ids["people"] in opens["outputs"]  # where the session has expired, all begins anew
    assert (ids["method"], "strength") not in told  # dragging is answered without it


def test_a_witness_speaks_after_the_act() -> None:
    """Catches news that are said before the act has changed anything, or to panels not shown."""
    said = []
    page = Page(actions=None, parts={"status": 1, "card": 2})  # type: ignore[arg-type]
    page.witnesses["card"] = lambda session: {"card": {"value": len(said)}}

    class Known:
        def arrived(self, key: str, seconds: float) -> bool:
            return True

        def left_since(self, key: str, asked: float | None) -> bool:
            return False

    class Fake:
        sessions = Known()
        arrive = None

        def session(self, key: str) -> object:
            return self

    object.__setattr__(page, "actions", Fake())

    def act(session: object) -> dict:
        said.append(1)
        return {}

    class Request:
        session_hash = "a"
        headers: ClassVar[dict] = {}

    told = list(page._run(act, Request(), (), ()))  # type: ignore[arg-type]
    assert told == [{}, {"card": {"value": 1}}]
    assert list(page._run(act, Request(), (), ("kr",))) == [{}]  # type: ignore[arg-type]


def test_the_teachers_page_has_every_step() -> None:
    """Catches a step that was added or renamed and is not in what teachers are told."""
    teach = (ROOT / "docs" / "teach.md").read_text(encoding="utf-8")
    hand_out = (ROOT / "docs" / "handout.html").read_text(encoding="utf-8")
    for step in STEPS:
        assert f"?view=learn&step={step.id})" in teach, step.id
        assert step.title in teach
        assert step.question in teach
        right = next(one for one in step.answers if one.right)
        assert right.text in teach
        assert step.title in hand_out
    assert "docs/teach.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert data.FEW == 3  # the texts say three
