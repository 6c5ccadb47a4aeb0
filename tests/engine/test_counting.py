"""Places of right matches: counted, they must be what sorting gives."""

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.compiled import _writable
from engine.live import counting
from engine.live.counting import places


def test_places_agree_with_a_plain_count() -> None:
    """Would catch a tie that counts for the person, a match left out, a row mixed with another."""
    generator = torch.Generator().manual_seed(0)
    scores = torch.randint(-9, 10, (40, 60), generator=generator) / 10  # many ties
    counts = torch.randint(0, 8, (40,), generator=generator)
    index = torch.rand(40, 60, generator=generator).topk(8, dim=1).indices
    right = scores.gather(1, index)
    right[torch.arange(8) >= counts[:, None]] = -torch.inf
    right = right.sort(dim=1, descending=True).values
    found = places(scores, right, counts)
    for row in range(40):
        for place in range(8):
            expected = 61
            if place < counts[row]:
                expected = sum(1 for one in scores[row].tolist() if one >= float(right[row, place]))
            assert int(found[row, place]) == expected


def test_kernels_are_kept_elsewhere_where_the_usual_folder_cannot_be(tmp_path: Path) -> None:
    """Would catch a page that cannot draw its map because a home folder is read-only."""
    taken = tmp_path / "taken"
    taken.write_text("a file, not a folder")
    assert _writable(tmp_path / "new") == tmp_path / "new"
    other = _writable(taken / "numba")
    assert other.is_dir()
    assert tmp_path not in other.parents
    other.rmdir()


def test_warming_up_runs_the_kernel_on_arrays_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a compiled loop that runs over the end of an array, which nothing tells."""
    seen: list[tuple[np.ndarray, ...]] = []
    monkeypatch.setattr(counting, "_count", lambda *arrays: seen.append(arrays))
    counting.warm()
    ((scores, right, counts, found),) = seen
    assert len(scores) == len(right) == len(counts) > 0
    assert found.shape == right.shape
    assert 0 < counts.max() <= right.shape[1] <= scores.shape[1]
    assert [one.dtype.str[1:] for one in (scores, right, counts, found)] == ["f4", "f4", "i8", "i8"]
