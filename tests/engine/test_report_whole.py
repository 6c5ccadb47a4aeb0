"""The report that is handed over: it says what was measured, reads and prints, and can be repeated.

A world of eight drawn people under no model stands for the workspace; `reopen` is tried on photos.
"""

import copy
import json
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.__main__ import Parser, _names_kept, main
from engine.audit.figures import written
from engine.cli import audit
from engine.errors import LetheError
from engine.report.differences import compared
from engine.report.evidence import Wanted, gather, known, measure
from engine.report.files import as_text
from engine.report.given import read_report
from engine.report.origin import command, inputs
from engine.report.page import page
from engine.report.pictures import Pictures, drawn, faces
from engine.report.probes import weak_and_converged
from engine.report.verify import again, redo, reopen
from engine.report.whole import whole
from engine.service.service import Service
from engine.service.visit import Visit
from tests.demo.world import workspace

SPACE = workspace()
GIVEN = inputs("toy", "still")
WANTED = Wanted(
    ("kr", "head", "retrieval", "kr_paper"), attacks=True, curve=True, compare=("original", "esc")
)
ROOT = Path(__file__).parents[2]


def made(*deletions: tuple[tuple[int, ...], str], wanted: Wanted = WANTED) -> dict[str, Any]:
    """The report of these deletions, read back from its file."""
    visit = Visit(Service(), SPACE)
    for people, method in deletions:
        visit.forget(people, method)
    measured = measure(visit, wanted.questions)
    return json.loads(as_text(whole(visit, measured, gather(visit, wanted), wanted, GIVEN)))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Two people forgotten by ESC, with all that a report may hold."""
    return made(((1, 4), "esc"))


class Strict(HTMLParser):
    """Every element closed in its order, every id once, and what the page asks the world for."""

    VOID = frozenset({"meta", "img", "br", "path", "rect", "circle"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.asked: list[str] = []
        self.rows: dict[str, list[str]] = {}
        self.row: list[str] | None = None
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        assert len(known) == len(attrs), f"{tag} has an attribute twice"
        assert tag not in ("script", "link", "iframe", "object"), tag
        self.asked += [str(known[name]) for name in ("src", "href") if name in known]
        if "id" in known:
            self.ids.append(str(known["id"]))
        if tag == "tr":
            self.row = self.rows.setdefault(known.get("data-key") or "", [])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID:
            return
        assert [tag] == self.open[-1:], f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.VOID, tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.row is not None and data.strip():
            self.row.append(" ".join(data.split()))


def parsed(html: str) -> Strict:
    reader = Strict()
    reader.feed(html)
    reader.close()
    assert reader.open == [], "left open"
    return reader


def test_the_page_says_the_figures_of_the_json(document: dict[str, Any]) -> None:
    """Would catch a page with figures of its own, before and after exchanged, or one left out."""
    reader = parsed(page(document))
    assert len(document["figures"]) > 15
    for row in document["figures"]:
        shown = reader.rows[row["key"]]
        after = [
            written(row[side]["value"], row["unit"], exact=True) for side in ("before", "after")
        ]
        assert [one for one in shown if one in after][:2] == after, row["key"]
        question, _, figure = row["key"].partition(".")
        for side in ("before", "after"):
            assert row[side]["value"] == document["metrics"][side][question].get(figure)
        if row["chance"] is not None:
            assert written(row["chance"], row["unit"], exact=True) in shown
            assert row["chance_is"] in shown
        assert " ".join(row["direction"].split()) in shown
    assert document["verdict"]["says"] in reader.text
    assert all(warning in reader.text for warning in document["eraser"]["warnings"])


def test_the_page_asks_the_world_for_nothing(document: dict[str, Any]) -> None:
    """Would catch a script, a font or a picture from elsewhere, markup that is not closed, and a
    person whose name is markup."""
    bad = json.loads(as_text(document).replace("Mei_Lin", "<b>Mei</b>").replace("Kofi", "K<i>"))
    reader = parsed(page(bad))
    assert reader.asked == []
    assert "K<i>" in reader.text
    assert reader.text.count("Content-Security") == 0
    assert len(set(reader.ids)) == len(reader.ids)
    visit = redo(document, SPACE)
    xy = drawn(visit, *(places(len(SPACE.features), seed) for seed in (0, 1)))
    shown = parsed(page(document, Pictures(xy, faces(visit, document))))
    assert shown.asked
    assert all(one.startswith("data:image/webp;base64,") for one in shown.asked)


def places(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((count, 2), np.float32)


def test_no_face_unless_asked(document: dict[str, Any]) -> None:
    """Would catch real faces in a report that nobody asked for them."""
    html = page(document)
    assert "<img" not in html
    assert "left out" in html


def test_those_hit_are_only_those_hit(document: dict[str, Any]) -> None:
    """Would catch a list of the hardest hit that names people who lost nothing."""
    hit = [one for one in document["kept_people"] if one["hit"]]
    for one in document["kept_people"]:
        lost = one["recall_after"] < one["recall_before"]
        less = one["similarity_after"] <= one["similarity_before"] - 0.01
        assert one["hit"] == (lost or less)
    text = parsed(page(document)).text
    assert ("Nobody was hit" in text) == (not hit)
    spared = copy.deepcopy(document)
    for one in spared["kept_people"]:
        one["hit"] = False
    assert "Nobody was hit: none of the 6 kept people" in parsed(page(spared)).text


def test_both_probes_stand_side_by_side() -> None:
    """Would catch a sentence about the weak probe that these figures do not bear out."""

    def side(weak: float, full: float) -> dict[str, dict]:
        return {
            "kr_paper": {"forget_test": weak, "retain_test": weak},
            "kr": {"forget_test": full, "retain_test": 0.99, "chance": 0.1},
        }

    blind = weak_and_converged(side(0.02, 1.0), side(0.0, 0.9))
    assert blind is not None
    assert "no proof that nothing is there" in blind["says"]
    assert "would call forgotten" in blind["says"]
    assert "2.0 %" in blind["says"]
    seeing = side(0.99, 1.0), side(0.5, 0.52)
    fair = weak_and_converged(*seeing)
    assert fair is not None
    assert "about equally well" in fair["says"]
    assert "would call forgotten" not in fair["says"]
    assert weak_and_converged({"kr": {}}, {}) is None


def test_done_again_all_figures_are_equal(document: dict[str, Any]) -> None:
    """Would catch a figure that depends on the order of asking, on time or on what is cached."""
    found = compared(document, again(document, SPACE, GIVEN))
    assert found.holds
    assert found.same > 300
    assert found.programs == ()


def test_two_deletions_are_done_again_in_their_order() -> None:
    """Would catch a report that repeats the last deletion alone."""
    twice = made(((1,), "esc"), ((4, 6), "leace"), wanted=Wanted(("kr", "head")))
    assert [one["forget"] for one in twice["steps"]] == [["Kofi"], ["Priya", "Yuki"]]
    assert compared(twice, again(twice, SPACE, GIVEN)).holds
    assert twice["command"] == ""


def test_what_differs_is_named(document: dict[str, Any]) -> None:
    """Would catch a verification that says yes to another photo, model, seed or library."""
    other = copy.deepcopy(document)
    other["gallery"]["sha256"] = "0" * 64
    first, second, *_ = other["gallery"]["photos"]
    other["gallery"]["photos"][first] = "0" * 64
    other["gallery"]["photos"]["New/1.png"] = other["gallery"]["photos"].pop(second)
    other["backbone"]["fingerprint"] = "another"
    other["inputs"]["seed"] = 7
    other["made"]["libraries"]["torch"] = "1.0"
    other["metrics"]["after"]["kr"]["forget_test"] = 0.123
    found = compared(document, other)
    assert not found.holds
    assert [name for name, _, _ in found.differing] == ["metrics.after.kr.forget_test"]
    said = " ".join(found.inputs)
    assert f"changed: {first}." in said
    assert f"missing: {second}." in said
    assert "new: New/1.png." in said
    assert "model is not the same: still" in said
    assert "seed is not the same: 0 then, 7 now." in said
    assert any(one.startswith("torch: ") for one in found.programs)
    late = copy.deepcopy(document)
    late["made"]["date"] = "2030-01-01T00:00:00+00:00"
    late["steps"][0]["seconds"] = 99.0
    assert compared(document, late).holds


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"schema": 2}, "has schema 2 and this version of Lethe reads 3"),
        ({"metrics": None}, "metrics is missing"),
        ({"steps": []}, "steps is missing"),
        ({"inputs": {"faces": "x"}}, r"inputs\.\w+ is missing"),
    ],
)
def test_a_report_of_another_kind_is_one_sentence(
    document: dict[str, Any], tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    """Would catch a traceback, or minutes of work before a damaged report is refused."""
    path = tmp_path / "r.json"
    path.write_text(json.dumps({**document, **change}), encoding="utf-8")
    with pytest.raises(LetheError, match=sentence):
        read_report(path)


def test_what_is_no_report_is_one_sentence(tmp_path: Path, document: dict[str, Any]) -> None:
    """Would catch any other file taken for a report, and one with nothing to open."""
    path = tmp_path / "r.json"
    for text, sentence in (("{", "not JSON"), ("[]", "no report of an audit"), ("{}", "no report")):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(LetheError, match=sentence):
            read_report(path)
    with pytest.raises(LetheError, match="cannot be read"):
        read_report(tmp_path / "none.json")
    handed = {**document, "inputs": {**document["inputs"], "faces": None}}
    with pytest.raises(LetheError, match="give --faces"):
        reopen(handed)
    with pytest.raises(LetheError, match="There is no"):
        reopen(document, backbone="gone.onnx")
    strange = copy.deepcopy(document)
    strange["steps"][0]["forget"] = ["Nobody"]
    with pytest.raises(LetheError, match="Nobody of this report cannot be found in toy"):
        redo(strange, SPACE)


def test_known_evidence_is_what_was_computed() -> None:
    """Would catch a page's report that starts minutes of attacks, or leaves out what is shown."""
    visit = Visit(Service(), SPACE)
    visit.forget((1, 4), "esc")
    evidence, wanted = known(visit)
    assert (evidence.findings, evidence.curve, evidence.rows) == (None, None, None)
    assert (wanted.attacks, wanted.curve, wanted.compare) == (False, False, None)
    gather(visit, WANTED)
    evidence, wanted = known(visit)
    assert evidence.findings is not None
    assert evidence.curve
    assert wanted.compare is not None
    assert "esc" in wanted.compare


