"""Saved steps: the same figures when they are done again, and one sentence when they cannot be."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.__main__ import main
from engine.embeddings import from_arrays
from engine.errors import LetheError
from engine.opening import features_workspace
from engine.steps import load_steps, read_steps, redo, save_steps, steps_of, written
from engine.workspace import Workspace, start
from tests.engine.toy import cluster

NAMES = ("Ada", "Bo Lee", "Çelik", "Dan", "Eve")
ROOT = Path(__file__).parents[2]


def world() -> dict[str, Any]:
    values, labels = cluster(5, 8, seed=1)
    return {"embeddings": values.numpy(), "labels": np.array(NAMES)[labels.numpy()]}


def space() -> Workspace:
    return features_workspace(from_arrays(**named(world())))


def test_steps_come_back_as_they_were():
    """Would catch options that lose a digit, steps in another order, names that are bent."""
    state = start(space()).forget((2,), "stand-in", {"gate": 0.1 + 0.2})
    state = state.forget((4, 0), "esc", {"rank": 2})
    for by in ("name", "photo"):
        text = written(steps_of(state, by))  # type: ignore[arg-type]
        again = redo(space(), read_steps(text))
        assert again.trail == state.trail
        assert np.array_equal(again.values.numpy(), state.values.numpy())
    assert not any(name in text for name in ("Çelik", "Eve", "Ada"))


def test_another_process_gives_the_same_figures(tmp_path: Path):
    """Would catch figures that hang on the order of clicks or on this process."""
    file, steps = tmp_path / "x.npz", tmp_path / "steps.json"
    np.savez(file, **world())
    state = start(features_workspace(from_arrays(**named(world()), name="x.npz")))
    state = state.forget((1,), "leace").forget((3,), "esc")
    save_steps(steps_of(state), steps)
    reports = []
    for turn in range(2):
        out, more = tmp_path / f"{turn}.json", tmp_path / f"{turn}.steps"
        words = ["audit", "--features", str(file), "--redo", str(steps), "--json", str(out)]
        words += ["--save-steps", str(more), "--questions", "kr,retrieval"]
        if turn:
            assert main(words) == 0
        else:
            subprocess.run(
                [sys.executable, "-m", "engine", *words],
                check=True,
                cwd=ROOT,
                env=dict(os.environ),
                capture_output=True,
            )
        assert more.read_text() == steps.read_text()
        reports.append(json.loads(out.read_text()))
    assert reports[0]["metrics"] == reports[1]["metrics"]
    assert reports[0]["forget"] == ["Bo Lee", "Eve"]


def named(one: dict[str, Any]) -> dict[str, Any]:
    return {"values": one["embeddings"], "labels": one["labels"]}


STEP = {"forget": ["Ada"], "method": "esc", "options": {}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "report"}, "no saved steps"),
        ({"schema": 99}, "version 99"),
        ({"steps": "all"}, "no saved steps"),
        ({"steps": []}, "forget nobody"),
        ({"steps": [STEP | {"method": "magic"}]}, "not here .magic"),
        ({"steps": [STEP | {"options": {"rank": "many"}}]}, "rank must be"),
        ({"steps": [STEP | {"options": {"colour": 1}}]}, "no option 'colour'"),
        ({"steps": [{"forget": ["Ada"]}]}, "no saved steps"),
        ({"steps": [STEP | {"forget": [1]}]}, "no saved steps"),
        ({"steps": [STEP | {"forget": ["Zoe"]}]}, "Zoe, who is not in"),
        ({"steps": [STEP, STEP]}, "twice"),
        ({"steps": [STEP | {"forget": list(NAMES)}]}, "leave nobody"),
        ({"gallery": {"name": "LFW", "sha256": "0"}}, r"other photos \(LFW\)"),
        ({"backbone": {"name": "mini", "fingerprint": "0"}}, r"another backbone \(mini\)"),
        ({"seed": 7}, "--seed 7"),
        ({"workspace": "0"}, "other strangers or another split"),
    ],
)
def test_what_cannot_be_done_again_is_one_sentence_before_the_work(
    change: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
):
    """Would catch a half-done session, or figures of other people under these people's names."""
    monkeypatch.setattr("engine.workspace.erasure.fit", lambda *_, **__: pytest.fail("worked"))
    document = json.loads(written(steps_of(start(space())))) | {"steps": [STEP]} | change
    with pytest.raises(LetheError, match=words):
        redo(space(), read_steps(json.dumps(document)))


def test_no_file_no_json_and_no_gigantic_one(tmp_path: Path, capsys):
    """Would catch a traceback for a file that is something else."""
    for text in ("", "[", "[" * 100_000, "3", '{"kind": "lethe-steps"}', " " * 2_000_000):
        with pytest.raises(LetheError):
            read_steps(text)
    with pytest.raises(LetheError, match="cannot be opened"):
        load_steps(tmp_path / "missing.json")
    with pytest.raises(LetheError, match="cannot be written"):
        save_steps(steps_of(start(space())), tmp_path / "no" / "x.json")
    file, steps = tmp_path / "x.npz", tmp_path / "s.json"
    np.savez(file, **world())
    steps.write_text("{}")
    for more in ([], ["--option", "rank=2"]):
        words = ["audit", "--features", str(file), "--redo", str(steps), *more]
        assert main(words) == 2
        assert capsys.readouterr().err.count("\n") == 1
