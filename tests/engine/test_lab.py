"""The names that other programs rely on, and that they give what the service gives."""

import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import engine
from engine import Audit, Deletion, Lab, LetheError, open_features, open_workspace
from engine.report import plain
from engine.service.service import Service
from tests.engine.toy import cluster

ROOT = Path(__file__).parents[2]

SIGNATURES = {
    open_workspace: "faces backbone *strangers *aligned *seed *options *cache *watch",
    open_features: "embeddings labels *names *split *photos *head *strangers *seed *watch",
    Lab.forget: "self people method *watch **options",
    Lab.compare: "self people methods *options *watch",
    Lab.redo: "self steps *watch",
    Deletion.forget: "self people method *watch **options",
    Deletion.undo: "self step",
    Deletion.erase: "self embeddings",
    Deletion.audit: "self questions *watch",
    Deletion.report: "self questions *watch",
    Deletion.save_eraser: "self path",
    Deletion.save_steps: "self path *by",
    Audit.figure: "self key *before",
}
ATTRIBUTES = {
    Lab: "people embeddings labels train methods notes workspace",
    Deletion: "forgotten embeddings warnings lab state",
    Audit: "before after verdict",
}


def lab() -> Lab:
    values, labels = cluster(6, 8)
    names = np.array(["Ada", "Bo Lee", "Cleo", "Dan", "Eve", "Finn"])
    return open_features(
        values.numpy(), names[labels.numpy()], strangers=cluster(9, 4, seed=5)[0].numpy()
    )


def test_the_public_names_stay():
    """Would catch a renamed function or parameter, which breaks other people's programs."""
    assert engine.__all__ == [
        "Audit", "Deletion", "Lab", "LetheError", "open_features", "open_workspace",
    ]  # fmt: skip
    assert set(engine.__all__) <= set(dir(engine))
    for function, words in SIGNATURES.items():
        found = [
            {"KEYWORD_ONLY": "*", "VAR_KEYWORD": "**"}.get(one.kind.name, "") + name
            for name, one in inspect.signature(function).parameters.items()
        ]
        assert " ".join(found) == words, function
        assert all(
            one.annotation is not inspect.Parameter.empty
            for name, one in inspect.signature(function).parameters.items()
            if name != "self"
        )
        assert function.__doc__
    for kind, words in ATTRIBUTES.items():
        for name in words.split():
            assert name in dir(kind) or name in kind.__dataclass_fields__
    with pytest.raises(AttributeError):
        _ = engine.nothing  # type: ignore[attr-defined]
    assert (ROOT / "engine" / "py.typed").is_file()


def test_importing_it_costs_nothing():
    """Would catch torch on the way of every program that only asks for a version."""
    heavy = "{'torch', 'numpy', 'PIL'} & {*sys.modules}"
    code = f"import sys, engine; print(sorted({heavy}))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert found.stdout.strip() == "[]"


def test_it_gives_what_the_service_gives(tmp_path: Path):
    """Would catch a second way of computing, which would part from page and command line."""
    one = lab()
    gone = one.forget(["bo lee", "Eve"], rank=2)
    assert gone.forgotten == ("Bo Lee", "Eve")
    asked = ("kr", "retrieval", "head")
    audit = gone.audit(asked)
    measured = Service().measure(gone.state, questions=asked)
    assert (audit.before, audit.after) == (plain(measured.before), plain(measured.after))
    document = gone.report(asked)
    assert document["metrics"] == {"before": audit.before, "after": audit.after}
    assert document["verdict"]["says"] in audit.verdict
    assert audit.figure("kr.forget_test") == audit.after["kr"]["forget_test"]
    assert np.array_equal(gone.erase(one.embeddings), gone.embeddings)
    assert gone.undo().embeddings.tobytes() == one.embeddings.tobytes()
    rows = one.compare("Ada", ["fine-tune"])
    assert [row.method for row in rows] == ["original", "fine-tune"]
    assert rows[1].error
    gone.save_eraser(tmp_path / "eraser.safetensors")
    assert (tmp_path / "eraser.safetensors").stat().st_size > 500


def test_nothing_public_changes_the_lab():
    """Would catch an array that is the cached features themselves."""
    one = lab()
    kept = one.embeddings
    one.embeddings[:] = 0
    one.train[:] = False
    gone = one.forget("Ada")
    gone.embeddings[:] = 0
    gone.erase(kept[:2])[:] = 0
    assert np.array_equal(one.embeddings, kept)
    assert gone.embeddings.any()
    assert one.train.any()


def test_what_is_wrong_is_one_sentence():
    """Would catch a traceback where a person expects to be told."""
    one = lab()
    gone = one.forget("Ada")
    rows, labels = np.ones((4, 3), "f4"), list("aabb")
    for wrong in (
        lambda: one.forget("Zoe"),
        lambda: one.forget("Ada", "magic"),
        lambda: one.forget("Ada", colour=1),
        lambda: gone.forget("Ada"),
        lambda: gone.undo().audit(),
        lambda: gone.audit(["horoscope"]),
        lambda: gone.audit(["kr"]).figure("kr.nothing"),
        lambda: gone.erase(rows),
        lambda: open_features(rows),
        lambda: open_features("x.npz", labels),
        lambda: open_features("x.npz"),
        lambda: open_features(rows, labels),
        lambda: open_workspace("nowhere", "mini"),
        lambda: one.redo("nowhere.json"),
    ):
        with pytest.raises(LetheError) as error:
            wrong()
        assert "\n" not in str(error.value)
