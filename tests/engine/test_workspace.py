"""Deletions as data: states are immutable, undo is exact, and real faces behave as measured."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.audit import audit
from engine.erasure.base import Eraser
from engine.errors import Cancelled, LetheError
from engine.features import extract
from engine.opening import open_workspace
from engine.progress import Progress
from engine.sources import open_gallery, open_strangers
from engine.store import Store
from engine.workspace import State, Step, Workspace, start


class Pixels:
    """A backbone without weights: the picture's 8 x 8 average, all that a toy needs."""

    name = "pixels"
    dimension = 192
    size = 112
    convention = "arcface"
    fingerprint = "pixels-1"

    def __init__(self) -> None:
        self.calls = 0

    def embed(self, faces: np.ndarray) -> torch.Tensor:
        self.calls += 1
        blocks = torch.as_tensor(faces).float().reshape(-1, 8, 14, 8, 14, 3)
        return blocks.mean((2, 4)).reshape(len(faces), -1) - 128


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six people of coloured noise, eight pictures each."""
    root = tmp_path_factory.mktemp("people")
    rng = np.random.default_rng(0)
    for person in range(6):
        own = rng.integers(0, 255, (8, 8, 3))
        (root / f"Person_{person}").mkdir()
        for photo in range(8):
            noisy = np.clip(own + rng.normal(0, 40, own.shape), 0, 255).astype(np.uint8)
            picture = Image.fromarray(noisy).resize((112, 112), Image.Resampling.NEAREST)
            picture.save(root / f"Person_{person}" / f"{photo}.png")
    return root


@pytest.fixture
def space(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace on the toy people."""
    monkeypatch.setattr("engine.opening.load_backbone", lambda *_, **__: Pixels())
    return open_workspace(folder, "pixels", aligned=True)


def test_a_deletion_leaves_the_earlier_state_as_it_was(space: Workspace) -> None:
    """Would catch features edited in place, which another visitor would see."""
    first = start(space)
    original = space.features.values.clone()
    after = first.forget((0, 1), "esc")
    assert torch.equal(space.features.values, original)
    assert first.steps == ()
    assert after.forgotten == (0, 1)
    assert not torch.equal(after.values, original)


def test_undo_of_the_last_step_gives_the_same_bits(space: Workspace) -> None:
    """Would catch an undo that inverts numerically instead of computing from the originals."""
    one = start(space).forget((0,), "esc")
    two = one.forget((2,), "head-only").forget((3,), "esc-t")
    back = two.undo().undo()
    assert torch.equal(back.values, one.values)
    assert back.head.blocked == one.head.blocked
    assert torch.equal(one.undo().values, space.features.values)


@dataclass(frozen=True, eq=False)
class Trained(Eraser):
    """A deletion that answers with another backbone, as training does."""

    kind = "trained"
    network: Pixels | None = None

    @property
    def backbone(self) -> Pixels | None:
        return self.network


def test_undo_of_the_last_step_computes_nothing(space: Workspace) -> None:
    """Would catch every photo embedded again by Undo or by a look at the last step."""
    model = Pixels()
    trained = start(space).after(
        Step((0,), "fine-tune", {}, Trained(method="x", rank=0, network=model), 0.1)
    )
    assert model.calls > 0
    calls = model.calls
    later = trained.forget((1,), "esc")
    assert later.undo() is trained
    assert later.undo(-1).undo().steps == ()
    assert model.calls == calls


