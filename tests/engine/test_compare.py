"""The comparison is fair, streams, can be stopped, and adds up."""

import argparse
import dataclasses
import json
import random
import shlex
import statistics
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.audit import audit
from engine.averages import legend, markdown, summarise
from engine.cli import compare as compare_command
from engine.compare import (
    LEFT_OUT,
    ORIGINAL,
    RETRAINED,
    Row,
    available,
    columns,
    lineup,
    one_row,
    random_people,
)
from engine.erasure import METHODS
from engine.errors import Cancelled, LetheError
from engine.gallery import Gallery, build
from engine.progress import Progress
from engine.service.service import Service
from engine.workspace import Strangers, Workspace, start
from tests.engine.toy import centroid_head, cluster, features_of

PEOPLE, PHOTOS = 12, 10
QUICK = ("esc", "head-only", "leace")


def gallery(name: str, people: int, photos: int) -> Gallery:
    """Names and keys only: nothing here looks at a photo."""
    return build(
        name,
        [
            (f"P_{p:03}", f"{p}/{i}.png", f"{name} {p} {i}".encode())
            for p in range(people)
            for i in range(photos)
        ],
        aligned=True,
    )


class Toy:
    """A backbone that nobody calls."""

    name, dimension, size, convention, fingerprint = "toy", 48, 112, "arcface", "toy"


@pytest.fixture(scope="module")
def space() -> Workspace:
    known, others = gallery("toy", PEOPLE, PHOTOS), gallery("others", 60, 2)
    values, labels = cluster(PEOPLE, PHOTOS, seed=4)
    strangers, theirs = cluster(60, 2, seed=5)
    reference = theirs % 2 == 0
    return Workspace(
        gallery=known,
        features=features_of(known, values),
        backbone=Toy(),
        head=centroid_head(values, labels),
        threshold=0.6,
        threshold_from="toy",
        strangers=Strangers(others, features_of(others, strangers), reference, ~reference),
    )


def test_every_method_erases_the_same_people_from_the_same_start(space: Workspace) -> None:
    """Would catch erasures that pile up, or a row measured on other people than the first."""
    state = start(space)
    rows = list(Service().compare(state, (1, 4), QUICK))
    assert [row.method for row in rows] == [ORIGINAL, *QUICK]
    assert {row.forget for row in rows} == {(1, 4)}
    alone = audit(state.forget((1, 4), "leace").view(), ("kr", "retrieval"))
    last = rows[-1]
    assert last.figures["kr.forget_test"] == alone["kr"]["forget_test"]
    assert last.figures["retrieval.forget_map"] == alone["retrieval"]["forget_map"]
    assert rows[2].figures["retrieval.forget_map"] == rows[0].figures["retrieval.forget_map"]
    assert rows[1].figures["retrieval.forget_map"] < rows[0].figures["retrieval.forget_map"]
    assert state.steps == ()


def test_every_row_fills_every_column(space: Workspace) -> None:
    """Would catch a column whose key no question answers."""
    for row in Service().compare(start(space), (1, 4), QUICK):
        for column in columns():
            if row.method == ORIGINAL and column.key == "seconds":
                continue
            assert row.figures[column.key] is not None, column.key
            assert column.floor is None or row.figures[column.floor] is not None


def test_known_is_what_the_strongest_probe_has_beyond_its_floor(space: Workspace) -> None:
    """Would catch a mean over probes, which lets a blind one hide a seeing one."""
    row = list(Service().compare(start(space), (1, 4), ("esc",)))[1].figures
    beyond = [row[f"{name}.forget_test"] - row[f"{name}.chance"] for name in ("kr", "mlp", "knn")]
    assert row["known"] == max(*beyond, 0)


def test_rows_come_one_by_one_and_stopping_keeps_them(space: Workspace) -> None:
    """Would catch a table computed in one go, which nobody can stop."""
    stages: list[str] = []

    def watch(progress: Progress) -> None:
        stages.append(progress.stage)
        if progress.stage == METHODS["head-only"].title:
            raise Cancelled

    rows = []
    stream = Service().compare(start(space), (1, 4), QUICK, watch=watch)
    rows.append(next(stream))
    assert METHODS["esc"].title not in stages
    with pytest.raises(Cancelled):
        rows.extend(stream)
    assert [row.method for row in rows] == [ORIGINAL, "esc"]
    assert METHODS["leace"].title not in stages


