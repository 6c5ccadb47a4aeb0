"""The mini backbone: its files, its training, and how well the shipped weights know people."""

from functools import cache

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from engine.backbones import load_backbone, mini
from engine.backbones.base import TrainableBackbone
from engine.errors import Cancelled, LetheError
from tools.people.person import sample_person
from tools.people.photo import sample_shot
from tools.people.render import render
from tools.training import training
from tools.training.augment import augment
from tools.training.scores import faces_of, linear_probe, pair_auc, recall_at_1, score
from tools.training.training_set import (
    DISGUISED,
    DISGUISES,
    FIRST_PERSON,
    TrainingSet,
    covered,
    enrolment_photos,
    rendered_people,
    training_set,
)

TINY = mini.Shape(widths=(8, 16, 16), blocks=(0, 1, 0), dimension=32)
RECIPE = training.Recipe(people=0, shots=8, epochs=4, batch=16, learning_rate=3e-3, shape=TINY)


def toy_photos(people: int = 6, shots: int = 8, side: int = mini.LOOKS_AT) -> TrainingSet:
    """Noisy copies of one random coarse pattern per person."""
    drawn = np.random.default_rng(0)
    coarse = drawn.integers(40, 216, (people, 1, 7, 7, 3))
    patterns = coarse.repeat(side // 7, 2).repeat(side // 7, 3).repeat(shots, 1)
    faces = np.clip(patterns + drawn.normal(0, 25, patterns.shape), 0, 255).astype(np.uint8)
    return TrainingSet(
        faces=torch.from_numpy(faces.reshape(-1, side, side, 3)),
        labels=torch.arange(people).repeat_interleave(shots),
        gallery_people=tuple(f"P{i}" for i in range(people)),
        classes=people,
    )


def toy_backbone() -> mini.MiniBackbone:
    torch.manual_seed(0)
    return mini.MiniBackbone(mini.MiniNet(TINY), None, ())


@cache
def shipped(name: str) -> mini.MiniBackbone:
    if not (mini.ASSETS / f"{name}.safetensors").is_file():
        pytest.skip(f"assets/{name}.safetensors is not there")
    return load_backbone(name)


@cache
def embedded():
    from engine.sources import open_gallery, open_strangers

    return open_gallery("synthetic"), open_strangers("synthetic")


def test_size_stays_within_the_promise():
    """Catches an architecture that outgrows 2 million parameters."""
    assert sum(p.numel() for p in mini.MiniNet().parameters()) <= 2_000_000


def test_shape_is_read_from_the_weights():
    """Catches a loader that builds another network than the one that was saved."""
    for shape in (TINY, mini.Shape(), mini.Shape((8, 16), (2, 0), 24)):
        assert mini.Shape.of(mini.MiniNet(shape).state_dict()) == shape


def test_embedding_does_not_depend_on_the_company():
    """Catches batch statistics in use at inference, and a mishandled last chunk."""
    faces = np.random.default_rng(1).integers(0, 256, (5, 112, 112, 3), dtype=np.uint8)
    backbone = toy_backbone()
    together = backbone.embed(faces)
    alone = torch.cat([backbone.embed(face[None]) for face in faces])
    assert together.dtype == torch.float32
    assert torch.allclose(together, alone, atol=1e-5)
    assert backbone.embed(faces[:0]).shape == (0, backbone.dimension)


def test_depths_end_with_the_embedding():
    """Catches a depth probe that reads another forward pass than the embedding's."""
    faces = np.random.default_rng(1).integers(0, 256, (3, 112, 112, 3), dtype=np.uint8)
    backbone = toy_backbone()
    depths = backbone.embed_depths(faces)
    assert torch.equal(depths["embedding"], backbone.embed(faces))
    assert [len(one) for one in depths.values()] == [3] * len(depths)


def test_trainable_and_immutable():
    """Catches a backbone that methods cannot train a copy of, or that training would change."""
    backbone = toy_backbone()
    assert isinstance(backbone, TrainableBackbone)
    assert not any(p.requires_grad for p in backbone.module.parameters())


@pytest.mark.parametrize("faces", [np.zeros((1, 64, 64, 3), np.uint8), np.zeros((1, 112, 112, 3))])
def test_wrong_faces_are_refused(faces):
    """Catches floats or another size running through and giving nonsense."""
    with pytest.raises(LetheError):
        toy_backbone().embed(faces)


def test_saved_weights_come_back(tmp_path):
    """Catches a file that loses buffers, the head, its scale or its names."""
    backbone = toy_backbone()
    weights = torch.randn(2, 32)
    path = tmp_path / "mini.safetensors"
    mini.save(path, backbone.module, weights, 16.0, ("Ada", "Bo"), {"seed": 0})
    again = mini.load(weights=path)
    faces = np.random.default_rng(1).integers(0, 256, (3, 112, 112, 3), dtype=np.uint8)
    assert torch.equal(again.embed(faces), backbone.embed(faces))
    assert again.fingerprint == backbone.fingerprint
    assert again.head_identities == ("Ada", "Bo")
    assert torch.allclose(again.head.weight.norm(dim=1), torch.tensor(16.0))


@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "gone"])
def test_damaged_weights_say_how_to_restore_them(tmp_path, monkeypatch, harm):
    """Catches silently wrong weights and a stack trace instead of a sentence."""
    path = tmp_path / "mini.safetensors"
    mini.save(path, mini.MiniNet(TINY), torch.randn(2, 32), 16.0, ("Ada", "Bo"), {})
    data = bytearray(path.read_bytes())
    data[-40] ^= 0x10
    harmed = {"flip": bytes(data), "cut": bytes(data[:-500]), "empty": b""}
    path.unlink() if harm == "gone" else path.write_bytes(harmed[harm])
    what = {"flip": "hash differs", "gone": "are missing"}.get(harm, "are damaged; ")
    with pytest.raises(LetheError, match=f"{what}.*people train"):
        mini.load(weights=path)
    monkeypatch.setattr(mini, "ASSETS", tmp_path)
    with pytest.raises(LetheError, match=r"git checkout -- assets/mini\.safetensors"):
        mini.load()


