"""The attacks measure what they say, and catch an eraser that keeps the identity secretly."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor
from torch.nn.functional import normalize

from engine.audit import QUESTIONS, audit, depth, metrics
from engine.audit.collateral import collateral
from engine.audit.depth import kr_by_depth
from engine.audit.detectability import halves, norm_scores
from engine.audit.detectability import measure as audit_detectability
from engine.audit.innocent import matches, taken_for
from engine.audit.kr import figures as kr_figures
from engine.audit.kr import stranger_floor
from engine.audit.probe_strength import by_penalty, by_training, papers
from engine.audit.relearning import relearn, whitening
from engine.audit.statistics import (
    accept_threshold,
    auc,
    auc_interval,
    equal_error_rate,
    mean_interval,
    placements,
    share,
    true_accept_rate,
    wilson,
)
from engine.audit.verification import Pairs, figures, pairs
from engine.audit.verification import measure as measure_verification
from engine.erasure.esc import METHOD as ESC
from engine.erasure.esc import ProjectionEraser
from engine.errors import LetheError
from engine.probes.mlp import fit_mlp
from engine.probes.neighbours import knn
from engine.view import View
from tests.engine.toy import centroid_head

PEOPLE, PHOTOS, DIMENSION = 20, 14, 64
FORGET = (2, 7, 11, 16)
ATTACKS = (
    "knn",
    "mlp",
    "verification",
    "detectability",
    "innocent",
    "collateral",
    "relearning",
)


def people(count: int, photos: int, seed: int) -> tuple[Tensor, Tensor]:
    """Clusters on the sphere: `count` people, unit norm."""
    generator = torch.Generator().manual_seed(seed)
    centres = normalize(torch.randn(count, 1, DIMENSION, generator=generator), dim=2)
    noise = normalize(torch.randn(count, photos, DIMENSION, generator=generator), dim=2)
    values = normalize(centres + 0.7 * noise, dim=2).reshape(-1, DIMENSION)
    return values, torch.arange(count).repeat_interleave(photos)


@pytest.fixture(scope="module")
def before() -> View:
    values, labels = people(PEOPLE, PHOTOS, seed=10)
    strangers, stranger_labels = people(200, 2, seed=11)
    return View(
        values=values,
        labels=labels,
        train=torch.arange(len(labels)) % PHOTOS < 10,
        forget=FORGET,
        classes=PEOPLE,
        head=centroid_head(values, labels),
        strangers=strangers,
        stranger_labels=stranger_labels,
        threshold=0.55,
    )


def drawn(count: int, seed: int = 5) -> Tensor:
    """What strangers look like: a fresh point of the sphere a photo."""
    generator = torch.Generator().manual_seed(seed)
    return normalize(torch.randn(count, DIMENSION, generator=generator), dim=1)


def with_forgotten(view: View, change: Callable[[Tensor, Tensor], Tensor]) -> View:
    """The view after an eraser that changes only the forgotten's photos."""
    values = view.values.clone()
    mine = view.is_forget
    values[mine] = change(values[mine], view.labels[mine])
    return replace(view, values=values)


def rotated(x: Tensor, labels: Tensor) -> Tensor:
    return x[:, torch.randperm(DIMENSION, generator=torch.Generator().manual_seed(3))]


def secret_in_the_norm(x: Tensor, labels: Tensor) -> Tensor:
    return drawn(len(x)) * (1 + 0.02 * labels[:, None])


def secret_in_signs(x: Tensor, labels: Tensor) -> Tensor:
    out = drawn(len(x))
    code = torch.stack([labels >> bit & 1 for bit in range(5)], 1).repeat(1, 4) * 2 - 1
    out[:, : code.shape[1]] = out[:, : code.shape[1]].abs() * code
    return out


def forgetting(x: Tensor, labels: Tensor) -> Tensor:
    return drawn(len(x))


def knowledge(answer: dict) -> float:
    return answer["forget_test"] - answer["stranger_floor"]


def test_an_eraser_that_only_rotates_is_caught(before: View) -> None:
    """Would catch attacks fooled by features that moved far but kept who is who."""
    after = with_forgotten(before, rotated)
    found = audit(after, ("kr", "knn", "mlp", "retrieval", "relearning", "verification"))
    assert knowledge(found["kr"]) > 0.7
    assert knowledge(found["knn"]) > 0.7
    assert knowledge(found["mlp"]) > 0.7
    assert found["retrieval"]["forget_recall_at_1"] > 0.9
    assert found["relearning"]["photos_needed"] <= 2
    assert found["verification"]["forget_auc"] > 0.95


def test_an_identity_kept_in_the_norm_is_caught(before: View) -> None:
    """Would catch probes that look at directions only: recall@1 calls this eraser clean."""
    after = with_forgotten(before, secret_in_the_norm)
    found = audit(after, ("mlp", "retrieval", "detectability"))
    assert found["retrieval"]["forget_recall_at_1"] < 0.3
    assert knowledge(found["mlp"]) > 0.4
    assert found["detectability"]["norm"] > 0.95
    assert found["detectability"]["mlp"] > 0.9


def test_an_identity_kept_in_a_sign_pattern_is_caught(before: View) -> None:
    """Would catch probes too weak to read a code spread over a few coordinates."""
    found = audit(with_forgotten(before, secret_in_signs), ("kr", "mlp"))
    assert max(knowledge(found["kr"]), knowledge(found["mlp"])) > 0.5


def test_a_hidden_answer_is_caught(before: View) -> None:
    """Would catch an audit that asks the head, which never answers with a blocked name."""
    found = audit(replace(before, head=before.head.block(FORGET)), ("head", "kr", "mlp", "knn"))
    assert found["head"]["forget_test"] == 0
    assert min(found[name]["forget_test"] for name in ("kr", "mlp", "knn")) > 0.9


