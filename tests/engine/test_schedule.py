"""One request after another: the files, the order, and figures that are the audit's own."""

import csv
import datetime
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from engine.__main__ import main
from engine.audit.figures import look_up
from engine.cli.requests import meant, read_requests
from engine.cli.schedule import told
from engine.errors import Cancelled, LetheError
from engine.opening import open_workspace
from engine.progress import Progress
from engine.report.page import page
from engine.service.schedule import (
    Group,
    Moment,
    Request,
    as_data,
    came_back,
    paid_most,
    play,
    right_after,
)
from engine.service.service import Service
from engine.service.visit import Visit
from engine.workspace import start
from tests.demo.world import workspace
from tests.engine.toy import cluster

SPACE = workspace()
THREE = (Request((4,)), Request((1, 6), "leace"), Request((2,), "esc", {"rank": 2}))


@pytest.fixture(scope="module")
def moments() -> list[Moment]:
    """Three requests, played."""
    return list(play(Visit(Service(), SPACE), THREE))


def test_a_moment_is_what_an_audit_says(moments: list[Moment]) -> None:
    """Catches figures of the state before, of other people, or a mean that weighs people alike."""
    state, service = start(SPACE), Service()
    assert [one.done for one in moments] == [0, 1, 2, 3]
    for moment, request in zip(moments[1:], THREE, strict=True):
        state = state.forget(request.people, request.method, request.options)
        asked = {"forgotten": state.forgotten, "own": request.people}
        groups = {"forgotten": moment.forgotten, "own": moment.requests[moment.done - 1]}
        for name, people in asked.items():
            found = service.audit(state, tuple(sorted(people)), questions=("kr", "retrieval"))
            assert groups[name].kr == pytest.approx(look_up(found, "kr.forget_test"))
            recall = look_up(found, "retrieval.forget_recall_at_1")
            assert groups[name].recall == pytest.approx(recall)
        assert right_after((*moments[: moment.done], moment)).photos == moment.forgotten.photos
        everybody = tuple(sorted(one for each in THREE for one in each.people))
        found = service.audit(state, everybody, questions=("kr", "retrieval"))
        assert moment.bystanders.kr == pytest.approx(look_up(found, "kr.retain_test"))
        recall = look_up(found, "retrieval.retain_recall_at_1")
        assert moment.bystanders.recall == pytest.approx(recall)
        assert sorted(moment.kept) == [0, 3, 5, 7]


