"""Fine-tune, negative gradient, random label, SalUn: on a tiny trained network."""

import copy
import math
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize

from engine.backbones import mini
from engine.backbones.network import to_input
from engine.erasure import fine_tune, negative_gradient, random_label, salun
from engine.erasure.base import Task
from engine.erasure.trained import BATCH, MOMENTUM, TEMPERATURE, TrainedEraser, Unlearning
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


class Plain:
    """A backbone of one layer, on faces of 4 x 4 pixels."""

    name, device = "plain", torch.device("cpu")

    def __init__(self, module=None, name="plain"):
        self.name = name
        self.module = module or nn.Sequential(nn.Flatten(), nn.Linear(48, 6))

    def retrained(self, module, name):
        return Plain(module, name)


def plain_work(steps=4, lr=0.5, watch=ignore):
    """Unlearning of person 1 of 3 on that backbone."""
    torch.manual_seed(0)
    labels = torch.arange(3).repeat_interleave(4)
    faces = np.random.default_rng(0).integers(0, 256, (12, 4, 4, 3), dtype=np.uint8)
    small = Task(
        values=torch.zeros(12, 6),
        labels=labels,
        forget=(1,),
        classes=3,
        head=Head(torch.randn(3, 6), torch.tensor([0.3, 0.0, -0.2])),
        model=Plain(),
        faces=lambda: faces,
    )
    return Unlearning(small, "Some Way", {"steps": steps, "lr": lr}, watch), faces, labels


