"""The command line: figures on stdout, one sentence on stderr, exit codes to gate on."""

import argparse
import dataclasses
import io
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.__main__ import COMMANDS, _names_kept, main, obey
from engine.audit import QUESTIONS, default_questions
from engine.backbones import BACKBONES
from engine.cli import audit as audit_command
from engine.cli import common
from engine.cli import compare as compare_command
from engine.cli import report as report_command
from engine.cli.options import backbone_options
from engine.erasure import METHODS
from engine.errors import LetheError
from engine.gallery import Skipped
from engine.progress import Progress
from engine.report.evidence import Evidence
from engine.report.page import page
from engine.report.pictures import Pictures
from engine.sources import open_gallery
from engine.workspace import Strangers, start
from tests.demo.world import workspace

ROOT = Path(__file__).parents[2]


class Pixels:
    """A backbone without weights: the picture's 8 x 8 average."""

    name = "pixels"
    dimension = 192
    size = 112
    convention = "arcface"
    fingerprint = "pixels"

    def embed(self, faces: np.ndarray) -> torch.Tensor:
        blocks = torch.as_tensor(faces).float().reshape(-1, 8, 14, 8, 14, 3)
        return blocks.mean((2, 4)).reshape(len(faces), -1) - 128


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five people of coloured noise, six pictures each."""
    monkeypatch.setattr("engine.opening.load_backbone", lambda *_, **__: Pixels())
    rng = np.random.default_rng(0)
    for person in ["Ada", "Bo_Lee", "Cleo", "Dan", "Eve"]:
        own = rng.integers(0, 255, (8, 8, 3))
        folder = tmp_path / "faces" / person
        folder.mkdir(parents=True)
        for photo in range(6):
            noisy = np.clip(own + rng.normal(0, 30, own.shape), 0, 255).astype(np.uint8)
            Image.fromarray(noisy).resize((112, 112)).save(folder / f"{photo}.png")
    return tmp_path / "faces"


def audit(people: Path, *more: str) -> int:
    """Run `audit` on the toy people."""
    return main(["audit", "--faces", str(people), "--backbone", "pixels", "--aligned", *more])


def test_a_page_is_written_beside_the_json(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a page of other figures than the JSON's, a face in it, or a file half-written."""
    # Laying out a map compiles umap for half a minute; the attacks have tests of their own.
    monkeypatch.setattr(report_command, "pictures", lambda *_, **__: Pictures())
    monkeypatch.setattr(report_command, "gather", lambda *_, **__: Evidence())
    out, html = tmp_path / "out.json", tmp_path / "out.html"
    assert audit(people, "--forget", "ada", "--json", str(out), "--html", str(html)) == 0
    report, text = json.loads(out.read_text()), html.read_text(encoding="utf-8")
    assert report["asked"]["attacks"]
    assert report["probes"] is not None
    assert text == page(report)
    assert "<img" not in text
    assert not list(tmp_path.glob(".*"))


def test_a_report_is_verified_and_a_changed_photo_is_named(
    people: Path, tmp_path: Path, capsys
) -> None:
    """Would catch a verification that never fails, or does not say what is not the same."""
    out = tmp_path / "out.json"
    assert audit(people, "--forget", "ada", "--json", str(out)) == 0
    report = json.loads(out.read_text())
    capsys.readouterr()
    assert main(["verify", str(out)]) == 0
    assert "figures agree to the last digit" in capsys.readouterr().out
    moved = people.rename(tmp_path / "elsewhere")
    assert main(["verify", str(out)]) == 2
    assert "There is no folder" in capsys.readouterr().err
    photo = moved / "Eve" / "0.png"
    Image.open(photo).rotate(90).save(photo)
    assert main(["verify", str(out), "--faces", str(moved)]) == 1
    said = capsys.readouterr().out
    assert "metrics.after." in said
    assert "Not the same inputs:" in said
    assert "Eve/0.png" in said
    out.write_text(json.dumps({**report, "schema": 2}))
    assert main(["verify", str(out)]) == 2
    assert "has schema 2" in capsys.readouterr().err


def test_where_a_page_cannot_be_written_no_work_is_done(
    people: Path, tmp_path: Path, capsys
) -> None:
    """Would catch minutes of work for a file that cannot be written, or a method nobody has."""
    assert audit(people, "--forget", "ada", "--html", str(tmp_path / "no" / "out.html")) == 2
    assert audit(people, "--forget", "ada", "--compare", "esc,magic") == 2
    printed = capsys.readouterr()
    assert "there is no folder" in printed.err
    assert "magic" in printed.err
    assert "before" not in printed.out


