"""The pull: draws come as close to known people as strangers do, and stay strangers otherwise."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from engine.erasure import groups
from engine.erasure.groups import fit_groups, pulled
from engine.erasure.population import Strangers

DIMENSION = 64


def grouped(count: int, centres: Tensor, seed: int) -> Tensor:
    """Strangers [count, 64] of a world in groups: each lies near one of the centres."""
    generator = torch.Generator().manual_seed(seed)
    own = torch.randint(len(centres), (count,), generator=generator)
    off = torch.randn(count, DIMENSION, generator=generator, dtype=torch.float64)
    return normalize(centres[own] + 0.14 * off, dim=1)


def moments(values: Tensor) -> Strangers:
    energy, directions = torch.linalg.eigh(torch.cov(values.T))
    factor = directions * energy.clamp_min(0).sqrt()
    return Strangers(mean=values.mean(0), factor=factor, noise=0.1, shrinkage=0.0)


def draws(spread: Strangers, count: int = 1500, seed: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    shape = (count, spread.factor.shape[1])
    return spread.mean + torch.randn(shape, generator=generator, dtype=torch.float64) @ (
        spread.factor.T
    )


def centres(seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return normalize(torch.randn(30, DIMENSION, generator=generator, dtype=torch.float64), dim=1)


def test_the_pull_agrees_with_a_plain_loop() -> None:
    """Would catch a wrong axis of the softmax, or a pull applied to vectors that are not unit."""
    c, y = centres()[:4], draws(moments(grouped(300, centres(), 1)), 5)
    expected = []
    for row in y:
        z = row / row.norm()
        weight = torch.stack([(7 * (z @ one)).exp() for one in c])
        moved = z + 0.5 * sum(w * one for w, one in zip(weight / weight.sum(), c, strict=True))
        expected.append(moved / moved.norm())
    torch.testing.assert_close(pulled(y, c, 7.0, 0.5), torch.stack(expected))


def test_no_centres_and_no_strength_leave_the_direction() -> None:
    """Would catch a pull where none was fitted: an eraser without a reference set has no groups."""
    y = draws(moments(grouped(300, centres(), 1)), 5)
    torch.testing.assert_close(pulled(y, centres()[:0], 7.0, 0.5), normalize(y, dim=1))
    torch.testing.assert_close(pulled(y, centres(), 7.0, 0.0), normalize(y, dim=1))


def test_pulled_draws_meet_known_people_as_unseen_strangers_do() -> None:
    """Would catch draws that fall between the groups, where a probe tells them from strangers."""
    people = centres()
    reference, unseen = grouped(800, people, 1), grouped(800, people, 2)
    spread = moments(reference)
    found = fit_groups(spread, reference, people)
    cloud = Strangers(found.mean, found.factor, spread.noise, spread.shrinkage)
    made = pulled(draws(cloud), found.centres, found.choosiness, found.strength)

    def nearness(values: Tensor) -> float:
        return float((values @ people.T).amax(1).mean())

    plain = nearness(normalize(draws(spread), dim=1))
    assert nearness(unseen) > plain + 0.15
    assert abs(nearness(made) - nearness(unseen)) < 0.03


def test_the_pull_leaves_mean_and_covariance() -> None:
    """Would catch a pull whose shift and stretch are not taken back: a detector sees those."""
    people = centres()
    reference = grouped(800, people, 1)
    spread = moments(reference)
    found = fit_groups(spread, reference, people)
    cloud = Strangers(found.mean, found.factor, spread.noise, spread.shrinkage)
    made = pulled(draws(cloud, 6000), found.centres, found.choosiness, found.strength)
    aim = draws(spread, 6000)
    raw = pulled(aim, found.centres, found.choosiness, found.strength)
    exact = torch.cov(aim.T)

    def error(values: Tensor) -> float:
        return float((torch.cov(values.T) - exact).norm() / exact.norm())

    assert error(made) < 0.2
    assert error(made) < 0.6 * error(raw)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_share_of_the_pull_is_that_share_and_leaves_mean_and_covariance(share: float) -> None:
    """Would catch a share that is taken after the cloud was corrected for the whole pull."""
    people = centres()
    reference = grouped(800, people, 1)
    spread = moments(reference)
    whole, part = (fit_groups(spread, reference, people, share) for share in (1.0, share))
    assert part.strength == share * whole.strength
    assert part.choosiness == whole.choosiness
    aim = draws(spread, 6000)
    exact = torch.cov(aim.T)

    def error(cloud_of) -> float:
        cloud = Strangers(cloud_of.mean, cloud_of.factor, spread.noise, spread.shrinkage)
        made = pulled(draws(cloud, 6000), people, part.choosiness, part.strength)
        return float((torch.cov(made.T) - exact).norm() / exact.norm())

    assert error(part) < 0.2
    assert error(part) < 0.8 * error(whole)


def test_a_smaller_share_stays_further_from_everybody_else() -> None:
    """Would catch a share that changes the words and not the draws."""
    people = centres()
    reference = grouped(800, people, 1)
    spread = moments(reference)

    def nearness(share: float) -> float:
        found = fit_groups(spread, reference, people, share)
        cloud = Strangers(found.mean, found.factor, spread.noise, spread.shrinkage)
        made = pulled(draws(cloud), found.centres, *found.pull)
        return float((made @ people.T).amax(1).mean())

    near = [nearness(1 / count) for count in (1, 3, 10)]
    assert near[0] > near[1] + 0.03 > near[2] + 0.04


def test_strangers_in_one_cloud_are_not_pulled() -> None:
    """Would catch a pull made of noise: where a normal draw is right already, it must stay."""
    generator = torch.Generator().manual_seed(4)
    reference = normalize(
        torch.randn(1500, DIMENSION, generator=generator, dtype=torch.float64), dim=1
    )
    found = fit_groups(moments(reference), reference, centres())
    assert found.strength < 0.1


def test_the_pull_is_the_best_of_all_that_are_tried() -> None:
    """Would catch a strength that misses its mean, or a temperature other than the one whose
    distribution is the nearest: each is tried one by one here."""
    people = centres()
    reference = grouped(600, people, 1)
    cloud = draws(moments(reference), 600)
    levels = (np.arange(100) + 0.5) / 100

    def nearest_two(values: np.ndarray) -> np.ndarray:
        cosines = np.sort(values @ people.numpy().T, axis=1)[:, ::-1]
        return np.quantile(cosines[:, :2], levels, axis=0)

    goal = nearest_two(reference.numpy())
    found = groups._closeness(reference @ people.T)
    np.testing.assert_allclose(found.numpy(), goal, atol=1e-9)
    choosiness, strength = groups._choose(cloud, people, found)
    errors = {}
    for tried in groups.CHOOSINESS:
        low, high = 0.0, 4.0
        for _ in range(14):
            middle = (low + high) / 2
            made = pulled(cloud, people, tried, middle)
            short = float((made @ people.T).amax(1).mean()) < goal[:, 0].mean()
            low, high = (middle, high) if short else (low, middle)
        made = nearest_two(pulled(cloud, people, tried, high).numpy())
        errors[tried] = (((made - goal) ** 2).mean(), high)
    assert choosiness == min(errors, key=lambda one: errors[one][0])
    assert strength == errors[choosiness][1]
    single = groups._closeness(reference @ people[:1].T)
    assert single.shape == (100, 1)


@pytest.mark.parametrize("exponent", [0.5, -0.5, 1.0])
def test_powers_of_a_matrix_leave_empty_directions_out(exponent: float) -> None:
    """Would catch an inverse root that blows up along a direction in which nothing varies."""
    generator = torch.Generator().manual_seed(2)
    axes = torch.linalg.qr(torch.randn(5, 5, generator=generator, dtype=torch.float64)).Q
    energy = torch.tensor([4.0, 1.0, 0.25, 1e-12, 0.0], dtype=torch.float64)
    found = groups._power((axes * energy) @ axes.T, exponent)
    expected = (axes[:, :3] * energy[:3] ** exponent) @ axes[:, :3].T
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)