@pytest.mark.parametrize("masked", [False, True])
def test_training_is_the_descent_that_it_says(masked):
    """Catches momentum, clipping, a rate that falls or a mask that is not applied, or otherwise
    than described: by plain arithmetic it is the same network."""
    told = []
    work, faces, labels = plain_work(watch=told.append)
    photos = to_input(torch.from_numpy(faces))
    masks = [(torch.rand_like(one) < 0.5).float() for one in work.parameters] if masked else None
    module, weight = copy.deepcopy(work.module), work.weight.detach().clone().requires_grad_()
    own = [*module.parameters(), weight]
    velocity = [torch.zeros_like(one) for one in own]
    losses, lengths = [], []
    eraser = work.run(lambda: 40 * cross_entropy(work.logits(photos), labels), masks)
    for done in range(4):
        unit = normalize(module(photos), dim=1)
        logits = (unit @ weight.T + work.task.head.bias) / TEMPERATURE
        loss = 40 * cross_entropy(logits, labels)
        losses.append(float(loss.detach()))
        slopes = torch.autograd.grad(loss, own)
        slopes = [one * mask for one, mask in zip(slopes, masks or [1.0] * 3, strict=True)]
        length = math.sqrt(sum(float(one.square().sum()) for one in slopes))
        lengths.append(length)
        with torch.no_grad():
            for at, slope in enumerate(slopes):
                velocity[at] = MOMENTUM * velocity[at] + slope * min(1, 5 / length)
                own[at] -= 0.5 * (1 - done / 4) * velocity[at]
    assert min(lengths) < 5 < max(lengths)  # with and without clipping
    for found, expected in zip(eraser.network.values(), module.state_dict().values(), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(eraser.classifier.weight, weight.detach(), atol=1e-4, rtol=1e-4)
    assert torch.equal(eraser.classifier.bias, work.task.head.bias)
    assert [(one.stage, one.done, one.total) for one in told] == [
        ("Some Way", done, 4) for done in (1, 2, 3, 4)
    ]
    assert [one.values["loss"] for one in told] == pytest.approx(losses, rel=1e-4)
    assert (eraser.method, eraser.rank, eraser.backbone.name) == ("some-way", 0, "plain+some-way")
    assert eraser.parameters == {"steps": 4, "trained_parameters": 48 * 6 + 6 + 3 * 6}


def test_weights_that_ran_away_are_refused():
    """Catches a network of NaN handed out as a deletion, which forgets everybody."""
    work, *_ = plain_work()
    with pytest.raises(LetheError, match="choose a smaller lr"):
        work.run(lambda: sum(one.sum() for one in work.parameters) * torch.inf)


def test_half_of_the_photos_are_mirrored_and_none_is_changed_otherwise():
    """Catches photos upside down or with colours swapped, and all or none of them mirrored."""
    work, faces, labels = plain_work()
    photos, names = work.retain(400)
    plain = to_input(torch.from_numpy(faces))
    left = torch.stack([(plain == photo).flatten(1).all(1) for photo in photos])
    right = torch.stack([(plain.flip(3) == photo).flatten(1).all(1) for photo in photos])
    assert ((left | right).sum(1) == 1).all()
    assert torch.equal(labels[(left | right).float().argmax(1)], names)
    assert 0.4 < left.any(1).float().mean() < 0.6
    assert [len(one[1]) for one in (work.forget(), work.retain())] == [BATCH // 2] * 2


class Scripted:
    """Stands for `Unlearning`: batches and logits as told; `run` gives the first loss."""

    def __init__(self, *_):
        self.asked = []
        self.classifier = torch.randn(3, 4, generator=torch.Generator().manual_seed(2))

    def _batch(self, first, count):
        self.asked.append(count)
        labels = (torch.arange(count) + first) % 4
        return torch.eye(3)[labels % 3] * 9, labels

    def forget(self, count=BATCH // 2):
        return self._batch(0, count)

    def retain(self, count=BATCH // 2):
        return self._batch(1, count)

    def logits(self, photos):
        return photos @ self.classifier

    def random_labels(self, count):
        return torch.full((count,), 3)

    def run(self, step):
        return step()


def test_each_methods_loss_is_the_papers(monkeypatch):
    """Catches a climb without its top, a weight on the wrong half, or true names that stay."""
    for module in (negative_gradient, random_label, fine_tune):
        monkeypatch.setattr(module, "Unlearning", Scripted)
    work, half = Scripted(), BATCH // 2
    (photos, labels), (others, names) = work.forget(half), work.retain(half)
    own = cross_entropy(work.logits(photos), labels, reduction="none")
    assert (own > math.log(4)).any()
    assert (own < math.log(4)).any()
    rest = cross_entropy(work.logits(others), names)
    some = SimpleNamespace(classes=4)
    climbed = negative_gradient.fit(some, {"weight": 0.3}, ignore)
    torch.testing.assert_close(climbed, rest - 0.3 * own.clamp(max=math.log(4)).mean())
    relabelled = cross_entropy(work.logits(photos), torch.full((half,), 3))
    torch.testing.assert_close(random_label.fit(some, {}, ignore), (relabelled + rest) / 2)
    photos, labels = work.retain(BATCH)
    tuned = cross_entropy(work.logits(photos), labels)
    torch.testing.assert_close(fine_tune.fit(some, {}, ignore), tuned)


@pytest.mark.parametrize(("share", "moving"), [(0.5, 5), (0.01, 1), (1.0, 10), (0.26, 3)])
def test_saliency_is_one_threshold_on_the_summed_gradient(monkeypatch, share, moving):
    """Catches a threshold for each layer, one off by a weight, or signs that cancel out."""
    told, turn = [], iter(range(99))
    work = SimpleNamespace(
        parameters=[torch.zeros(2, 2), torch.zeros(6)],
        gradients=lambda loss: [
            torch.tensor([[9.0, -8.0], [7.0, 1.0]]) + 100 * (-1) ** loss,
            torch.tensor([-6.0, 5.0, 4.0, -3.0, 2.0, 0.5]) + 100 * (-1) ** loss,
        ],
        watch=told.append,
    )
    monkeypatch.setattr(salun, "forget_loss", lambda _: next(turn))
    masks = salun.saliency_masks(work, share)
    sizes = torch.tensor([9, 8, 7, 1, 6, 5, 4, 3, 2, 0.5])
    expected = (sizes >= sizes.sort(descending=True).values[moving - 1]).float()
    assert torch.equal(torch.cat([mask.flatten() for mask in masks]), expected)
    assert [mask.shape for mask in masks] == [(2, 2), (6,)]
    assert [(one.done, one.total) for one in told] == [(done, 4) for done in (1, 2, 3, 4)]
