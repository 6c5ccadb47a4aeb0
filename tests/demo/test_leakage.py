"""The panel on what the model says and what its features still know."""

import re
from types import SimpleNamespace

import pytest

from demo.panels.leakage import leakage_value
from engine.audit import audit
from engine.workspace import start
from tests.demo.world import workspace

NAMES = ("Ada", "Kofi")


@pytest.fixture(scope="module")
def hidden() -> tuple:
    """Two people hidden at the head, audited."""
    space = workspace()
    state = start(space).forget((0, 1), "head-only")
    asked = ("kr", "head")
    return space, audit(state.before(), asked), audit(state.view(), asked)


def test_hiding_shows_nothing_said_and_everything_known(hidden: tuple) -> None:
    """Catches the two halves of the lesson painted from the same figure."""
    space, before, after = hidden
    markup = leakage_value(space, before, after, forgotten=NAMES, method="Hide the name")
    says, knows = markup.split("What its features still know</h2>", 1)[0], markup
    says, knows = markup.split("<section")[1:3]
    assert "<strong>0\u202f%</strong>" in says
    assert "<strong>100\u202f%</strong>" in knows.split("Everybody else")[0]
    assert 'data-verdict="remembered"' in markup
    assert "after Hide the name" in says


def test_chance_lines_stand_where_chance_is(hidden: tuple) -> None:
    """Catches a missing chance level, and one drawn at another place than written."""
    space, before, after = hidden
    knows = leakage_value(space, before, after, forgotten=NAMES).split("<section")[2]
    first = knows.split('data-role="known"')[0]
    assert first.count("kr-chance") == 2
    assert f"left:{100 / 8:.2f}%" in first
    assert "left:50.00%" in first
    assert "guessing: them 50\u202f%" in knows


def test_before_a_deletion_only_one_side(hidden: tuple) -> None:
    """Catches arrows and forgotten bars when nobody was forgotten."""
    space, before, _ = hidden
    markup = leakage_value(space, before, None)
    assert "→" not in markup
    assert 'data-verdict="nobody"' in markup


def test_estimates_are_called_so(hidden: tuple) -> None:
    """Catches a quick figure passed off as the converged one."""
    space, before, after = hidden
    assert "estimate" in leakage_value(space, before, after, forgotten=NAMES, exact=False)
    assert "estimate" not in leakage_value(space, before, after, forgotten=NAMES)


def test_each_person_has_a_bar_and_the_forgotten_come_first(hidden: tuple) -> None:
    """Catches people lost from the list, or sorted away from the question."""
    space, before, after = hidden
    told = leakage_value(space, before, after, forgotten=NAMES, spread=True)
    people = told.split('class="kr-people"')[1]
    assert people.count("kr-row") == 8
    assert people.index("Ada") < people.index("Kofi") < people.index("Mei Lin")


def test_people_are_told_when_somebody_asks(hidden: tuple) -> None:
    """Catches the bars of all people in every step of a slider, or no way to ask for them."""
    space, before, after = hidden
    people = leakage_value(space, before, after, forgotten=NAMES).split('class="kr-people"')
    assert "kr-row" not in people[1]
    assert "Show each person" in people[0]


def test_names_are_escaped(hidden: tuple) -> None:
    """Catches a folder name that becomes markup on the page."""
    _, before, after = hidden
    bad = "<img src=x onerror=alert(1)>"
    names = [bad, "Kofi", *"cdefgh"]
    space = SimpleNamespace(
        gallery=SimpleNamespace(display=lambda label: names[label], identities=names)
    )
    markup = leakage_value(space, before, after, forgotten=(bad,), method=bad, spread=True)
    assert "<img" not in markup
    both = leakage_value(space, before, after, forgotten=("<img src=x>", "b&c"))
    assert "&lt;img src=x&gt; and b&amp;c" in both
    assert re.search(r'<b class="forgotten">[a-z ]+</b>', both)
