"""The measures agree with plain definitions, and cannot be talked into good news."""

import dataclasses

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score
from torch.nn.functional import normalize

from engine.audit import QUESTIONS, audit, metrics
from engine.audit.figures import (
    arrow,
    averaged,
    chance_of,
    direction,
    exactly,
    interval_of,
    level_of,
    look_up,
    written,
)
from engine.audit.head_accuracy import harmonic_mean
from engine.audit.retrieval import scores, top_k
from engine.errors import LetheError
from engine.heads import Head
from engine.matching import best_similarities
from engine.view import View
from tests.engine.toy import centroid_head, cluster


def view(forget: tuple[int, ...] = (1, 4), **world: object) -> View:
    """A view on the toy world: every third photo tests."""
    values, labels = cluster(**world)  # type: ignore[arg-type]
    train = torch.arange(len(labels)) % 3 != 0
    strangers, _ = cluster(people=40, photos=2, seed=99)
    return View(
        values=values,
        labels=labels,
        train=train,
        forget=forget,
        classes=int(labels.max()) + 1,
        head=centroid_head(values[train], labels[train]),
        strangers=strangers,
        threshold=0.5,
    )


def test_kr_is_high_on_known_people_and_chance_on_noise() -> None:
    """Would catch a probe that is trained on test photos, or not trained at all."""
    known = audit(view(), ["kr"])["kr"]
    assert known["forget_test"] > 0.9
    assert known["chance_all"] == pytest.approx(1 / 12)
    assert known["chance_forgotten"] == pytest.approx(1 / 2)
    generator = torch.Generator().manual_seed(5)
    noise = dataclasses.replace(view(), values=torch.randn(120, 48, generator=generator))
    random = audit(noise, ["kr"])["kr"]
    everybody = (2 * random["forget_test"] + 10 * random["retain_test"]) / 12
    assert everybody < 0.25
    assert random["retain_train"] > 0.9


def test_the_papers_probe_reports_an_all_clear_that_is_none() -> None:
    """Would catch the paper's recipe standing in for the converged probe: it hardly learns."""
    both = audit(view(seed=7), ["kr", "kr_paper"])
    assert both["kr"]["retain_test"] - both["kr_paper"]["retain_test"] > 0.3


def test_kr_interval_holds_the_value_and_narrows_with_photos() -> None:
    """Would catch an interval that is a constant, or computed on train photos."""
    few = audit(view(spread=1.6, photos=6), ["kr"])["kr"]
    many = audit(view(spread=1.6, photos=60), ["kr"])["kr"]
    for one in (few, many):
        assert one["retain_test_low"] <= one["retain_test"] <= one["retain_test_high"]
    width = [one["retain_test_high"] - one["retain_test_low"] for one in (few, many)]
    assert width[1] < width[0]


def test_per_identity_accuracy_adds_up() -> None:
    """Would catch bars on the page that belong to other people."""
    kr = audit(view(spread=1.4), ["kr"])["kr"]
    own = np.array(kr["per_identity"])
    assert own[[1, 4]].mean() == pytest.approx(kr["forget_test"], abs=0.02)
    assert np.delete(own, [1, 4]).mean() == pytest.approx(kr["retain_test"], abs=0.02)


def test_stranger_floor_counts_strangers_that_fall_into_the_forgotten() -> None:
    """Would catch a floor that is not divided per person, or taken from known people."""
    one = view()
    all_forgotten = dataclasses.replace(one, forget=tuple(range(12)))
    assert audit(all_forgotten, ["kr"])["kr"]["stranger_floor"] == pytest.approx(1 / 12)
    assert "stranger_floor" not in audit(dataclasses.replace(one, strangers=None), ["kr"])["kr"]


def test_a_stranger_scores_the_floor_by_photo() -> None:
    """Would catch a floor that mere class sizes exceed: no person is in these features at all."""
    known, plain, by_photo = [], [], []
    for seed in range(12):
        generator = torch.Generator().manual_seed(seed)
        sizes = (8, 72)
        kept, labels = cluster(people=10, photos=20, seed=seed)
        drawn = normalize(torch.randn(sum(sizes) + 400, 48, generator=generator), dim=1)
        world = View(
            values=torch.cat([kept, drawn[:-400]]),
            labels=torch.cat(
                [labels, torch.tensor([10, 11]).repeat_interleave(torch.tensor(sizes))]
            ),
            train=torch.arange(200 + sum(sizes)) % 4 < 3,
            forget=(10, 11),
            classes=12,
            head=Head(torch.zeros(12, 48), torch.zeros(12)),
            strangers=drawn[-400:],
        )
        kr = audit(world, ["kr"])["kr"]
        known.append(kr["forget_test"])
        plain.append(kr["stranger_floor"])
        by_photo.append(kr["stranger_floor_by_photo"])
    assert np.mean(known) == pytest.approx(np.mean(by_photo), abs=0.05)
    assert np.mean(known) > np.mean(plain) + 0.2


