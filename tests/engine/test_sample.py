"""Figures of a large gallery: bounded, the same everywhere, and untouched below the bound."""

from dataclasses import replace

import pytest
import torch

from engine.audit import QUESTIONS, audit, retrieval, sample
from engine.audit.sample import narrowed, some_people, widened
from engine.erasure.factor import factor_people
from engine.live.curve import forgetting_curve
from engine.live.slider import LiveErasure
from engine.report import table
from engine.view import View
from engine.workspace import State, start
from tests.demo.world import workspace
from tests.engine.toy import centroid_head, cluster

PEOPLE = 40
TRAINS = [name for name, question in QUESTIONS.items() if question.trains]


def view(forget: tuple[int, ...] = (3, 17), people: int = PEOPLE) -> View:
    values, labels = cluster(people, 4, 32, 0.7, seed=2)
    return View(
        values=values,
        labels=labels,
        train=torch.arange(len(labels)) % 4 > 0,
        forget=forget,
        classes=people,
        head=centroid_head(values, labels),
        strangers=cluster(30, 3, 32, 0.7, seed=5)[0],
        threshold=0.5,
    )


def thirty() -> State:
    """Thirty people of ten photos, three of which test."""
    space = workspace(tuple(f"P{at:02}" for at in range(30)))
    train = torch.arange(len(space.features)) % 10 > 2
    return start(replace(space, features=replace(space.features, train=train)))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound where a test's gallery is large."""
    monkeypatch.setattr(sample, "OTHERS", 10)


def test_below_the_bound_nothing_changes() -> None:
    """Catches a figure of an ordinary gallery that the bound touches, in the last bit."""
    one = view()
    assert some_people(one.classes, one.forget) is None
    assert narrowed(one, None) is one
    for name in TRAINS:
        assert audit(one, (name,))[name] == QUESTIONS[name].measure(one, 0)
        assert "people" not in audit(one, (name,))[name]


def test_all_the_forgotten_and_a_seeded_few_take_part(few: None) -> None:
    """Catches a forgotten person left out, and a sample that changes from click to click."""
    people = some_people(PEOPLE, (3, 17), 0)
    assert len(people) == 12
    assert {3, 17} <= set(people.tolist())
    assert torch.equal(people, some_people(PEOPLE, (17, 3), 0))
    assert not torch.equal(people, some_people(PEOPLE, (3, 17), 1))
    other = some_people(PEOPLE, (3,), 0)
    assert len({*people.tolist()} ^ {*other.tolist()}) <= 3


@pytest.mark.parametrize("name", TRAINS)
def test_a_bounded_answer_is_that_of_the_smaller_gallery(few: None, name: str) -> None:
    """Catches labels mixed up on the way there or back, and a bound that is not said."""
    whole = view()
    people = some_people(PEOPLE, whole.forget, 0)
    inside = torch.isin(whole.labels, people)
    lookup = {label: at for at, label in enumerate(people.tolist())}
    small = replace(
        whole,
        values=whole.values[inside],
        labels=torch.tensor([lookup[int(one)] for one in whole.labels[inside]]),
        train=whole.train[inside],
        forget=(lookup[3], lookup[17]),
        classes=len(people),
    )
    expected = QUESTIONS[name].measure(small, 0)
    found = audit(whole, (name,))[name]
    assert found["people"] == 12
    assert found["forget_test"] == expected["forget_test"]
    assert found["chance_all"] == pytest.approx(1 / 12)
    assert len(found["per_identity"]) == PEOPLE
    shares = dict(zip(people.tolist(), expected["per_identity"], strict=True))
    assert found["per_identity"] == [shares.get(label) for label in range(PEOPLE)]


def test_before_and_after_are_asked_about_the_same_people(few: None) -> None:
    """Catches a fall in KR that is only another sample."""
    state = thirty()
    after = state.forget((4, 9), "esc")
    was, now = audit(state.view((4, 9)), ("kr",))["kr"], audit(after.view(), ("kr",))["kr"]
    measured = [[share is not None for share in one["per_identity"]] for one in (was, now)]
    assert measured[0] == measured[1]
    assert sum(measured[0]) == 12


def test_the_dragged_slider_and_the_curve_ask_the_same_people(few: None) -> None:
    """Catches quick figures about everybody beside exact ones about some."""
    base = thirty()
    live = LiveErasure(base, (4, 9))
    quick = live.figures(live.state({"rank": 2}))["kr"]
    exact = audit(base.forget((4, 9), "esc", {"rank": 2}).view(), ("kr",))["kr"]
    assert quick["people"] == exact["people"] == 12
    assert [one is None for one in quick["per_identity"]] == [
        one is None for one in exact["per_identity"]
    ]
    next_one = LiveErasure(base, (4, 10), live)
    assert next_one.figures(next_one.state({"rank": 2}))["kr"]["people"] == 12
    features = base.workspace.features
    train = features.train
    factor = factor_people(features.values[train], features.labels[train], (4, 9))
    (point,) = forgetting_curve(
        features.values, features.labels, train, 30, factor, ranks=[2], probe="converged"
    )
    assert point.kr_forget == pytest.approx(exact["forget_test"], abs=1e-6)
    assert point.kr_retain == pytest.approx(exact["retain_test"], abs=1e-6)


def test_widened_keeps_an_answer_of_everybody() -> None:
    """Catches a note of a bound where there is none."""
    assert widened({"a": 1}, None, 9) == {"a": 1}
    assert sample.words({"a": 1}, 9) == ""
    assert sample.words({"people": 505}, 3000) == "over 505 of 3,000 people"


@pytest.mark.parametrize("erased", [False, True])
def test_counted_places_are_those_of_a_stable_sort(erased: bool) -> None:
    """Catches ties (an erased photo finds all others equally) or uneven counts told otherwise."""
    one = view(people=60)
    values = one.values.clone()
    if erased:
        values[one.is_forget] = 0
    keep = torch.rand(len(values), generator=torch.Generator().manual_seed(0)) > 0.2
    keep |= ~one.train
    values, labels, train = values[keep], one.labels[keep], one.train[keep]
    asked = ~train & torch.isin(labels, labels[train])
    args = values[asked], labels[asked], values[train], labels[train]
    slow = torch.cat(
        [torch.stack(retrieval.scores(block)) for block in retrieval.relevance(*args)], 1
    )
    torch.testing.assert_close(torch.cat(list(retrieval.counted(*args)), 1), slow)


@pytest.mark.parametrize("few", [0, 1000])
def test_places_are_counted_alike_with_few_photos_and_with_many(
    monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Catches people with many photos whose retrieval is another measure, and either that is not
    what an order of all photos gives."""
    one = view()
    use = ~one.train & torch.isin(one.labels, one.labels[one.train])
    args = one.values[use], one.labels[use], one.values[one.train], one.labels[one.train]
    ranked = [torch.stack(retrieval.scores(block)) for block in retrieval.relevance(*args)]
    slow = retrieval.figures(one, use.nonzero()[:, 0], torch.cat(ranked, 1))
    monkeypatch.setattr(retrieval, "FEW", few)
    fast = retrieval.measure(one)
    assert fast.keys() == slow.keys()
    for name, value in slow.items():
        assert fast[name] == pytest.approx(value), name


def test_the_command_line_s_table_says_of_how_many(few: None) -> None:
    """Catches a bound that only the page admits to."""
    answer = audit(view(), ("kr",))
    assert "over 12 of 40 people" in table(answer, answer)
    answer["kr"].pop("people")
    assert "over" not in table(answer, answer).splitlines()[-1]
