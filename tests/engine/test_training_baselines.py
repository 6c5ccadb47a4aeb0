"""Fine-tune, negative gradient, random label, SalUn: on a tiny trained network."""

from functools import cache

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from engine.backbones import mini
from engine.backbones.network import to_input
from engine.erasure import fine_tune, negative_gradient, random_label, salun
from engine.erasure.base import Task
from engine.erasure.trained import TrainedEraser, Unlearning
from engine.errors import Cancelled, LetheError
from engine.heads import Head
from engine.progress import ignore
from tools.training import training
from tools.training.training_set import TrainingSet

PEOPLE, SHOTS, FORGET = 8, 10, (1, 5)
METHODS = {
    method.name: method
    for method in (fine_tune.METHOD, negative_gradient.METHOD, random_label.METHOD, salun.METHOD)
}
FORGETTING = ("negative-gradient", "random-label", "salun")
QUICK = {"steps": 12}


@cache
def photos() -> tuple[np.ndarray, torch.Tensor]:
    """Noisy copies of one coarse random pattern per person, uint8 [n, 112, 112, 3]."""
    drawn = np.random.default_rng(0)
    coarse = drawn.integers(40, 216, (PEOPLE, 1, 7, 7, 3))
    patterns = coarse.repeat(16, 2).repeat(16, 3).repeat(SHOTS, 1)
    faces = np.clip(patterns + drawn.normal(0, 25, patterns.shape), 0, 255).astype(np.uint8)
    labels = torch.arange(PEOPLE).repeat_interleave(SHOTS)
    return faces.reshape(-1, mini.SIZE, mini.SIZE, 3), labels


@cache
def trained() -> mini.MiniBackbone:
    """A network that knows everybody in `photos`."""
    faces, labels = photos()
    small = torch.from_numpy(faces[:, ::2, ::2].copy())
    shape = mini.Shape(widths=(8, 16, 16), blocks=(0, 1, 0), dimension=32)
    recipe = training.Recipe(epochs=12, batch=16, learning_rate=3e-3, scale=16.0, shape=shape)
    names = tuple(f"P{i}" for i in range(PEOPLE))
    found = training.train(TrainingSet(small, labels, names, PEOPLE), recipe)
    head = Head(16.0 * normalize(found.class_weights, dim=1), torch.zeros(PEOPLE))
    return mini.MiniBackbone(found.module, head, names)


def task(seed: int = 0) -> Task:
    faces, labels = photos()
    return Task(
        values=normalize(trained().embed(faces), dim=1),
        labels=labels,
        forget=FORGET,
        classes=PEOPLE,
        head=trained().head,
        model=trained(),
        faces=lambda: faces,
        seed=seed,
    )


def fit(name: str, seed: int = 0, watch=ignore, **options) -> TrainedEraser:
    method = METHODS[name]
    return method.fit(task(seed), method.resolve(QUICK | options), watch)


def accuracy(eraser: TrainedEraser | None) -> tuple[float, float]:
    """The head's accuracy on the forgotten and on the rest, on the photos themselves."""
    faces, labels = photos()
    backbone = trained() if eraser is None else eraser.backbone
    head = trained().head if eraser is None else eraser.head(trained().head)
    right = head.predict(normalize(backbone.embed(faces), dim=1)) == labels
    gone = torch.isin(labels, torch.tensor(FORGET))
    return right[gone].float().mean().item(), right[~gone].float().mean().item()


def test_everybody_is_known_before():
    """Catches tests below that would pass on a network that never knew anybody."""
    assert min(accuracy(None)) >= 0.95


@pytest.mark.parametrize("name", FORGETTING)
def test_forgotten_are_no_longer_answered(name):
    """Catches ascent with the wrong sign, true labels in place of random ones, an empty mask."""
    forgotten, rest = accuracy(fit(name, steps=40))
    assert forgotten <= 0.2
    assert rest >= 0.9


def test_fine_tuning_keeps_the_rest():
    """Catches fine-tuning that harms those whom it trains on."""
    assert accuracy(fit("fine-tune"))[1] >= 0.95