def test_a_method_that_cannot_run_says_why_and_the_others_go_on(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch one failing method taking the whole table with it."""
    needy = dataclasses.replace(METHODS["esc"], needs=frozenset({"model"}))
    monkeypatch.setitem(METHODS, "needy", needy)
    assert "needy" not in available(space)
    rows = list(Service().compare(start(space), (1,), ("needy", "esc")))
    assert "backbone" in rows[1].error
    assert rows[2].error is None
    summaries = summarise(rows)
    assert summaries[1].runs == 0
    assert rows[1].error in markdown(summaries)
    with pytest.raises(LetheError, match="no method"):
        next(Service().compare(start(space), (1,), ("burn",)))


def test_a_method_for_strangers_runs_only_where_there_are_some(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a method that is offered and then ends for want of what it needs."""
    needy = dataclasses.replace(METHODS["esc"], needs=frozenset({"reference"}))
    monkeypatch.setitem(METHODS, "needy", needy)
    alone = dataclasses.replace(space, strangers=None)
    assert "needy" in available(space)
    assert "needy" not in available(alone)
    assert start(space).forget((1,), "needy").forgotten == (1,)
    assert "needs a reference set of strangers" in one_row(start(alone), (1,), "needy").error


def test_without_strangers_there_are_no_floors_and_no_detection(space: Workspace) -> None:
    """Would catch a crash, or an AUC against nobody, where no strangers were given."""
    alone = Workspace(
        gallery=space.gallery,
        features=space.features,
        backbone=space.backbone,
        head=space.head,
        threshold=0.6,
        threshold_from="toy",
    )
    row = list(Service().compare(start(alone), (1,), ("esc",)))[1]
    assert row.figures["detectability.mlp"] is None
    assert row.figures["known"] is not None
    assert "-" in markdown(summarise([row]))


def test_random_sets_are_those_of_the_audit_command(space: Workspace) -> None:
    """Would catch a table about other people than `audit --forget-random` shows."""
    rows = list(Service().compare_sets(space, (1, 3), (0, 1), ("head-only",)))
    sets = [row.forget for row in rows if row.method == ORIGINAL]
    assert sets == [
        tuple(random.Random(seed).sample(range(PEOPLE), count))
        for count in (1, 3)
        for seed in (0, 1)
    ]
    with pytest.raises(LetheError, match="between 1 and 11"):
        random_people(space, PEOPLE, 0)


def row(method: str, seed: int, people: int = 1, **figures: float | None) -> Row:
    full = dict.fromkeys((column.key for column in columns()), 0.0) | {"kr.chance": 0.1}
    figures = {key.replace("__", "."): value for key, value in figures.items()}
    return Row(method, method.title(), tuple(range(people)), seed, full | figures)


def test_means_and_spreads_are_by_method_and_size() -> None:
    """Would catch sizes mixed, a population deviation, or a missing figure counted as 0."""
    values = [0.1, 0.4, 0.3]
    rows = [row("esc", seed, kr__forget_test=value) for seed, value in enumerate(values)]
    rows += [row("esc", 0, people=5, kr__forget_test=0.9), row("leace", 0, knn__forget_test=None)]
    first, second, third = summarise(rows)
    assert (first.people, first.runs) == (1, 3)
    assert first.mean["kr.forget_test"] == pytest.approx(statistics.mean(values))
    assert first.spread["kr.forget_test"] == pytest.approx(statistics.stdev(values))
    assert (second.people, second.mean["kr.forget_test"]) == (5, 0.9)
    assert second.spread["kr.forget_test"] is None
    assert third.mean["knn.forget_test"] is None
    text = markdown([first, second, third])
    assert "### 1 person forgotten, 3 sets" in text
    assert "### 5 people forgotten, 1 set" in text
    assert "0.27 ± 0.15 (0.10)" in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} == {len(columns()) + 2}
    assert all(column.column in legend() for column in columns())