def test_the_command_is_one_that_the_parser_takes(document: dict[str, Any]) -> None:
    """Would catch a command with a flag that does not exist, or a name that a shell takes apart."""
    given = inputs("my faces", "m.onnx", aligned=True, seed=3, backbone_options={"device": "auto"})
    step = {**document["steps"][0], "forget": ["O'Hara, Jr", "-dash"], "options": {"rank": 2}}
    line = command(given, [step], document["asked"])
    parser = Parser()
    audit.add_parser(parser.add_subparsers())
    args = parser.parse_args(_names_kept(shlex.split(line)[3:]))
    assert (args.faces, args.backbone, args.seed, args.aligned) == ("my faces", "m.onnx", 3, True)
    assert args.forget == ["O'Hara, Jr", "-dash"]
    assert args.compare == "original,esc"
    assert "--option rank=2" in line
    assert "device" not in line
    assert command({**given, "faces": None}, [step], document["asked"]) == ""
    alone = inputs("rows.npz", "features")
    assert "audit --features rows.npz --forget" in command(alone, [step], document["asked"])


def test_verified_in_another_process(tmp_path: Path) -> None:
    """Would catch figures that hang on this process: an order of sets, a cache, a thread.

    And a changed photo that is not named, on the people who come with the program.
    """
    where = tmp_path / "r.json"
    name = ["--faces", "synthetic", "--backbone", "mini", "--forget", "Rafael"]
    assert main(["audit", *name, "--questions", "kr,head,detectability", "--json", str(where)]) == 0
    ran = subprocess.run(
        [sys.executable, "-m", "engine", "verify", str(where)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"All [\d,]+ figures agree to the last digit", ran.stdout)
