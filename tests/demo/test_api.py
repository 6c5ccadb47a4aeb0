"""The named endpoints without a browser: every bad payload gets one sentence, and none sticks."""

from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from demo import api
from demo.actions import Actions
from demo.atlases import Atlases
from demo.session import Sessions
from engine.errors import LetheError
from engine.service.shelf import Shelf, Spec
from tests.demo.world import NAMES, workspace

SPACE = workspace()


@pytest.fixture
def actions() -> Actions:
    shelf = Shelf(Spec("toy", "still"))
    shelf.put(shelf.default, SPACE)
    return Actions(shelf, Atlases(), Sessions())


def test_a_bare_string_is_one_name(actions: Actions) -> None:
    """Catches a name that is taken apart into letters."""
    report = api.forget(actions, "a", "mei lin")
    assert report["forget"] == ["Mei_Lin"]
    assert api.scoreboard(actions, "a")["forgotten"] == ["Mei_Lin"]


def test_the_report_is_that_of_the_list(actions: Actions) -> None:
    """Catches a string and a list of one that mean different deletions."""
    one = api.forget(actions, "a", "Ada")
    other = api.forget(actions, "b", ["Ada"])
    for report in (one, other):
        report["eraser"].pop("seconds")
        for step in report["steps"]:
            step.pop("seconds")
    assert one == other


@pytest.mark.parametrize(
    "names", [5, None, True, 1.5, {"name": "Ada"}, [["Ada"]], ["Ada", None], [None], [3], [{}]]
)
def test_names_that_are_none_get_a_sentence(actions: Actions, names: Any) -> None:
    """Catches a traceback, or half a deletion, by names of another type."""
    with pytest.raises(LetheError, match=r"(?i)name"):
        api.forget(actions, "a", names)
    _untouched(actions)


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ({"method": None}, "method must be a name"),
        ({"method": 3}, "method must be a name"),
        ({"method": ["esc"]}, "method must be a name"),
        ({"method": "magic"}, "no method"),
        ({"options": "rank"}, "Options must be"),
        ({"options": [["rank", 3]]}, "Options must be"),
        ({"options": 7}, "Options must be"),
        ({"options": {"speed": 1}}, "no option"),
        ({"options": {"rank": [1]}}, "rank must be"),
        ({"options": {"rank": {"a": 1}}}, "rank must be"),
        ({"options": {"rank": "many"}}, "rank must be"),
        ({"options": {"p": "x"}}, "p must be"),
        ({"options": {"p": float("nan")}}, "p must lie"),
        ({"start_over": "maybe"}, "start_over must be"),
        ({"start_over": [1]}, "start_over must be"),
    ],
)
def test_the_other_arguments_are_checked_too(actions: Actions, rest: dict, says: str) -> None:
    """Catches an option of an unknown type that comes back as a traceback."""
    with pytest.raises(LetheError, match=says):
        api.forget(actions, "a", ["Ada"], **rest)
    _untouched(actions)


@pytest.mark.parametrize("photo", [None, 5, [], ["Ada/0.png"], {}, "", "  ", "Nobody at all"])
def test_a_photo_that_is_none_gets_a_sentence(actions: Actions, photo: Any) -> None:
    """Catches a traceback by a photo of another type, or an answer about somebody else."""
    with pytest.raises(LetheError):
        api.retrieve(actions, "a", photo)
    assert api.retrieve(actions, "a", NAMES[1])["person"] == NAMES[1]


def test_a_long_payload_is_not_repeated_whole(actions: Actions) -> None:
    """Catches an error as long as what somebody sent."""
    with pytest.raises(LetheError) as caught:
        api.forget(actions, "a", {"x": "y" * 10_000})
    assert len(str(caught.value)) < 120


def test_scripts_hear_a_sentence_and_the_log_stays_empty(
    actions: Actions, capsys: pytest.CaptureFixture
) -> None:
    """Catches a payload's mistake that Gradio prints as a traceback."""
    with pytest.raises(gr.Error) as caught, api.told(api.forget):
        api.forget(actions, "a", 5)
    assert caught.value.print_exception is False
    assert caught.value.__cause__ is None
    assert "Traceback" not in capsys.readouterr().err


def test_our_own_fault_is_logged_and_not_shown(capsys: pytest.CaptureFixture) -> None:
    """Catches a path of the server in an answer, and a fault that nobody hears of."""
    with pytest.raises(gr.Error) as caught, api.told(api.forget):
        raise RuntimeError("/secret/path")
    assert "secret" not in str(caught.value)
    assert "secret" in capsys.readouterr().err


def test_a_call_without_a_session_is_refused(actions: Actions) -> None:
    """Catches callers without a session who share one."""
    for request in (None, SimpleNamespace(session_hash=None)):
        with pytest.raises(LetheError, match="no session"):
            api._key(actions, request)  # type: ignore[arg-type]


def _untouched(actions: Actions) -> None:
    session = actions.session("a")
    assert session.state.forgotten == ()
    assert not session.is_working
