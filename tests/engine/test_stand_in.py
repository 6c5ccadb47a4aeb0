"""Stand-in: to every attacker a forgotten person is like a stranger, and the attackers can see."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from engine.audit import detectability, kr, other_probes, retrieval
from engine.erasure import fit, population, stand_in
from engine.erasure.base import Task
from engine.erasure.files import load, save
from engine.erasure.population import People, alike, strangers
from engine.erasure.stand_in import StandInEraser, choose_gate, choose_sharpness
from engine.opening import open_workspace
from engine.view import View
from engine.workspace import start
from tests.engine.toy import centroid_head, cluster

FORGET = (0, 3, 7)


@dataclasses.dataclass(frozen=True, eq=False)
class World:
    """A task, and what its attackers have: all photos with their split, strangers that judge."""

    task: Task
    values: Tensor
    labels: Tensor
    train: Tensor
    judging: Tensor

    def view(self, eraser, forget: tuple[int, ...] = FORGET) -> View:
        return View(
            values=eraser(self.values),
            labels=self.labels,
            train=self.train,
            forget=forget,
            classes=self.task.classes,
            head=self.task.head,
            strangers=eraser(self.judging),
            stranger_labels=torch.arange(len(self.judging)),
        )


@pytest.fixture(scope="module")
def world() -> World:
    """30 people with 20 photos, 14 of them enrolled, and one photo of each of 500 strangers."""
    values, labels = cluster(people=30, photos=20, dimension=96, spread=0.8, seed=1)
    train = torch.arange(20).repeat(30) < 14
    others, _ = cluster(people=500, photos=1, dimension=96, spread=0.8, seed=2)
    task = Task(
        values=values[train],
        labels=labels[train],
        forget=FORGET,
        classes=30,
        head=centroid_head(values, labels),
        reference=others[:250],
        seed=5,
    )
    return World(task, values, labels, train, others[250:])


@pytest.fixture(scope="module")
def eraser(world: World) -> StandInEraser:
    """The stand-in fitted on the toy world with a reference set."""
    return fit("stand-in", world.task)[0]


def test_everybody_else_passes_bit_for_bit(world: World, eraser: StandInEraser) -> None:
    """Would catch collateral damage, an input edited in place, and a gate that lets a photo out."""
    before = world.values.clone()
    after = eraser(world.values)
    torch.testing.assert_close(world.values, before, rtol=0, atol=0)
    forgotten = torch.isin(world.labels, torch.tensor(FORGET))
    torch.testing.assert_close(after[~forgotten], before[~forgotten], rtol=0, atol=0)
    torch.testing.assert_close(eraser(world.judging), world.judging, rtol=0, atol=0)
    moved = (after[forgotten] * before[forgotten]).sum(1)
    assert float(moved.max()) < 0.6
    assert eraser(world.values[:0]).shape == (0, 96)


def test_a_photo_has_one_stand_in_whatever_comes_with_it(
    world: World, eraser: StandInEraser
) -> None:
    """Would catch a draw from a running generator: the answer may depend on the photo only."""
    rows = (world.labels == FORGET[1]).nonzero()[:, 0]
    together = eraser(world.values)[rows]
    alone = torch.cat([eraser(world.values[row][None]) for row in rows])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)
    again, _ = fit("stand-in", world.task)
    torch.testing.assert_close(again(world.values)[rows], together, rtol=0, atol=0)
    other, _ = fit("stand-in", world.task, {"key": 6})
    alike = (other(world.values)[rows] * together).sum(1)
    assert abs(float(alike.mean())) < 0.15


def test_stand_ins_correlate_by_the_stated_law(world: World) -> None:
    """Would catch a shared term that marks a person, or a map less steady than promised."""
    kappa = 5.0
    one, _ = fit("stand-in", world.task, {"sharpness": kappa})
    flat = dataclasses.replace(
        one, mean=torch.zeros(96), factor=torch.eye(one.factor.shape[1], 96).T.contiguous()
    )
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 400, 96, generator=generator)
    a = normalize(a - (a @ one.basis) @ one.basis.T, dim=1)
    b = b - (b @ one.basis) @ one.basis.T
    b = normalize(b - (b * a).sum(1, keepdim=True) * a, dim=1)
    person = one.prototypes[0]
    for rho in (1.0, 0.98, 0.7, 0.4, 0.0, -0.4):
        c = rho * a + math.sqrt(1 - rho**2) * b
        first, second = flat(0.8 * person + 0.6 * a), flat(0.8 * person + 0.6 * c)
        mean = float((first * second).sum(1).mean())
        assert mean == pytest.approx(math.sinh(kappa * rho) / math.sinh(kappa), abs=0.03)


def test_attackers_find_nobody_where_esc_leaves_them(world: World, eraser: StandInEraser) -> None:
    """Would catch a stand-in that leaks; the ESC half would catch attackers that see nothing."""
    esc, _ = fit("esc", world.task)
    left, gone = world.view(esc), world.view(eraser)
    assert retrieval.measure(world.view(lambda x: x))["forget_recall_at_1"] > 0.9
    assert detectability.measure(left)["norm_either"] > 0.95
    assert detectability.measure(left)["mlp"] > 0.95
    found = retrieval.measure(gone)
    assert found["forget_recall_at_1"] < 0.15
    assert found["forget_map"] < 0.08
    assert found["retain_recall_at_1"] >= retrieval.measure(left)["retain_recall_at_1"] - 0.01
    told = detectability.measure(gone)
    assert told["norm_either"] < 0.55
    assert told["mlp"] < 0.75
    for measure in (kr.measure, other_probes.measure_mlp):
        known = measure(gone)
        assert known["forget_test"] < known["stranger_floor"] + 0.2
    assert other_probes.measure_knn(gone)["forget_test"] < 0.15


class Marked:
    """A stand-in that secretly keeps who it was: a small step towards a direction per person."""

    def __init__(self, eraser: StandInEraser, marks: Tensor, step: float) -> None:
        self.eraser, self.marks, self.step = eraser, marks, step

    def __call__(self, x: Tensor) -> Tensor:
        out = self.eraser(x)
        rows = self.eraser.replaces(x)
        who = (x[rows] @ self.eraser.prototypes.T).argmax(1)
        out[rows] = normalize(out[rows] + self.step * self.marks[who], dim=1)
        return out


def test_a_stand_in_that_keeps_the_person_is_caught(world: World, eraser: StandInEraser) -> None:
    """Would catch probes too weak to see a mark of the size of the noise between strangers."""
    marks = normalize(torch.randn(3, 96, generator=torch.Generator().manual_seed(9)), dim=1)
    marked = world.view(Marked(eraser, marks, 0.6))
    for measure in (kr.measure, other_probes.measure_mlp):
        known = measure(marked)
        assert known["forget_test"] > known["stranger_floor"] + 0.35
    assert detectability.measure(marked)["mlp"] > 0.8


def test_a_later_step_leaves_earlier_stand_ins_alone(world: World, eraser: StandInEraser) -> None:
    """Would catch a second deletion that opens the first again or fits on the erased."""
    later = dataclasses.replace(
        world.task,
        values=eraser(world.task.values),
        reference=eraser(world.task.reference),
        forget=(5,),
        forgotten=FORGET,
    )
    second, _ = fit("stand-in", later)
    once = eraser(world.values)
    twice = second(once)
    stays = world.labels != 5
    torch.testing.assert_close(twice[stays], once[stays], rtol=0, atol=0)
    assert bool(second.replaces(once[~stays]).all())


def test_strangers_lengths_are_matched_after_another_method(world: World) -> None:
    """Would catch unit stand-ins among features that ESC has shortened: their length would tell."""
    esc, _ = fit("esc", dataclasses.replace(world.task, forget=(1,)), {"rank": 8})
    later = dataclasses.replace(
        world.task,
        values=esc(world.task.values),
        reference=esc(world.task.reference),
        forgotten=(1,),
    )
    second, _ = fit("stand-in", later)
    rows = torch.isin(world.labels, torch.tensor(FORGET))
    lengths = second(esc(world.values))[rows].norm(dim=1)
    usual = esc(world.judging).norm(dim=1)
    assert float(lengths.mean()) == pytest.approx(float(usual.mean()), abs=0.01)
    assert float(lengths.std()) == pytest.approx(float(usual.std()), rel=0.5)


def test_all_who_were_ever_forgotten_share_the_pull(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a pull for each step's people alone, or the whole of it for many."""
    shares: list[float] = []
    fit_groups = stand_in.fit_groups

    def listen(*given, share: float):
        shares.append(share)
        return fit_groups(*given, share)

    monkeypatch.setattr(stand_in, "fit_groups", listen)
    for people, earlier in ((FORGET[:1], ()), (FORGET, ()), (FORGET[:2], (9, 11))):
        fit("stand-in", dataclasses.replace(world.task, forget=people, forgotten=earlier))
    assert shares == [1, 1 / 3, 1 / 4]