def test_retrieval_agrees_with_scikit_learn() -> None:
    """Would catch a wrong AP formula, unnormalised similarities, or self-matches."""
    one = view(spread=1.5)
    scaled = dataclasses.replace(one, values=one.values * torch.rand(120, 1).add(0.1))
    got = audit(scaled, ["retrieval"])["retrieval"]
    test = (~one.train).nonzero().squeeze(1).tolist()
    gallery = one.train.nonzero().squeeze(1)
    recall, average = [], []
    for row in test:
        similarity = (one.values[gallery] @ one.values[row]).numpy()
        relevant = (one.labels[gallery] == one.labels[row]).numpy()
        recall.append(relevant[similarity.argmax()])
        average.append(average_precision_score(relevant, similarity))
    forget = one.is_forget[test].numpy()
    assert got["forget_recall_at_1"] == pytest.approx(np.mean(np.array(recall)[forget]))
    assert got["retain_recall_at_1"] == pytest.approx(np.mean(np.array(recall)[~forget]))
    assert got["forget_map"] == pytest.approx(np.mean(np.array(average)[forget]), abs=1e-5)
    assert got["retain_map"] == pytest.approx(np.mean(np.array(average)[~forget]), abs=1e-5)


def test_average_precision_by_hand() -> None:
    """Would catch an off-by-one in the ranks: relevant at 1 and 3 of 4 gives (1 + 2/3) / 2."""
    first, fifth, ap = scores(torch.tensor([[True, False, True, False], [False] * 4]))
    assert first.tolist() == [1, 0]
    assert fifth.tolist() == [1, 0]
    assert ap.tolist() == pytest.approx([(1 + 2 / 3) / 2, 0])


def test_top_k_never_returns_the_query_and_marks_the_threshold() -> None:
    """Would catch a perfect match with itself shown as recognition."""
    one = view()
    row = int(one.train.nonzero()[0])
    hits = top_k(one, one.values[row], k=8, exclude=(row,))
    assert row not in [hit.index for hit in hits]
    similarities = [hit.similarity for hit in hits]
    assert similarities == sorted(similarities, reverse=True)
    assert all(hit.accepted == (hit.similarity >= 0.5) for hit in hits)
    assert all(bool(one.train[hit.index]) for hit in hits)


def test_top_k_leaves_nobody_out_unless_asked() -> None:
    """Would catch a default that hides the gallery's first photo from every question."""
    one = view()
    one = dataclasses.replace(one, train=torch.ones_like(one.train))
    assert top_k(one, one.values[0], k=1)[0].index == 0


def test_best_similarity_of_others_leaves_out_ones_own() -> None:
    """Would catch a threshold set on genuine matches."""
    values, labels = cluster(spread=0.1)
    others = best_similarities(values, values, labels, labels)
    assert float(others.max()) < 0.9
    assert float(best_similarities(values, values).min()) > 0.99


def test_a_blocked_head_scores_zero_while_the_features_still_know() -> None:
    """Would catch the lesson's failure: hiding an answer must not lower KR."""
    one = view()
    hidden = dataclasses.replace(one, head=one.head.block(one.forget))
    before, after = (audit(side, ["head", "kr"]) for side in (one, hidden))
    assert before["head"]["forget_test"] > 0.9
    assert after["head"]["forget_test"] == 0
    assert after["head"]["retain_test"] >= before["head"]["retain_test"]
    assert after["kr"]["forget_test"] == before["kr"]["forget_test"]


def test_harmonic_mean_is_the_papers() -> None:
    """Would catch fractions and percent mixed up: table values of the paper, ESC on All-CNN."""
    assert harmonic_mean(0.095, 0.965) == pytest.approx(0.934, abs=1e-3)
    assert harmonic_mean(1.0, 0.0) == 0
    assert harmonic_mean(None, 1.0) is None