def test_precision_is_the_one_asked_for(tmp_path):
    """Catches bf16 that computes in float32, one cache for both, or any word taken for fp32."""
    path = tmp_path / "mini.safetensors"
    mini.save(path, mini.MiniNet(TINY), torch.randn(2, 32), 16.0, ("Ada", "Bo"), {})
    exact, full, half = (
        mini.load(weights=path, device="cpu", precision=one) for one in ("auto", "fp32", "bf16")
    )
    assert [one.half for one in (exact, full, half)] == [False, False, True]
    assert exact.fingerprint == full.fingerprint != half.fingerprint
    faces = np.random.default_rng(2).integers(0, 256, (2, 112, 112, 3), dtype=np.uint8)
    assert not torch.equal(half.embed(faces), full.embed(faces))
    torch.testing.assert_close(half.embed(faces), full.embed(faces), atol=0.05, rtol=0.05)
    with pytest.raises(LetheError, match="Unknown precision 'fp16'"):
        mini.load(weights=path, precision="fp16")


def test_augmentation_is_seeded_and_changes_photos():
    """Catches randomness from elsewhere, an augmentation that does nothing, and broken ranges."""
    faces = toy_photos().faces
    first = augment(faces, torch.Generator().manual_seed(3))
    again = augment(faces, torch.Generator().manual_seed(3))
    other = augment(faces, torch.Generator().manual_seed(4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.abs().max() <= 1
    assert first.is_contiguous(memory_format=torch.channels_last)


def test_covers_hide_eyes_top_and_bottom_of_some_faces(monkeypatch):
    """Catches a cover that never falls on a face, or always on the same place."""
    monkeypatch.setattr("tools.training.augment.ERASED", 0.0)
    faces = torch.full((600, 56, 56, 3), 128, dtype=torch.uint8)
    x = augment(faces, torch.Generator().manual_seed(0))
    covered_at = (x - x[:, :, 20:21, :1]).abs().amax(1) > 1e-3
    shares = [float(covered_at[:, row, 28].float().mean()) for row in (2, 29, 54)]
    assert all(0.03 < share < 0.11 for share in shares)
    assert 0.7 < float((~covered_at.any((1, 2))).float().mean()) < 0.9


def test_training_people_also_have_covered_photos():
    """Catches plain photos among the covered ones, one that is left out, and one shown twice."""
    for seed in range(FIRST_PERSON, FIRST_PERSON + 5):
        person = sample_person(seed)
        picked = covered(3, after=8)(person)
        hidden = [s for s in range(8, picked[-1] + 1) if sample_shot(s, person).occlusion != "none"]
        assert picked == hidden
        assert len(picked) == 3
        disguised = covered(2, DISGUISED, DISGUISES)(person)
        assert len(set(disguised)) == 2
        for seed_of_shot in disguised:
            assert seed_of_shot >= DISGUISED
            assert sample_shot(seed_of_shot, person).occlusion in {"cap", "beanie", "sunglasses"}


def test_training_set_holds_every_kind_of_photo(tmp_path):
    """Catches a kind of photo that is rendered and not trained on, or given to somebody else."""
    gallery, _ = embedded()
    photos = training_set(gallery, 2, 1, 1, 2, tmp_path)
    enrolled = int(gallery.train.sum())
    assert len(photos.faces) == len(photos.labels) == enrolled + 8
    assert photos.labels[enrolled:].tolist() == [64, 65, 64, 65, 64, 64, 65, 65]
    owners = [FIRST_PERSON, FIRST_PERSON, FIRST_PERSON + 1, FIRST_PERSON + 1]
    picked = [
        seed
        for owner in owners[::2]
        for seed in covered(2, DISGUISED, DISGUISES)(sample_person(owner))
    ]
    assert np.array_equal(photos.faces[-4:].numpy(), render(owners, picked, mini.LOOKS_AT))


def test_rendered_people_are_kept_and_a_cut_file_is_made_again(tmp_path):
    """Catches photos of the wrong seeds, and a truncated file that is trained on."""
    first = rendered_people(2, 1, tmp_path, name="covered", pick=covered(1, after=8))
    seeds = [covered(1, after=8)(sample_person(FIRST_PERSON + i))[0] for i in range(2)]
    plain = render([FIRST_PERSON, FIRST_PERSON + 1], seeds, mini.LOOKS_AT)
    assert np.array_equal(first[:, 0], plain)
    (file,) = tmp_path.rglob("covered-*.npy")
    file.write_bytes(file.read_bytes()[:200])
    again = rendered_people(2, 1, tmp_path, name="covered", pick=covered(1, after=8))
    assert np.array_equal(first, again)


def test_training_learns():
    """Catches a loss that does not fall and weights that do not move."""
    curve = training.train(toy_photos(), RECIPE).curve
    assert curve[-1]["accuracy"] > curve[0]["accuracy"]
    assert curve[-1]["accuracy"] > 0.5


def test_resumed_training_equals_an_uninterrupted_one(tmp_path):
    """Catches state that a checkpoint forgets: momentum, the loss's weights, random order."""
    whole = training.train(toy_photos(), RECIPE)
    checkpoint = tmp_path / "run.checkpoint"

    def interrupt(progress):
        if progress.values["epoch"] == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        training.train(toy_photos(), RECIPE, checkpoint=checkpoint, watch=interrupt)
    resumed = training.train(toy_photos(), RECIPE, checkpoint=checkpoint, resume=True)
    for name, value in whole.module.state_dict().items():
        assert torch.equal(value, resumed.module.state_dict()[name]), name
    assert torch.equal(whole.class_weights, resumed.class_weights)


def test_checkpoint_of_another_recipe_is_not_continued(tmp_path):
    """Catches a changed recipe that goes on from weights of the old one."""
    checkpoint = tmp_path / "run.checkpoint"
    training.train(toy_photos(), RECIPE, checkpoint=checkpoint)
    longer = training.Recipe(**{**vars(RECIPE), "epochs": 1, "seed": 7})
    again = training.train(toy_photos(), longer, checkpoint=checkpoint, resume=True)
    assert len(again.curve) == 1


def test_measures_agree_with_plain_ones():
    """Catches a recall, a probe or an AUC that would flatter any features."""
    labels = np.repeat(np.arange(4), 6)
    train = np.tile([True, True, True, True, False, False], 4)
    axes = torch.eye(8)[torch.from_numpy(labels)] + 0.01 * torch.randn(24, 8)
    assert recall_at_1(axes, labels, train) == 1.0
    assert linear_probe(axes, labels, train).all()
    assert pair_auc(axes, labels) == 1.0
    shuffled = np.random.default_rng(0).permutation(labels)
    assert recall_at_1(axes, shuffled, train) < 1.0
    assert abs(pair_auc(torch.randn(24, 8), labels) - 0.5) < 0.25


@pytest.mark.parametrize(("name", "probe"), [("mini", 0.98), ("mini-without-five", 0.97)])
def test_shipped_weights_know_the_embedded_people(name, probe):
    """Catches weights that were not trained on the shipped photos, or not enough."""
    backbone = shipped(name)
    gallery, strangers = embedded()
    figures = score(backbone, gallery, strangers)
    assert figures["stranger_auc"] >= 0.97
    assert figures["recall_at_1"] >= 0.97
    assert figures["linear_probe"] >= probe
    assert figures["head_accuracy"] >= 0.97
    assert figures["pixel_recall_at_1"] < figures["recall_at_1"] - 0.2


def test_esc_on_five_people_shows_the_pattern_of_real_faces():
    """Catches weights under which erasing changes nothing, or harms everybody else.

    The erasing and the probe's split are written out here, so the engine's own cannot hide it.
    """
    from engine.sources.presets import PRESET_GROUP

    gallery, _ = embedded()
    backbone, labels, train = shipped("mini"), gallery.labels, gallery.train
    gone = np.isin(labels, gallery.find(PRESET_GROUP.people))
    values = normalize(backbone.embed(faces_of(gallery)), dim=1)
    directions, spectrum, _ = np.linalg.svd(values[train & gone].numpy().T, full_matrices=False)
    assert spectrum[4] > 2 * spectrum[5]
    top = torch.from_numpy(directions[:, :5])
    erased = values - values @ top @ top.T
    before, after = (linear_probe(one, labels, train) for one in (values, erased))
    forgotten = gone[~train]
    assert before[forgotten].mean() > 0.9
    assert after[forgotten].mean() < 0.5
    assert abs(after[~forgotten].mean() - before[~forgotten].mean()) <= 0.01


def test_reference_never_saw_the_preset_group():
    """Catches a reference whose head, and so whose training, still holds the five."""
    from engine.sources.presets import PRESET_GROUP

    gallery, _ = embedded()
    _, _, names = enrolment_photos(gallery, PRESET_GROUP.people)
    assert shipped("mini").head_identities == gallery.identities
    assert shipped("mini-without-five").head_identities == names
    assert len(names) == len(gallery.identities) - 5


def test_training_photos_leave_test_photos_alone():
    """Catches test photos that slip into training."""
    gallery, _ = embedded()
    faces, labels, _ = enrolment_photos(gallery)
    assert len(faces) == gallery.train.sum()
    assert (np.bincount(labels) == np.bincount(gallery.labels[gallery.train])).all()
