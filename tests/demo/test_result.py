"""The line at the thumb says what the scoreboard says."""

import re

from demo.panels import result, scoreboard
from engine.audit import audit
from engine.erasure import METHODS
from engine.workspace import start
from tests.demo.world import workspace

ESC = METHODS["esc"]


def test_it_says_what_the_scoreboard_says() -> None:
    """Catches a line that is computed or rounded beside the figures of the page."""
    state = start(workspace()).forget((1, 4))
    before, after = audit(state.before()), audit(state.view())
    line = result.said(2, ESC, before, after)
    cell = re.search(
        r'data-metric="kr.forget_test".*?</td>', scoreboard.render(before, after), re.DOTALL
    )
    assert cell is not None
    shares = re.findall(r"\d+\u202f%", re.sub(r'title="[^"]*"', "", cell[0]))
    assert re.findall(r"\d+\u202f%", line["text"]) == shares
    assert line["text"].startswith("2 forgotten by ESC · KR ")
    assert line["rough"] is False


def test_it_is_empty_before_a_deletion() -> None:
    """Catches a line on a page where nothing has happened."""
    before = audit(start(workspace()).before((1,)))
    assert result.said(0, None, before, None)["text"] == ""


def test_what_was_not_measured_is_left_out() -> None:
    """Catches dashes or a crash for people of whom no photo was kept back."""
    line = result.said(1, METHODS["head-only"], {}, {"kr": {}})
    assert line["text"] == "1 forgotten by Hide the name"
