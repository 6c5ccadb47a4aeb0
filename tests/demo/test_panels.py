"""The panels' markup: true to its figures, and deaf to what a name contains."""

import dataclasses
import re
from html import escape, unescape

import numpy as np
import pytest

from demo.panels import (
    attack,
    compare,
    forget,
    header,
    leakage,
    people,
    retrieval,
    scoreboard,
    status,
)
from engine import erasure
from engine.audit import always, audit
from engine.audit.figures import look_up, written
from engine.audit.retrieval import Hit
from engine.durations import took
from engine.erasure.base import Method, Option
from engine.progress import Progress
from engine.service.asking import Answer, Asked, Shown, asked, asked_about, photos_to_ask
from engine.service.asking import answer as answered
from engine.service.attacks import Findings
from engine.service.shelf import Choice
from engine.workspace import start
from tests.demo.world import gallery, workspace

SPACE = workspace()
HOSTILE = ('<img src=x onerror="alert(1)">', "${alert(2)}", "{{7*7}}`", "Ada")


def hit(label: int, similarity: float, accepted: bool | None) -> Hit:
    return Hit(10 * label, label, similarity, accepted)


def answer(*hits: Hit, says: int = 0) -> Answer:
    return Answer(hits, says)


def told(after: Answer | None, *gone: int) -> str:
    """The sentence about Ada, who was found at rank 1 before."""
    before = answer(hit(0, 0.9, True), hit(0, 0.8, True))
    pieces = retrieval.sentence(SPACE, Asked(0, before, after, frozenset(gone)))
    return "".join(
        words if tone in ("plain", "name") else f'<b class="{tone}">{words}</b>'
        for words, tone in pieces
    )


@pytest.mark.parametrize(
    ("after", "gone", "says"),
    [
        (None, (), "2 of the 2 nearest photos are theirs"),
        (answer(hit(0, 0.9, True), says=3), (0,), 'the features <b class="known">still find'),
        (answer(hit(0, 0.9, True), says=0), (0,), "still found</b>, at rank 1"),
        (answer(hit(0, 0.9, True)), (2,), "Forgetting the others left"),
        (answer(hit(3, 0.6, True)), (0,), "Omar, who is innocent"),
        (answer(hit(3, 0.6, True)), (0, 3), "Omar, who was forgotten too"),
        (answer(hit(3, 0.6, True), hit(0, 0.55, True)), (0,), "Omar, who is innocent"),
        (answer(hit(3, 0.3, False)), (0,), "no photo is accepted"),
        (answer(hit(0, 0.3, False)), (0,), "the nearest is still a photo of theirs"),
        (answer(hit(3, 0.3, False)), (0, 3), "the nearest is Omar, who was forgotten too"),
    ],
)
def test_the_sentence_is_true_to_the_matches(after: Answer | None, gone: tuple, says: str) -> None:
    """Catches a sentence that claims more, or less, than the two rows show."""
    assert says in told(after, *gone)


def test_a_photo_never_matches_itself() -> None:
    """Catches a perfect score that is only the photo's own embedding."""
    state = start(SPACE)
    for row in (0, 15):
        assert row not in [one.index for one in answered(state.view(), row).hits]


def test_before_row_stays_before() -> None:
    """Catches a before row that is computed from the erased features."""
    state = start(SPACE)
    row = photos_to_ask(SPACE, 2)[0]
    fresh = answered(state.view(), row)
    state = state.forget((2,), "esc")
    assert answered(state.before(), row) == fresh
    assert answered(state.view(), row) != fresh


@pytest.mark.parametrize(
    ("name", "short"),
    [("Ada", "Ada"), ("John Paul II", "Paul II"), ("Junichiro Koizumi", "Koizumi")],
)
def test_brief_names(name: str, short: str) -> None:
    """Catches a caption that keeps the part nobody knows the person by."""
    assert retrieval.brief(name) == short