def test_forgetting_passes_the_attacks(before: View) -> None:
    """Would catch attacks that cry wolf: like a stranger means at the floor everywhere."""
    found = audit(with_forgotten(before, forgetting), ("kr", *ATTACKS, "retrieval"))
    for name in ("kr", "mlp", "knn"):
        assert knowledge(found[name]) < 0.2
    assert found["detectability"]["norm"] == 0.5
    assert abs(found["detectability"]["mlp"] - 0.5) < 0.2
    assert found["relearning"]["photos_needed"] is None
    assert abs(found["verification"]["forget_auc"] - 0.5) < 0.15
    assert found["retrieval"]["forget_map"] < 0.2


def test_esc_leaves_a_norm_that_tells(before: View) -> None:
    """Would catch a norm detector that renormalises first: erased vectors are shorter."""
    eraser = esc(before, rank=4)
    after = replace(before, values=eraser(before.values), strangers=eraser(before.strangers))
    found = audit(after, ("detectability",))["detectability"]
    assert found["norm"] > 0.95
    assert found["advantage"] > 0.9
    assert audit(before, ("detectability",))["detectability"]["norm"] == 0.5


def esc(view: View, rank: int) -> ProjectionEraser:
    z = view.values[view.train & view.is_forget]
    factor = torch.linalg.svd(z, full_matrices=False).Vh[:rank].T
    return ProjectionEraser(method=ESC.name, rank=rank, factor=factor, spectrum=torch.ones(rank))


def test_every_attack_answers_with_figures_its_metrics_promise(before: View) -> None:
    """Would catch a metric whose key, chance or interval the answer does not hold, or NaN."""
    found = audit(before, ATTACKS, seed=3)
    again = audit(before, ATTACKS, seed=3)
    assert found == again
    for key, metric in metrics().items():
        question, _, figure = key.partition(".")
        if question not in ATTACKS:
            continue
        value = found[question][figure]
        assert -1 <= value <= 1, key
        assert metric.chance is None or metric.chance in found[question], key
        low, high = (found[question].get(f"{figure}_{end}") for end in ("low", "high"))
        if low is not None:
            assert 0 <= low <= high <= 1, key


def test_nobody_forgotten_and_single_photos_do_not_break_an_attack(before: View) -> None:
    """Would catch a crash, or a made-up number, where there is nothing to measure with."""
    for name in ATTACKS:
        QUESTIONS[name].measure(replace(before, forget=()), 0)
    one = replace(before, train=torch.arange(len(before.labels)) % PHOTOS < 13)
    found = audit(one, ATTACKS)
    assert found["verification"]["forget_auc"] > 0.9  # against enrolled photos then
    alone = replace(before, train=torch.ones_like(before.train))
    found = audit(alone, ATTACKS)
    assert found["verification"]["forget_auc"] is None
    assert found["detectability"]["mlp"] is None
    assert found["innocent"]["forget"] is None


def test_detectability_needs_strangers(before: View) -> None:
    """Would catch an AUC against nobody."""
    with pytest.raises(LetheError, match="strangers"):
        audit(replace(before, strangers=None, stranger_labels=None), ("detectability",))


def scores(seed: int = 0, ties: bool = True) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    positive = torch.randn(41, generator=generator) + 0.7
    negative = torch.randn(173, generator=generator)
    if ties:
        positive, negative = (positive * 4).round() / 4, (negative * 4).round() / 4
    return positive, negative


@pytest.mark.parametrize("ties", [False, True])
def test_auc_agrees_with_scikit_learn(ties: bool) -> None:
    """Would catch ties counted as wins."""
    positive, negative = scores(ties=ties)
    truth = np.r_[np.ones(len(positive)), np.zeros(len(negative))]
    expected = roc_auc_score(truth, torch.cat([positive, negative]).numpy())
    assert auc(positive, negative) == pytest.approx(expected, abs=1e-12)
    assert auc(negative, positive) == pytest.approx(1 - expected, abs=1e-12)
    low, high = auc_interval(positive, negative)
    assert low < expected < high


@pytest.mark.parametrize("ties", [False, True])
def test_error_rates_agree_with_counting(ties: bool) -> None:
    """Would catch a threshold off by one impostor, or an EER read at the wrong crossing."""
    positive, negative = scores(ties=ties)
    thresholds = [*sorted({*positive.tolist(), *negative.tolist()}), np.inf]
    false_accepts = np.array([(negative >= t).float().mean() for t in thresholds])
    false_rejects = np.array([(positive < t).float().mean() for t in thresholds])
    nearest = np.abs(false_accepts - false_rejects).argmin()
    bounds = sorted((false_accepts[nearest], false_rejects[nearest]))
    slack = 0.06 if ties else 1e-9
    assert bounds[0] - slack <= equal_error_rate(positive, negative) <= bounds[1] + slack
    for far in (0.0, 0.01, 0.1, 0.5):
        best = max(
            float((positive > t).float().mean())
            for t in [-np.inf, *thresholds]
            if float((negative > t).float().mean()) <= far
        )
        assert true_accept_rate(positive, negative, far) == pytest.approx(best)
        assert float((negative > accept_threshold(negative, far)).float().mean()) <= far
    assert equal_error_rate(torch.ones(3), torch.zeros(3)) == 0
    assert equal_error_rate(torch.ones(3), torch.ones(3)) == pytest.approx(0.5)
    assert equal_error_rate(torch.zeros(3), torch.ones(3)) == 1