def test_the_command_writes_what_it_prints(
    space: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Would catch files that disagree with the screen, or JSON that is none (NaN)."""
    monkeypatch.setattr("engine.cli.compare.workspace_of", lambda *_: space)
    files = (tmp_path / "rows.json", tmp_path / "table.md")
    words = "compare --faces toy --backbone toy --forget-random 1,2 --sets 2"
    words += " --methods esc,head-only --option esc.rank=1"
    code = main([*words.split(), "--json", str(files[0]), "--markdown", str(files[1])])
    printed = capsys.readouterr().out
    assert code == 0
    document = json.loads(files[0].read_text(), parse_constant=pytest.fail)
    assert len(document["rows"]) == 2 * 2 * 3
    first, esc = document["rows"][:2]
    assert esc["parameters"]["rank"] == 1
    (label,) = random_people(space, 1, 0)
    assert first.keys() == esc.keys()
    assert {key: esc[key] for key in ("method", "seed", "forget", "warnings", "error")} == {
        "method": "esc",
        "seed": 0,
        "forget": [space.gallery.identities[label]],
        "warnings": [],
        "error": None,
    }
    assert esc["figures"]["kr.forget_test"] == esc["metrics"]["kr"]["forget_test"]
    assert len(document["summary"]) == 2 * 3
    one, two = document["summary"][1], document["summary"][4]
    assert {key: one[key] for key in ("method", "people", "sets", "errors")} == {
        "method": "esc",
        "people": 1,
        "sets": 2,
        "errors": [],
    }
    assert (two["method"], two["people"]) == ("esc", 2)
    key = "retrieval.forget_map"
    both = [row["figures"][key] for row in document["rows"][1:5:3]]
    assert both[0] != both[1]
    assert one["mean"][key] == pytest.approx(statistics.mean(both))
    assert one["spread"][key] == pytest.approx(statistics.stdev(both))
    assert document["gallery"] == {
        "name": "toy",
        "identities": PEOPLE,
        "sha256": space.gallery.sha256,
    }
    assert (document["schema"], document["backbone"]) == (3, {"name": "toy", "dimension": 48})
    assert document["columns"] == [
        {"key": each.key, "title": each.column, "help": each.help, "good": each.good}
        for each in columns()
    ]
    text = files[1].read_text()
    for line in text[text.index("### 1 person") :].splitlines():
        assert line in printed
    assert "--forget-random 1,2 --sets 2" in text
    assert "Strangers: others" in text


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--forget-random", "many"], "takes numbers"),
        (["--forget-random", "12"], "between 1 and 11"),
        (["--forget", "Nobody At All"], "Nobody called"),
        (["--forget", " , "], "names nobody"),
        (["--forget-random", "1", "--methods", "burn"], "no method"),
        (["--forget-random", "1", "--option", "esc=3"], "METHOD.NAME=VALUE"),
        (["--forget-random", "1", "--option", "esc.colour=3"], "no option"),
        (["--forget-random", "1", "--sets", "0"], "between 1 and 1000"),
    ],
)
def test_bad_input_is_one_sentence(
    space: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    extra: list[str],
    message: str,
) -> None:
    """Would catch a traceback, or minutes of work before the mistake is told."""
    monkeypatch.setattr("engine.cli.compare.workspace_of", lambda *_: space)
    assert main(["compare", "--faces", "toy", "--backbone", "toy", *extra]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_the_reference_is_offered_for_exactly_those_it_never_saw(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch "retrained without them" shown for people whom that backbone has seen."""

    class Less(Toy):
        head_identities = tuple(
            name for at, name in enumerate(space.gallery.identities) if at not in (1, 4)
        )

    assert RETRAINED not in lineup(space, (1, 4))
    monkeypatch.setitem(LEFT_OUT, "toy", "toy-less")
    monkeypatch.setattr("engine.compare.load_backbone", lambda _: Less())
    monkeypatch.setattr("engine.compare.through", lambda workspace, model, **_: workspace)
    assert lineup(space, (1, 4))[-1] == RETRAINED
    assert RETRAINED not in lineup(space, (1,))
    assert RETRAINED not in lineup(space, (1, 4, 5))
    state = start(space)
    assert one_row(state, (4, 1), RETRAINED).figures["kr.forget_test"] is not None
    assert "exactly these people" in one_row(state, (1,), RETRAINED).error


def test_a_method_that_never_ran_has_its_reason_for_a_line() -> None:
    """Would catch a second line of dashes behind the reason, reasons told twice, or sets that did
    not run counted among those that did."""
    failed = [
        dataclasses.replace(row("esc", seed), error=reason, figures={})
        for seed, reason in enumerate(("no room", "no time", "no room"))
    ]
    good = [row("leace", seed) for seed in range(2)]
    late = dataclasses.replace(row("leace", 2), error="no room", figures={})
    first, second = summarise([*failed, *good, late])
    assert (first.runs, first.errors, first.mean) == (0, ("no room", "no time"), {})
    assert (second.runs, second.errors) == (2, ("no room",))
    lines = markdown([first, second]).splitlines()
    assert lines[0] == "### 1 person forgotten, 2 sets"
    assert lines[3].split("|")[1:-1] == ["---", *["---:"] * len(columns())]
    assert lines[4] == "| Esc | no room; no time |" + " |" * (len(columns()) - 1)
    assert [line.partition("|")[2].split()[0] for line in lines[4:]] == ["Esc", "Leace"]
    assert markdown([second, dataclasses.replace(second, people=2)]).count("\n\n###") == 1


@pytest.mark.parametrize(
    ("aligned", "flag"), [(None, []), (True, ["--aligned"]), (False, ["--align"])]
)
def test_the_command_in_the_table_makes_it_again(aligned: bool | None, flag: list[str]) -> None:
    """Would catch a table whose command makes another one, or cannot be run: for a flag that is
    written with a value, a list written as one, or a word with a space left open."""
    args = argparse.Namespace(
        command="compare",
        run=print,
        faces="my faces",
        features=None,
        forget=["Ada", "Bo Lee"],
        strangers=None,
        aligned=aligned,
        forget_random="1,2",
        device="cpu",
        precision="auto",
        no_cache=True,
        json="rows.json",
        seed=0,
    )
    assert shlex.split(compare_command._command(args)) == [
        *("python", "-m", "engine", "compare", "--faces", "my faces", "--forget", "Ada"),
        *("--forget", "Bo Lee", *flag, "--forget-random", "1,2", "--seed", "0"),
    ]


def test_a_row_that_failed_is_shown_with_its_reason() -> None:
    """Would catch a line of dashes, or none, where a method says why it did not run."""
    failed = dataclasses.replace(row("esc", 3, people=2), error="no room", figures={})
    assert compare_command._shown(failed).split("  ")[0] == "esc, 2 people, set 3"
    assert compare_command._shown(failed).endswith("  no room")
    shown = compare_command._shown(row("esc", 3, people=2, kr__forget_test=0.25))
    assert shown.startswith("esc, 2 people, set 3")
    assert "25.0 %" in shown
