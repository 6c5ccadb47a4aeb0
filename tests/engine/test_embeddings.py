"""Embeddings without photos: the same figures as with them, and a sentence for each bad file."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.__main__ import main
from engine.backbones.given import NO_MODEL
from engine.compare import available
from engine.embeddings import Embeddings, as_people, files, from_arrays
from engine.embeddings.files import among, read
from engine.erasure import METHODS
from engine.errors import LetheError
from engine.gallery import NO_PHOTOS
from engine.opening import features_workspace, open_workspace, own_workspace, through
from engine.service.asking import show
from engine.service.attacks import Attacks
from engine.service.service import Service
from engine.service.visit import Visit
from engine.sources.held import Held
from engine.store import default_store
from engine.workspace import Workspace, start
from tests.engine.toy import cluster

QUESTIONS = ("kr", "head", "retrieval", "innocent")


def arrays(people: int = 5, photos: int = 6, **more: Any) -> dict[str, Any]:
    """Rows of a toy world as a file holds them."""
    values, labels = cluster(people, photos)
    names = np.array(["Ada", "Bo Lee", "Çelik", "Dan", "Eve"])[labels.numpy() % 5]
    return {"embeddings": values.numpy(), "labels": names} | more


def saved(path: Path, **what: Any) -> Path:
    np.savez(path, **what)
    return path


def exported(space: Workspace) -> tuple[Embeddings, Embeddings]:
    """A workspace's features and its strangers' as another system would hand them out."""
    seen, others = space.features, space.strangers
    assert others is not None
    names = np.array(seen.identities)
    people = from_arrays(
        seen.values.numpy(),
        names[seen.labels.numpy()],
        split=np.where(seen.train.numpy(), "train", "test"),
        photos=[space.gallery.photos[int(row)].key for row in seen.rows],
        head={
            "weight": space.head.weight.numpy(),
            "bias": space.head.bias.numpy(),
            "names": names,
        },
    )
    strangers = from_arrays(
        others.features.values.numpy(),
        np.array(others.features.identities)[others.features.labels.numpy()],
        split=np.where(others.judging.numpy(), "test", "train"),
        photos=[others.gallery.photos[int(row)].key for row in others.features.rows],
    )
    return people, strangers


def test_the_same_figures_to_the_last_digit_as_with_photos():
    """Would catch rows in another order or on another side, a rounding, another threshold."""
    space = open_workspace("synthetic", "mini", store=default_store())
    given = features_workspace(*exported(space))
    assert given.threshold == space.threshold
    assert torch.equal(given.features.values, space.features.values)
    service, found = Service(), []
    for one in (space, given):
        visit = Visit(service, one)
        visit.forget((17,))
        found.append(service.measure(visit.state, questions=QUESTIONS))
    assert found[0] == found[1]
    assert set(found[0].before) == set(QUESTIONS)


@pytest.fixture(scope="module")
def space() -> Workspace:
    return features_workspace(from_arrays(**as_values(arrays(8, 8))))


def test_what_needs_photos_or_a_network_is_refused_or_not_offered(space: Workspace):
    """Would catch a page that offers training, or invents strangers, where there is no model."""
    assert set(available(space)) == {
        name for name, one in METHODS.items() if not one.needs & {"model", "reference"}
    }
    state = start(space)
    for method in available(space):
        after = state.forget((0,), method)
        assert torch.isfinite(after.values).all()
    assert not Attacks.has_depths(state)
    assert "none" in str(state.forget((0,), "stand-in").steps[-1].eraser.parameters["reference"])
    for refused, words in (
        (lambda: state.forget((0,), "fine-tune"), "needs"),
        (lambda: show(space, b"photo"), NO_MODEL),
        (lambda: own_workspace(space.gallery, space.backbone), NO_MODEL),
        (lambda: through(space, space.backbone), NO_PHOTOS),
        (space.features.pixels, NO_PHOTOS),
    ):
        with pytest.raises(LetheError, match=words):
            refused()
    assert space.gallery.thumbnail(0)[:4] == b"RIFF"


def test_lengths_are_said_and_unit_rows_are_taken_bit_for_bit():
    """Would catch a second normalisation, which moves last digits, and one that nobody tells."""
    world = arrays()
    same = from_arrays(world["embeddings"], world["labels"])
    assert np.array_equal(same.values, world["embeddings"])
    assert "of length 1" in same.notes[0]
    longer = from_arrays(3 * world["embeddings"].astype(np.float64), world["labels"])
    assert np.allclose(longer.values, same.values, atol=1e-7)
    assert "they were 3 long" in longer.notes[0]


def test_rows_keep_their_people_their_split_and_their_names():
    """Would catch rows that change places when people are sorted, and copies on both sides."""
    world = arrays()
    order = np.random.default_rng(0).permutation(30)
    photos = [f"p{row:02d}" for row in order]
    train = order % 3 > 0
    values = world["embeddings"][order]
    made, features = as_people(
        from_arrays(values, world["labels"][order], split=train, photos=photos)
    )
    for row, photo in enumerate(made.photos):
        at = photos.index(photo.key)
        assert made.identities[made.labels[row]] == world["labels"][order[at]]
        assert np.array_equal(features.values[row], values[at])
        assert features.train[row] == train[at]
    twin = world["embeddings"].copy()
    twin[1] = twin[0]
    sides = np.arange(30) % 6 != 1  # the copy would test what its twin enrols
    made, features = as_people(from_arrays(twin, world["labels"], split=sides))
    assert bool(features.train[:2].all())


def test_three_kinds_of_file_hold_the_same(tmp_path: Path):
    """Would catch a reader that mixes up columns, or splits by another word."""
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    world = arrays()
    split = np.where(np.arange(30) % 3 > 0, "train", "test")
    npz = read(saved(tmp_path / "a.npz", **world, split=split))
    np.save(tmp_path / "b.npy", world["embeddings"])
    lines = ["label,split", *(f"{a},{b}" for a, b in zip(world["labels"], split, strict=True))]
    (tmp_path / "b.csv").write_text("\n".join(lines), encoding="utf-8")
    table = {"embedding": list(world["embeddings"]), "label": world["labels"], "split": split}
    parquet.write_table(pyarrow.table(table), tmp_path / "c.parquet")
    for other in (read(tmp_path / "b.npy"), read(tmp_path / "c.parquet")):
        assert np.array_equal(other.values, npz.values)
        assert (other.people, other.train) == (npz.people, npz.train)
        assert other.fingerprint == npz.fingerprint
    held = [Held(one.name, one.read_bytes()) for one in sorted(tmp_path.iterdir())]
    a, b_csv, b_npy, c = held
    assert among([a]) == ((a, None), None)
    assert among([b_npy, b_csv]) == ((b_npy, b_csv), None)
    assert among([c]) == ((c, None), None)
    assert among([b_csv]) is None
    others = Held("in/Strangers of ours.npz", a.data)
    assert among([others, b_npy, b_csv]) == ((b_npy, b_csv), (others, None))
    assert among([others]) == ((others, None), None)
    for unclear in ([a, c], [a, c, others], [others, Held("strangers.npz", a.data)]):
        with pytest.raises(LetheError, match="not clear what each holds"):
            among(unclear)
    assert read(b_npy, b_csv).fingerprint == npz.fingerprint


def test_numbers_are_named_by_names():
    """Would catch `names` of classes taken for names of rows."""
    world = arrays(labels=np.arange(30) // 6)
    given = from_arrays(world["embeddings"], world["labels"], names=["A", "B", "C", "D", "E"])
    assert given.people[::6] == ("A", "B", "C", "D", "E")


def broken(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    world = arrays()
    change(world)
    return world


BAD = {
    "nan": (lambda w: w["embeddings"].__setitem__((7, 3), np.nan), "not finite.*row 7"),
    "inf": (lambda w: w["embeddings"].__setitem__((2, 0), np.inf), "not finite.*row 2"),
    "zero row": (lambda w: w["embeddings"].__setitem__(4, 0), "zeros alone.*row 4"),
    "no rows": (lambda w: w.update(embeddings=np.zeros((0, 8), "f4"), labels=[]), "0 rows"),
    "short labels": (lambda w: w.update(labels=w["labels"][:-1]), "one label for each row"),
    "short split": (lambda w: w.update(split=["train"] * 9), "split of shape"),
    "odd split": (lambda w: w.update(split=["train"] * 29 + ["maybe"]), "'maybe' in row 29"),
    "one person": (lambda w: w.update(labels=["Ada"] * 30), "All rows .* are of Ada"),
    "whole numbers": (lambda w: w.update(embeddings=np.ones((30, 8), int)), "kind int64"),
    "photos": (lambda w: w.update(embeddings=np.ones((30, 8, 8), "f4")), r"\[30, 8, 8\]"),
    "objects": (lambda w: w.update(embeddings=w["embeddings"].astype(object)), "run programs"),
    "object labels": (lambda w: w.update(labels=np.array([{}] * 30)), "run programs"),
    "no names": (lambda w: w["labels"].__setitem__(3, " "), "row 3"),
    "same photo": (lambda w: w.update(photos=["p"] * 30), "30 rows 'p'"),
    "half labels": (lambda w: w.update(labels=np.full(30, 0.5)), "no whole numbers"),
    "no labels": (lambda w: w.pop("labels"), "no array called labels"),
    "no embeddings": (lambda w: w.pop("embeddings"), "no array called embeddings"),
    "small head": (
        lambda w: w.update(head_weight=np.ones((4, 48), "f4"), head_names=["Ada"] * 5),
        "classifier",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_one_sentence_before_the_work(name: str, tmp_path: Path, capsys):
    """Would catch a traceback, an unpickled object, or a figure made of rows that do not fit."""
    change, words = BAD[name]
    file = saved(tmp_path / "x.npz", **broken(change))
    with pytest.raises(LetheError, match=words):
        read(file)
    assert main(["audit", "--features", str(file), "--forget", "Ada"]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_nobody_to_test_with_and_strangers_of_another_model(tmp_path: Path):
    """Would catch figures of people with a row each, and cosines of unlike spaces."""
    with pytest.raises(LetheError, match="more than two rows"):
        features_workspace(from_arrays(**as_values(arrays(5, 2))))
    people = from_arrays(**as_values(arrays()))
    values, _ = cluster(3, 2, dimension=32)
    others = from_arrays(values.numpy(), list("aabbcc"))
    with pytest.raises(LetheError, match="32 numbers a row and the gallery 48"):
        features_workspace(people, others)
    values, _ = cluster(3, 2)
    torn = from_arrays(values.numpy(), list("aabbcc"), split=["train", "test"] * 3)
    with pytest.raises(LetheError, match="each person on one side"):
        features_workspace(people, torn)


def as_values(world: dict[str, Any]) -> dict[str, Any]:
    return {"values": world["embeddings"], "labels": world["labels"]}


def test_gigantic_arrays_are_refused_by_their_header(tmp_path: Path, monkeypatch):
    """Would catch memory that is taken for what a header of 128 bytes claims."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("the numbers were read")

    monkeypatch.setattr(np.lib.format, "read_array", never)
    out = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (10**9, 10**6)}
    np.lib.format.write_array_header_1_0(out, header)
    (tmp_path / "x.npy").write_bytes(out.getvalue())
    with pytest.raises(LetheError, match="too much"):
        read(tmp_path / "x.npy")