def test_intervals_are_honest() -> None:
    """Would catch an interval of no width at 0 or 1, and pairs counted as independent."""
    low, high = wilson(3, 3)
    assert low == pytest.approx(0.4385, abs=1e-4)
    assert high == 1
    assert wilson(0, 0) == (0.0, 1.0)
    values = torch.tensor([0.0, 1.0]).repeat_interleave(500)
    together = mean_interval(values, torch.tensor([0, 1]).repeat_interleave(500))
    apart = mean_interval(values, torch.arange(1000))
    assert together[1] - together[0] > 5 * (apart[1] - apart[0])


def test_the_neighbour_probe_agrees_with_scikit_learn(before: View) -> None:
    """Would catch a vote that is not weighted, or the training photos mixed into the queries."""
    x, y = before.values[before.train], before.labels[before.train]
    queries = before.values[~before.train] + 0.2 * drawn(int((~before.train).sum()))
    reference = KNeighborsClassifier(
        5, metric="cosine", algorithm="brute", weights=lambda distance: np.exp(-distance / 0.07)
    ).fit(x.numpy(), y.numpy())
    expected = reference.predict(queries.numpy())
    assert (knn(x, y, PEOPLE)(queries).numpy() == expected).mean() == 1


def test_the_stranger_floor_is_the_share_of_strangers_per_person() -> None:
    """Would catch a floor that grows with the number of forgotten people."""
    predicted = torch.tensor([0, 1, 2, 3, 3, 5, 5, 5])
    assert stranger_floor(predicted, (3,)) == 2 / 8
    assert stranger_floor(predicted, (3, 5)) == 5 / 8 / 2
    assert stranger_floor(predicted, ()) is None
    assert stranger_floor(predicted[:0], (3,)) is None


def test_the_mlp_bends_where_a_line_cannot() -> None:
    """Would catch a probe that is linear in disguise: two crossed clusters need a bend."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(400, 2, generator=generator)
    y = (x[:, 0] * x[:, 1] > 0).long()
    probe = fit_mlp(x[:300], y[:300], 2, steps=150)
    assert float((probe.predict(x[300:]) == y[300:]).float().mean()) > 0.9
    again = fit_mlp(x[:300], y[:300], 2, steps=150)
    assert torch.equal(probe.logits(x), again.logits(x))


def test_rounding_of_unit_norms_is_no_secret() -> None:
    """Would catch the float32 error of a norm of 1 blown up into a feature."""
    x = drawn(300)
    y = (x.double().norm(dim=1) > 1).long()
    probe = fit_mlp(x[:200], y[:200], 2)
    assert float((probe.predict(x[200:]) == y[200:]).float().mean()) < 0.7


def test_strangers_are_halved_by_identity() -> None:
    """Would catch a stranger's photos on both sides: the detector would know the face."""
    labels = torch.arange(50).repeat_interleave(3)
    first = halves(labels, seed=2)
    assert first.sum() == 75
    assert not set(labels[first].tolist()) & set(labels[~first].tolist())


def test_pairs_are_counted_once_and_never_with_themselves(before: View) -> None:
    """Would catch a photo compared with itself, which verifies always."""
    found = pairs(before, before.is_forget)
    tests = PHOTOS - 10
    assert len(found.genuine) == len(FORGET) * tests * (tests - 1) // 2
    mine, others = len(FORGET) * tests, (PEOPLE - len(FORGET)) * tests
    within = mine * (mine - 1) // 2 - len(found.genuine)
    assert len(found.impostor) == within + mine * others
    assert float(found.genuine.max()) < 0.9999


def test_innocent_matches_name_the_innocent(before: View) -> None:
    """Would catch matches among the forgotten themselves counted as innocent ones."""
    label = 0
    twin = before.values[before.train & (before.labels == label)][0]
    after = with_forgotten(before, lambda x, _: twin.expand(len(x), -1))
    found = audit(after, ("innocent",))["innocent"]
    assert found["forget"] == 1
    assert found["excess"] == pytest.approx(1 - found["strangers"])
    assert {match.taken_for for match in matches(after)} == {label}
    assert taken_for(after) == (label,)
    assert audit(before, ("innocent",))["innocent"]["forget"] < 0.2


def test_collateral_is_the_removed_energy_and_worst_comes_first(before: View) -> None:
    """Would catch a wrong energy, a lost person, or an order that hides the worst."""
    eraser = esc(before, rank=4)
    after = replace(before, values=eraser(before.values))
    rows = collateral(before, after)
    assert {row.label for row in rows} == set(range(PEOPLE)) - set(FORGET)
    for row in rows:
        mine = before.values[before.labels == row.label]
        expected = float((mine @ eraser.factor).square().sum(1).mean())
        assert row.energy_removed == pytest.approx(expected, abs=1e-5)
    hurt = torch.where((before.labels == 5) & ~before.train)[0]
    values = before.values.clone()
    values[hurt] = before.values[before.labels == 6][: len(hurt)]
    first = collateral(before, replace(before, values=values))[0]
    assert (first.label, first.recall_after) == (5, 0)
    assert first.recall_change == -1
    worst = audit(replace(before, values=values), ("collateral",))["collateral"]
    assert worst["worst_recall_at_1"] == 0


def test_relearning_grows_with_photos(before: View) -> None:
    """Would catch test photos among those enrolled, or a curve that is not one."""
    noisy = replace(before, values=before.values + 1.1 * drawn(len(before.values)))
    curve = relearn(noisy, (1, 5, 10, 14))
    assert curve["accuracy"][0] < curve["accuracy"][2]
    assert curve["accuracy"][3] is None  # nobody is left to ask
    assert max(curve["floor"][:3]) < 0.2


