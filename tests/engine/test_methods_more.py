"""Prototype erase and remap, Deep Unlearning and LEACE do what their papers say."""

import dataclasses

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from engine.erasure import fit, prototype
from engine.erasure.base import Task
from engine.erasure.leace import concept
from engine.erasure.low_rank import thin
from engine.errors import LetheError
from engine.probes.linear import fit_linear
from tests.engine.toy import task


def means(toy: Task, values: Tensor) -> Tensor:
    """Class means [c, d] of `values`."""
    return torch.stack([values[toy.labels == label].mean(0) for label in range(toy.classes)])


def kept(toy: Task) -> Tensor:
    return torch.tensor([label not in toy.forget for label in range(toy.classes)])


def test_prototype_erase_holds_the_kept_means_and_zeroes_the_others() -> None:
    """Would catch a projection, which takes from kept means whatever they share."""
    toy = task()
    eraser, _ = fit("prototype-erase", toy)
    before, after = means(toy, toy.values), means(toy, eraser(toy.values))
    stay = kept(toy)
    torch.testing.assert_close(after[stay], before[stay], atol=1e-5, rtol=0)
    torch.testing.assert_close(after[~stay], torch.zeros(2, 48), atol=1e-5, rtol=0)
    shared = means(toy, fit("esc", toy, {"rank": 2})[0](toy.values))
    assert float((shared[stay] - before[stay]).abs().max()) > 1e-3


def test_prototype_erase_agrees_with_the_formula() -> None:
    """Would catch a transposed prototype matrix or the wrong rows of its pseudo-inverse."""
    toy = task()
    prototypes = means(toy, toy.values).double().T.numpy()
    dual = np.linalg.pinv(prototypes)
    forget = np.diag([float(label in toy.forget) for label in range(toy.classes)])
    expected = toy.values.numpy() @ (np.eye(48) - prototypes @ forget @ dual).T
    eraser, _ = fit("prototype-erase", toy)
    np.testing.assert_allclose(eraser(toy.values).numpy(), expected, atol=1e-5)
    assert eraser.parameters["condition"] == pytest.approx(np.linalg.cond(prototypes), rel=1e-4)


def test_remap_puts_forgotten_means_onto_kept_ones() -> None:
    """Would catch targets among the forgotten, or kept means that move."""
    toy = task()
    eraser, _ = fit("more", toy, {"experts": 1})
    before, after = means(toy, toy.values), means(toy, eraser(toy.values))
    stay = kept(toy)
    torch.testing.assert_close(after[stay], before[stay], atol=1e-5, rtol=0)
    distance = torch.cdist(after[~stay], before[stay]).amin(1)
    assert float(distance.max()) < 1e-4
    assert len({int(i) for i in torch.cdist(after[~stay], before[stay]).argmin(1)}) == 2


def test_remap_scatters_a_persons_photos_over_the_experts() -> None:
    """Would catch experts chosen by the person, which merely renames them."""
    toy = task(photos=40)
    eraser, _ = fit("more", toy, {"experts": 4})
    expert = (toy.values @ eraser.router.T).argmax(1)
    for label in toy.forget:
        counts = torch.bincount(expert[toy.labels == label], minlength=4)
        assert counts.max() < 30
    stay = means(toy, toy.values)[kept(toy)]
    torch.testing.assert_close(eraser(stay), stay, atol=1e-5, rtol=0)


def test_the_expert_is_chosen_by_what_lies_outside_all_prototypes() -> None:
    """Would catch a router that looks at who it is: any mix of prototypes added to a photo leaves
    its expert, and the experts' targets are different draws of kept means, repeated if need be."""
    toy = task(photos=20, forget=(1, 4, 6))
    eraser, _ = fit("more", toy, {"experts": 3})
    prototypes = means(toy, toy.values)
    assert float((eraser.router @ prototypes.T).abs().max()) < 1e-4
    mix = torch.randn(len(toy.values), toy.classes, generator=torch.Generator().manual_seed(1))
    moved = toy.values + 0.1 * mix @ prototypes
    chosen = (toy.values @ eraser.router.T).argmax(1)
    assert float(((moved @ eraser.router.T).argmax(1) == chosen).float().mean()) > 0.99
    assert set(chosen.tolist()) == {0, 1, 2}
    assert eraser.targets.shape == (3, 48, 3)
    which = torch.cdist(eraser.targets.transpose(1, 2), prototypes).min(2)
    assert float(which.values.max()) < 1e-5
    assert not set(which.indices.flatten().tolist()) & set(toy.forget)
    assert all(len(set(row)) == 3 for row in which.indices.tolist())
    assert len({tuple(row) for row in which.indices.tolist()}) == 3
    two, _ = fit("more", task(people=4, forget=(0, 1, 2)), {"experts": 2})
    assert torch.equal(two.targets[..., 0], two.targets[..., 2])  # one is left to stand for all


