"""An open page holds one of Gradio's places; acts need places beside them."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from demo import launch, studio, uploads
from demo.gradio_quirks import tongues
from demo.serve import parse
from engine.errors import LetheError
from engine.service.shelf import Shelf


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """For how long a thread was told to keep the interpreter."""
    told: list[float] = []
    monkeypatch.setattr(sys, "setswitchinterval", told.append)
    return told


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, turns: list[float]) -> dict[str, Any]:
    """What Gradio is asked to serve 70 visitors with."""
    asked: dict[str, Any] = {}

    def launched(**options: Any) -> None:
        asked.update(options)
        raise OSError

    monkeypatch.setattr(Shelf, "open", lambda *_, **__: None)
    monkeypatch.setattr(studio, "build", lambda *_: SimpleNamespace(launch=launched))
    monkeypatch.setattr(uploads, "without_links", lambda: None)
    monkeypatch.setattr(tongues, "say_which", lambda _: None)
    with pytest.raises(LetheError):
        launch.serve(parse(["--no-cache", "--max-sessions", "70", "--port", "7999"]))
    return asked


def test_open_pages_leave_places(asked: dict[str, Any]) -> None:
    """Catches a page where so many visitors stay that no act of anybody is begun."""
    assert asked["max_threads"] >= 5 * 70 + 40


@pytest.mark.usefixtures("asked")
def test_no_thread_keeps_the_interpreter_for_long(turns: list[float]) -> None:
    """Catches a training that waits 5 ms for everybody after each of its small products."""
    assert turns == [launch.TURN]
    assert turns[0] < 0.005