def test_depth_shows_what_earlier_layers_know(before: View) -> None:
    """Would catch a probe that reads the last layer for all."""
    forgotten = with_forgotten(before, forgetting).values
    wide = torch.cat([before.values.repeat(1, 10), torch.zeros(len(before.values), 30)], 1)
    layers = kr_by_depth(
        {"early": wide.reshape(len(wide), 10, -1), "embedding": forgotten},
        before.labels,
        before.train,
        FORGET,
        PEOPLE,
    )
    assert [(layer.name, layer.dimension) for layer in layers] == [
        ("early", 670),
        ("embedding", 64),
    ]
    assert layers[0].forget_test > 0.9
    assert layers[1].forget_test < 0.4
    assert min(layer.retain_test for layer in layers) > 0.9


def test_wide_layers_keep_nearly_all_of_their_variance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a layer projected to random directions, around another centre, or by test
    photos, and one projected that is narrow enough."""
    monkeypatch.setattr(depth, "MAX_DIMENSION", 6)
    generator = torch.Generator().manual_seed(4)
    scales = 0.5 ** torch.arange(40.0)
    x = torch.randn(90, 40, generator=generator) * scales + 5
    train = torch.arange(90) % 3 > 0
    narrow = depth._narrow(x, train)
    assert narrow.shape == (90, 6)
    torch.testing.assert_close(narrow[train].mean(0), torch.zeros(6), atol=1e-4, rtol=0)
    best = torch.linalg.svdvals(x[train] - x[train].mean(0))[:6].square().sum()
    assert float(narrow[train].square().sum() / best) == pytest.approx(1, abs=1e-3)
    apart = torch.cdist(x, x) - torch.cdist(narrow, narrow)
    assert float(apart.abs().max()) < 0.1  # a rotation, but for what is left out
    assert torch.equal(depth._narrow(x, train), narrow)
    assert depth._narrow(x[:, :6], train) is not x
    assert torch.equal(depth._narrow(x[:, :6], train), x[:, :6])
    few = torch.arange(90) < 4
    assert depth._narrow(x, few).shape == (90, 4)


def test_a_stronger_probe_knows_more(before: View) -> None:
    """Would catch a strength control that changes nothing, or a curve in the wrong order."""
    trained = by_training(before, (0, 1, 5, 20, 80))
    assert trained.forget[0] < 0.5 < trained.forget[-1]
    assert trained.retain[0] < 0.5 < trained.retain[-1]
    after = with_forgotten(before, forgetting)
    known = audit(after, ("kr",))["kr"]
    usual = by_penalty(after, (1.0,))
    assert (usual.forget[0], usual.retain[0]) == (known["forget_test"], known["retain_test"])
    assert usual.floor[0] == pytest.approx(known["stranger_floor"])
    assert papers(before).retain[0] < 0.5


def test_likeness_to_oneself_is_the_mean_cosine_to_ones_enrolled_photos() -> None:
    """Would catch a mean over more photos than a person enrolled: one photo is as good as ten."""
    values = normalize(drawn(12)[:, :8], dim=1)
    labels = torch.tensor([0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2])
    train = torch.tensor([1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0], dtype=torch.bool)
    view = View(values, labels, train, (2,), 3, centroid_head(values, labels))
    cosines = values @ values.T
    plain = [
        float(cosines[(labels == label) & ~train][:, (labels == label) & train].mean())
        for label in range(3)
    ]
    rows = {row.label: row for row in collateral(view, view)}
    assert {label: row.similarity_before for label, row in rows.items()} == pytest.approx(
        {label: plain[label] for label in rows}
    )
    found = audit(view, ("collateral",))["collateral"]
    assert found["similarity"] == pytest.approx((plain[0] + plain[1]) / 2)


def test_a_balanced_mlp_does_not_prefer_whom_there_is_more_of() -> None:
    """Would catch a detector that answers with the larger side, whatever it is shown."""
    generator = torch.Generator().manual_seed(0)
    y = (torch.arange(400) % 10 == 0).long()
    x = torch.randn(400, 4, generator=generator) + 0.3 * y[:, None]
    asked = torch.randn(400, 4, generator=generator)
    plain, even = (
        float(fit_mlp(x, y, 2, steps=20, balanced=balanced).predict(asked).float().mean())
        for balanced in (False, True)
    )
    assert plain < 0.05
    assert even > 0.2


def test_lengths_are_told_apart_beyond_rounding() -> None:
    """Would catch an eraser that shortens vectors a little and passes as one that does not."""
    lengths = torch.tensor([1.0, 1.0 + 1e-7, 1.0 + 9e-6, 1.0 - 9e-6], dtype=torch.float64)
    one, rounded, longer, shorter = norm_scores(lengths[:, None])
    assert one == rounded
    assert shorter < one < longer


def drawn_means(values: np.ndarray, generator: torch.Generator, draws: int = 500) -> np.ndarray:
    """The means of so many samples with replacement, one by one."""
    picks = torch.randint(len(values), (draws, len(values)), generator=generator).numpy()
    return np.array([values[pick].mean() for pick in picks])


@pytest.mark.parametrize("seed", range(4))
def test_bootstraps_agree_with_plain_loops(seed: int) -> None:
    """Would catch an interval of other quantiles, of samples without replacement, of photos where
    clusters are meant, or one that leaves [0, 1]."""
    positive, negative = scores(seed)
    rows = np.array(
        [[(p > n) + (p == n) / 2 for n in negative.tolist()] for p in positive.tolist()]
    )
    np.testing.assert_allclose(placements(positive, negative).numpy(), rows.mean(1), atol=1e-12)
    generator = torch.Generator().manual_seed(seed)
    of_rows = drawn_means(rows.mean(1), generator)
    of_columns = drawn_means(rows.mean(0), generator)
    expected = np.quantile(of_rows + of_columns - rows.mean(), [0.025, 0.975])
    found = auc_interval(positive, negative, seed)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    clusters = torch.tensor([7, 3, 3, 5, 7, 9, 5, 3])
    values = torch.arange(8.0) ** 2
    picks = torch.randint(4, (500, 4), generator=torch.Generator().manual_seed(seed)).tolist()
    own = [values[clusters == who].tolist() for who in (3, 5, 7, 9)]
    drawn = [np.mean([one for who in pick for one in own[who]]) for pick in picks]
    np.testing.assert_allclose(
        mean_interval(values, clusters, seed), np.quantile(drawn, [0.025, 0.975]), atol=1e-9
    )


def test_figures_of_too_few_say_that_they_know_nothing() -> None:
    """Would catch an interval without width around a single photo, a division by nothing, or an
    AUC of an empty side that is not chance."""
    one, two, none = torch.tensor([0.3]), torch.tensor([0.1, 0.9]), torch.empty(0)
    assert auc_interval(one, two) == auc_interval(two, one) == (0.0, 1.0)
    assert auc_interval(two + 2, two) == (1.0, 1.0)
    assert auc_interval(two - 2, two) == (0.0, 0.0)
    assert mean_interval(two, torch.tensor([4, 4])) == (0.0, 1.0)
    low, high = mean_interval(two, torch.tensor([4, 5]))
    assert (low, high) == pytest.approx((0.1, 0.9))
    assert auc(none, two) == auc(two, none) == 0.5
    assert placements(two, none).tolist() == [0, 0]
    assert placements(two, one).tolist() == [0, 1]
    assert placements(one, one).tolist() == [0.5]
    assert true_accept_rate(none, two, 0.1) == true_accept_rate(two, none, 0.1) == 0
    assert true_accept_rate(two, one, 1.0) == 1
    assert (share(none), share(torch.tensor([True, False, False, False]))) == (None, 0.25)
    assert accept_threshold(torch.arange(100.0), 0.01) == 98
    assert accept_threshold(torch.arange(100.0), 0.0099) == 99
    assert accept_threshold(torch.arange(100.0), 2.0) == 0
    far = equal_error_rate(torch.tensor([2.0, 4.0]), torch.tensor([1.0, 3.0]))
    assert far == pytest.approx(0.5)
    assert equal_error_rate(torch.tensor([2.0, 3, 4]), torch.tensor([1.0, 1, 3.5])) == (
        pytest.approx(1 / 3)
    )


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [
        (50, 100, 0.403832, 0.596168),
        (0, 10, 0.0, 0.277533),
        (1, 10, 0.017876, 0.404150),
        (81, 263, 0.255289, 0.366210),
    ],
)
def test_wilsons_interval_is_the_published_one(
    hits: int, count: int, low: float, high: float
) -> None:
    """Would catch a slip in the formula: the last is Newcombe's example (1998, method 3)."""
    assert wilson(hits, count) == pytest.approx((low, high), abs=2e-4)