def test_a_later_deletion_learns_from_what_the_earlier_one_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch strangers for fitting who are shown to the second eraser as they were."""
    from engine import erasure

    monkeypatch.setattr("engine.opening.load_backbone", lambda *_, **__: Pixels())
    space = open_workspace(folder, "pixels", strangers=folder, aligned=True)
    tasks, real = [], erasure.fit

    def spy(name, task, options, watch):
        tasks.append(task)
        return real(name, task, options, watch)

    monkeypatch.setattr("engine.erasure.fit", spy)
    state = start(space).forget((0, 1), "esc")
    state.forget((2,), "esc")
    first, second = tasks
    assert not torch.allclose(first.reference, second.reference)
    assert torch.equal(second.reference, state.steps[0].eraser(first.reference))


def test_undo_of_a_middle_step_is_as_if_it_had_never_been(space: Workspace) -> None:
    """Would catch later steps that were fitted on features that are no longer there."""
    all_three = start(space).forget((0,)).forget((1,)).forget((2,))
    without = start(space).forget((0,)).forget((2,))
    undone = all_three.undo(1)
    assert undone.forgotten == (0, 2)
    assert torch.equal(undone.values, without.values)


def test_selections_that_make_no_sense_are_refused(space: Workspace) -> None:
    """Would catch a deletion of nobody, of everybody in two steps, or of somebody twice."""
    state = start(space)
    with pytest.raises(LetheError, match="Nobody"):
        state.forget(())
    with pytest.raises(LetheError, match="Everybody"):
        state.forget(tuple(range(6)))
    some = state.forget((0, 1, 2))
    with pytest.raises(LetheError, match="Everybody"):
        some.forget((3, 4, 5))
    with pytest.raises(LetheError, match="Person 1 is forgotten already"):
        some.forget((1,))
    with pytest.raises(LetheError, match="nothing to undo"):
        state.undo()


def test_reserved_strangers_never_judge(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch an eraser that is judged by people whom it learned from."""
    monkeypatch.setattr("engine.opening.load_backbone", lambda *_, **__: Pixels())
    reserved = frozenset({"Person_1", "Person_4"})
    monkeypatch.setattr(
        "engine.opening.open_strangers",
        lambda *_, **given: replace(open_strangers(folder, aligned=True), reserved=reserved),
    )
    others = open_workspace(folder, "pixels", strangers=folder, aligned=True).strangers
    assert others is not None
    names = np.array(others.gallery.identities)[others.features.labels]
    fitting, judging = set(names[others.reference]), set(names[others.judging])
    assert not fitting & judging
    assert reserved <= fitting
    assert (len(fitting), len(judging)) == (4, 2)
    assert bool((others.reference ^ others.judging).all())