def test_mia_sees_members_when_there_is_something_to_see() -> None:
    """Would catch an attack that always reports a reassuring half."""
    one = view(photos=40)
    one = dataclasses.replace(one, head=centroid_head(one.values, one.labels, scale=5))
    fair = audit(one, ["mia"])["mia"]
    assert 0.3 < fair["accuracy"] < 0.7
    values = one.values.clone()
    values[one.is_forget & one.train] *= 3
    told = audit(dataclasses.replace(one, values=values), ["mia"])["mia"]
    assert told["accuracy"] > 0.9
    assert fair["ideal"] == 0.5


@pytest.mark.parametrize("tests", [0, 1, 2, 3])
def test_mia_needs_two_photos_of_either_kind(tests: int) -> None:
    """Would catch an accuracy made of nothing, a crash, or another number of photos than used."""
    one = view(photos=40)
    own = one.is_forget.nonzero()[:, 0]
    train = one.train.clone()
    train[own] = True
    train[own[:tests]] = False
    told = audit(dataclasses.replace(one, train=train), ["mia"])["mia"]
    assert told.keys() == {"accuracy", "ideal", "photos"}
    assert (told["ideal"], told["photos"]) == (0.5, 2 * tests)
    assert (told["accuracy"] is None) == (tests < 2)


def test_same_seed_same_figures() -> None:
    """Would catch any unseeded draw."""
    assert audit(view(), seed=3) == audit(view(), seed=3)


@pytest.mark.parametrize("name", list(QUESTIONS))
def test_every_question_answers_its_metrics_on_a_view(name: str) -> None:
    """Would catch a metric on the page whose figure, chance level or interval nobody computes,
    and an interval that is computed and not shown."""
    question = QUESTIONS[name]
    out = audit(view(photos=12), [name])[name]
    for metric in question.metrics:
        asked, _, figure = metric.key.partition(".")
        assert asked == name
        assert figure in out
        if metric.chance:
            assert metric.chance in out
        assert metric.interval == (out.get(f"{figure}_low") is not None), metric.key
        assert metric.help.endswith(".")
        assert metrics()[metric.key] is metric
        value = out[figure]
        if metric.unit == "fraction" and isinstance(value, float):
            assert 0 <= value <= 1


def test_unknown_questions_and_missing_strangers_are_named() -> None:
    """Would catch a KeyError shown to a person."""
    with pytest.raises(LetheError, match="no question"):
        audit(view(), ["colour"])
    alone = dataclasses.replace(view(), strangers=None)
    for name, question in QUESTIONS.items():
        if question.needs_strangers:
            with pytest.raises(LetheError, match="needs strangers"):
                audit(alone, [name])


WHO = ("forget", "retain")
RATES = ("auc", "tar_at_far_1e2", "tar_at_far_1e3")
ASKED = {
    "kr": ("always", "down chance, up chance_all"),
    "mlp": ("on request", "down chance, up chance_all"),
    "knn": ("on request", "down chance, up chance_all"),
    "kr_paper": ("on request", "down chance, up chance_all"),
    "head": ("always", "down chance_all, up chance_all, up None"),
    "retrieval": ("always", "down chance_forgotten, up None, down chance_forgotten, up None"),
    "mia": ("always", "ideal ideal"),
    "verification": (
        "on request",
        "ideal chance_auc, ideal chance_auc, down chance_far_1e2, down chance_far_1e3, "
        "up chance_auc, down chance_auc, up chance_far_1e2, up chance_far_1e3",
    ),
    "detectability": ("for the verdict", "ideal chance, ideal chance"),
    "innocent": ("for the verdict", "down strangers"),
    "collateral": ("on request", "up None, up None"),
    "relearning": ("on request", "down floor_one, down floor_five"),
}


def test_figures_say_which_way_is_good_and_against_what() -> None:
    """Would catch a figure of the forgotten praised for rising, one compared with another level
    than its own, an attack left out of the verdict, or a shown interval that nobody measured."""
    assert {
        name: (one.asked, ", ".join(f"{metric.good} {metric.chance}" for metric in one.metrics))
        for name, one in QUESTIONS.items()
    } == ASKED
    assert {name for name, one in QUESTIONS.items() if one.trains} == {
        "kr",
        "mlp",
        "knn",
        "kr_paper",
    }
    assert {name for name, one in QUESTIONS.items() if one.needs_strangers} == {"detectability"}
    assert {name for name, one in QUESTIONS.items() if one.needs_threshold} == {"innocent"}
    for metric in metrics().values():
        assert (metric.ideal == 0.5) == (metric.good == "ideal"), metric.key
        forgotten = metric.good != "up" and not metric.key.startswith("verification.retain")
        assert metric.aspect != "rest" or not forgotten, metric.key
        floor = f"{metric.question}.{metric.chance}" if metric.good == "down" else None
        assert metric.floor == floor, metric.key
    by_key = metrics()
    assert by_key["kr.forget_test"].whose == ("KR", "the forgotten")
    assert by_key["mia.accuracy"].whose == ("Membership attack", "")
    assert {metric.key for metric in metrics().values() if metric.interval} == {
        *(f"{name}.{who}_test" for name in ("kr", "mlp", "knn", "kr_paper") for who in WHO),
        *(f"verification.{who}_{rate}" for who in WHO for rate in RATES),
        *("detectability.norm", "detectability.mlp", "innocent.forget"),
        *("relearning.one", "relearning.five"),
    }