@pytest.mark.parametrize("name", METHODS)
def test_same_seed_same_weights(name):
    """Catches randomness from outside the task's seed."""
    first, again, other = fit(name), fit(name), fit(name, seed=1)
    assert first.backbone.fingerprint == again.backbone.fingerprint
    assert first.backbone.fingerprint != other.backbone.fingerprint
    assert torch.equal(first.classifier.weight, again.classifier.weight)


@pytest.mark.parametrize("name", METHODS)
def test_original_stays_as_it_was(name):
    """Catches training on the shared backbone, or on its batch statistics."""
    before = {key: value.clone() for key, value in trained().module.state_dict().items()}
    weight = trained().head.weight.clone()
    eraser = fit(name)
    for key, value in trained().module.state_dict().items():
        assert torch.equal(value, before[key]), key
    assert torch.equal(trained().head.weight, weight)
    after = eraser.backbone.module.state_dict()
    assert all(torch.equal(after[key], before[key]) for key in before if "running" in key)
    assert eraser.backbone.fingerprint != trained().fingerprint


def test_salun_moves_only_its_share():
    """Catches a mask that is ignored, or that is a share of every layer and not of the whole."""
    eraser = fit("salun", share=0.3)
    old = dict(trained().module.named_parameters())
    new = dict(eraser.backbone.module.named_parameters())
    moved = sum(int((new[name] != old[name]).sum()) for name in old)
    moved += int((eraser.classifier.weight != trained().head.weight).sum())
    total = sum(p.numel() for p in old.values()) + trained().head.weight.numel()
    assert 0.15 < moved / total <= 0.301


@pytest.mark.parametrize("name", METHODS)
def test_cancelled_at_once(name):
    """Catches a method that does not ask its watcher at every step."""
    seen = []

    def stop(progress):
        seen.append(progress)
        if len(seen) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        fit(name, watch=stop)
    assert len(seen) == 3


def test_forgotten_photos_are_not_among_the_retained():
    """Catches people of this or an earlier deletion who are trained back in."""
    again = task()
    again = Task(**{**vars(again), "forgotten": (2,)})
    work = Unlearning(again, "Fine-tune", {"steps": 1, "lr": 0.1}, ignore)
    _, names = work.retain(PEOPLE * SHOTS)
    assert set(names.tolist()) == set(range(PEOPLE)) - {1, 2, 5}
    assert set(work.forget(30)[1].tolist()) == set(FORGET)
    assert not set(work.random_labels(500).tolist()) & {1, 2, 5}


def test_backbone_without_training_is_refused():
    """Catches a stack trace where the backbone cannot be trained."""
    without = Task(**{**vars(task()), "model": None})
    with pytest.raises(LetheError, match="mini backbone"):
        METHODS["salun"].fit(without, METHODS["salun"].resolve({}), ignore)


def test_features_alone_are_refused():
    """Catches features that pass a trained eraser unchanged and look unforgotten."""
    with pytest.raises(LetheError, match="photos"):
        fit("fine-tune")(torch.zeros(1, 32))


def test_tensors_make_the_eraser_again():
    """Catches a saved eraser that loses batch statistics or the head."""
    eraser = fit("random-label")
    again = TrainedEraser.from_tensors(
        eraser.tensors(), method=eraser.method, rank=0, parameters=eraser.parameters
    )
    faces, _ = photos()
    assert torch.equal(again.backbone.embed(faces), eraser.backbone.embed(faces))
    assert torch.equal(again.classifier.weight, eraser.classifier.weight)


def test_blocked_names_stay_blocked():
    """Catches a trained head that answers with somebody whom an earlier step hid."""
    assert fit("fine-tune").head(trained().head.block((3,))).blocked == {3}


def test_every_photo_comes_once_before_any_comes_again():
    """Catches a photo that is trained on more often than the others, or left out."""
    work = Unlearning(task(), "Fine-tune", {"steps": 1, "lr": 0.1}, ignore)
    for batch, own in ((work.forget, True), (work.retain, False)):
        inside = torch.isin(task().labels, torch.tensor(FORGET)) == own
        marks = to_input(torch.from_numpy(photos()[0])[inside]).flatten(1).double().sum(1)
        for _ in range(2):
            seen, _ = batch(int(inside.sum()))  # some of them mirrored, which no sum can tell
            sums = seen.flatten(1).double().sum(1)
            torch.testing.assert_close(sums.sort().values, marks.sort().values, rtol=0, atol=1e-3)
