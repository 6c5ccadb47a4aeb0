"""One audit as data and as a table: what pipelines and people read."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.audit import audit, metrics
from engine.errors import LetheError
from engine.gallery import Skipped
from engine.report import plain, reading, report, table, write_json
from engine.workspace import Strangers, start
from tests.demo.world import workspace

SPACE = workspace()


def test_values_become_jsons_own() -> None:
    """Would catch NaN in a file that is read elsewhere, or numbers that are written as text."""
    nested = {1: (torch.tensor([1.5, float("nan")]), [float("inf"), -0.5]), "a": {"b": None}}
    assert plain(nested) == {"1": [[1.5, None], [None, -0.5]], "a": {"b": None}}
    for value in (True, 3, "x", None, 0.25):
        assert plain(value) is value


def test_a_report_counts_and_names_what_was_used() -> None:
    """Would catch test photos counted as enrolled, or the strangers for fitting as the judges."""
    others = workspace(("S", "T", "U"), seed=1)
    rows = torch.arange(len(others.features)) % 3 == 0
    gallery = replace(
        others.gallery, notes=("Taken for crops.",), skipped=(Skipped("x.txt", "no image: text"),)
    )
    features = replace(others.features, skipped=(*gallery.skipped, Skipped("S/1.png", "no face")))
    space = replace(
        SPACE,
        features=replace(SPACE.features, remarks=(Skipped("Ada/0.png", "two faces"),)),
        strangers=Strangers(gallery, features, rows, ~rows),
        seed=5,
    )
    state = start(space).forget((4, 1), "esc", {"rank": 3})
    before, after = (audit(one, ["head", "kr"]) for one in (state.before(), state.view()))
    told = report(state, before, after)
    train = space.features.train
    assert told["gallery"]["photos_train"] == int(train.sum())
    assert told["gallery"]["photos_test"] == len(train) - int(train.sum())
    assert told["gallery"]["identities"] == 8
    assert told["gallery"]["remarks"] == [{"key": "Ada/0.png", "reason": "two faces"}]
    assert told["gallery"]["skipped"] == []
    assert told["gallery"]["system_files"] == 0
    assert told["backbone"] == {
        "name": "still",
        "dimension": 48,
        "fingerprint": "still",
        "alignment": "arcface",
    }
    assert told["threshold"] == {"accept": 0.5, "from": "a test"}
    assert told["strangers"] == {
        "name": "toy",
        "sha256": gallery.sha256,
        "photos_fitting": int(rows.sum()),
        "photos_judging": int((~rows).sum()),
        "account": gallery.account(features.skipped[1:]),
        "notes": ["Taken for crops."],
        "skipped": [
            {"key": "x.txt", "reason": "no image: text"},
            {"key": "S/1.png", "reason": "no face"},
        ],
    }
    assert told["forget"] == ["Priya", "Kofi"]
    assert told["tested"] == {"forgotten": 6, "others": 18}
    assert told["seed"] == 5
    eraser = told["eraser"]
    assert (eraser["method"], eraser["rank"], eraser["warnings"]) == ("esc", 3, [])
    assert eraser["parameters"]["rank"] == 3
    assert eraser["seconds"] == pytest.approx(state.steps[-1].seconds, abs=1e-4)
    said = reading(state, before, after)
    assert told["verdict"] == {
        "outcome": said.outcome,
        "headline": said.headline,
        "says": said.sentences,
    }
    assert told["metrics"] == {"before": plain(before), "after": plain(after)}
    alone = start(SPACE).forget((1,), "head-only")
    assert report(alone, before, after)["strangers"] is None
    json.dumps(told, allow_nan=False)


def test_a_table_has_a_line_for_each_figure_that_was_asked() -> None:
    """Would catch before and after exchanged, columns that do not line up, or a line for a
    question that nobody asked."""
    state = start(SPACE).forget((1, 4), "head-only")
    before, after = (audit(one, ["head"]) for one in (state.before(), state.view()))
    first, *lines = table(before, after).splitlines()
    assert first.split() == ["before", "after", "chance"]
    titles = [one.title for one in metrics().values() if one.question == "head"]
    assert [line.split("  ")[0].rstrip() for line in lines] == titles
    assert len(titles) == 3
    ends = [first.index(word) + len(word) for word in ("before", "after", "chance")]
    cells = [[line[:end].split("  ")[-1].strip() for end in ends] for line in lines]
    assert cells == [
        ["100.0 %", "0.0 %", "12.5 %"],
        ["100.0 %", "100.0 %", "12.5 %"],
        ["0.0 %", "100.0 %", "-"],
    ]
    assert lines[0].split("  ")[-2:] == ["guessing among all", "lower is better"]
    assert lines[1].split("  ")[-1] == lines[2].split("  ")[-1] == "higher is better"
    assert lines[0].index("lower") == lines[1].index("higher") == lines[2].index("higher")
    assert not any(line != line.rstrip() for line in (first, *lines))


def test_a_report_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """Would catch a traceback at the end of the work, or JSON that no other program reads."""
    write_json({"a": 1, "é": None}, tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"a": 1, "é": None}
    assert text.endswith("}\n")
    with pytest.raises(LetheError, match="cannot be written to"):
        write_json({}, tmp_path)
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json({"a": float("nan")}, tmp_path / "b.json")