@pytest.mark.parametrize("twice", [True, False])
def test_pairs_and_their_figures_agree_with_plain_loops(before: View, twice: bool) -> None:
    """Would catch a genuine pair with another photo's name, a pair taken twice, impostors left
    out, or enrolled photos that are no second place where a person has a single test photo."""
    each = 9 if not twice else 10
    train = torch.arange(len(before.labels)) % PHOTOS < (13 if not twice else each)
    view = replace(before, train=train)
    x = normalize(view.values.double(), dim=1).numpy()
    names, mine, enrolled = view.labels.tolist(), view.is_forget.tolist(), train.tolist()
    tests = [row for row in range(len(x)) if not enrolled[row]]
    second = tests if twice else [row for row in range(len(x)) if enrolled[row]]
    first = [row for row in tests if mine[row]]
    genuine, impostor = [], []
    for place, a in enumerate(first):
        for b in second:
            if twice and (a == b or (mine[b] and b < a)):
                continue
            same = names[a] == names[b]
            (genuine if same else impostor).append((float(x[a] @ x[b]), place))
    genuine.sort()
    found = pairs(view, view.is_forget)
    np.testing.assert_allclose(found.genuine.numpy(), [c for c, _ in genuine], atol=1e-5)
    np.testing.assert_allclose(found.impostor.numpy(), sorted(c for c, _ in impostor), atol=1e-5)
    assert torch.bincount(found.photo).tolist() == np.bincount([p for _, p in genuine]).tolist()
    told = figures(found, seed=3)
    place = placements(found.genuine, found.impostor)
    assert told["auc"] == auc(found.genuine, found.impostor)
    assert (told["auc_low"], told["auc_high"]) == mean_interval(place, found.photo, 3)
    assert told["eer"] == equal_error_rate(found.genuine, found.impostor)
    for name, far in (("tar_at_far_1e2", 0.01), ("tar_at_far_1e3", 0.001)):
        passed = found.genuine > accept_threshold(found.impostor, far)
        assert told[name] == true_accept_rate(found.genuine, found.impostor, far)
        interval = mean_interval(passed.double(), found.photo, 3)
        assert (told[f"{name}_low"], told[f"{name}_high"]) == interval
    none = found.genuine[:0]
    assert figures(Pairs(none, found.impostor, found.photo[:0])) == {}
    assert figures(Pairs(found.genuine, none, found.photo)) == {}