def test_saved_and_loaded_bit_for_bit(world: World, eraser: StandInEraser, tmp_path: Path) -> None:
    """Would catch a tensor that is missing from the file, or an empty one that does not survive."""
    save(eraser, tmp_path / "eraser.safetensors")
    again = load(tmp_path / "eraser.safetensors")
    assert isinstance(again, StandInEraser)
    assert dict(again.parameters) == dict(eraser.parameters)
    torch.testing.assert_close(again(world.values), eraser(world.values), rtol=0, atol=0)


def test_without_a_reference_set_it_says_so(world: World, eraser: StandInEraser) -> None:
    """Would catch a silent fallback, and a fallback that is no deletion."""
    assert eraser.warnings == ()
    alone, _ = fit("stand-in", dataclasses.replace(world.task, reference=None))
    assert any("no reference set" in one for one in alone.warnings)
    assert retrieval.measure(world.view(alone))["forget_recall_at_1"] < 0.15
    few, _ = fit("stand-in", dataclasses.replace(world.task, reference=world.task.reference[:20]))
    assert any("only 20 photos" in one for one in few.warnings)


@pytest.mark.parametrize("photos", [1, 2, 3])
def test_few_photos_and_few_people(photos: int) -> None:
    """Would catch a division by no second photo, or a rule that needs more people."""
    values, labels = cluster(people=2, photos=photos, dimension=32, spread=0.5)
    task = Task(values, labels, (0,), 2, centroid_head(values, labels))
    eraser, _ = fit("stand-in", task)
    after = eraser(values)
    assert bool(torch.isfinite(after).all())
    assert bool(eraser.replaces(values[labels == 0]).all())
    torch.testing.assert_close(after[labels == 1], values[labels == 1], rtol=0, atol=0)


