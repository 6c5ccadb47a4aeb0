"""Places of right matches: counted, they must be what sorting gives."""

from pathlib import Path

import torch

from engine.compiled import _writable
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
