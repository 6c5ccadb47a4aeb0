"""The dragging probe is exact at every rank, and close to the converged one."""

import pytest
import torch
from torch import Tensor

from engine.erasure.factor import factor_people
from engine.errors import LetheError
from engine.probes import ridge as module
from engine.probes.linear import fit_linear
from engine.probes.ridge import RIDGE, fit_ridge
from tests.engine.toy import cluster

PEOPLE = 12
FORGET = (1, 4, 9)


@pytest.fixture(scope="module")
def world() -> tuple[Tensor, Tensor, Tensor]:
    """Embeddings, labels and the enrolment mask of a toy world."""
    x, y = cluster(people=PEOPLE, photos=20, spread=1.0)
    return x, y, torch.arange(len(x)) % 10 < 7


def plain(x: Tensor, y: Tensor, level: float, people: int = PEOPLE) -> Tensor:
    """Weights [d, C] and biases by solving the discriminant's equations in double precision."""
    x = x.double() - x.double().mean(0)
    means = torch.stack([x[y == one].mean(0) for one in range(people)])
    within = x - means[y]
    weight = torch.linalg.solve(
        within.T @ within + level * torch.eye(x.shape[1], dtype=torch.float64), means.T
    )
    return torch.cat([weight, -(means * weight.T).sum(1)[None] / 2])


def test_every_rank_is_a_fit_to_erased_features(world: tuple[Tensor, Tensor, Tensor]) -> None:
    """Catches a downdate that is only an approximation of fitting anew to what is left."""
    x, y, train = world
    factor = factor_people(x[train], y[train], FORGET)
    directions = factor.directions[:, :12]
    path = fit_ridge(x[train], y[train], PEOPLE).path(directions, x[~train])
    centred = (x[train] - x[train].mean(0)).double()
    means = torch.stack([centred[y[train] == one].mean(0) for one in range(PEOPLE)])
    within = centred - means[y[train]]
    level = RIDGE * float(within.square().sum() / x.shape[1])
    for rank in range(13):
        erase = factor.eraser(rank)
        left, asked = erase(x[train]), erase(x[~train])
        solution = plain(left, y[train], level)
        expected = (asked - left.mean(0)).double() @ solution[:-1] + solution[-1]
        assert torch.allclose(path.logits(rank).double(), expected, atol=1e-3), rank


def test_sweep_is_the_ranks_one_by_one(world: tuple[Tensor, Tensor, Tensor]) -> None:
    """Catches a sweep that skips a direction between two ranks."""
    x, y, train = world
    directions = factor_people(x[train], y[train], FORGET).directions
    path = fit_ridge(x[train], y[train], PEOPLE).path(directions, x)
    ranks = [0, 1, 2, 5, 9, 20]
    for rank, answer in zip(ranks, path.sweep(ranks), strict=True):
        assert torch.equal(answer, path.predict(rank))


def test_it_sees_what_the_converged_probe_sees(world: tuple[Tensor, Tensor, Tensor]) -> None:
    """Catches a quick probe that shows an all-clear while dragging: it must stay near."""
    x, y, train = world
    factor = factor_people(x[train], y[train], FORGET)
    path = fit_ridge(x[train], y[train], PEOPLE).path(factor.directions, x[~train])
    truth = y[~train]
    forgotten = torch.isin(truth, torch.tensor(FORGET))
    for rank in (0, 1, 3, 6):
        erase = factor.eraser(rank)
        slow = fit_linear(erase(x[train]), y[train], PEOPLE).predict(erase(x[~train])) == truth
        quick = path.predict(rank) == truth
        for who in (forgotten, ~forgotten):
            gap = abs(float(quick[who].float().mean()) - float(slow[who].float().mean()))
            assert gap <= 0.2, (rank, gap)


def test_one_forgotten_person_stays_known(world: tuple[Tensor, Tensor, Tensor]) -> None:
    """Catches the least-squares trap: a small leftover cluster, alone in its corner, is known."""
    x, y, train = world
    factor = factor_people(x[train], y[train], (4,))
    path = fit_ridge(x[train], y[train], PEOPLE).path(factor.directions[:, :1], x[~train])
    right = path.predict(1) == y[~train]
    assert float(right[y[~train] == 4].float().mean()) > 0.8


def test_class_without_photos_and_nothing_to_fit() -> None:
    """Catches an empty class mean that wins every photo."""
    x, y = cluster(people=4)
    probe = fit_ridge(x[y != 2], y[y != 2], 5)
    assert not set(probe.logits(x).argmax(1).tolist()) & {2, 4}
    with pytest.raises(LetheError):
        fit_ridge(x[:0], y[:0], 4)


@pytest.mark.parametrize(("ridge", "used"), [(RIDGE, RIDGE), (0.1, 0.1), (0.0, 1e-4), (-1.0, 1e-4)])
def test_the_ridge_is_in_units_of_the_scatter_and_never_nothing(ridge: float, used: float) -> None:
    """Catches a penalty that means another thing in a larger gallery, or a singular matrix."""
    x, y = cluster(people=PEOPLE, photos=9, spread=1.0, dimension=32)
    keep = torch.rand(len(x), generator=torch.Generator().manual_seed(0)) < 0.8  # uneven people
    x, y = 3 * x[keep], y[keep]
    within = torch.stack([x[y == one].mean(0) for one in range(PEOPLE)])[y] - x
    solution = plain(x, y, used * float(within.double().square().sum()) / 32)
    expected = (x - x.mean(0)).double() @ solution[:-1] + solution[-1]
    logits = fit_ridge(x, y, PEOPLE, ridge=ridge).logits(x).double()
    assert torch.allclose(logits, expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))


def test_gathering_in_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a block that is left out or counted twice."""
    x, y = cluster(people=4, photos=7)
    whole = fit_ridge(x, y, 4)
    monkeypatch.setattr(module, "ROWS", 5)
    parts = fit_ridge(x, y, 4)
    assert torch.allclose(parts.weight, whole.weight, rtol=1e-4, atol=1e-6)


def test_one_photo_a_person_is_enough() -> None:
    """Catches a division by no scatter at all: then the nearest mean wins, all ways being alike."""
    x, y = cluster(people=5, photos=1)
    probe = fit_ridge(x, y, 5)
    assert torch.equal(probe.logits(x).argmax(1), y)
    means = x - x.mean(0)
    expected = ((x - x.mean(0)) @ means.T - means.square().sum(1) / 2) / RIDGE
    assert torch.allclose(probe.logits(x), expected, atol=1e-4)
    with pytest.raises(LetheError):
        fit_ridge(x, y[:-1], 5)
