"""The page's report: the figures on screen, and nothing that a visitor may not know."""

import json
from pathlib import Path

import pytest

from demo.session import Session
from demo.takeaway_report import files, opened_by
from engine.audit.figures import look_up
from engine.errors import LetheError
from engine.report.differences import compared
from engine.report.origin import inputs
from engine.report.verify import again
from engine.service.attacks import Attacks, Findings
from engine.service.service import Service
from engine.service.shelf import Shelf, Spec
from tests.demo.world import workspace

GIVEN = inputs("toy", "still")


@pytest.fixture
def session() -> Session:
    """A visitor who has done nothing yet."""
    return Session(Service(), workspace())


def test_nobody_forgotten_is_no_report(session: Session) -> None:
    """Would catch a report of nothing, or a traceback."""
    with pytest.raises(LetheError, match="Forget somebody first"):
        files(session, GIVEN)


def test_the_report_has_the_figures_on_screen(session: Session) -> None:
    """Would catch figures of another state than the one shown, or attacks nobody ran."""
    session.forget((1, 4), "esc")
    session.forget((6,), "leace")
    shown = session.measure()
    html, data = files(session, GIVEN)
    document = json.loads(data.text)
    assert (html.name, data.name) == ("lethe-report.html", "lethe-report.json")
    assert [one["forget"] for one in document["steps"]] == [["Kofi", "Priya"], ["Yuki"]]
    for row in document["figures"]:
        if not row["key"].startswith("kr_paper."):
            assert row["after"]["value"] == look_up(shown.after, row["key"])
            assert row["before"]["value"] == look_up(shown.before, row["key"])
    assert (document["kept_people"], document["curve"]) == (None, None)
    assert document["probes"] is not None
    assert "<img" not in html.text
    assert compared(document, again(document, workspace(), GIVEN)).holds


def test_attacks_that_were_run_are_in_it(session: Session) -> None:
    """Would catch a report without the attacks on screen, or one that cannot be repeated."""
    session.forget((1, 4), "esc")
    found = Findings()
    for step in Attacks(session.service).run(session.state, session.people):
        found = step(found, lambda _: None)
    document = json.loads(files(session, GIVEN)[1].text)
    assert document["asked"]["attacks"]
    assert len(document["kept_people"]) == 6
    assert document["metrics"]["after"].keys() >= found.after.keys()
    assert compared(document, again(document, workspace(), GIVEN)).holds


def test_no_path_of_the_server_is_told(session: Session, tmp_path: Path) -> None:
    """Would catch a server's folders, or a visitor's own photos, named as something to open."""
    secret = tmp_path / "faces"
    shelf = Shelf(
        Spec(str(secret), str(tmp_path / "m.onnx")),
        strangers=str(tmp_path / "others"),
        backbone_options={"weights": str(tmp_path / "w.pt"), "std": "1"},
        machine={"device": "auto"},
    )
    given = opened_by(session, shelf)
    assert str(tmp_path) not in json.dumps(given)
    assert (given["faces"], given["backbone"], given["strangers"]) == ("faces", "m.onnx", "others")
    assert given["backbone_options"] == {"device": "auto", "weights": "w.pt", "std": "1"}
    session.photos_in = session.model_in = True
    given = opened_by(session, shelf)
    assert given["faces"] is None
    assert given["backbone"] is None