def test_names_are_text() -> None:
    """Catches a folder name that becomes markup or a template of its own."""
    space = workspace(HOSTILE)
    html = people.markup(gallery(HOSTILE), [people.Group('"><script>', (0,))])
    state = start(space).forget((0,), "esc")
    row = photos_to_ask(space, 0)[0]
    html += retrieval.render(space, asked(state, row)) + forget.steps([(HOSTILE[0], "x")])
    html += status.render(HOSTILE[0])
    html += header.markup([Choice("a", "b", HOSTILE[0], HOSTILE[0])], [])
    assert "<img src=x" not in html
    assert "<script>" not in html
    assert HOSTILE[0] in unescape(html)


def test_every_method_of_the_registry_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a method that has to be added to the page by hand."""
    extra = Method(
        "fog",
        "Fog (FOG)",
        "Makes it foggy.",
        "nowhere",
        fit=lambda *_: None,  # type: ignore[arg-type,return-value]
        options=(
            Option("thickness", "float", 0.5, "How thick.", 0, 1),
            Option("colour", "choice", "grey", "Which.", choices=("grey", "white")),
        ),
    )
    monkeypatch.setitem(erasure.METHODS, "fog", extra)
    html = forget.markup(frozenset())
    assert 'value="fog"' in html
    assert 'data-option="thickness" min="0" max="1"' in html
    assert '<option value="white">white</option>' in html
    needy = dataclasses.replace(extra, needs=frozenset({"model"}))
    monkeypatch.setitem(erasure.METHODS, "fog", needy)
    assert 'value="fog"' not in forget.markup(frozenset())
    assert 'value="fog"' in forget.markup(frozenset({"model"}))


def test_the_setting_is_checked() -> None:
    """Catches a crash, or an option passed on unread, by what a page sends."""
    assert forget.read({"method": "esc", "options": {"rank": 3, "x": 1}}) == ("esc", {"rank": 3})
    assert forget.read({"method": "nothing"})[0] in erasure.METHODS
    assert forget.read(None)[1] == {}
    assert forget.read({"method": "esc", "options": "rank"}) == ("esc", {})


def test_scoreboard_shows_every_default_metric() -> None:
    """Catches a metric of the engine that the page leaves out, or a figure mixed up."""
    state = start(SPACE).forget((1, 4), "esc")
    before, after = audit(state.before()), audit(state.view())
    html = scoreboard.render(before, after, 0.0123)
    for question in always():
        for metric in question.metrics:
            assert f'data-metric="{metric.key}"' in html
            value = look_up(after, metric.key)
            if value is not None:
                assert f"after {value:.4f}" in html
    assert "12 ms" in html


def test_scoreboard_before_anything() -> None:
    """Catches an invented after-value, or a crash without one."""
    html = scoreboard.render(audit(start(SPACE).view(())), None)
    assert "→</span>" not in html
    assert "The chosen" in html
    assert "nan" not in html


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.305, "fraction", "30\u202f%"),
        (1.0, "fraction", "100\u202f%"),
        (0.114, "score", ".11"),
        (1.0, "score", "1.00"),
        (None, "fraction", "–"),
        (0.5, "seconds", "0.50 s"),
    ],
)
def test_figures_as_people_read_them(value: float | None, unit: str, words: str) -> None:
    """Catches figures that are rounded away or carry false precision."""
    assert written(value, unit) == words


def test_progress_in_words() -> None:
    """Catches a status line that hides how far the work is."""
    words = status.progress(
        Progress("learning the mask", 3, 200, {"loss": 0.5, "hits": 0.25, "cut": 1200}), 1.25
    )
    assert (
        words == "Learning the mask: 3 of 200, still named 25 %, 1,200 entries cut, loss 0.5, 1.2 s"
    )
    question = status.progress(Progress("Has somebody been erased?", 4, 6), 0.2)
    assert question == "Has somebody been erased? 4 of 6, 0.2 s"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "under 1 ms"),
        (0.0123, "12 ms"),
        (0.0999, "100 ms"),
        (0.1, "0.10 s"),
        (1.234, "1.23 s"),
        (12.345, "12.3 s"),
        (125.2, "2 min 5 s"),
    ],
)
def test_durations_say_something(seconds: float, words: str) -> None:
    """Catches "0.00 s"."""
    assert took(seconds) == words


def test_stop_is_ready_only_while_its_panel_works() -> None:
    """Catches a Stop that invites a click when there is nothing to stop."""
    for html in (
        attack.render(("Ada",), Findings()),
        compare.render(["Ada"], ()),
    ):
        assert re.search(r"data-stop disabled", html)
        assert not re.search(r"data-(attack|compare) disabled", html)
    for html in (
        attack.render(("Ada",), Findings(), running=True),
        compare.render(["Ada"], (), running=True),
    ):
        assert not re.search(r"data-stop disabled", html)
        assert re.search(r"data-(attack|compare) disabled", html)


def test_card_says_what_became_of_a_person() -> None:
    """Catches a fate that the page's script cannot read."""
    fates = people.fates({3: people.Fate("erased", "KR 33 %")})
    assert fates == {"3": {"kind": "erased", "note": "KR 33 %"}}
    assert "10 photos" in people.markup(gallery())