def test_the_report_has_the_promised_shape(people: Path, tmp_path: Path, capsys) -> None:
    """Would catch a renamed key in a format that other people's pipelines read."""
    out = tmp_path / "out.json"
    assert audit(people, "--forget", "ada, bo lee", "--json", str(out)) == 0
    report = json.loads(out.read_text())
    assert report["schema"] == 3
    assert {
        *("made", "inputs", "asked", "command", "steps", "tested", "figures", "verdict"),
        *("probes", "spectrum", "curve", "kept_people", "comparison", "examples", "threshold"),
    } <= set(report)
    assert {"photos", "embeddings_sha256"} <= set(report["gallery"])
    assert {"name", "identities", "photos_train", "photos_test", "sha256"} <= set(report["gallery"])
    assert {"skipped", "remarks", "notes", "account", "odd"} <= set(report["gallery"])
    assert report["seed"] == 0
    assert report["gallery"]["identities"] == 5
    assert report["backbone"] == {
        "name": "pixels",
        "dimension": 192,
        "fingerprint": "pixels",
        "alignment": "arcface",
    }
    assert report["forget"] == ["Ada", "Bo_Lee"]
    assert {"method", "rank", "parameters", "seconds"} <= set(report["eraser"])
    for side in ("before", "after"):
        metrics = report["metrics"][side]
        assert {
            "forget_train",
            "retain_train",
            "forget_test",
            "retain_test",
            "chance_all",
            "chance_forgotten",
        } <= set(metrics["kr"])
        assert {"forget_test", "retain_test", "hm"} <= set(metrics["head"])
        assert {
            "forget_recall_at_1",
            "retain_recall_at_1",
            "forget_map",
            "retain_map",
        } <= set(metrics["retrieval"])
        assert {"accuracy", "ideal"} <= set(metrics["mia"])
        assert all(
            0 <= value <= 1
            for question in metrics.values()
            for value in question.values()
            if isinstance(value, float)
        )
    printed = capsys.readouterr().out
    assert "Ada, Bo Lee" in printed
    assert "before" in printed
    assert "chance" in printed


def test_same_seed_same_metrics(people: Path, tmp_path: Path) -> None:
    """Would catch an audit that cannot be repeated, or a seed that changes nothing."""
    reports = []
    for name, seed in (("a", "0"), ("b", "0"), ("c", "1")):
        out = tmp_path / f"{name}.json"
        assert audit(people, "--forget-random", "2", "--seed", seed, "--json", str(out)) == 0
        reports.append(json.loads(out.read_text()))
    assert reports[0]["metrics"] == reports[1]["metrics"]
    assert reports[0]["gallery"]["sha256"] == reports[2]["gallery"]["sha256"]
    assert reports[0]["forget"] != reports[2]["forget"]


def test_a_gate_fails_above_and_passes_below(people: Path, capsys) -> None:
    """Would catch a pipeline gate that reads the value before, or always passes."""
    gate = ("--forget", "Ada", "--method", "head-only", "--fail-above")
    assert audit(people, *gate, "head.forget_test=0.0") == 0
    assert audit(people, *gate, "kr.forget_test=0.4") == 1
    assert "above 0.4" in capsys.readouterr().out


def test_the_last_words_are_the_verdict(people: Path, tmp_path: Path, capsys) -> None:
    """Would catch figures without a word, and a verdict that is not the page's."""
    out = tmp_path / "out.json"
    told = ("--forget", "Ada", "--forget", "Bo Lee", "--method", "head-only", "--json", str(out))
    assert audit(people, *told) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    verdict = json.loads(out.read_text())["verdict"]
    assert last == f"{verdict['headline']} {verdict['says']}"
    assert last.startswith("Hidden, not forgotten. The model no longer names Ada and Bo Lee")


