"""umap-learn as the maps use it: what it promises, and that one thread at a time has it."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from engine import umaps
from engine.errors import Cancelled
from engine.neighbours import neighbours, principal
from engine.progress import Progress
from tests.engine.toy import cluster

DIGEST = """
import hashlib
from tests.engine.test_umaps import settle
print(hashlib.sha256(b"".join(part.tobytes() for part in settle(7))).hexdigest())
"""


def settle(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A map of six people, and where twelve new photos settle on it."""
    values, _ = cluster(people=6, photos=12, dimension=32, spread=0.5)
    near, gaps = neighbours(values, 8)
    held = umaps.lay_out(values.numpy(), near, gaps, principal(values), seed=seed)
    new = normalize(values[:12] + 0.1 * torch.randn(12, 32, generator=torch.manual_seed(1)), dim=1)
    both = torch.cat([values, new])
    near, gaps = neighbours(both, 9, np.arange(72, 84), np.arange(72))
    return held, umaps.join(held, near, gaps, seed=seed)


def test_the_same_seed_gives_the_same_map_in_another_process() -> None:
    """Catches randomness of the process: hash seeds, thread counts, parallel sums."""
    root = Path(__file__).parents[2]
    told = [
        subprocess.run(
            [sys.executable, "-c", DIGEST], cwd=root, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert told[0] == told[1]
    assert np.array_equal(settle(7)[1], settle(7)[1])
    assert not np.array_equal(settle(7)[0], settle(8)[0])


def test_the_new_settle_among_their_own_and_the_held_stay() -> None:
    """Catches a `transform` that writes into the map it is given, and distances read wrongly."""
    held, new = settle(0)
    frozen = held.copy()
    values, labels = cluster(people=6, photos=12, dimension=32, spread=0.5)
    who = labels.numpy()
    nearest = np.linalg.norm(new[:, None] - held[None], axis=2).argmin(1)
    assert (who[nearest] == who[:12]).mean() > 0.9
    near, gaps = neighbours(values, 9, np.arange(12))
    crossed = np.where(near < 60, near + 12, near - 60)  # told that the next person is theirs
    moved = umaps.join(held, crossed, gaps)
    nearest = np.linalg.norm(moved[:, None] - held[None], axis=2).argmin(1)
    assert (who[nearest] == who[12]).mean() > 0.9
    assert np.array_equal(held, frozen)


def test_points_that_are_all_the_same_have_places() -> None:
    """Catches the 0 / 0 of a start without extent, and bandwidths of no distance at all."""
    values = np.tile(np.eye(1, 8, dtype=np.float32), (20, 1))
    near, gaps = neighbours(torch.from_numpy(values), 6)
    xy = umaps.lay_out(values, near, gaps, np.zeros((20, 2), np.float32))
    assert np.isfinite(xy).all()
    assert np.isfinite(umaps.join(xy, near, gaps)).all()


def test_it_says_when_it_is_warm() -> None:
    """Catches a page that goes on sketching, or that calls what is not compiled yet ready."""
    umaps.warm()
    assert umaps.ready()


@pytest.fixture
def taken() -> Iterator[None]:
    """Somebody else's layout that takes long."""
    with umaps._one:
        yield


def test_who_waits_for_another_layout_can_stop(taken: None) -> None:
    """Catches a Cancel that is heard only when everybody before is served."""
    calls: list[Progress] = []

    def watch(report: Progress) -> None:
        calls.append(report)
        if len(calls) == 3:
            raise Cancelled

    ring = (np.arange(8)[:, None] + [1, 2]) % 8
    with pytest.raises(Cancelled):
        umaps.join(np.zeros((8, 2)), ring, np.ones((8, 2), np.float32), watch=watch)
    assert len(calls) == 3


def test_one_thread_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a second way in beside the lock: umap-learn is not made for several threads."""
    inside, most, original = [0], [0], umaps._umap
    counting = threading.Lock()

    def watched(*given: object, **options: object) -> object:
        model = original(*given, **options)  # type: ignore[arg-type]
        for name in ("fit", "transform"):
            monkeypatch.setattr(model, name, counted(getattr(model, name)), raising=True)
        return model

    def counted(work: object) -> object:
        def run(*given: object, **options: object) -> object:
            with counting:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            try:
                return work(*given, **options)  # type: ignore[operator]
            finally:
                with counting:
                    inside[0] -= 1

        return run

    monkeypatch.setattr(umaps, "_umap", watched)
    alone = settle(3)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(settle, [3] * 8))
    assert most[0] == 1
    assert all(np.array_equal(one[1], alone[1]) for one in together)