def test_a_kept_person_who_looks_alike_is_not_replaced() -> None:
    """Would catch a gate that erases a brother along with the forgotten."""
    values, labels = cluster(people=20, photos=12, dimension=64, spread=0.5, seed=3)
    twin = labels == 1
    values[twin] = normalize(values[twin] + 2.5 * values[labels == 0].mean(0), dim=1)
    task = Task(values, labels, (0,), 20, centroid_head(values, labels))
    eraser, _ = fit("stand-in", task)
    assert float(eraser.similarity(values[twin]).max()) > float(eraser.gate)
    assert not bool(eraser.replaces(values[twin]).any())
    assert bool(eraser.replaces(values[labels == 0]).all())


def test_a_mislabelled_photo_does_not_move_the_gate() -> None:
    """Would catch a gate set by extremes instead of by the bulk of the photos."""
    values, labels = cluster(people=20, photos=12, dimension=64, spread=0.7, seed=4)
    gates = []
    for wrong in (False, True):
        x = values.clone()
        if wrong:
            x[0], x[12] = values[12], values[0]
        kept, gone = People.of(x[labels != 0], labels[labels != 0]), People.of(x[:12], labels[:12])
        gates.append(choose_gate(normalize(gone.means, dim=1), kept, gone, None))
    assert gates[0] == pytest.approx(gates[1], abs=0.03)


def test_sharpness_is_the_least_that_parts_a_persons_photos() -> None:
    """Would catch a solver that stops short or overshoots: steadiness is paid for every unit."""
    nearest = torch.full((50,), 0.5, dtype=torch.float64)
    kappa = choose_sharpness(nearest, 0.08)
    assert math.sinh(0.5 * kappa) / math.sinh(kappa) == pytest.approx(0.08, rel=1e-4)
    assert choose_sharpness(torch.full((9,), 0.01, dtype=torch.float64), 0.08) == 1.0
    assert choose_sharpness(torch.ones(9, dtype=torch.float64), 0.08) == 32.0


