"""The map: one frame for before and after, moved by what the features do and nothing else."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from engine import maps
from engine.errors import Cancelled, LetheError
from engine.maps import Atlas
from engine.neighbours import memberships, neighbours
from engine.progress import Progress
from engine.store import Store
from tests.engine.toy import cluster

FORGET = (2, 7, 11)


def projected(values: Tensor, labels: Tensor, forget: tuple[int, ...] = FORGET) -> Tensor:
    """Plain ESC: the forgotten people's leading directions taken out."""
    rows = values[torch.isin(labels, torch.tensor(forget))]
    factor = torch.linalg.svd(rows.T, full_matrices=False)[0][:, : len(forget)]
    return values - (values @ factor) @ factor.T


def steps(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """How far each point moved, as a share of the map's diameter."""
    return np.linalg.norm(after - before, axis=1) / np.linalg.norm(np.ptp(before, axis=0))


@pytest.fixture(scope="module")
def world() -> tuple[Tensor, Tensor]:
    return cluster(people=20, photos=15, dimension=64, spread=0.7)


@pytest.fixture(scope="module")
def atlas(world: tuple[Tensor, Tensor]) -> Atlas:
    return Atlas(world[0])


def test_photos_of_one_person_lie_together(world: tuple[Tensor, Tensor], atlas: Atlas) -> None:
    """Catches a layout whose forces are wrong: nearest points are then anybody's."""
    xy, labels = atlas.before, world[1].numpy()
    apart = np.linalg.norm(xy[:, None] - xy[None], axis=2) + 9 * np.eye(len(xy))
    assert (labels[apart.argmin(1)] == labels).mean() > 0.97
    assert xy.min() >= 0
    assert xy.max() <= 1


def test_same_seed_same_map(world: tuple[Tensor, Tensor], atlas: Atlas) -> None:
    """Catches randomness that does not come from the seed."""
    values, labels = world
    twin = Atlas(values)
    assert np.array_equal(twin.before, atlas.before)
    changed = projected(values, labels)
    assert np.array_equal(twin.after(changed), atlas.after(changed))
    assert not np.array_equal(Atlas(values, seed=5).before, atlas.before)


@pytest.mark.parametrize("way", ["place", "after"])
def test_untouched_features_stay_exactly(
    world: tuple[Tensor, Tensor], atlas: Atlas, way: str
) -> None:
    """Catches a map that moves although only the head changed, or only lengths did."""
    move = getattr(atlas, way)
    assert np.array_equal(move(world[0]), atlas.before)
    assert np.array_equal(move(0.5 * world[0]), atlas.before)


@pytest.mark.parametrize("way", ["place", "after"])
def test_the_forgotten_move_and_the_others_hold_still(
    world: tuple[Tensor, Tensor], atlas: Atlas, way: str
) -> None:
    """Catches independent layouts of before and after, in which everybody moves."""
    values, labels = world
    way_gone = steps(getattr(atlas, way)(projected(values, labels)), atlas.before)
    gone = np.isin(labels.numpy(), FORGET)
    assert np.median(way_gone[~gone]) <= 0.002
    assert np.median(way_gone[gone]) > 0.05


def test_who_is_harmed_moves_though_nobody_forgot_them(
    world: tuple[Tensor, Tensor], atlas: Atlas
) -> None:
    """Catches a map that pins people by their role and so hides collateral damage."""
    values, labels = world
    harmed = labels == 4
    changed = values.clone()
    noise = torch.randn(int(harmed.sum()), values.shape[1], generator=torch.manual_seed(3))
    changed[harmed] = normalize(noise, dim=1)
    way = steps(atlas.after(changed), atlas.before)
    assert np.median(way[harmed.numpy()]) > 0.05
    assert np.median(way[~harmed.numpy()]) <= 0.002


def test_the_map_after_is_as_faithful_as_a_fresh_one(
    world: tuple[Tensor, Tensor], atlas: Atlas
) -> None:
    """Catches a frame held so stiffly that it no longer shows the features as they are."""
    manifold = pytest.importorskip("sklearn.manifold")
    values, labels = world
    changed = normalize(projected(values, labels), dim=1)

    def trust(xy: np.ndarray) -> float:
        return manifold.trustworthiness(changed.numpy(), xy, n_neighbors=10, metric="cosine")

    assert trust(atlas.after(changed)) > trust(Atlas(changed).before) - 0.03
    assert trust(atlas.after(changed)) > trust(atlas.before)


@pytest.mark.parametrize("way", ["place", "after"])
def test_features_erased_to_nothing_have_a_place(
    world: tuple[Tensor, Tensor], atlas: Atlas, way: str
) -> None:
    """Catches a division by the length of a zero vector."""
    values, labels = world
    changed = values.clone()
    changed[labels == 3] = 0
    xy = getattr(atlas, way)(changed)
    assert np.isfinite(xy).all()
    assert len(np.unique(xy[labels.numpy() == 3], axis=0)) == 15
    assert np.isfinite(getattr(atlas, way)(torch.zeros_like(values))).all()


@pytest.mark.parametrize("count", [1, 2, 3, 5, 14, 16])
def test_a_handful_of_photos_is_a_map_too(count: int) -> None:
    """Catches neighbour counts larger than the gallery."""
    values = normalize(torch.randn(count, 8, generator=torch.manual_seed(count)), dim=1)
    small = Atlas(values)
    other = normalize(torch.randn(count, 8, generator=torch.manual_seed(99)), dim=1)
    for xy in (small.before, small.place(other), small.after(other)):
        assert xy.shape == (count, 2)
        assert np.isfinite(xy).all()


def test_strangers_are_part_of_the_picture(world: tuple[Tensor, Tensor]) -> None:
    """Catches strangers that are lost, or that move without having changed."""
    values, labels = world
    strangers, _ = cluster(people=40, photos=1, dimension=64, seed=9)
    both = Atlas(values, strangers)
    assert both.before.shape == (len(values) + len(strangers), 2)
    after = both.after(projected(values, labels))
    assert np.median(steps(after, both.before)[len(values) :]) <= 0.002
    assert len(both.after(values, strangers.flip(0))) == len(both)


def test_large_galleries_are_thinned_and_say_so(
    world: tuple[Tensor, Tensor], atlas: Atlas, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches photos beyond the cap that lie nowhere, and a silent cap."""
    assert atlas.note == ""
    monkeypatch.setattr(maps, "CAP", 120)
    values, labels = world
    thin = Atlas(values)
    assert "120" in thin.note
    xy, who = thin.before, labels.numpy()
    apart = np.linalg.norm(xy[:, None] - xy[None], axis=2) + 9 * np.eye(len(xy))
    assert (who[apart.argmin(1)] == who).mean() > 0.9
    assert np.isfinite(thin.after(projected(values, labels))).all()


def test_many_threads_get_one_map(
    world: tuple[Tensor, Tensor], atlas: Atlas, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a map laid out once a thread, or threads that spoil each other's positions."""
    values, labels = world
    shared, calls, gate = Atlas(values), [], threading.Barrier(6)
    original = Atlas._layout
    monkeypatch.setattr(Atlas, "_layout", lambda self: calls.append(1) or original(self))
    people = [(at,) for at in range(6)]

    def work(forget: tuple[int, ...]) -> np.ndarray:
        gate.wait()
        return shared.after(projected(values, labels, forget))

    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(work, people))
    assert len(calls) == 1
    for forget, xy in zip(people, together, strict=True):
        assert np.array_equal(xy, atlas.after(projected(values, labels, forget)))


def test_where_everybody_moved_umap_lays_all_out_anew(
    world: tuple[Tensor, Tensor], atlas: Atlas
) -> None:
    """Catches photos laid against the places of a few who kept theirs, and a frame that jumps."""
    manifold = pytest.importorskip("sklearn.manifold")
    values, _ = world
    shuffled = torch.randperm(len(values), generator=torch.manual_seed(4))
    mixed = normalize(0.1 * values + values[shuffled], dim=1)
    xy = atlas.after(mixed)

    def trust(positions: np.ndarray) -> float:
        return manifold.trustworthiness(mixed.numpy(), positions, n_neighbors=10, metric="cosine")

    assert trust(xy) > trust(Atlas(mixed).before) - 0.03
    assert trust(xy) > trust(atlas.before) + 0.1
    assert np.abs(xy.mean(0) - atlas.place(mixed).mean(0)).max() < 0.02
    assert 0.5 < np.ptp(xy, axis=0).max() / np.ptp(atlas.before, axis=0).max() < 2


def test_a_sketch_needs_no_umap_and_is_not_kept(
    world: tuple[Tensor, Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a quick map that waits for umap-learn after all, or that later visitors get."""
    store, (values, labels) = Store(tmp_path), world
    with monkeypatch.context() as patch:
        patch.setattr(maps.umaps, "lay_out", lambda *_, **__: pytest.fail("laid out"))
        quick = Atlas(values, store=store, sketch=True)
        assert quick.sketched
        xy, who = quick.before, labels.numpy()
        assert "sketch" in quick.note
    apart = np.linalg.norm(xy[:, None] - xy[None], axis=2) + 9 * np.eye(len(xy))
    assert (who[apart.argmin(1)] == who).mean() > 0.5
    full = Atlas(values, store=store).before
    assert not np.array_equal(full, xy)
    again = Atlas(values, store=store, sketch=True)
    assert not again.sketched
    assert np.array_equal(again.before, full)


def test_settling_can_be_stopped(world: tuple[Tensor, Tensor], atlas: Atlas) -> None:
    """Catches a Cancel that is heard by everything but the map."""

    def stop(_: Progress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        atlas.after(projected(*world), watch=stop)


def test_the_map_before_is_read_from_the_store(
    world: tuple[Tensor, Tensor], atlas: Atlas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a page that lays the map out again at every start, or a key that mixes galleries."""
    store = Store(tmp_path)
    first = Atlas(world[0], store=store).before
    monkeypatch.setattr(Atlas, "_layout", lambda self: pytest.fail("laid out again"))
    again = Atlas(world[0], store=store)
    assert np.array_equal(again.before, first)
    assert np.array_equal(again.after(projected(*world)), atlas.after(projected(*world)))
    with pytest.raises(pytest.fail.Exception):
        _ = Atlas(world[0].flip(0), store=store).before


def test_embeddings_of_another_gallery_are_refused(atlas: Atlas) -> None:
    """Catches positions of one gallery painted over another's points."""
    with pytest.raises(LetheError, match="open the gallery again"):
        atlas.after(torch.zeros(3, 64))


def test_neighbours_are_exact() -> None:
    """Catches blocks put together wrongly, and rows that count themselves."""
    values = normalize(torch.randn(2500, 12, generator=torch.manual_seed(1)), dim=1)
    indices, distances = neighbours(values, 5)
    for row in (0, 1023, 1024, 2499):
        cosine = (values @ values[row]).numpy()
        cosine[row] = -3
        expected = np.argsort(-cosine)[:5]
        assert set(indices[row]) == set(expected)
        assert distances[row] == pytest.approx(1 - np.sort(cosine)[::-1][:5], abs=1e-5)
    some, _ = neighbours(values, 3, np.array([4, 9]), np.array([4, 100, 200, 300]))
    assert set(some.ravel()) <= {100, 200, 300, 4}
    assert 4 not in some[0]


def test_memberships_are_umaps() -> None:
    """Catches a bandwidth search that does not reach UMAP's target, log2 of the neighbours."""
    values = normalize(torch.randn(200, 16, generator=torch.manual_seed(2)), dim=1)
    _, distances = neighbours(values, 14)
    weights = memberships(distances)
    assert weights[:, 0] == pytest.approx(1)
    assert (np.diff(weights, axis=1) <= 1e-6).all()
    assert weights.sum(1) == pytest.approx(np.log2(15), abs=0.01)
    assert np.isfinite(memberships(np.zeros((3, 5), np.float32))).all()


def test_real_faces_hold_still(shared_faces: Path, edgeface: Path) -> None:
    """Catches a frame that holds for tidy clusters only."""
    from engine.backbones import load_backbone
    from engine.features import extract
    from engine.gallery import build

    folders = sorted(path for path in (shared_faces / "lfw_dev").iterdir())[:30]
    items = [
        (folder.name, f"{folder.name}/{photo.name}", photo)
        for folder in folders
        for photo in sorted(folder.iterdir())[:10]
    ]
    features = extract(build("some", items, aligned=True), load_backbone(str(edgeface)))
    real = Atlas(features.values)
    way = steps(real.after(projected(features.values, features.labels)), real.before)
    gone = np.isin(features.labels.numpy(), FORGET)
    assert np.median(way[~gone]) <= 0.005
    assert np.median(way[gone]) > 0.05


@pytest.mark.parametrize("way", ["place", "after"])
def test_the_erased_gather_in_the_middle(
    world: tuple[Tensor, Tensor], atlas: Atlas, way: str
) -> None:
    """Catches erased photos left where their people were, which says that nothing happened, on one
    spot, where they look like one photo, or outside the small disc where they are told apart."""
    values, labels = world
    changed = values.clone()
    gone = labels.numpy() == 3
    changed[labels == 3] = 0
    xy = getattr(atlas, way)(changed)
    off = (xy[gone] - atlas.before.mean(0)) / 0.03
    place = np.arange(gone.sum())
    radius = np.sqrt((place + 0.5) / len(place))
    angle = (place + 0.5) * np.pi * (3 - np.sqrt(5))
    expected = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    np.testing.assert_allclose(off, expected, atol=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_neighbours_among_some_are_exact(seed: int) -> None:
    """Catches a photo as its own neighbour, or one left out because it stands where another photo
    does in the list: asked and sought photos overlap in part, in any order."""
    draw = np.random.default_rng(seed)
    values = normalize(torch.from_numpy(draw.normal(size=(30, 6)).astype(np.float32)), dim=1)
    rows, among = draw.permutation(30)[:11], draw.permutation(30)[:13]
    found, distances = neighbours(values, 4, rows, among)
    cosine = (values @ values.T).numpy()
    for place, row in enumerate(rows):
        others = sorted((one for one in among if one != row), key=lambda one: -cosine[row, one])
        assert found[place].tolist() == others[:4]
        np.testing.assert_allclose(distances[place], 1 - cosine[row, others[:4]], atol=1e-6)
    every, _ = neighbours(values, 40)
    assert every.shape == (30, 29)
    assert neighbours(values, 3, rows, among[:1])[0].shape == (11, 0)
    assert neighbours(values, 3, rows[:0], among)[0].shape == (0, 0)
    pair, _ = neighbours(values, 3, rows, among[:2])
    assert pair.shape == (11, 1)