@pytest.mark.parametrize(
    ("value", "unit", "plain", "exact"),
    [
        (None, "fraction", "–", "-"),
        (0.12345, "fraction", "12\u202f%", "12.3 %"),
        (1.0, "fraction", "100\u202f%", "100.0 %"),
        (0.9214, "score", ".92", "0.921"),
        (-0.25, "score", "-.25", "-0.250"),
        (0.9949, "score", ".99", "0.995"),
        (0.995, "score", "0.99", "0.995"),
        (1.0, "score", "1.00", "1.000"),
        (0.05, "seconds", "50 ms", "50 ms"),
        (75, "seconds", "1 min 15 s", "1 min 15 s"),
    ],
)
def test_figures_are_written_in_their_unit(value, unit: str, plain: str, exact: str) -> None:
    """Would catch a share shown as a score, a 1 without its 1, or a digit too few in a terminal."""
    assert written(value, unit) == plain
    assert written(value, unit, exact=True) == exact
    assert written(0.1234, "fraction", fine=True) == "12.3\u202f%"


def test_figures_are_looked_up_and_said_with_what_they_are_held_against() -> None:
    """Would catch the interval of another side, a level of another question, or a word for chance
    that is not the one that was used."""
    found = {"kr": {"forget_test": 0.5, "forget_test_low": 0.25, "forget_test_high": 0.75}}
    kr_, mia, auc = (
        metrics()[key] for key in ("kr.forget_test", "mia.accuracy", "verification.forget_auc")
    )
    assert look_up(found, "kr.forget_test") == 0.5
    assert look_up(found, "kr.other") is look_up(found, "mia.accuracy") is None
    assert look_up(None, "kr.forget_test") is look_up({"kr": {"forget_test": "x"}}, kr_.key) is None
    assert interval_of(found, kr_) == (0.25, 0.75)
    assert interval_of({"kr": {"forget_test_low": 0.25}}, kr_) is None
    assert interval_of({"mia": {"accuracy_low": 0.1, "accuracy_high": 0.2}}, mia) is None
    said = f"{kr_.help} Lower is better. Exactly: "
    interval = ", 95 % interval 0.250 to 0.750."
    assert exactly(kr_, found, None) == f"{said}before 0.5000{interval}"
    after = {"kr": {"forget_test": 0.25}}
    assert exactly(kr_, found, after) == f"{said}before 0.5000, after 0.2500."
    assert exactly(kr_, after, found) == f"{said}before 0.2500, after 0.5000{interval}"
    assert exactly(kr_, None, None) == f"{kr_.help} Lower is better."
    assert (direction(mia), direction(auc)) == ("best at 50\u202f%", "best at 0.5")
    assert (arrow(kr_), arrow(mia), arrow(metrics()["kr.retain_test"])) == (
        *("↓", "ideal 50\u202f%", "↑"),
    )
    for kind, words in (("strangers", "strangers"), ("all", "guessing among all"), ("x", "chance")):
        assert chance_of(kr_, {"chance": 0.1, "chance_kind": kind}) == (0.1, words)
    assert chance_of(kr_, {"chance": None}) == chance_of(metrics()["head.hm"], {}) == (None, "")
    assert chance_of(metrics()["retrieval.forget_map"], {"chance_forgotten": 0.2}) == (
        0.2,
        "guessing",
    )
    assert (level_of(mia, {}), level_of(kr_, {"chance": 0.1})) == (0.5, 0.1)
    assert averaged(kr_, None, 0.1, 0.1) == "-"
    assert averaged(kr_, 0.1234, None, None) == "0.12"
    assert averaged(kr_, 0.1234, 0.0456, 0.333) == "0.12 ± 0.05 (0.33)"
    assert averaged(metrics()["kr.retain_test"], 0.1234, 0.0456, None) == "0.123 ± 0.046"
