"""A factor changed person by person is the factor of those people."""

import pytest
import torch

from engine.erasure import fit
from engine.erasure.factor import factor_people
from engine.erasure.spectrum import auto_rank, factor, paper_rank
from engine.errors import LetheError
from tests.engine.toy import cluster, task


@pytest.mark.parametrize(("photos", "dimension"), [(10, 48), (40, 32), (16, 48)])
def test_is_the_svd(photos: int, dimension: int) -> None:
    """Catches a centred or transposed decomposition, on either side of n_f = d."""
    x, y = cluster(photos=photos, dimension=dimension)
    ours = factor_people(x, y, (1, 4, 5))
    directions, values = factor(x[torch.isin(y, torch.tensor((1, 4, 5)))])
    assert torch.allclose(ours.spectrum.double(), values, atol=1e-5)
    both = ours.directions[:, :3].double()
    assert torch.allclose(both @ both.T, directions[:, :3] @ directions[:, :3].T, atol=1e-5)
    eye = ours.directions.T @ ours.directions
    assert torch.allclose(eye, torch.eye(len(eye)), atol=1e-4)


def test_every_way_to_a_selection_agrees() -> None:
    """Catches a block of dot products that stays behind, or stands for the wrong pair."""
    x, y = cluster()
    whole = factor_people(x, y, (1, 4, 5))
    grown = factor_people(x, y, (4,)).select(x, y, (4, 1)).select(x, y, (4, 1, 5))
    shrunk = factor_people(x, y, (7, 5, 4, 1)).select(x, y, (5, 4, 1))
    moved = factor_people(x, y, (2, 4)).select(x, y, (5, 1, 4))
    for other in (grown, shrunk, moved):
        assert set(other.people) == {1, 4, 5}
        assert torch.allclose(other.spectrum, whole.spectrum, atol=1e-5)
        for rank in (1, 3, 7):
            assert torch.allclose(other.eraser(rank)(x), whole.eraser(rank)(x), atol=1e-4)


def test_products_of_others_are_kept() -> None:
    """Catches an update that silently factors everything again."""
    x, y = cluster()
    one = factor_people(x, y, (1, 4))
    two = one.select(x, y, (1, 4, 5))
    assert two.products[1, 4] is one.products[1, 4]
    assert two.features[1] is one.features[1]
    assert two.select(x, y, (1, 4)).products[1, 4] is one.products[1, 4]


def test_eraser_is_the_one_that_esc_fits() -> None:
    """Catches a slider that shows something else than the button then does."""
    one = task((1, 4))
    ours = factor_people(one.values, one.labels, (1, 4))
    for rank in ("auto", "paper", 3):
        fitted, _ = fit("esc", one, {"rank": rank})
        k = {"auto": auto_rank(ours.spectrum, 2), "paper": paper_rank(48, 1.5), 3: 3}[rank]
        assert fitted.rank == k
        assert torch.allclose(ours.eraser(k)(one.values), fitted(one.values), atol=1e-5)
    assert torch.equal(ours.eraser(0)(one.values), one.values)


def test_nobody_is_refused() -> None:
    """Catches an empty factor that erases nothing without a word."""
    x, y = cluster()
    with pytest.raises(LetheError, match="Nobody"):
        factor_people(x, y, ())
    with pytest.raises(LetheError):
        factor_people(x, y, (1,)).select(x, y, ())
    with pytest.raises(LetheError):
        factor_people(x * 0, y, (1,))