def test_a_large_gallery_sends_its_cards_by_need() -> None:
    """Catches a page of 3,000 faces, a person whom no card can be had of, and a guessed gallery."""
    people_there = gallery(tuple(f"P{at:04}" for at in range(300)))
    first = people.shown(people_there, (), "here")
    assert first["markup"].count('class="card"') == people.FIRST
    assert len(first["roster"]["names"]) == len(first["roster"]["photos"]) == 300
    galleries = {"here": people_there}.get
    html = people.further(galleries, "here/299,120")
    assert re.findall(r'data-label="(\d+)"', html) == ["299", "120"]
    assert "P0299" in html
    for nothing in ("", "here", "here/", "there/1", "here/300", "here/-1,x", "here/1e3", "/1"):
        assert people.further(galleries, nothing) == ""
    many = people.further(galleries, "here/" + ",".join(map(str, range(300))))
    assert many.count('class="card"') == people.AT_ONCE


def test_a_long_sentence_can_be_read_whole() -> None:
    """Catches a warning that the page cuts off, and a button where there is no more to read."""
    warnings = ("Rank 40 was asked for. " + 9 * "It goes on. ", "And <this> too.")
    html = status.render(warnings, "wrong")
    whole = html[html.index("<details") : html.index("</details>")]
    assert all(escape(one) in whole for one in warnings)
    assert whole.count("<p>") == 2
    assert "<this>" not in html
    assert "<details" not in status.render("Forgot 5 people in 12 ms.", "done")


def test_a_bounded_probe_says_so() -> None:
    """Catches figures of some people that look like those of everybody."""
    before = audit(start(SPACE).view((1,)))
    some = {**before, "kr": {**before["kr"], "people": 5}}
    assert "over 5 of 8 people" in leakage.leakage_value(SPACE, some, None)
    assert "of 8 people" not in leakage.leakage_value(SPACE, before, None).split("</h2>")[1]


def test_a_photo_that_nobody_enrolled_has_no_truth() -> None:
    """Catches a shown photo that is called right or wrong, or whose row of photos is somebody's."""
    face = np.full((1, 32, 32, 3), 90, np.uint8)
    person = 2
    row = photos_to_ask(SPACE, person)[0]
    values = SPACE.features.values[row : row + 1]
    shown = Shown(SPACE, b"", face, values, "several faces: <the largest>")
    state = start(SPACE)
    html = retrieval.render(SPACE, asked_about(state, shown), shown)
    assert "A photo of yours" in html
    assert "several faces: &lt;the largest&gt;" in html
    assert "the right person" not in html
    assert "data-row" in html
    assert "test photo" not in html
    name = SPACE.gallery.display(person)
    assert f"Before: taken for <b>{name}</b>" in html
    gone = state.forget((person,), "head-only")
    assert "still known" in retrieval.render(SPACE, asked_about(gone, shown), shown)
    gone = state.forget((person,), "esc")
    after = retrieval.render(SPACE, asked_about(gone, shown), shown)
    assert "still known" not in after
    assert "After: " in after