def test_the_verification_curve_runs_from_a_ten_thousandth_to_all(before: View) -> None:
    """Would catch an axis that lies about its ends or its steps, a curve that falls, or figures
    of the forgotten shown as everybody else's."""
    told = measure_verification(before, 0)
    far = told["roc_far"]
    assert (len(far), far[0], far[-1]) == (65, pytest.approx(1e-4), 1.0)
    np.testing.assert_allclose(np.diff(np.log10(far)), 4 / 64, atol=1e-9)
    assert (told["chance_auc"], told["chance_far_1e2"], told["chance_far_1e3"]) == (
        0.5,
        0.01,
        0.001,
    )
    for who, group in (("forget", before.is_forget), ("retain", ~before.is_forget)):
        found = pairs(before, group)
        rates = [true_accept_rate(found.genuine, found.impostor, one) for one in far]
        assert told[f"{who}_roc"] == rates == sorted(rates)
        assert rates[-1] == 1
        assert told[f"{who}_auc"] == auc(found.genuine, found.impostor)
    alone = replace(before, train=torch.arange(len(before.labels)) % PHOTOS < PHOTOS)
    told = measure_verification(alone, 0)
    assert {told[key] for key in ("forget_auc", "retain_eer", "forget_roc", "retain_roc")} == {None}


def test_what_is_good_for_the_forgotten_is_not_for_the_rest() -> None:
    """Would catch a figure whose arrow points the wrong way: of the forgotten, pairs should be no
    better told than by chance, of everybody else as well as ever."""
    by_key = {
        one.key.partition(".")[2]: (one.good, one.ideal, one.chance, one.interval, one.aspect)
        for one in QUESTIONS["verification"].metrics
    }
    assert by_key == {
        "forget_auc": ("ideal", 0.5, "chance_auc", True, "verification"),
        "forget_eer": ("ideal", 0.5, "chance_auc", False, "verification"),
        "forget_tar_at_far_1e2": ("down", None, "chance_far_1e2", True, "verification"),
        "forget_tar_at_far_1e3": ("down", None, "chance_far_1e3", True, "verification"),
        "retain_auc": ("up", None, "chance_auc", True, "rest"),
        "retain_eer": ("down", None, "chance_auc", False, None),
        "retain_tar_at_far_1e2": ("up", None, "chance_far_1e2", True, None),
        "retain_tar_at_far_1e3": ("up", None, "chance_far_1e3", True, None),
    }


def unit(values: Tensor) -> np.ndarray:
    return normalize(values.double(), dim=1).numpy()


def test_detection_agrees_with_a_plain_attacker(before: View) -> None:
    """Would catch an attacker who is judged on the strangers that it learned from, who looks for
    one side of the lengths only, or an advantage that is not that of the better one."""
    assert before.strangers is not None
    assert before.stranger_labels is not None
    first = halves(before.stranger_labels, 2)
    assert int(first.sum()) == 200
    odd = halves(torch.tensor([3, 3, 5, 9, 9]), 0)
    assert len(torch.tensor([3, 3, 5, 9, 9])[odd].unique()) == 2
    generator = torch.Generator().manual_seed(2)
    order = torch.randperm(200, generator=generator)[:100].tolist()
    assert set(before.stranger_labels[first].tolist()) == set(order)
    far, others = (before.is_forget & ~before.train), before.strangers
    stretch = {"short": lambda n: 1 - 0.01 * n, "long": lambda n: 1 + 0.01 * n}
    stretch["odd"] = lambda n: 1 + 0.01 * n * (1 - 2 * (torch.arange(len(n)) % 2))
    for kind, change in stretch.items():
        values = before.values.clone()
        near = before.is_forget.nonzero()[:, 0]
        values[near] *= change(torch.arange(1, len(near) + 1).double()).float()[:, None]
        spread = others * torch.linspace(0.999, 1.001, len(others))[:, None]
        view = replace(before, values=values, strangers=spread)
        told = audit_detectability(view, 2)
        assert told["chance"] == 0.5
        assert told["norm"] > (0.99 if kind != "odd" else 0.95)
        lengths = [norm_scores(part) for part in (values[far], spread[~first])]
        middle = norm_scores(spread[first]).median()
        sign = {"short": -1, "long": 1}.get(kind)
        seen = [sign * one if sign else (one - middle).abs() for one in lengths]
        assert told["norm"] == auc(*seen)
        assert (told["norm_low"], told["norm_high"]) == auc_interval(*seen, 2)
        either = auc(norm_scores(values[far]), norm_scores(spread))
        assert told["norm_either"] == max(either, 1 - either)
        assert told["mlp_low"] <= told["mlp"] <= told["mlp_high"]
        assert told["advantage"] == max(abs(2 * told["norm"] - 1), abs(2 * told["mlp"] - 1))
    nameless = replace(before, stranger_labels=None)
    assert audit_detectability(nameless, 2)["mlp"] is not None
    nobody = audit_detectability(replace(before, forget=()), 0)
    assert nobody == {"chance": 0.5, "norm": None, "norm_either": None} | dict.fromkeys(
        ("mlp", "advantage")
    )


