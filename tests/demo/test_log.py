"""What a server tells whoever runs it, and that nothing of a visitor is in it."""

import json
import logging
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from demo import log
from demo.actions import Actions
from demo.page import Page
from engine.errors import LetheError


@pytest.fixture
def lines(capsys: pytest.CaptureFixture) -> Iterator[object]:
    """Log lines on, and what was written since they were asked for last."""
    logger = logging.getLogger("lethe.page")
    before, level = list(logger.handlers), logger.level
    log.begin()
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    logger.handlers[:] = before
    logger.setLevel(level)


def run(actions: Actions, act: object) -> None:
    """One act as the page does it."""
    request = SimpleNamespace(session_hash="secret-session", headers={})
    actions.session("secret-session")
    list(Page(actions, {})._run(act, request, ("secret words",), ("kr",)))  # type: ignore[arg-type]


def test_an_act_is_a_line_without_anything_of_a_visitor(actions: Actions, lines: object) -> None:
    """Catches names, paths and sessions in a log, by a value or by an exception's words."""

    def well(session: object, words: str) -> dict:
        return {"kr": 1}

    def refuses(session: object, words: str) -> dict:
        raise LetheError(f"no {words}")

    def breaks(session: object, words: str) -> dict:
        raise ValueError(words)

    for act in (well, refuses, breaks):
        run(actions, act)
    told = lines()  # type: ignore[operator]
    assert "secret" not in json.dumps(told)
    acts = [(one["what"], one["ended"]) for one in told if one["event"] == "act"]
    assert acts == [("well", "well"), ("refuses", "refused"), ("breaks", "fault")]
    assert all(one["ms"] >= 0 and one["at"].endswith("+00:00") for one in told if "ms" in one)
    (fault,) = [one for one in told if one["event"] == "fault"]
    assert fault["kind"] == "ValueError"
    assert fault["where"][-1].startswith("tests/demo/test_log.py:")
    assert fault["where"][-1].endswith(" breaks")


def test_without_lines_ones_own_console_has_the_whole_story(
    actions: Actions, capsys: pytest.CaptureFixture
) -> None:
    """Catches a fault that nobody at their own machine hears of."""

    def breaks(session: object, words: str) -> dict:
        raise ValueError("of all things")

    run(actions, breaks)
    assert "ValueError: of all things" in capsys.readouterr().err