def test_more_people_than_dimensions_is_told() -> None:
    """Would catch a pseudo-inverse that silently cannot hold the kept means."""
    crowded = task(people=60, photos=4, dimension=24)
    eraser, _ = fit("prototype-erase", crowded)
    assert "span only 24 directions" in eraser.warnings[0]
    assert eraser.parameters["kept_mean_moved"] > 0.01
    few = task(people=6, photos=1, dimension=24)
    assert not fit("prototype-erase", few)[0].warnings


def test_twins_are_told() -> None:
    """Would catch a near-singular inverse that throws photos far away without a word."""
    toy = task()
    values = toy.values.clone()
    twin = toy.labels == 5
    values[twin] = values[toy.labels == 4] + 1e-4 * torch.randn(
        int(twin.sum()), 48, generator=torch.Generator().manual_seed(0)
    )
    eraser, _ = fit("prototype-erase", dataclasses.replace(toy, values=values))
    assert any("nearly depend" in warning for warning in eraser.warnings)


def test_directions_counted_are_those_that_are_inverted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a rank and a condition that count what the pseudo-inverse leaves out, or the
    other way round: at the very cutoff, a share of the largest value, and on both sides of it."""
    monkeypatch.setattr(prototype, "CUTOFF", 2.0**-10)
    lengths = torch.tensor([4.0, 1.0, 2.0**-7, 2.0**-8, 2.0**-9])  # the fourth is at the cutoff
    toy = dataclasses.replace(
        task(forget=(0,), people=5, photos=1, dimension=8),
        values=torch.eye(5, 8) * lengths[:, None],
    )
    found = prototype.prototypes(toy)
    assert found.rank == torch.linalg.matrix_rank(found.dual) == 3
    assert found.condition == 4 / 2.0**-7
    torch.testing.assert_close(
        found.dual @ found.means, torch.diag(torch.tensor([1.0, 1, 1, 0, 0])).double()
    )


def test_a_second_prototype_erasure_leaves_the_first_alone() -> None:
    """Would catch a zero mean of somebody already erased blowing up the inverse."""
    toy = task(forget=(1,))
    first, _ = fit("prototype-erase", toy)
    second, _ = fit(
        "prototype-erase",
        dataclasses.replace(toy, values=first(toy.values), forget=(4,), forgotten=(1,)),
    )
    after = means(toy, second(first(toy.values)))
    assert float(after[1].norm()) < 1e-4
    assert float(after[4].norm()) < 1e-4
    torch.testing.assert_close(after[6], means(toy, toy.values)[6], atol=1e-5, rtol=0)


@pytest.mark.parametrize(("alpha_r", "alpha_f"), [(1.0, 3.0), (100.0, 30.0)])
def test_deep_unlearning_agrees_with_the_formula(alpha_r: float, alpha_f: float) -> None:
    """Would catch M_r M_f for M_f M_r, a share of singular values instead of energy, or a sign."""
    toy = task()

    def scaled(x: np.ndarray, alpha: float) -> np.ndarray:
        u, s, _ = np.linalg.svd(x.T.astype(np.float64), full_matrices=False)
        share = s**2 / (s**2).sum()
        return u @ np.diag(alpha * share / ((alpha - 1) * share + 1)) @ u.T

    m_f = scaled(toy.forget_values.numpy(), alpha_f)
    m_r = scaled(toy.retain_values.numpy(), alpha_r)
    expected = toy.values.numpy() @ (np.eye(48) - (m_f - m_f @ m_r)).T
    eraser, _ = fit("deep-unlearning", toy, {"alpha_r": alpha_r, "alpha_f": alpha_f})
    np.testing.assert_allclose(eraser(toy.values).numpy(), expected, atol=1e-5)


def test_deep_unlearning_with_large_alphas_is_a_projection_less_the_shared_space() -> None:
    """Would catch alphas that do nothing: at the limit a kept direction stays as it is."""
    toy = task(photos=3, people=8)
    eraser, _ = fit("deep-unlearning", toy, {"alpha_r": 1e6, "alpha_f": 1e6})
    torch.testing.assert_close(eraser(toy.retain_values), toy.retain_values, atol=1e-3, rtol=0)
    weak, _ = fit("deep-unlearning", toy, {"alpha_r": 1, "alpha_f": 1})
    moved = (weak(toy.forget_values) - toy.forget_values).norm(dim=1)
    assert float(moved.mean()) < 0.5


def test_leace_leaves_no_linear_trace_of_who_it_was() -> None:
    """Would catch "forgotten or not" as the concept: who is who would stay readable."""
    toy = task(photos=30, people=6, forget=(0, 2, 3))
    eraser, _ = fit("leace", toy, {"covariance": "plain"})
    who = concept(toy.labels, toy.forget)

    def covariance(values: Tensor) -> float:
        centred = values.double() - values.double().mean(0)
        return float((centred.T @ who / len(who)).abs().max())

    assert covariance(toy.values) > 0.05
    assert covariance(eraser(toy.values)) < 1e-5
    assert eraser.rank == 3

    # A linear classifier of "which of the forgotten" can then do no better than guess.
    target = (toy.labels[:, None] == torch.tensor(toy.forget)).int().numpy() @ np.array([1, 2, 3])
    for values, knows in ((toy.values, True), (eraser(toy.values), False)):
        model = LogisticRegression(C=1e3, max_iter=2000).fit(values.numpy(), target)
        assert (model.score(values.numpy(), target) > 0.9) == knows


def test_the_concept_has_a_column_of_unit_variance_for_each_forgotten_person() -> None:
    """Would catch a person with few photos who weighs less than one with many."""
    labels = torch.tensor([5, 5, 5, 5, 2, 7, 7, 1])
    who = concept(labels, (7, 2))
    assert who.dtype == torch.float64
    assert torch.equal(who > 0, labels[:, None] == torch.tensor([7, 2]))
    torch.testing.assert_close(who.var(0, correction=0), torch.ones(2).double())


def test_leace_treats_small_groups_too() -> None:
    """Would catch the package's cut-off dropping a person with few photos among many."""
    toy = task(people=60, photos=12, dimension=64, forget=(3,))
    few = (toy.labels != 3) | (torch.arange(len(toy.labels)) % 12 < 2)
    small = dataclasses.replace(toy, values=toy.values[few], labels=toy.labels[few])
    eraser, _ = fit("leace", small)
    assert eraser.rank == 1
    assert not eraser.warnings
    cut, _ = fit("leace", small, {"tolerance": 0.5})
    assert "lower the tolerance" in cut.warnings[0] or cut.rank == 1