def test_relearning_agrees_with_a_plain_attacker(before: View) -> None:
    """Would catch whitening by the wrong scatter, prototypes that are not unit, photos enrolled
    that are asked, or a floor of other strangers."""
    assert before.strangers is not None
    noisy = replace(
        before,
        values=before.values + 1.1 * drawn(len(before.values)),
        strangers=before.strangers[:60],
    )
    shots = (1, 3, 11)
    curve = relearn(noisy, shots, seed=4)
    names, train = noisy.labels.numpy(), noisy.train.numpy()
    x = noisy.values.double().numpy()
    kept = train & ~noisy.is_forget.numpy()
    people_ = sorted(set(names[kept]))
    off = np.concatenate(
        [x[kept & (names == who)] - x[kept & (names == who)].mean(0) for who in people_]
    )
    scatter = off.T @ off / len(off)
    scatter = 0.9 * scatter + 0.1 * np.trace(scatter) / len(scatter) * np.eye(len(scatter))
    energy, axes = np.linalg.eigh(scatter)
    white = (axes / np.sqrt(energy)) @ axes.T
    whitened = unit(torch.as_tensor((x - x[kept].mean(0)) @ white))
    others = unit(torch.as_tensor((noisy.strangers.double().numpy() - x[kept].mean(0)) @ white))
    known = unit(torch.as_tensor(np.stack([whitened[kept & (names == w)].sum(0) for w in people_])))
    generator = torch.Generator().manual_seed(4)
    hits: dict[int, list[float]] = {m: [] for m in shots}
    fooled: dict[int, list[float]] = {m: [] for m in shots}
    for who in FORGET:
        mine = np.flatnonzero(names == who)
        for m in shots:
            for _ in range(5):
                order = mine[torch.randperm(len(mine), generator=generator).numpy()]
                asked = [row for row in order[m:] if not train[row]]
                if not asked:
                    continue
                own = unit(torch.as_tensor(whitened[order[:m]].mean(0)[None]))[0]
                hits[m].append(
                    np.mean([whitened[r] @ own > max(known @ whitened[r]) for r in asked])
                )
                fooled[m].append(np.mean([one @ own > max(known @ one) for one in others]))
    np.testing.assert_allclose(curve["accuracy"], [np.mean(hits[m]) for m in shots], atol=0.02)
    np.testing.assert_allclose(curve["floor"], [np.mean(fooled[m]) for m in shots], atol=0.02)
    told = audit(noisy, ("relearning",))["relearning"]
    by_shots = dict(zip(told["curve"]["shots"], told["curve"]["accuracy"], strict=True))
    floor = dict(zip(told["curve"]["shots"], told["curve"]["floor"], strict=True))
    assert (told["one"], told["five"]) == (by_shots[1], by_shots[5])
    assert (told["floor_one"], told["floor_five"]) == (floor[1], floor[5])
    assert (told["one_low"], told["one_high"]) == wilson(by_shots[1] * 16, 16)
    enough = [m for m, hit in by_shots.items() if hit is not None and hit - floor[m] >= 0.5]
    assert told["photos_needed"] == min(enough, default=None)
    assert audit(before, ("relearning",))["relearning"]["photos_needed"] == 1
    alone = replace(before, strangers=None, stranger_labels=None)
    assert set(relearn(alone, (1, 5))["floor"]) == {None}


def test_whitened_photos_vary_by_one_in_every_direction() -> None:
    """Would catch scatter between people muted with that within, or a scale that is another one
    in a larger gallery; wholly shrunk, only the scale is left."""
    generator = torch.Generator().manual_seed(5)
    labels = torch.arange(300) % 7
    mix = torch.randn(5, 5, generator=generator)
    x = torch.randn(300, 5, generator=generator) @ mix + 9 * labels[:, None]
    off = torch.cat([x[labels == who] - x[labels == who].mean(0) for who in range(7)])
    for shrinkage in (0.0, 1.0):
        white = off @ whitening(x, labels, 9, shrinkage)
        scatter = white.T @ white / 300
        if shrinkage:
            torch.testing.assert_close(scatter.trace(), torch.tensor(5.0), atol=1e-3, rtol=0)
            torch.testing.assert_close(white, off * (white[0, 0] / off[0, 0]), atol=1e-3, rtol=0)
        else:
            torch.testing.assert_close(scatter, torch.eye(5), atol=1e-3, rtol=0)


def test_innocent_matches_and_the_hurt_agree_with_plain_loops(before: View) -> None:
    """Would catch a match at the threshold lost, a share of the wrong photos, an excess that is
    no difference, or a kept person's figures made of another's photos."""
    noisy = replace(before, values=before.values + 0.9 * drawn(len(before.values)))
    x, names = unit(noisy.values), noisy.labels.tolist()
    train, gone = noisy.train.tolist(), noisy.is_forget.tolist()
    gallery = [row for row in range(len(x)) if train[row] and not gone[row]]
    asked = [row for row in range(len(x)) if gone[row] and not train[row]]
    best = {row: max((float(x[row] @ x[one]), one) for one in gallery) for row in asked}
    level = float(np.median([how for how, _ in best.values()]))
    view = replace(noisy, threshold=level)
    expected = sorted(((how, row) for row, (how, _) in best.items() if how >= level), reverse=True)
    found = matches(view)
    assert [(one.row, one.label) for one in found] == [(row, names[row]) for _, row in expected]
    assert [one.taken_for for one in found] == [names[best[row][1]] for _, row in expected]
    np.testing.assert_allclose(
        [one.similarity for one in found], [h for h, _ in expected], atol=1e-5
    )
    assert taken_for(view) == tuple(sorted({names[best[row][1]] for _, row in expected}))
    told = audit(view, ("innocent",))["innocent"]
    assert told["forget"] == len(expected) / len(asked)
    assert (told["forget_low"], told["forget_high"]) == wilson(len(expected), len(asked))
    assert view.strangers is not None
    passed = [max(row @ x[one] for one in gallery) >= level for row in unit(view.strangers)]
    assert told["strangers"] == pytest.approx(np.mean(passed))
    assert told["excess"] == told["forget"] - told["strangers"]
    assert matches(replace(view, threshold=None)) == matches(replace(view, forget=())) == []
    recalls, close = {}, {}
    for who in set(range(PEOPLE)) - set(FORGET):
        tests = [row for row in range(len(x)) if names[row] == who and not train[row]]
        enrolled = [row for row in range(len(x)) if train[row]]
        first = [names[max(enrolled, key=lambda one: x[row] @ x[one])] == who for row in tests]
        recalls[who] = np.mean(first)
        own = [one for one in enrolled if names[one] == who]
        close[who] = np.mean([x[row] @ x[one] for row in tests for one in own])
    hurt = audit(noisy, ("collateral",))["collateral"]
    assert hurt["worst_recall_at_1"] == pytest.approx(min(recalls.values()))
    assert hurt["below_half"] == np.mean([one < 0.5 for one in recalls.values()])
    assert hurt["similarity"] == pytest.approx(np.mean(list(close.values())), abs=1e-6)
    for one in collateral(before, noisy):
        assert one.recall_after == pytest.approx(recalls[one.label])
        assert one.similarity_after == pytest.approx(close[one.label], abs=1e-6)
        assert one.photos == PHOTOS
        assert one.recall_change == one.recall_after - one.recall_before
        assert one.similarity_change == one.similarity_after - one.similarity_before
        mine = before.labels == one.label
        gap = (before.values - noisy.values)[mine].pow(2).sum(1)
        share_ = gap / before.values[mine].pow(2).sum(1)
        assert one.energy_removed == pytest.approx(float(share_.mean()))