def test_leftovers_agree_with_a_plain_loop() -> None:
    """Would catch a sign or an index swapped in the closed form."""
    values, labels = cluster(people=3, photos=5, dimension=16, seed=6)
    people = People.of(values, labels)
    expected, own = [], []
    x = values.double().numpy()
    for i in range(len(x)):
        rest = [j for j in range(len(x)) if labels[j] == labels[i] and j != i]
        mean = x[rest].mean(0) / np.linalg.norm(x[rest].mean(0))
        own.append(x[i] @ mean)
        left = x - np.outer(x @ mean, mean)
        left /= np.linalg.norm(left, axis=1, keepdims=True)
        expected.append(max(left[i] @ left[j] for j in rest))
    np.testing.assert_allclose(people.nearest_leftover().numpy(), expected, atol=1e-6)
    np.testing.assert_allclose(people.own_similarity().numpy(), own, atol=1e-6)


def test_strangers_are_estimated_better_than_by_the_plain_moments() -> None:
    """Would catch shrinkage in the wrong direction: it exists to come closer to the truth."""
    generator = torch.Generator().manual_seed(0)
    scale = torch.linspace(2, 0.2, 64)
    centres = torch.randn(60, 64, generator=generator) * scale
    photos = centres[:, None] + 0.7 * torch.randn(60, 15, 64, generator=generator) * scale
    kept = People.of(photos.reshape(-1, 64), torch.arange(60).repeat_interleave(15))
    draw = torch.randn(40_000, 64, generator=generator) * scale
    truth = normalize(draw.double(), dim=1)
    reference = truth[:150]
    made = strangers(reference, kept)
    exact = truth.T @ truth / len(truth)
    plain = torch.cov(reference.T)
    error = (made.factor @ made.factor.T - exact).norm()
    assert 0 < made.shrinkage < 1
    assert float(error) < 0.8 * float((plain - exact).norm())
    assert float(made.mean.norm()) < float(reference.mean(0).norm())
    pairs = truth[:2000] @ truth[2000:4000].T
    assert made.noise == pytest.approx(float(pairs.std()), rel=0.1)


@pytest.fixture(scope="module")
def real(shared_faces: Path, edgeface: Path, tmp_path_factory: pytest.TempPathFactory):
    """24 people and 300 strangers from LFW under a real backbone, by symlinks to save time."""
    root = tmp_path_factory.mktemp("lfw")
    for name, people, photos in (("lfw_dev", 24, 14), ("lfw_strangers", 300, 1)):
        for folder in sorted((shared_faces / name).iterdir())[:people]:
            (root / name / folder.name).mkdir(parents=True)
            for photo in sorted(folder.iterdir())[:photos]:
                (root / name / folder.name / photo.name).symlink_to(photo)
    return open_workspace(
        root / "lfw_dev", edgeface, strangers=root / "lfw_strangers", aligned=True, seed=0
    )


def test_real_faces_are_forgotten_and_the_rest_kept(real) -> None:
    """Would catch a method that works on Gaussian toys alone; ESC shows that the eyes see."""
    state = start(real).forget((2, 9, 14, 20), "stand-in", {})
    view, before = state.view(), state.before()
    found, was = retrieval.measure(view), retrieval.measure(before)
    assert was["forget_recall_at_1"] > 0.9
    assert found["forget_recall_at_1"] < 0.25
    esc = start(real).forget((2, 9, 14, 20), "esc", {}).view()
    assert retrieval.measure(esc)["forget_recall_at_1"] > 0.45
    assert found["retain_recall_at_1"] >= was["retain_recall_at_1"] - 0.02
    assert detectability.measure(view)["norm_either"] < 0.55
    known = kr.measure(view)
    assert kr.measure(before)["forget_test"] > 0.9
    assert known["forget_test"] < known["stranger_floor"] + 0.3


def test_unlike_strangers_are_not_taken(world: World) -> None:
    """Would catch rendered people taken under a backbone that sees them as one crowd apart."""
    crowd = normalize(world.judging + 0.9 * normalize(torch.ones(96), dim=0), dim=1)
    kept = People.of(world.task.retain_values, world.task.labels[~world.task.is_forget])
    assert alike(world.judging, kept)
    assert not alike(crowd, kept)
    alone = dataclasses.replace(world.task, reference=None)
    plain, _ = fit("stand-in", alone)
    offered, _ = fit("stand-in", dataclasses.replace(alone, rendered=lambda: crowd))
    torch.testing.assert_close(offered(world.values), plain(world.values), rtol=0, atol=0)
    taken, _ = fit("stand-in", dataclasses.replace(alone, rendered=lambda: world.task.reference))
    given, _ = fit("stand-in", world.task)
    torch.testing.assert_close(taken(world.values), given(world.values), rtol=0, atol=0)


