"""A method, a measure, a backbone, a gallery: a file and one line, and it is everywhere."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from demo.panels import attack, compare, forget, header, scoreboard
from engine import audit, backbones, erasure, sources
from engine.__main__ import main
from engine.audit.base import Metric, Question
from engine.averages import legend, markdown, summarise
from engine.backbones import load_backbone
from engine.backbones.base import Entry
from engine.compare import lineup
from engine.erasure.base import Method
from engine.service.attacks import Findings
from engine.service.service import Service
from engine.service.shelf import Shelf, Spec
from engine.sources.base import Source
from engine.view import View
from engine.workspace import start
from tests.demo.world import workspace

SPACE = workspace()


def brightness(view: View, seed: int) -> dict:
    """How long the forgotten's vectors are: a measure that nobody has."""
    length = float(view.values[view.is_forget].norm(dim=1).mean()) if view.forget else None
    return {"forget": length, "forget_low": 0.1, "forget_high": 0.2, "dark": 0.25}


GLOW = Question(
    "glow",
    "How bright are they?",
    (
        Metric(
            "glow.forget",
            "Glow, the forgotten",
            "How brightly the forgotten glow.",
            "down",
            "score",
            chance="dark",
            interval=True,
            column="Glow",
            aspect="identity",
        ),
    ),
    brightness,
    "always",
)


@pytest.fixture
def glow(monkeypatch: pytest.MonkeyPatch) -> Question:
    """One more measure, by its line in the registry."""
    monkeypatch.setitem(audit.QUESTIONS, GLOW.name, GLOW)
    return GLOW


def test_a_measure_is_on_the_page(glow: Question) -> None:
    """Would catch a panel that lists its figures, their words or their formats by hand."""
    service, before = Service(), start(SPACE)
    after = before.forget((1, 4), "esc")
    measured = service.measure(after)
    value = measured.after["glow"]["forget"]
    html = scoreboard.render(measured.before, measured.after, 0.1)
    assert 'data-metric="glow.forget"' in html
    assert f"{value:.2f}".lstrip("0") in html
    found = Findings(before=measured.before, after=measured.after)
    row = attack.render(("Ada",), found).split('data-metric="glow.forget"')[1].split("</tr>")[0]
    assert "How brightly the forgotten glow." in row
    assert "95 % interval 0.100 to 0.200" in row
    assert ".25" in row  # its chance level
    rows = list(service.compare(before, (1, 4), ("esc",)))
    table = compare.render(["Ada"], rows)
    assert 'data-key="glow.forget"' in table
    assert "chance 0.2500" in table


def test_a_measure_is_on_the_command_line(
    glow: Question, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """Would catch a report, a table or a list that knows its measures by heart."""
    rows = list(Service().compare(start(SPACE), (1, 4), ("esc",)))
    assert "**Glow**" in legend()
    assert "| Glow |" in markdown(summarise(rows))
    out = tmp_path / "report.json"
    words = "--faces synthetic --backbone mini --forget Asha --questions glow,kr"
    assert main(["audit", *words.split(), "--json", str(out)]) == 0
    assert "Glow, the forgotten" in capsys.readouterr().out
    assert json.loads(out.read_text())["metrics"]["after"]["glow"]["dark"] == 0.25
    assert main(["list"]) == 0
    assert "How bright are they?" in capsys.readouterr().out


def test_a_method_is_everywhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """Would catch a method that has to be named in the panel, the list or the comparison."""
    mine = replace(erasure.METHODS["esc"], name="mist", title="Mist", summary="ESC by another name")
    assert isinstance(mine, Method)
    monkeypatch.setitem(erasure.METHODS, "mist", mine)
    assert 'value="mist"' in forget.markup(frozenset())
    assert main(["list"]) == 0
    assert "ESC by another name" in capsys.readouterr().out
    assert "mist" in lineup(SPACE, (1, 4))
    rows = list(Service().compare(start(SPACE), (1, 4), ("mist",)))
    assert 'data-method="mist"' in compare.render(["Ada"], rows)


def test_a_backbone_is_everywhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """Would catch a backbone that has to be named in the picker or in the list."""
    given: dict = {}

    def load(spec: str, **options: object) -> object:
        given.update(options, spec=spec)
        return SPACE.backbone

    mine = Entry("haze", "Haze <b>", "sees little", load, {"blur": "how little"})
    monkeypatch.setitem(backbones.BACKBONES, "haze", mine)
    assert load_backbone("haze", blur=3) is SPACE.backbone
    assert (given["spec"], given["blur"]) == ("haze", 3)
    shelf = Shelf(Spec("synthetic", "mini"))
    assert "Haze &lt;b&gt;" in header.markup(shelf.galleries(), shelf.backbones())
    assert shelf.spec("synthetic", "haze") == Spec("synthetic", "haze")
    assert main(["list"]) == 0
    assert "how little" in capsys.readouterr().out


def test_a_gallery_is_everywhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """Would catch a named gallery that has to be named in the picker or in the list."""
    known = sources.SOURCES["synthetic"]
    mine = Source("shadows", "Shadows", "the same people by another name", known.collect)
    monkeypatch.setitem(sources.SOURCES, "shadows", mine)
    assert len(sources.open_gallery("shadows").identities) == 64
    shelf = Shelf(Spec("synthetic", "mini"))
    assert "Shadows" in header.markup(shelf.galleries(), shelf.backbones())
    assert main(["list"]) == 0
    assert "the same people by another name" in capsys.readouterr().out
