"""The plane geometry of the map: turned, laid over, put beside, spread out."""

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from engine import maps
from engine.maps import HELD, MOVED, Atlas
from engine.neighbours import memberships, neighbours, principal
from tests.engine.toy import cluster


def turned(xy: np.ndarray, angle: float) -> np.ndarray:
    return xy @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def test_a_map_is_laid_over_another_by_turning_and_shifting_alone() -> None:
    """Would catch a new layout that swings round, or is stretched to fit."""
    xy = np.random.default_rng(0).normal(size=(30, 2)) * [3, 1]
    goal = turned(xy, 2.0) + np.array([7, -4])
    np.testing.assert_allclose(maps._laid_over(xy, goal), goal, atol=1e-5)
    mirrored = goal * [1, -1]
    np.testing.assert_allclose(maps._laid_over(xy, mirrored), mirrored, atol=1e-5)
    doubled = maps._laid_over(xy, 2 * goal)
    np.testing.assert_allclose(doubled - doubled.mean(0), goal - goal.mean(0), atol=1e-5)
    np.testing.assert_allclose(doubled.mean(0), 2 * goal.mean(0), atol=1e-5)


def test_the_long_side_lies_flat() -> None:
    """Would catch a map that stands upright in a wide frame, or is squeezed to lie."""
    xy = np.random.default_rng(1).normal(size=(40, 2)) * [9, 2]
    found = maps._upright(turned(xy, 1.1) + 5)
    spread = found.T @ found
    assert spread[0, 0] > spread[1, 1]
    assert abs(spread[0, 1]) < 1e-2
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-5)
    for one, other in ((0, 1), (3, 17), (20, 39)):
        apart = np.linalg.norm(xy[one] - xy[other])
        assert np.linalg.norm(found[one] - found[other]) == pytest.approx(apart, rel=1e-5)
    two = np.array([[0.0, 5.0], [1.0, 9.0]])
    assert maps._upright(two) is two


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_sunflower_seeds_fill_the_disc(count: int) -> None:
    """Would catch points on top of each other, or outside of the place that is theirs."""
    seeds = maps._sunflower(count)
    assert seeds.shape == (count, 2)
    assert (np.linalg.norm(seeds, axis=1) < 1).all()
    if count == 50:
        inner = (np.linalg.norm(seeds, axis=1) < np.sqrt(0.5)).sum()
        assert inner == 25  # as many inside as outside of half the area
        apart = np.linalg.norm(seeds[:, None] - seeds[None], axis=2) + 9 * np.eye(50)
        assert apart.min() > 0.15
        assert np.abs(seeds.mean(0)).max() < 0.03


def test_a_share_of_the_way_is_that_share() -> None:
    """Would catch a point that goes too far, or one held that moves."""
    start, target = np.zeros((3, 2)), np.array([[2.0, 4.0]] * 3)
    found = maps._blend(start, target, np.array([0, 0.25, 1]))
    assert found.tolist() == [[0, 0], [0.5, 1], [2, 4]]


def test_who_is_put_beside_others_stands_in_their_weighted_middle() -> None:
    """Would catch anchors of another photo, or a middle that is not one."""
    values, _ = cluster(6, 10, 32, 0.8)
    xy = np.random.default_rng(2).uniform(size=(60, 2)).astype(np.float32)
    rows, anchors = np.array([3, 14, 59]), np.arange(0, 60, 2)
    found = maps._beside(xy, values, rows, anchors)
    indices, distances = neighbours(values, maps.NEIGHBOURS // 2, rows, anchors)
    weights = memberships(distances)
    for at in range(3):
        assert set(indices[at]) <= set(anchors) - {rows[at]}
        expected = np.average(xy[indices[at]], axis=0, weights=weights[at])
        np.testing.assert_allclose(found[at], expected, atol=1e-5)
    np.testing.assert_array_equal(maps._beside(xy, values, rows, rows[:0]), xy[rows])


def test_the_start_is_in_the_principal_plane_within_ten() -> None:
    """Would catch a start in another plane, one whose scale follows the embeddings', or whose
    sign is decided by rounding."""
    values = torch.randn(50, 6, generator=torch.Generator().manual_seed(3))
    values = values * torch.tensor([5.0, 1, 9, 1, 1, 1]) + 4
    found = principal(values)
    centred = (values - values.mean(0)).double().numpy()
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    plane = centred @ axes[:2].T
    assert np.abs(found).max() == pytest.approx(10, abs=1e-4)
    for axis in (0, 1):
        cosine = found[:, axis] @ plane[:, axis]
        cosine /= np.linalg.norm(found[:, axis]) * np.linalg.norm(plane[:, axis])
        assert abs(cosine) == pytest.approx(1, abs=1e-3)
    assert found[:, 0].std() / found[:, 1].std() == pytest.approx(
        plane[:, 0].std() / plane[:, 1].std(), rel=1e-3
    )
    assert ((found**3).sum(0) > 0).all()
    for same in (values * 100, values.double(), values - 7, values.flip(1)):
        np.testing.assert_allclose(principal(same), found, atol=1e-3)
    np.testing.assert_allclose(principal(values.flip(0)), found[::-1], atol=1e-3)
    assert not principal(torch.ones(4, 6)).any()


def test_freedom_is_the_share_of_new_neighbours() -> None:
    """Would catch a photo freed although it kept its neighbours, or held although it lost them."""
    values, _ = cluster(8, 12, 32, 0.8)
    values = normalize(values, dim=1)
    atlas = Atlas(values, sketch=True)
    changed = values.clone()
    changed[5] = 0
    noise = torch.randn(96, 32, generator=torch.Generator().manual_seed(4))
    changed[40:60] = normalize(values[40:60] + 0.15 * noise[40:60], dim=1)
    changed[70] = values[3]
    alive = maps._alive(changed)
    assert np.flatnonzero(~alive).tolist() == [5]
    freedom = atlas._freedom(changed, alive)
    assert freedom[5] == 1
    before, _ = neighbours(values, maps.NEIGHBOURS)
    after, _ = neighbours(changed, maps.NEIGHBOURS, None, np.flatnonzero(alive))
    moved = (changed * values).sum(1).numpy() < maps.NEAR
    shares = set()
    for row in np.flatnonzero(alive):
        same = len(set(before[row]) & set(after[row])) / maps.NEIGHBOURS
        expected = np.clip((HELD - same) / (HELD - MOVED), 0, 1) if moved[row] else 0
        assert freedom[row] == pytest.approx(expected, abs=1e-6)
        shares.add(round(float(freedom[row]), 3))
    assert len(shares) > 3
    few = atlas._freedom(changed, alive, most=2)
    cosine = (changed * values).sum(1).numpy()
    furthest = np.argsort(np.where(alive, cosine, 9))[:2]
    assert set(np.flatnonzero(few)) <= {5, *furthest}