def test_hard_photos_of_those_who_stay_are_foreseen(world: World, eraser: StandInEraser) -> None:
    """Would catch silence where photos of kept people are about to be lost to the forgotten."""
    assert eraser.parameters["hard"] < 0.02
    many = dataclasses.replace(world.task, forget=tuple(range(12)))
    values = world.task.values.clone()
    noise = normalize(torch.randn(values.shape, generator=torch.Generator().manual_seed(1)), dim=1)
    hard = (torch.arange(len(values)) % 3 == 0) & ~many.is_forget
    values[hard] = normalize(values[hard] + 3 * noise[hard], dim=1)
    warned, _ = fit("stand-in", dataclasses.replace(many, values=values))
    assert warned.parameters["hard"] > 0.02
    assert any("hard to tell apart" in one for one in warned.warnings)


def test_the_gate_is_as_far_from_own_photos_as_from_others(world: World) -> None:
    """Would catch a gate that weighs the two spreads the wrong way round, or leaves one out."""
    gone = world.task.is_forget
    kept = People.of(world.task.retain_values, world.task.labels[~gone])
    forgotten = People.of(world.task.forget_values, world.task.labels[gone])
    prototypes = normalize(forgotten.means, dim=1)
    strangers_ = normalize(world.judging.double(), dim=1)
    gate = choose_gate(prototypes, kept, forgotten, world.judging)
    others = np.concatenate([(x @ prototypes.T).amax(1).numpy() for x in (kept.values, strangers_)])
    own = np.concatenate([one.own_similarity().numpy() for one in (kept, forgotten)])
    away = []
    for values, sign in ((own, 1), (others, -1)):
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
        away.append(sign * (middle - gate) / (high - low))
    assert away[0] == pytest.approx(away[1])
    assert away[0] > 0


def test_fitting_says_how_far_it_is(world: World) -> None:
    """Would catch a stage that can neither be seen nor stopped."""
    told: list[tuple[int, int]] = []
    fit("stand-in", world.task, watch=lambda one: told.append((one.done, one.total)))
    assert [one for one in told if one[1] == 4] == [(1, 4), (2, 4), (3, 4), (4, 4)]


def plain_mean(total: np.ndarray, count: int) -> np.ndarray:
    """A mean of unit vectors shrunk towards 0 by James and Stein's factor."""
    mean = total / count
    return mean * min(max(1 - 1 / (count * (mean @ mean)), 0), 1)


def plain_mixture(
    sample: np.ndarray, covariance: np.ndarray, within: np.ndarray
) -> tuple[np.ndarray, float]:
    """A covariance shrunk towards the shape of another by Ledoit and Wolf, photo by photo."""
    target = within * np.trace(covariance) / np.trace(within)
    moment = sum(np.outer(row, row) for row in sample) / len(sample)
    error = np.mean([((np.outer(row, row) - moment) ** 2).sum() for row in sample]) / len(sample)
    share = min(max(error / ((moment - target) ** 2).sum(), 0), 1)
    return (1 - share) * covariance + share * target, share


