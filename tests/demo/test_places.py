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


def test_open_pages_leave_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a page where so many visitors stay that no act of anybody is begun.

    And one where a training waits 5 ms for the interpreter after each of its small products.
    """
    asked: dict[str, Any] = {}
    turns: list[float] = []

    def launched(**options: Any) -> None:
        asked.update(options)
        raise OSError

    monkeypatch.setattr(sys, "setswitchinterval", turns.append)
    monkeypatch.setattr(Shelf, "open", lambda *_, **__: None)
    monkeypatch.setattr(studio, "build", lambda *_: SimpleNamespace(launch=launched))
    monkeypatch.setattr(uploads, "without_links", lambda: None)
    monkeypatch.setattr(tongues, "say_which", lambda _: None)
    with pytest.raises(LetheError):
        launch.serve(parse(["--no-cache", "--max-sessions", "70", "--port", "7999"]))
    assert asked["max_threads"] >= 4 * 70 + 40
    assert turns == [launch.TURN]
    assert turns[0] < 0.005
