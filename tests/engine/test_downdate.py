"""Retrieval at every rank from one matrix: the figures of erased features that nobody formed."""

import pytest
import torch
from torch import Tensor

from engine.audit import retrieval
from engine.live import downdate
from engine.live.downdate import DowndatedRetrieval
from tests.engine.toy import cluster

X, Y = cluster(people=9, photos=8, dimension=40, spread=3.0)
TRAIN = torch.arange(len(X)) % 8 < 5
FORGET = (2, 6)
U = torch.linalg.qr(torch.randn(40, 12, generator=torch.Generator().manual_seed(3)))[0]


def plain(x: Tensor, labels: Tensor, train: Tensor, rows: Tensor) -> Tensor:
    """recall@1, recall@5 and average precision of `rows` by the audit's own way [3, q]."""
    asked = x[rows], labels[rows], x[train], labels[train]
    return torch.cat([torch.stack(retrieval.scores(one)) for one in retrieval.relevance(*asked)], 1)


@pytest.mark.parametrize("rank", [0, 1, 5, 12])
def test_every_query_has_the_audits_figures(rank: int) -> None:
    """Would catch a part of a similarity that is not taken off, a norm that is not, or a recall
    at one that is a recall at five."""
    found = DowndatedRetrieval(X, Y, TRAIN, FORGET, U)
    erased = X - (X @ U[:, :rank]) @ U[:, :rank].T
    assert torch.equal(found.rows, (~TRAIN).nonzero()[:, 0])
    assert torch.equal(found.forgotten, torch.isin(Y[~TRAIN], torch.tensor(FORGET)))
    assert not found.sampled
    figures = found.at(rank)
    torch.testing.assert_close(figures, plain(erased, Y, TRAIN, found.rows), atol=1e-5, rtol=0)
    assert 0 < float(figures[0].mean()) < float(figures[1].mean()) < 1


def test_who_has_no_enrolled_photo_is_not_asked_about() -> None:
    """Would catch queries that nothing can answer counted as not found."""
    train = TRAIN & (Y != 3)
    found = DowndatedRetrieval(X, Y, train, FORGET, U)
    assert 3 not in Y[found.rows].tolist()
    assert len(found.rows) == int((~train & (Y != 3)).sum())
    nobody = DowndatedRetrieval(X, Y, torch.ones_like(TRAIN), FORGET, U)
    assert nobody.at(2).shape == (3, 0)
    empty = DowndatedRetrieval(X, Y, torch.zeros_like(TRAIN), FORGET, U)
    assert empty.at(2).shape == (3, 0)


def test_people_with_fewer_photos_than_others_have_their_own_count() -> None:
    """Would catch an average over the photos of the person who has most."""
    train = TRAIN & ~((Y == 2) & (torch.arange(len(X)) % 8 > 0))
    found = DowndatedRetrieval(X, Y, train, FORGET, U)
    torch.testing.assert_close(found.at(0), plain(X, Y, train, found.rows), atol=1e-5, rtol=0)


def test_a_large_gallery_asks_all_the_forgotten_and_a_seeded_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Would catch a sample without the forgotten, one too many, or another one at each look."""
    enrolled, queries, gone = int(TRAIN.sum()), int((~TRAIN).sum()), 6
    monkeypatch.setattr(downdate, "PAIRS", enrolled * queries)
    assert not DowndatedRetrieval(X, Y, TRAIN, FORGET, U).sampled
    monkeypatch.setattr(downdate, "PAIRS", enrolled * queries - 1)
    assert len(DowndatedRetrieval(X, Y, TRAIN, FORGET, U).rows) == queries - 1
    monkeypatch.setattr(downdate, "PAIRS", 10 * enrolled)
    found = DowndatedRetrieval(X, Y, TRAIN, FORGET, U, seed=1)
    assert found.sampled
    assert len(set(found.rows.tolist())) == len(found.rows) == 10
    theirs = set((~TRAIN & torch.isin(Y, torch.tensor(FORGET))).nonzero()[:, 0].tolist())
    assert set(found.rows[found.forgotten].tolist()) == theirs
    assert not set(found.rows[~found.forgotten].tolist()) & theirs
    assert not TRAIN[found.rows].any()
    torch.testing.assert_close(found.at(0), plain(X, Y, TRAIN, found.rows), atol=1e-5, rtol=0)
    again = DowndatedRetrieval(X, Y, TRAIN, FORGET, U, seed=1)
    other = DowndatedRetrieval(X, Y, TRAIN, FORGET, U, seed=2)
    assert torch.equal(found.rows, again.rows)
    assert not torch.equal(found.rows.sort().values, other.rows.sort().values)
    monkeypatch.setattr(downdate, "PAIRS", 1)
    assert len(DowndatedRetrieval(X, Y, TRAIN, FORGET, U).rows) == gone
    assert len(DowndatedRetrieval(X, Y, TRAIN, (), U).rows) == 1


def test_of_what_is_gone_rounding_is_not_looked_at() -> None:
    """Would catch an enrolled photo of which nothing is left that still ranks, by its rounding."""
    values = torch.eye(4)[[0, 0, 1, 1, 2, 2]]
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    train = torch.tensor([True, False] * 3)
    found = DowndatedRetrieval(values, labels, train, (0,), torch.eye(4)[:, :1])
    recall, _, precision = found.at(1)
    assert recall.tolist() == [0, 1, 1]
    assert precision[0] == pytest.approx(1 / 3)  # level with both others: ties count against