def test_chance_is_never_one_of_one(people: Path, capsys) -> None:
    """Would catch "chance 100 %" beside KR 100 % where one person is forgotten."""
    assert audit(people, "--forget", "Ada") == 0
    printed = capsys.readouterr().out
    line = next(one for one in printed.splitlines() if one.startswith("KR, the forgotten"))
    assert "20.0 %" in line
    assert "guessing among all" in line
    (people / "more.txt").write_text("hello")
    assert audit(people, "--forget", "Ada", "--strangers", str(people)) == 0
    printed = capsys.readouterr().out
    assert "Strangers: 30 photos of 5 people used; 1 file left out" in printed
    line = next(one for one in printed.splitlines() if one.startswith("KR, the forgotten"))
    assert "strangers" in line


def test_any_name_of_a_folder_can_be_forgotten(people: Path, tmp_path: Path, capsys) -> None:
    """Would catch commas, dashes and twins that keep a person from being forgotten, or do more."""
    for old, new in (("Bo_Lee", "Lee, Bo"), ("Cleo", "-dash"), ("Dan", "ada")):
        (people / old).rename(people / new)
    names = tmp_path / "names.txt"
    names.write_text("\ufeffLee, Bo\n\n-dash\n", encoding="utf-8")
    out = tmp_path / "out.json"
    for told, forgotten in (
        (("--forget", "Lee, Bo"), ["Lee, Bo"]),
        (("--forget", "-dash", "--forget", "Ada"), ["-dash", "Ada"]),
        (("--forget", "ada,Lee, Bo"), None),
        (("--forget-from", str(names)), ["Lee, Bo", "-dash"]),
    ):
        if forgotten is None:
            assert audit(people, *told) == 2
            continue
        assert audit(people, *told, "--json", str(out)) == 0
        assert json.loads(out.read_text())["forget"] == forgotten
    capsys.readouterr()
    assert audit(people, "--forget", "ADA") == 2
    assert "'Ada' or 'ada'" in capsys.readouterr().err
    assert audit(people, "--forget-from", str(tmp_path / "none.txt")) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_somebody_without_a_test_photo_is_said_before_the_work(people: Path, capsys) -> None:
    """Would catch figures of nobody, exit 0, and a gate that names a figure which is not there."""
    for photo in sorted((people / "Eve").iterdir())[2:]:
        photo.unlink()
    assert audit(people, "--forget", "Eve", "--fail-above", "kr.forget_test=0.4") == 2
    assert "There is no test photo of Eve" in capsys.readouterr().err
    assert audit(people, "--forget", "Eve") == 0
    printed = capsys.readouterr().out
    assert "There is no test photo of Eve." in printed
    assert printed.strip().splitlines()[-1].startswith("Not measured. ")


def test_what_became_of_the_photos_is_told(people: Path, tmp_path: Path, capsys) -> None:
    """Would catch files that vanish, and copies that distort the figures, without a word."""
    (people / "notes.txt").write_text("hello")
    (people / "Ada" / "again.png").write_bytes((people / "Ada" / "0.png").read_bytes())
    (people / "Dan" / "page.jpg").write_text("<!doctype html><title>404</title>")
    out = tmp_path / "out.json"
    assert audit(people, "--forget", "Ada", "--json", str(out)) == 0
    printed = capsys.readouterr().out
    gallery = json.loads(out.read_text())["gallery"]
    assert gallery["account"] in printed
    assert "31 photos of 5 people used; 2 files left out" in gallery["account"]
    assert {one["key"] for one in gallery["skipped"]} == {"notes.txt", "Dan/page.jpg"}
    assert [one["kind"] for one in gallery["odd"]] == ["copies"]
    assert "1 photo of Ada shows a picture that is there already." in printed
    assert main(["list", "--faces", str(people)]) == 0
    listed = capsys.readouterr().out
    assert "31 photos of 5 people used; 2 files left out" in listed
    assert "Dan/page.jpg" in listed


def test_the_eraser_is_saved_and_loads(people: Path, tmp_path: Path) -> None:
    """Would catch --save writing something that nothing reads."""
    from engine.erasure.files import load

    path = tmp_path / "eraser.safetensors"
    assert audit(people, "--forget", "Ada", "--rank", "2", "--save", str(path)) == 0
    eraser = load(path)
    assert (eraser.method, eraser.rank) == ("esc", 2)