def test_tables_beside_arrays(tmp_path: Path):
    """Would catch rows that slip against their names."""
    world = arrays()
    np.save(tmp_path / "x.npy", world["embeddings"])
    with pytest.raises(LetheError, match="does not say who is who"):
        read(tmp_path / "x.npy")
    for text, words in (
        ("label,label\na,b\n", "2 columns called label"),
        ("mood\nglad\n", "no column that names people"),
        ("label,split\na\n", "1 cells in row 0"),
        ("label\n" + "a\n" * 29, "one label for each row"),
        ("", "no table"),
    ):
        (tmp_path / "x.csv").write_text(text)
        with pytest.raises(LetheError, match=words):
            read(tmp_path / "x.npy")
    with pytest.raises(LetheError, match="no file of embeddings"):
        read(tmp_path / "x.csv")
    with pytest.raises(LetheError, match="cannot be opened"):
        read(tmp_path / "missing.npz")
    (tmp_path / "cut.npz").write_bytes(saved(tmp_path / "y.npz", **world).read_bytes()[:2000])
    with pytest.raises(LetheError, match="damaged"):
        read(tmp_path / "cut.npz")


def test_parquet_that_is_no_table_of_embeddings(tmp_path: Path, monkeypatch):
    """Would catch lists of unlike lengths that are shifted into each other's rows."""
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    for number, (table, words) in enumerate(
        (
            ({"embedding": [[1.0, 2.0], [1.0]], "label": ["a", "b"]}, "1 to 2 numbers"),
            ({"embedding": [[1.0, 2.0], None], "label": ["a", "b"]}, "rows without numbers"),
            ({"embedding": ["x", "y"], "label": ["a", "b"]}, "list of numbers"),
            ({"label": ["a"]}, "no column called embedding"),
            ({"embedding": [[1.0, 2.0]]}, "no column that names people"),
        )
    ):
        path = tmp_path / f"{number}.parquet"
        parquet.write_table(pyarrow.table(table), path)
        with pytest.raises(LetheError, match=words):
            read(path)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(LetheError, match="damaged"):
        files.read(path)


def test_the_command_line_takes_one_or_the_other(tmp_path: Path, capsys):
    """Would catch photos that are silently ignored beside embeddings."""
    file = str(saved(tmp_path / "x.npz", **arrays()))
    both = ["audit", "--features", file, "--faces", "synthetic", "--forget", "Ada"]
    for words, says in (
        (both, "leave those out"),
        (["audit", "--features", file, "--forget", "Ada", "--aligned"], "are for photos"),
        (["audit", "--faces", "synthetic", "--forget", "Ada"], "--backbone is missing"),
    ):
        assert main(words) == 2
        assert says in capsys.readouterr().err
    assert main(["list", "--faces", file]) == 2
    assert "open it with --features" in capsys.readouterr().err
    assert main(["list", "--features", file]) == 0
    assert "Bo Lee  6 photos, 2 of them for testing" in capsys.readouterr().out
    compared = ["compare", "--features", file, "--forget-random", "1", "--sets", "1"]
    out = tmp_path / "out.md"
    assert main([*compared, "--methods", "esc", "--markdown", str(out)]) == 0
    assert f"--features {file}" in out.read_text()
    assert "--backbone" not in out.read_text()