def test_it_goes_through_the_visit_and_asks_nothing_twice(
    moments: list[Moment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a schedule that leaves other steps than clicks would, or audits the known again."""
    service = Service()
    visit = Visit(service, SPACE)
    again = list(play(visit, THREE))
    assert [step.forget for step in visit.state.steps] == [one.people for one in THREE]
    assert [one.figures for one in again] == [one.figures for one in moments]
    monkeypatch.setattr("engine.service.service.audit", lambda *_: pytest.fail("asked again"))
    assert len(list(play(Visit(service, SPACE), THREE))) == 4


def test_stopped_between_two_requests() -> None:
    """Catches a schedule that goes on after Stop."""

    def watch(progress: Progress) -> None:
        if progress.stage == "one request after another" and progress.done == 2:
            raise Cancelled

    found = []
    with pytest.raises(Cancelled):
        found.extend(play(Visit(Service(), SPACE), THREE, watch))


@pytest.mark.parametrize(
    ("requests", "says"),
    [
        ((), "Nobody is selected"),
        ((Request((1,)), Request((2, 1))), "Kofi can be forgotten only once"),
        (tuple(Request((label,)) for label in range(8)), "Everybody is selected"),
        ((Request((1,)), Request((2,), "fine-tune")), "needs a backbone that can be trained"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is(requests: tuple, says: str) -> None:
    """Catches nine deletions of work that end in the tenth's mistake."""
    with pytest.raises(LetheError, match=says):
        next(play(Visit(Service(), SPACE), requests))


def moment(done: int, recalls: tuple[float | None, ...], kept: dict[int, float]) -> Moment:
    groups = tuple(Group(0.0, one, 5) for one in recalls)
    return Moment(done, {}, groups[0], groups, groups[0], kept)


def test_who_came_back_and_who_pays() -> None:
    """Catches a first deletion undone by the last that nobody hears of."""
    kept = ({1: 1.0, 2: 0.9}, {1: 1.0, 2: 0.9}, {1: 0.8, 2: 0.9})
    played = [
        moment(0, (1.0, 1.0), kept[0]),
        moment(1, (0.2, 1.0), kept[1]),
        moment(2, (0.5, 0.4), kept[2]),
    ]
    assert came_back(played) == {0: (0.2, 0.5)}
    assert paid_most(played) == (1, 1.0, 0.8)
    assert paid_most(played[:2]) is None
    assert right_after(played).recall == pytest.approx((0.2 * 5 + 0.4 * 5) / 10)
    text = told((Request((0,)), Request((3,))), played, SPACE.gallery)
    assert "made Ada easier to find: found first 20.0 % of the time right after their own" in text
    assert "50.0 % now (5 test photos)." in text
    assert "easier to name" not in text
    assert "Kofi pays most among the bystanders: found 100.0 %" in text


WRITTEN = {
    "a.txt": "# who\n2026-03-01 Ada\n\n2026-03-01: Mei Lin, Omar | leace\n2026-04-02\tZola\n",
    "a.csv": "date,name,method\n2026-03-01,Ada,\n2026-03-01,Mei Lin; Omar,leace\n2026-04-02,Zola\n",
    "b.csv": "Day;People;Method;ticket\n2026-03-01;Ada;;7\n2026-03-01;Mei Lin, Omar;leace;8\n"
    "2026-04-02;Zola;;9\n",
    "a.toml": '[[request]]\ndate = 2026-03-01\nnames = ["Ada"]\n[[request]]\ndate = "2026-03-01"\n'
    'names = ["Mei Lin", "Omar"]\nmethod = "leace"\n'
    "[[request]]\ndate = 2026-04-02T10:00:00\nnames = 'Zola'\n",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_one_schedule_in_every_format(tmp_path: Path, name: str) -> None:
    """Catches a format that loses a request, its order or its method."""
    path = tmp_path / name
    path.write_text(WRITTEN[name])
    march, april = datetime.date(2026, 3, 1), datetime.date(2026, 4, 2)
    assert meant(read_requests(path), SPACE.gallery, "esc", {"rank": 1}) == (
        Request((0,), "esc", {"rank": 1}, march),
        Request((2, 3), "leace", {}, march),
        Request((7,), "esc", {"rank": 1}, april),
    )


def test_options_of_a_request(tmp_path: Path) -> None:
    """Catches options that are read and then forgotten."""
    path = tmp_path / "a.toml"
    path.write_text(
        '[[request]]\ndate = 2026-03-01\nnames = ["Ada"]\nmethod = "esc"\noptions = { rank = 3 }\n'
    )
    (one,) = meant(read_requests(path), SPACE.gallery, "leace", {})
    assert (one.method, one.options) == ("esc", {"rank": 3})


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.txt", "", "holds no request"),
        ("a.toml", "", "write for example: [[request]], date"),
        ("a.csv", "date,name,day\n2026-03-01,Ada,2026-03-09", "two columns say the same"),
        ("a.txt", "2026-03-02 Ada\n2026-03-01 Omar", "line 2: 2026-03-01 comes after 2026-03-02"),
        ("a.txt", "3/1/26 Ada", "line 1: '3/1/26' is no date"),
        ("a.txt", "2026-02-30 Ada", "line 1: '2026-02-30' is no date"),
        ("a.txt", "2026-03-01 , ", "line 1: nobody is named"),
        ("a.txt", "2026-03-01 Ada | esk", "line 1: there is no method 'esk'"),
        ("a.txt", "2026-03-01 Adda", "line 1: Nobody called 'Adda' is in toy; did you mean Ada"),
        ("a.txt", "2026-03-01 Ada\n2026-03-02 ada", "line 2: Ada is forgotten already by"),
        ("a.csv", "when,who\n2026-03-01,Ada", "must name the columns date and name"),
        ("a.csv", "date,name\n\n2026-03-01,Nemo", "line 3: Nobody called 'Nemo'"),
        ("a.toml", "[[requests]]\n", "'requests' means nothing here; did you mean request?"),
        ("a.toml", "[[request]]\ndate = 2026-03-01\nnames = 3", "line 3: names must be a list"),
        ("a.toml", "[[request]]\nnames = ['Ada']", "line 1: '' is no date"),
        (
            "a.toml",
            "[[request]]\ndate = 2026-03-01\nnames = 'Ada'\noptions = { rank = 3 }",
            "line 1: options are a method's",
        ),
        (
            "a.toml",
            "[[request]]\ndate = 2026-03-01\nnames = 'Ada'\nmethod = 'esc'\noptions = { k = 3 }",
            "line 1: esc has no option 'k'",
        ),
    ],
)
def test_a_fault_is_one_sentence(tmp_path: Path, name: str, text: str, says: str) -> None:
    """Catches the wrong person forgotten, and a fault that says no line."""
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(LetheError) as caught:
        meant(read_requests(path), SPACE.gallery, "esc", {})
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_names_are_never_markup_of_the_report(moments: list[Moment]) -> None:
    """Catches a report whose schedule cannot be written as JSON, or counts people by number."""
    data = as_data(THREE, moments, SPACE.gallery)
    assert json.loads(json.dumps(data)) == data
    assert [one["forget"] for one in data] == [[], ["Priya"], ["Kofi", "Yuki"], ["Mei_Lin"]]
    assert set(data[3]["bystanders"]) == {"Ada", "Omar", "Ravi", "Zola"}
    assert data[3]["of_each_request"][2] == data[3]["of_request"]


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Catches a schedule that a report does not hold, or that verify cannot repeat."""
    path, out, table = (tmp_path / name for name in ("s.txt", "s.json", "s.csv"))
    rows, (values, labels) = tmp_path / "rows.npz", cluster(6, 12)
    named = np.array(["Ada", "Camila", "Ines", "Omar", "Rafael", "Sofia"])[labels.numpy()]
    np.savez(rows, embeddings=values.numpy(), labels=named)
    path.write_text("2026-03-01 Rafael\n2026-03-02 Sofia, Camila\n")
    command = ["audit", "--features", str(rows), "--questions", "retrieval,head"]
    command += ["--schedule", str(path), "--json", str(out)]
    assert main([*command, "--schedule-csv", str(table)]) == 0
    printed = capsys.readouterr().out
    assert "2026-03-02 Sofia, Camila" in printed
    document = json.loads(out.read_text())
    assert document["forget"] == ["Rafael", "Sofia", "Camila"]
    assert [one["date"] for one in document["schedule"]] == [None, "2026-03-01", "2026-03-02"]
    rows = list(csv.DictReader(table.open()))
    last = document["schedule"][-1]
    assert float(rows[-1]["forgotten_recall_at_1"]) == last["of_forgotten"]["recall_at_1"]
    assert main(["verify", str(out)]) == 0
    assert "figures agree to the last digit" in capsys.readouterr().out
    html = page(document)
    assert html.count("each right after their own</li>") == 2
    assert all(one in html for one in document["schedule_says"])
    for one in document["schedule"]:
        del one["metrics"]["head"]
    # As a page does, which asks more in the end than is asked after each request.
    out.write_text(json.dumps(document))
    assert main(["verify", str(out)]) == 0
    document["schedule"][1]["of_request"]["kr"] = 0.123
    out.write_text(json.dumps(document))
    assert main(["verify", str(out)]) == 1
    assert "schedule[1].of_request.kr: 0.123 then" in capsys.readouterr().out


def test_what_does_not_go_together(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Catches one eraser saved for several deletions, and a table of no schedule."""
    path = tmp_path / "s.txt"
    path.write_text("2026-03-01 Rafael\n")
    base = ["audit", "--faces", "synthetic", "--backbone", "mini"]
    assert main([*base, "--schedule", str(path), "--save", str(tmp_path / "e")]) == 2
    assert "write --save-steps instead" in capsys.readouterr().err
    assert main([*base, "--forget", "Rafael", "--schedule-csv", str(tmp_path / "c")]) == 2
    assert "give one by --schedule" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        main([*base, "--schedule", str(path), "--forget", "Rafael"])
    assert stopped.value.code == 2


def test_real_faces_one_a_day(shared_faces: Path, edgeface: Path, tmp_path: Path) -> None:
    """Catches a schedule that harms bystanders, or is silent on what real faces still show."""
    for folder in sorted((shared_faces / "lfw_dev").iterdir())[:12]:
        (tmp_path / folder.name).mkdir()
        for photo in sorted(folder.iterdir())[:10]:
            (tmp_path / folder.name / photo.name).write_bytes(photo.read_bytes())
    space = open_workspace(str(tmp_path), str(edgeface), aligned=True)
    played = list(play(Visit(Service(), space), [Request((one,)) for one in (3, 7, 10)]))
    found = [one.bystanders.recall or 0.0 for one in played]
    assert all(abs(after - before) < 0.1 for before, after in pairwise(found))
    assert (played[0].forgotten.kr or 0) > 0.9
    assert (played[1].forgotten.kr or 0) > 0.6  # one person alone stays recoverable by a probe
    assert (played[3].forgotten.recall or 0) < (played[0].forgotten.recall or 0)