def test_test_photos_are_never_shown_to_a_method(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch leakage: erasing with the photos that then measure the erasing."""
    seen = {}
    from engine import erasure

    real = erasure.fit

    def spy(name, task, options, watch):
        seen["task"] = task
        return real(name, task, options, watch)

    monkeypatch.setattr("engine.erasure.fit", spy)
    start(space).forget((0,))
    assert len(seen["task"].values) == int(space.features.train.sum())
    assert len(seen["task"].faces()) == len(seen["task"].values)


def test_the_cache_answers_the_second_time_and_a_cancel_leaves_none(
    folder: Path, tmp_path: Path
) -> None:
    """Would catch embeddings computed twice, or half of them kept after a cancel."""
    gallery, store, backbone = open_gallery(folder, aligned=True), Store(tmp_path), Pixels()

    def stop(progress: Progress) -> None:
        if progress.stage == "embedding" and progress.done:
            raise Cancelled

    with pytest.raises(Cancelled):
        extract(gallery, backbone, batch=8, watch=stop, store=store)
    assert not list(tmp_path.glob("*"))
    first = extract(gallery, backbone, store=store)
    calls = backbone.calls
    second = extract(gallery, backbone, store=store)
    assert backbone.calls == calls
    assert torch.equal(first.values, second.values)
    assert torch.allclose(first.values.norm(dim=1), torch.ones(len(first)))
    other = Pixels()
    other.fingerprint = "pixels-2"
    extract(gallery, other, store=store)
    assert other.calls > 0


def test_what_is_said_of_photos_survives_the_cache(folder: Path, tmp_path: Path) -> None:
    """Would catch a damaged photo that is named once and silently missing from then on."""
    import shutil

    copy = tmp_path / "people"
    shutil.copytree(folder, copy)
    (copy / "Person_0" / "0.png").write_bytes(b"no picture")
    store = Store(tmp_path / "cache")
    first, second = (
        extract(open_gallery(copy, aligned=True), Pixels(), store=store) for _ in range(2)
    )
    assert [one.key for one in first.skipped] == ["Person_0/0.png"]
    assert second.skipped == first.skipped
    assert len(first) == 47


def test_changed_photos_are_embedded_again(folder: Path, tmp_path: Path) -> None:
    """Would catch a cache keyed by names: yesterday's faces under today's photos."""
    import shutil

    copy = tmp_path / "people"
    shutil.copytree(folder, copy)
    store, backbone = Store(tmp_path / "cache"), Pixels()
    extract(open_gallery(copy, aligned=True), backbone, store=store)
    Image.new("RGB", (112, 112), "red").save(copy / "Person_0" / "0.png")
    calls = backbone.calls
    extract(open_gallery(copy, aligned=True), backbone, store=store)
    assert backbone.calls > calls


@pytest.fixture(scope="module")
def real(shared_faces: Path, edgeface: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """79 real people under a real backbone."""
    return open_workspace(
        shared_faces / "lfw_dev",
        edgeface,
        store=Store(tmp_path_factory.mktemp("cache")),
    )


def people(space: Workspace, count: int, seed: int = 0) -> tuple[int, ...]:
    """Random people of the gallery."""
    drawn = np.random.default_rng(seed).choice(len(space.gallery.identities), count, replace=False)
    return tuple(int(label) for label in drawn)


def both(state: State) -> tuple[dict, dict]:
    """The audit before and after."""
    return audit(state.before()), audit(state.view())


@pytest.mark.parametrize("seed", [0, 1])
def test_esc_on_five_real_people(real: Workspace, seed: int) -> None:
    """Would catch the engine missing the figures known for real faces, in either direction."""
    before, after = both(start(real).forget(people(real, 5, seed), "esc"))
    assert before["kr"]["forget_test"] > 0.95
    assert after["kr"]["forget_test"] <= 0.45
    assert after["retrieval"]["forget_map"] <= 0.20
    assert after["kr"]["retain_test"] >= before["kr"]["retain_test"] - 0.01
    kept = "retain_recall_at_1"
    assert after["retrieval"][kept] >= before["retrieval"][kept] - 0.01


def test_esc_on_one_real_person_spares_everybody_else(real: Workspace) -> None:
    """Would catch the reduced-SVD trap, where everybody else falls to about one half."""
    before, after = both(start(real).forget(people(real, 1), "esc"))
    assert after["kr"]["retain_test"] >= before["kr"]["retain_test"] - 0.01
    kept = "retain_recall_at_1"
    assert after["retrieval"][kept] >= before["retrieval"][kept] - 0.01


@pytest.mark.parametrize("count", [1, 5, 10])
def test_esc_t_on_real_people(real: Workspace, count: int) -> None:
    """Would catch a default learning rate that fits one number of people only."""
    state = start(real).forget(people(real, count), "esc-t")
    before, after = both(state)
    assert after["head"]["forget_test"] <= 0.05
    assert after["head"]["retain_test"] >= before["head"]["retain_test"] - 0.01
    assert state.steps[0].eraser.parameters["entries_cut"] > 0
    assert state.steps[0].eraser.warnings == ()


def test_the_lesson_on_real_people(real: Workspace) -> None:
    """Would catch the page's lesson being untrue: hidden at the output, known in the features."""
    _, after = both(start(real).forget(people(real, 5), "head-only"))
    assert after["head"]["forget_test"] == 0
    assert after["kr"]["forget_test"] > 0.95


def test_near_copies_end_on_one_side(
    space: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a test photo that is asked about although nearly the same photo enrols."""
    own = space.features.labels == 0
    enrols = int((own & space.features.train).nonzero()[0])
    tests = int((own & ~space.features.train).nonzero()[0])
    monkeypatch.setattr("engine.opening.near_copies", lambda *_: [(enrols, tests)])
    again = open_workspace(folder, "pixels", aligned=True)
    train = again.features.train
    assert bool(train[enrols]) == bool(train[tests])
    assert (again.gallery.train[again.features.rows] == train.numpy()).all()