def test_knowledge_agrees_with_counting(before: View) -> None:
    """Would catch a floor of the wrong people, weights of enrolled photos, or a person's share of
    another's photos."""
    generator = torch.Generator().manual_seed(9)
    guess = torch.randint(PEOPLE, (len(before.labels) + 400,), generator=generator)
    right = torch.rand(len(before.labels), generator=generator) < 0.6
    answers = torch.where(right, before.labels, guess[: len(before.labels)])
    uneven = before.train | ((before.labels == 2) & (torch.arange(len(before.labels)) % 14 < 12))
    view = replace(before, train=uneven)
    told = kr_figures(
        view, lambda x: answers if x is view.values else guess[len(before.labels) :], 3
    )
    hit, names = (answers == view.labels).tolist(), view.labels.tolist()
    for who, group in (("forget", view.is_forget), ("retain", ~view.is_forget)):
        for part, side in (("train", view.train), ("test", ~view.train)):
            rows = (group & side).nonzero()[:, 0].tolist()
            assert told[f"{who}_{part}"] == pytest.approx(np.mean([hit[row] for row in rows]))
        assert told[f"{who}_test_low"] < told[f"{who}_test"] < told[f"{who}_test_high"]
    rng = np.random.default_rng(3)
    count = int((view.is_forget & ~view.train).sum())
    shares = rng.binomial(count, told["forget_test"], 1000) / count
    low, high = np.quantile(shares, [0.025, 0.975])
    assert (told["forget_test_low"], told["forget_test_high"]) == pytest.approx((low, high))
    taken = {who: float((guess[len(before.labels) :] == who).double().mean()) for who in FORGET}
    assert told["stranger_floor"] == pytest.approx(sum(taken.values()) / 4) == told["chance"]
    photos = {who: 2 if who == 2 else 4 for who in FORGET}
    weighed = sum(taken[who] * photos[who] for who in FORGET) / sum(photos.values())
    assert told["stranger_floor_by_photo"] == pytest.approx(weighed)
    assert (told["chance_kind"], told["chance_all"], told["chance_forgotten"]) == (
        *("strangers", 1 / PEOPLE, 1 / 4),
    )
    for who in range(PEOPLE):
        rows = [r for r in range(len(hit)) if names[r] == who and not view.train[r]]
        assert told["per_identity"][who] == pytest.approx(np.mean([hit[row] for row in rows]))


@pytest.mark.parametrize("balanced", [False, True])
def test_the_mlp_is_trained_as_it_says(balanced: bool) -> None:
    """Would catch another width, rate, decay or number of steps than the documented ones, weights
    started too large, a length that is not handed over, or classes weighed by their photos: by
    AdamW written out."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(40, 6, generator=generator) * torch.arange(1, 7)
    x[:, 3] = 2.0
    y = (torch.arange(40) % 5).clamp_max(2)
    wide = torch.cat([x, x.norm(dim=1, keepdim=True)], 1).double().numpy()
    spread = wide.std(0)
    spread[3] = np.inf
    spread[-1] /= np.sqrt(6)
    inputs = torch.from_numpy((wide - wide.mean(0)) / spread)
    draw = torch.Generator().manual_seed(7)
    start = [torch.randn(7, 128, generator=draw) * (2 / 7) ** 0.5, torch.zeros(128)]
    start += [torch.randn(128, 3, generator=draw) * (1 / 128) ** 0.5, torch.zeros(3)]
    weights = [one.double() for one in start]
    first, second = ([torch.zeros_like(one) for one in weights] for _ in range(2))
    share_ = 40 / (3 * torch.bincount(y).double()) if balanced else torch.ones(3).double()
    for step in range(1, 41):
        free = [one.clone().requires_grad_(True) for one in weights]
        hidden = (inputs @ free[0] + free[1]).clamp_min(0)
        own = (hidden @ free[2] + free[3]).log_softmax(1)[torch.arange(40), y]
        loss = -(own * share_[y]).sum() / share_[y].sum()
        for at, slope in enumerate(torch.autograd.grad(loss, free)):
            first[at] = 0.9 * first[at] + 0.1 * slope
            second[at] = 0.999 * second[at] + 0.001 * slope**2
            mean, square = first[at] / (1 - 0.9**step), second[at] / (1 - 0.999**step)
            decayed = weights[at] * (1 - 0.01)
            weights[at] = decayed - 0.01 * mean / (square.sqrt() + 1e-8)
    expected = (inputs @ weights[0] + weights[1]).clamp_min(0) @ weights[2] + weights[3]
    probe = fit_mlp(x, y, 3, seed=7, balanced=balanced)
    torch.testing.assert_close(probe.logits(x).double(), expected, atol=2e-3, rtol=2e-3)
    assert torch.equal(probe.predict(x), expected.argmax(1))