def test_ce_warns_that_nothing_was_cut(people: Path, capsys) -> None:
    """Would catch the authors' recipe passing silently for a deletion."""
    assert audit(people, "--forget", "Ada", "--method", "esc-t", "--loss", "ce") == 0
    assert "nothing was erased" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--forget", "Adda"], "did you mean Ada"),
        (["--forget", " , "], "names nobody"),
        (["--forget", "Ada,Bo Lee,Cleo,Dan,Eve"], "Everybody"),
        (["--forget-random", "5"], "between 1 and 4"),
        (["--forget", "Ada", "--method", "burn"], "no method"),
        (["--forget", "Ada", "--rank", "193"], "outside 1 to 192"),
        (["--forget", "Ada", "--lr", "1"], "no option 'lr'"),
        (["--forget", "Ada", "--option", "rank"], "takes NAME=VALUE, not 'rank'"),
        (["--forget", "Ada", "--fail-above", "kr.forget_test=low"], "METRIC=VALUE"),
        (["--forget", "Ada", "--fail-above", "colour.red=1"], "--questions"),
        (["--forget", "Ada", "--fail-above", "kr.colour=1"], "no figure"),
        (["--forget", "Ada", "--questions", "colour"], "no question"),
        (["--forget", "Ada", "--json", "/nowhere/at/all.json"], "cannot be written"),
        (["--forget", "Ada", "--strangers", "/nowhere"], "no folder, zip or gallery"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(
    people: Path, arguments: list[str], message: str, capsys
) -> None:
    """Would catch a traceback, a wrong exit code, or a nonsense deletion that runs."""
    assert audit(people, *arguments) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("lethe: ")
    assert message in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: command"),
        (["burn"], "invalid choice"),
        (["audit", "--faces", "x", "--backbone", "y"], "--forget"),
        (["audit", "--faces", "x", "--backbone", "y", "--forget", "a", "--seed", "z"], "seed"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_2(arguments: list[str], message: str, capsys) -> None:
    """Would catch a page of usage where one sentence does."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error


def test_list_names_everything_that_can_be_chosen(capsys) -> None:
    """Would catch a method, backbone or gallery that exists and is told to nobody."""
    from engine.audit import QUESTIONS
    from engine.backbones import BACKBONES
    from engine.erasure import METHODS
    from engine.sources import SOURCES

    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    for name in (*METHODS, *BACKBONES, *SOURCES, *QUESTIONS):
        assert name in printed


def test_the_engine_runs_without_gradio_or_the_demo() -> None:
    """Would catch an engine that drags the web stack into a pipeline."""
    code = (
        "import sys; sys.modules['gradio'] = None; sys.modules['demo'] = None; "
        "from engine.__main__ import main; main(['list'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_real_faces_end_to_end(shared_faces: Path, edgeface: Path, tmp_path: Path) -> None:
    """Would catch the commands of the README not working on real photos."""
    out = tmp_path / "out.json"
    common = ["--faces", str(shared_faces / "lfw_dev"), "--backbone", str(edgeface)]
    arguments = ["audit", *common, "--forget-random", "5", "--json", str(out)]
    assert main([*arguments, "--fail-above", "kr.forget_test=0.45"]) == 0
    report = json.loads(out.read_text())
    assert report["gallery"]["identities"] == 79
    assert report["gallery"]["photos_train"] + report["gallery"]["photos_test"] == 1678
    assert report["eraser"]["rank"] == 5


def test_a_mistyped_command_is_told_which_there_are(capsys) -> None:
    """Would catch commands that are left out of the help unless one names them."""
    for words in (["adit"], ["--help"]):
        with pytest.raises(SystemExit):
            main(words)
        told = "".join(capsys.readouterr())
        assert all(name in told for name in COMMANDS)


class Terminal(io.StringIO):
    """A stream that says whether it is one."""

    def __init__(self, live: bool) -> None:
        super().__init__()
        self.live = live

    def isatty(self) -> bool:
        return self.live


def test_progress_is_a_line_that_moves_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Would catch a log full of escape codes, a stage told twice, or a terminal that flickers."""
    clock = [100.0]
    monkeypatch.setattr(common.time, "monotonic", lambda: clock[0])
    reports = [
        (0.0, Progress("Reading", 0, 10)),
        (0.05, Progress("Reading", 1, 10)),
        (0.1, Progress("Reading", 2, 10, {"loss": 0.12345})),
        (0.0, Progress("Fitting", 0, 0)),
    ]
    told = {}
    for live in (False, True):
        monkeypatch.setattr(sys, "stderr", Terminal(live))
        line = common.ProgressLine()
        line.done()
        for wait, report in reports:
            clock[0] += wait + 1e-9
            line(report)
        line.done()
        told[live] = sys.stderr.getvalue()
    assert told[False] == "Reading ...\nFitting ...\n"
    assert told[True].split("\r\x1b[K") == [
        *("", "Reading 0/10", "Reading 2/10  loss 0.123", "Fitting", "")
    ]


def test_a_place_that_cannot_be_written_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch minutes of work whose result has no place, or a place that is refused wrongly."""
    there = tmp_path / "there.json"
    there.write_text("{}")
    common.check_writable(None, there, tmp_path / "new.json")
    for path, message in (
        (tmp_path, "is a folder"),
        (tmp_path / "none" / "a.json", "no folder"),
        (there / "a.json", "no folder"),
    ):
        with pytest.raises(LetheError, match=message):
            common.check_writable(None, path)
    asked = []
    monkeypatch.setattr(common.os, "access", lambda path, mode: asked.append((path, mode)))
    for path in (there, tmp_path / "new.json"):
        with pytest.raises(LetheError, match="another place"):
            common.check_writable(path)
    assert asked == [(there, common.os.W_OK), (tmp_path, common.os.W_OK)]


def given(**told: object) -> argparse.Namespace:
    """What the commands take of whom to forget and how, as told."""
    plain = {"forget": None, "forget_from": None, "forget_random": None, "seed": 0, "option": []}
    return argparse.Namespace(**(plain | dict.fromkeys(audit_command.FLAGS) | told))


def test_people_are_drawn_by_the_seed_between_one_and_all_but_one() -> None:
    """Would catch a draw that leaves nobody, or another one than the seed's."""
    space = workspace()
    for count in (1, 7):
        people = common.chosen(given(forget_random=count, seed=3), space)
        assert people == tuple(random.Random(3).sample(range(8), count))
    for count in (0, 8, -1):
        with pytest.raises(LetheError, match="between 1 and 7"):
            common.chosen(given(forget_random=count), space)
    assert common.chosen(given(forget=["Ada", "mei lin"]), space) == (0, 2)


def test_names_come_from_words_and_lines(tmp_path: Path) -> None:
    """Would catch an empty line that is a name, or a file of another encoding read anyhow."""
    path = tmp_path / "names.txt"
    path.write_text("Ada\n  \nLee, Bo\n")
    assert common.wanted_names(given(forget_from=path)) == ["Ada", "Lee, Bo"]
    assert common.wanted_names(given(forget=["Ada,Bo"])) == ["Ada,Bo"]
    assert common.wanted_names(given(forget_random=0)) is None
    path.write_text(" \n")
    with pytest.raises(LetheError, match="names nobody"):
        common.wanted_names(given(forget_from=path))
    path.write_bytes("Zoë".encode("latin-1"))
    with pytest.raises(LetheError, match="not text in UTF-8"):
        common.wanted_names(given(forget_from=path))


def test_flags_are_options_and_options_have_the_last_word() -> None:
    """Would catch a percentage that is not the paper's rank, or a flag that nobody gave."""
    assert audit_command._options(given()) == {}
    assert audit_command._options(given(p=3.0)) == {"p": 3.0, "rank": "paper"}
    assert audit_command._options(given(lr=0.0, steps=3)) == {"lr": 0.0, "steps": 3}
    told = given(rank="2", option=["rank=4", "note=a=b"])
    assert audit_command._options(told) == {"rank": "4", "note": "a=b"}


def test_questions_are_those_named_the_usual_or_all_that_can_be_asked() -> None:
    """Would catch "all" that asks what cannot be answered, or spaces that make another name."""
    view = start(workspace()).view((1,))
    assert audit_command._questions(None, view) == default_questions(view)
    possible = tuple(name for name, one in QUESTIONS.items() if one.possible(view))
    assert audit_command._questions(" all ", view) == possible
    assert set(possible) < set(QUESTIONS)
    assert audit_command._questions("kr, head,", view) == ("kr", "head")


def test_the_heading_says_what_was_cut_where_no_rank_does() -> None:
    """Would catch a mask described as a projection, or numbers in each other's places."""
    document = {
        "gallery": {"name": "Toy", "identities": 5, "photos_train": 20, "photos_test": 10},
        "backbone": {"name": "still", "dimension": 48},
        "forget": ["Ada", "Bo_Lee"],
        "eraser": {"method": "esc", "rank": 2, "parameters": {}, "seconds": 0.12345},
    }
    assert audit_command._heading(document).splitlines() == [
        "Toy: 5 people, 20 enrolled and 10 test photos, still (48 dimensions)",
        "Forgotten: Ada, Bo Lee",
        "By esc: rank 2, 0.123 s",
    ]
    cut = {"entries_cut": 3, "entries": 99, "epochs_run": 7, "stopped": "at the goal"}
    document["eraser"] |= {"parameters": cut}
    assert audit_command._heading(document).splitlines()[2] == (
        "By esc: 3 of 99 entries cut, stopped after 7 epochs: at the goal, 0.123 s"
    )


@pytest.mark.parametrize("count", [1, 3, 4, 5])
def test_photos_that_deserve_a_word_get_one(
    people: Path, capsys, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Would catch remarks that nobody is told, or a number of further ones that is off by one."""
    from engine import opening

    real = opening.extract
    remarks = tuple(Skipped(f"Ada/{at}.png", f"reason {at}") for at in range(count))

    def remarked(*told, **more):
        return dataclasses.replace(real(*told, **more), remarks=remarks)

    monkeypatch.setattr(opening, "extract", remarked)
    assert audit(people, "--forget", "Ada", "--questions", "head") == 0
    (line,) = (one for one in capsys.readouterr().out.splitlines() if "a word" in one)
    shown = "; ".join(f"Ada/{at}.png: reason {at}" for at in range(min(count, 3)))
    more = f"; and {count - 3} more in the JSON" if count > 3 else ""
    what = "photo deserves" if count == 1 else "photos deserve"
    assert line == f"{count} {what} a word ({shown}{more})."


def test_the_list_of_a_gallery_counts_each_persons_photos(people: Path, capsys) -> None:
    """Would catch photos for testing counted as enrolled, or one person's as another's."""
    (people / "Eve" / "5.png").unlink()
    assert main(["list", "--faces", str(people)]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = open_gallery(people)
    tests = np.bincount(found.labels[~found.train], minlength=5)
    assert lines[0] == f"Ada  6 photos, {tests[0]} of them for testing"
    assert lines[4] == f"Eve  5 photos, {tests[4]} of them for testing"
    assert 0 < tests[4] < 3
    assert lines[5:7] == ["", "29 photos of 5 people used."]


@pytest.mark.parametrize(
    ("text", "counts"), [(None, ()), ("1", (1,)), ("1, 5,10,", (1, 5, 10)), ("x", ""), (",", "")]
)
def test_sizes_of_sets_are_numbers_between_commas(text: str | None, counts: object) -> None:
    """Would catch a comma at the end that is a set, or nothing taken for some."""
    if counts == "":
        with pytest.raises(LetheError, match="takes numbers"):
            compare_command._counts(text)
    else:
        assert compare_command._counts(text) == counts


def test_methods_and_their_options_are_told_apart() -> None:
    """Would catch an option given to all methods, or one that replaces the other."""
    pairs = ("esc.rank=3", "stand-in.gate=0.5", "stand-in.key=a")
    with pytest.raises(LetheError):
        compare_command._options(pairs)
    assert compare_command._options(("esc.rank=3", "esc.p=2", "stand-in.gate=0.5")) == {
        "esc": {"rank": "3", "p": "2"},
        "stand-in": {"gate": "0.5"},
    }
    for pair in ("esc.rank", "rank=3", "burn.rank=3"):
        with pytest.raises(LetheError, match="METHOD"):
            compare_command._options((pair,))
    assert compare_command._names(None) is None
    assert compare_command._names("esc, head-only,") == ("esc", "head-only")
    with pytest.raises(LetheError, match="no method 'burn'"):
        compare_command._names("esc,burn")


@pytest.mark.parametrize(
    ("command", "flag"),
    [("audit", "--json"), ("audit", "--save"), ("compare", "--json"), ("compare", "--markdown")],
)
def test_nothing_is_opened_for_what_cannot_be_done(
    monkeypatch: pytest.MonkeyPatch, capsys, tmp_path: Path, command: str, flag: str
) -> None:
    """Would catch minutes of work before a mistake that was there from the beginning is told."""

    def opened(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(f"engine.cli.{command}.workspace_of", opened)
    common_ = [command, "--faces", "x", "--backbone", "y", "--forget"]
    for told, message in (
        (["Ada", flag, str(tmp_path / "none" / "a")], "no folder"),
        ([" ,"], "names nobody"),
        (["Ada", "--option", "esc.rank"], "takes"),
    ):
        assert main([*common_, *told]) == 2
        assert message in capsys.readouterr().err


def test_what_was_assumed_and_what_is_odd_is_said_line_by_line() -> None:
    """Would catch a note of the gallery, of the model or of the strangers that nobody is told."""
    space = workspace()
    assert common.say_odd(space) == space.gallery.account()
    noted = dataclasses.replace(
        space, gallery=dataclasses.replace(space.gallery, notes=("Taken for crops.",))
    )
    assert common.say_odd(noted).splitlines() == [space.gallery.account(), *noted.notes]
    assert "Taken for crops." in noted.notes
    rows = torch.ones(len(space.features), dtype=torch.bool)
    others = Strangers(noted.gallery, space.features, rows, ~rows)
    told = common.say_odd(dataclasses.replace(space, strangers=others)).splitlines()
    assert told[:3] == [
        space.gallery.account(),
        f"Strangers: {space.gallery.account()}",
        "Taken for crops.",
    ]


@pytest.mark.parametrize(
    ("trouble", "status", "said"),
    [
        (None, 1, ""),
        (LetheError("Choose somebody."), 2, "lethe: Choose somebody.\n"),
        (KeyboardInterrupt(), 130, "lethe: Stopped; nothing was changed.\n"),
        (BrokenPipeError(), 0, ""),
    ],
)
def test_every_end_has_its_exit_status(
    capsys, trouble: BaseException | None, status: int, said: str
) -> None:
    """Would catch a pipeline that goes on after trouble, or stops since `head` had enough."""

    def run(args: argparse.Namespace) -> int:
        if trouble is not None:
            raise trouble
        return 1

    assert obey(argparse.Namespace(run=run)) == status
    assert capsys.readouterr().err == said


def test_a_name_may_begin_with_a_dash() -> None:
    """Would catch a name taken for an option, or an option for a name."""
    for told, kept in (
        (["--forget", "-dash", "--json", "-"], ["--forget=-dash", "--json", "-"]),
        (["--forget", "Ada", "-x"], ["--forget", "Ada", "-x"]),
        (["--forget", "--json", "a"], ["--forget", "--json", "a"]),
        (["-dash", "--forget"], ["-dash", "--forget"]),
        (["--forget", "-a", "-b"], ["--forget=-a", "-b"]),
    ):
        assert _names_kept(told) == kept


def test_the_list_says_what_each_needs_and_which_options_it_has(capsys) -> None:
    """Would catch a need that is not told, a default shown where there is none, or options under
    the wrong name."""
    assert main(["list"]) == 0
    blocks = capsys.readouterr().out.split("\n\n")
    assert [one.splitlines()[0] for one in blocks] == [
        *("Methods", "Backbones", "Galleries", "Questions")
    ]
    expected = []
    for one in METHODS.values():
        needs = " Needs: model." if one.needs else ""
        expected.append(f"  {one.name:<16} {one.summary}{needs}")
        for option in one.options:
            default = f" [{option.default}]" if option.default is not None else ""
            expected.append(f"    {option.name}={option.kind}{default}  {option.help}")
    assert blocks[0].splitlines()[1:] == expected
    assert sum("Needs" in line for line in expected) == 4
    for name, one in BACKBONES.items():
        lines = blocks[1].splitlines()
        at = lines.index(f"  {name:<24} {one.summary}") + 1
        own = [f"    {option}  {help_}" for option, help_ in one.options.items()]
        assert lines[at : at + len(own)] == own
    questions = [line for line in blocks[3].splitlines()[1:] if "(needs strangers)" in line]
    assert [line.split()[0] for line in questions] == [
        name for name, one in QUESTIONS.items() if one.needs_strangers
    ]
    assert len(blocks[3].splitlines()) == 1 + len(QUESTIONS)


def test_an_option_of_the_backbone_is_a_pair() -> None:
    """Would catch a value that holds `=` cut short, or a word without one passed on."""
    told = argparse.Namespace(backbone_option=["weights=a=b.pt", "mean="])
    assert backbone_options(told) == {"weights": "a=b.pt", "mean": ""}
    with pytest.raises(LetheError, match="takes NAME=VALUE, not 'bgr'"):
        backbone_options(argparse.Namespace(backbone_option=["bgr"]))