def test_leace_says_that_others_move_a_little() -> None:
    """Would catch a report that hides what an affine map of everybody does to those who stay."""
    toy = task()
    eraser, _ = fit("leace", toy)
    values = toy.retain_values
    moved = (eraser(values) - values).square().sum(1) / values.square().sum(1)
    assert eraser.parameters["kept_energy_moved"] == pytest.approx(float(moved.mean()), rel=1e-4)
    assert 0 < float(moved.mean()) < 0.2


def test_factors_of_a_thin_matrix_multiply_back() -> None:
    """Would catch a rank cut too early."""
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(30, 3, generator=generator) @ torch.randn(3, 30, generator=generator)
    left, right = thin(matrix.double())
    assert left.shape == (30, 3)
    torch.testing.assert_close(left @ right, matrix.double(), atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["prototype-erase", "more", "deep-unlearning", "leace"])
def test_the_kept_are_still_told_apart(name: str) -> None:
    """Would catch a method that forgets by ruining everybody."""
    toy = task()
    eraser, _ = fit(name, toy)
    values = eraser(toy.values)
    probe = fit_linear(values, toy.labels, toy.classes)
    stay = ~toy.is_forget
    right = probe.predict(values[stay]) == toy.labels[stay]
    assert float(right.float().mean()) > 0.95


def test_nothing_left_to_erase_is_refused() -> None:
    """Would catch an inverse of zeros."""
    toy = task()
    gone = dataclasses.replace(toy, values=torch.zeros_like(toy.values))
    for name in ("prototype-erase", "more", "deep-unlearning"):
        with pytest.raises(LetheError, match="nothing"):
            fit(name, gone)