@pytest.mark.parametrize(("photos", "others"), [(4, 30), (1, 30), (4, 0), (3, 1)])
def test_strangers_agree_with_plain_loops(
    photos: int, others: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a covariance over the wrong count, a mean that is not pooled, a shape of no
    scatter, or directions dropped that hold more than a thousandth of the spread."""
    values, labels = cluster(people=5, photos=photos, dimension=12, seed=3)
    kept = People.of(4 * values, labels)
    x = normalize(values.double(), dim=1).numpy()
    means = np.stack([x[labels.numpy() == who].mean(0) for who in range(5)])
    off = x - means[labels.numpy()]
    within = off.T @ off / (len(x) - 5) if photos > 1 else np.eye(12)
    directions = means / np.linalg.norm(means, axis=1, keepdims=True)
    centre = directions.mean(0)
    reference = None
    if others:
        generator = torch.Generator().manual_seed(1)
        reference = torch.randn(others, 12, generator=generator) * torch.logspace(0, -3, 12)
        y = normalize(reference.double(), dim=1).numpy()
        sample = y - y.mean(0)
        covariance = sample.T @ sample / max(others - 1, 1)
        mean = plain_mean(y.sum(0) + 5 * centre, others + 5)
    else:
        sample = directions - centre
        covariance = sum(np.outer(row - centre, row - centre) for row in x) / len(x)
        mean = plain_mean(5 * centre, 5)
    monkeypatch.setattr(population, "_evenness", lambda *_: 0.25)
    found = strangers(reference, kept)
    if others == 1:
        mixed, share = within / np.trace(within), 1.0
    else:
        mixed, share = plain_mixture(sample, covariance, within)
    if not others:
        mixed = mixed * (1 - mean @ mean) / np.trace(mixed)
        mixed = 0.75 * mixed + 0.25 * np.eye(12) * np.trace(mixed) / 12
    assert found.even == (0.0 if others else 0.25)
    assert found.shrinkage == pytest.approx(share)
    np.testing.assert_allclose(found.mean.numpy(), mean, atol=1e-9)
    assert found.noise == pytest.approx(np.sqrt((mixed**2).sum()) / np.trace(mixed))
    energy, axes = np.linalg.eigh(mixed)
    lost = np.array([energy[: place + 1].sum() for place in range(12)])
    held = lost > 1e-3 * energy.sum()
    factor = found.factor.numpy()
    assert factor.shape == (12, held.sum())
    shown = (axes[:, held] * energy[held]) @ axes[:, held].T
    np.testing.assert_allclose(factor @ factor.T, shown, atol=1e-9)


def test_populations_are_thinned_without_changing_what_they_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Would catch a scatter that shrinks or grows where only every third photo is looked at, or a
    leftover of people who have no three photos."""
    values, labels = cluster(people=40, photos=15, dimension=8, seed=2)
    people = People.of(values, labels)
    whole = people.within()
    assert whole is not None
    monkeypatch.setattr(population, "PHOTOS", 200)
    thinned = people.within()
    assert thinned is not None
    x = people.values - people.means[people.person]
    np.testing.assert_allclose(thinned, x[::4].T @ x[::4] / (560 / 4), atol=1e-9)
    assert float(thinned.trace()) == pytest.approx(float(whole.trace()), rel=0.1)
    assert len(people.nearest_leftover()) == 2 * 15
    pair = torch.tensor([0, 1, 1, 2, 2, 2])
    few = People.of(values[:6], pair)
    assert (len(few.own_similarity()), len(few.nearest_leftover())) == (5, 3)
    assert People.of(values[:3], torch.arange(3)).within() is None
    two = People.of(values[:2], torch.tensor([0, 0])).within()
    assert two is not None
    away = (people.values[0] - people.values[1]) / 2
    np.testing.assert_allclose(two, 2 * torch.outer(away, away), atol=1e-12)


def plain_likeness(first: Tensor, second: Tensor) -> bool:
    x, y = (normalize(one.double(), dim=1).numpy() for one in (first, second))
    own = [a @ b for i, a in enumerate(x) for j, b in enumerate(x) if i != j]
    among = [a @ b for i, a in enumerate(y) for j, b in enumerate(y) if i != j]
    gap = np.mean(own) + np.mean(among) - 2 * np.mean(x @ y.T)
    return bool(gap < np.std(own, ddof=1))


@pytest.mark.parametrize("apart", [0.0, 0.5, 1.0, 1.5, 3.0])
def test_people_of_one_kind_are_told_by_their_cosines(apart: float) -> None:
    """Would catch rendered faces taken for people of the gallery's kind, or people of the same
    kind refused: by the documented figure, counted pair by pair."""
    generator = torch.Generator().manual_seed(4)
    photos = torch.randn(30, 16, generator=generator)
    kept = People.of(photos, torch.arange(30))
    reference = torch.randn(40, 16, generator=generator)
    reference[:, 0] += apart
    assert alike(reference, kept) == plain_likeness(reference, photos)
    assert alike(reference, kept) or apart > 1
    assert not alike(reference, kept) or apart < 3
    assert not alike(reference[:1], kept)
    assert not alike(reference, People.of(reference[:3], torch.zeros(3)))
    two = People.of(reference[:2], torch.arange(2))
    assert alike(reference[2:4], two) == plain_likeness(reference[2:4], reference[:2])
