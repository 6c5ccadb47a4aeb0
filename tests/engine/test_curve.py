"""Each point of the curve is what the slow way measures at that rank."""

import pytest
import torch

from engine.audit import retrieval
from engine.erasure.factor import factor_people
from engine.erasure.spectrum import auto_rank
from engine.live.curve import curve_ranks, forgetting_curve
from engine.probes.linear import fit_linear
from engine.probes.ridge import fit_ridge
from tests.engine.toy import cluster

FORGET = (1, 4, 9)
X, Y = cluster(people=12, photos=20, spread=1.0)
TRAIN = torch.arange(len(X)) % 10 < 7
GONE = torch.isin(Y[~TRAIN], torch.tensor(FORGET))
FACTOR = factor_people(X[TRAIN], Y[TRAIN], FORGET)


def test_map_is_the_audits() -> None:
    """Catches similarities that lose the wrong part, or are not renormalised."""
    for point in forgetting_curve(X, Y, TRAIN, 12, FACTOR, ranks=[0, 1, 3, 4, 11]):
        x = FACTOR.eraser(point.rank)(X)
        parts = [
            retrieval.scores(block)[2]
            for block in retrieval.relevance(x[~TRAIN], Y[~TRAIN], x[TRAIN], Y[TRAIN])
        ]
        precision = torch.cat(parts)
        assert point.map_forget == pytest.approx(float(precision[GONE].mean()), abs=1e-4)
        assert point.map_retain == pytest.approx(float(precision[~GONE].mean()), abs=1e-4)


@pytest.mark.parametrize("probe", ["discriminant", "converged"])
def test_kr_is_the_probes(probe: str) -> None:
    """Catches a curve that is drawn by another probe than it says."""
    points = list(forgetting_curve(X, Y, TRAIN, 12, FACTOR, ranks=[0, 2, 5], probe=probe))
    assert {point.probe for point in points} == {probe}
    for point in points:
        x = FACTOR.eraser(point.rank)(X)
        if probe == "converged":
            fitted = fit_linear(x[TRAIN], Y[TRAIN], 12, tolerance=0.01)
            answer, slack = fitted.predict(x[~TRAIN]), 0.06
        else:
            path = fit_ridge(X[TRAIN], Y[TRAIN], 12).path(FACTOR.directions, X[~TRAIN])
            answer, slack = path.predict(point.rank), 1e-6
        right = (answer == Y[~TRAIN]).float()
        assert abs(point.kr_forget - float(right[GONE].mean())) <= slack
        assert abs(point.kr_retain - float(right[~GONE].mean())) <= slack


def test_knowledge_falls_and_the_rest_stays() -> None:
    """Catches a curve whose forgotten and rest are swapped."""
    points = list(forgetting_curve(X, Y, TRAIN, 12, FACTOR))
    first, cliff = points[0], points[auto_rank(FACTOR.spectrum, len(FACTOR.people))]
    assert first.kr_forget > 0.9
    assert cliff.kr_forget < first.kr_forget - 0.3
    assert cliff.map_forget < first.map_forget - 0.3
    assert cliff.kr_retain > 0.9
    assert abs(cliff.map_retain - first.map_retain) < 0.1


def test_ranks_reach_four_a_person_and_thirty_two() -> None:
    """Catches a curve with too few points, or ranks that have no direction."""
    assert curve_ranks(FACTOR)[0] == 0
    assert curve_ranks(FACTOR)[-1] >= 32
    assert len(curve_ranks(FACTOR)) >= 32
    few = factor_people(X[TRAIN], Y[TRAIN], (1,))
    assert curve_ranks(few) == list(range(few.directions.shape[1] + 1))
    many, labels = cluster(people=40, photos=8, dimension=200)
    large = curve_ranks(factor_people(many, labels, tuple(range(30))))
    assert large[-1] == 120
    assert 33 <= len(large) <= 65


def test_an_embedding_of_which_nothing_is_left_finds_nobody() -> None:
    """Catches ties that count in favour: zero similarity to all is no match."""
    x, y = cluster(people=3, photos=6, dimension=16)
    train = torch.arange(len(x)) % 6 < 4
    everything = factor_people(x, y, (0, 1, 2))
    last = everything.directions.shape[1]
    (point,) = forgetting_curve(x, y, train, 3, everything, ranks=[last])
    assert last == 16
    assert point.map_forget < 0.6
    assert point.map_retain is None


def test_points_come_one_by_one() -> None:
    """Catches a curve that is only shown when it is finished."""
    points = forgetting_curve(X, Y, TRAIN, 12, FACTOR)
    assert next(points).rank == 0
    assert next(points).rank == 1
