"""One request after another on the page: the engine's own figures, streamed and stopped."""

import dataclasses
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from demo.panels.schedule import ending, words
from demo.scheduling import MOST, Scheduling, requests_of
from demo.session import Session
from engine.__main__ import main
from engine.opening import open_workspace
from engine.service.schedule import Moment, Request, play
from engine.service.service import Service
from engine.service.visit import Visit
from tests.demo.world import NAMES, workspace
from tests.engine.toy import cluster

SPACE = workspace()
THREE = (1, 4, 6)


@pytest.fixture
def session() -> Session:
    session = Session(Service(), SPACE)
    session.choose(THREE)
    return session


def last(updates: Iterator[dict], panel: str = "schedule") -> dict:
    """What a panel is told in the end."""
    return [one[panel] for one in updates if panel in one][-1]


def days(html: str) -> list[dict]:
    """What the film has of each day."""
    found = re.search(r'data-days="([^"]*)"', html)
    return json.loads(unescape(found[1])) if found else []


def lines(chart: dict) -> list[list[float]]:
    """The heights of a chart's lines."""
    return [list(one.y) for one in chart["value"].data]


def test_the_film_has_the_figures_of_the_engine(session: Session) -> None:
    """Catches a chart or bar of other people, of another day, or of the visitor's own deletions."""
    told = list(Scheduling().run(session))
    moments = list(play(Visit(Service(), SPACE), [Request((label,)) for label in THREE]))
    grown = [len(one["schedule_kr"]["value"].data[0].x) for one in told if one.get("schedule_kr")]
    assert grown[:4] == [1, 2, 3, 4]
    others, gone, own, chance = lines(last(iter(told), "schedule_kr"))
    assert others == [one.bystanders.kr for one in moments]
    assert gone == [one.forgotten.kr for one in moments]
    assert own[0] == gone[0]
    each = [moments[at + 1].requests[at].kr or 0.0 for at in range(3)]
    assert own[1:] == pytest.approx([sum(each[:at]) / at for at in (1, 2, 3)])
    assert chance == [one.figures["kr"]["chance"] for one in moments]
    found = lines(last(iter(told), "schedule_found"))
    assert found[1] == [one.forgotten.recall for one in moments]
    html = last(iter(told))["value"]
    assert [one["kr"] for one in days(html)] == [[x.kr for x in one.requests] for one in moments]
    assert html.count("<img") == 3
    assert not session.state.steps
    assert session.chosen == THREE


def test_the_page_and_the_command_line_agree(tmp_path: Path) -> None:
    """Catches a page whose film is of other figures than `audit --schedule` reports."""
    rows, path, out = (tmp_path / name for name in ("rows.npz", "requests.txt", "report.json"))
    values, labels = cluster(8, 12)
    np.savez(rows, embeddings=values.numpy(), labels=np.array(NAMES)[labels.numpy()])
    session = Session(Service(), open_workspace(str(rows), "features"))
    session.choose(THREE)
    asked = [session.workspace.gallery.display(one.people[0]) for one in requests_of(session)]
    path.write_text("\n".join(f"2026-03-0{at} {name}" for at, name in enumerate(asked, 1)))
    command = ["audit", "--features", str(rows), "--schedule", str(path), "--json", str(out)]
    assert main([*command, "--questions", "retrieval"]) == 0
    report = json.loads(out.read_text())["schedule"]
    told = list(Scheduling().run(session))
    for panel, figure in (("schedule_kr", "kr"), ("schedule_found", "recall_at_1")):
        others, gone, *_ = lines(last(iter(told), panel))
        assert others == [one["of_bystanders"][figure] for one in report]
        assert gone == [one["of_forgotten"][figure] for one in report]
    each = [[one["kr"] for one in moment["of_each_request"]] for moment in report]
    assert [one["kr"] for one in days(last(iter(told))["value"])] == each


def test_what_was_played_is_there_for_the_next(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a film that every visitor computes again, or that leaks out of own photos."""
    list(Scheduling().run(session))
    monkeypatch.setattr("engine.service.service.audit", lambda *_: pytest.fail("asked again"))
    other = Session(session.service, SPACE)
    other.choose(THREE)
    assert days(Scheduling().show(other)["schedule"]["value"])
    alone = Session(Service(), SPACE)
    alone.choose(THREE)
    assert not days(Scheduling().show(alone)["schedule"]["value"])


def test_stopped_or_about_others(session: Session) -> None:
    """Catches figures under other people's names, and a page that stays busy after Stop."""
    told = []
    for update in (run := Scheduling().run(session)):
        told.append(update)
        if len(told) > 1 and "schedule_kr" in update:
            break
    session.choose((0, 2))
    told = next(one for one in run if "schedule" in one)
    assert not days(told["schedule"]["value"])
    assert not told["schedule_kr"]["visible"]
    session.cancel.set()
    end = list(run)
    assert not session.is_working
    assert any(one.get("cancel") == {"interactive": False} for one in end)
    assert "data-play" in last(iter(end))["value"]
    assert not end[-1]["schedule_kr"]["visible"]


def test_too_few_and_too_many() -> None:
    """Catches a film of one day, a chart of a thousand, and a method that nobody has."""
    crowd = Session(Service(), workspace(tuple(f"P{at:02}" for at in range(50))))
    crowd.choose((3,))
    assert "Two people at least" in Scheduling().show(crowd)["schedule"]["value"]
    crowd.choose(range(45))
    assert len(requests_of(crowd)) == MOST
    assert "5 more have no room here" in Scheduling().show(crowd)["schedule"]["value"]
    list(Scheduling().choose(crowd, ["no", "method"]))
    assert crowd.by == "esc"
    list(Scheduling().choose(crowd, "leace"))
    assert {one.method for one in requests_of(crowd)} == {"leace"}


def test_the_words_say_whose_deletion_was_undone() -> None:
    """Catches a film that is silent on the first deletion undone by the last."""
    requests = [Request((label,)) for label in THREE]
    before, first, second, third = play(Visit(Service(), SPACE), requests)

    def known(moment: Moment, kr: float) -> Moment:
        group = dataclasses.replace(moment.requests[0], kr=kr)
        return dataclasses.replace(moment, requests=(group, *moment.requests[1:]))

    undone = [before, known(first, 0.2), second, known(third, 0.6)]
    assert "1 earlier person is named more often" in words(SPACE.gallery, requests, undone)
    assert (
        "undid part of an earlier deletion: a probe named Kofi 20\u202f% of the time right after "
        "day 1, and 60\u202f% now (3 test photos)." in ending(SPACE.gallery, requests, undone)
    )
    fine = [before, known(first, 0.6), second, known(third, 0.6)]
    assert "No earlier person" in words(SPACE.gallery, requests, fine)
    assert "a probe named Kofi" not in ending(SPACE.gallery, requests, fine)
