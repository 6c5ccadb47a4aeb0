"""KR, knowledge retention: what a fresh linear probe on frozen features still tells apart."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from engine.audit.base import FORGOTTEN, REST, Metric, Question
from engine.audit.statistics import wilson
from engine.probes.linear import LinearProbe, fit_linear
from engine.probes.paper import fit_paper
from engine.said import noted, said
from engine.view import View

BOOTSTRAP = 1000


def measure(view: View, seed: int = 0) -> dict:
    """KR by a converged L2-regularised logistic probe on standardised features.

    The probe is trained on the enrolment photos of all C identities, forgotten ones included.
    Source: arXiv 2504.02199, section 4 (metric) with a converged probe instead of 10 epochs.
    """
    train = view.train

    def fit() -> LinearProbe:
        return fit_linear(view.values[train], view.labels[train], view.classes)

    return figures(view, view.once("linear probe", fit).predict, seed)


def measure_paper(view: View, seed: int = 0) -> dict:
    """KR by the paper's recipe: SGD, learning rate 1e-3, 10 epochs, batch 64, Xavier weights.

    On unit-norm embeddings this probe is hardly trained and may report an all-clear that is none.
    """
    train = view.train
    probe = fit_paper(view.values[train], view.labels[train], view.classes, seed)
    return figures(view, probe.predict, seed)


def figures(view: View, predict: Callable[[Tensor], Tensor], seed: int) -> dict:
    """Accuracy of a probe on train and test photos of the forgotten and of the rest.

    Adds 95 % bootstrap intervals over test photos, both chance levels, per-identity accuracy, and
    where strangers judge, the stranger floor: the share of strangers that the same probe assigns
    to the forgotten people, per person. `stranger_floor_by_photo` weights each person's share by
    their test photos, as accuracy does: a probe favours people with many photos, so this is what
    features that are strangers' would score, and it lies above the plain floor. `chance` is the
    level that knowledge must exceed: that floor where strangers judge, else `View.guessing`;
    `chance_kind` says which.
    """
    right = (predict(view.values) == view.labels).numpy()
    forget, train = view.is_forget.numpy(), view.train.numpy()
    rng = np.random.default_rng(seed)
    out: dict = {}
    for who, mask in (("forget", forget), ("retain", ~forget)):
        for part, inside in (("train", train), ("test", ~train)):
            out[f"{who}_{part}"] = mean(right[mask & inside])
        low, high = interval(right[mask & ~train], rng)
        out[f"{who}_test_low"], out[f"{who}_test_high"] = low, high
    out["chance_all"] = view.chance_all
    out["chance_forgotten"] = view.chance_forgotten
    out["chance"], out["chance_kind"] = view.guessing
    if view.strangers is not None and view.forget:
        guessed = predict(view.strangers)
        if (floor := stranger_floor(guessed, view.forget)) is not None:
            out["stranger_floor"] = floor
            out["chance"], out["chance_kind"] = floor, "strangers"
    labels = view.labels.numpy()
    test = ~train
    counts = np.bincount(labels[test], minlength=view.classes)
    if "stranger_floor" in out and view.strangers is not None:
        gone = list(view.forget)
        taken = np.bincount(guessed.numpy(), minlength=view.classes)[gone] / len(view.strangers)
        weight = counts[gone] / max(counts[gone].sum(), 1)
        out["stranger_floor_by_photo"] = float(taken @ weight)
    sums = np.bincount(labels[test], weights=right[test], minlength=view.classes)
    out["per_identity"] = [float(s / c) if c else None for s, c in zip(sums, counts, strict=True)]
    return out


def stranger_floor(predicted: Tensor, forget: tuple[int, ...]) -> float | None:
    """Share of strangers that a probe assigns to the forgotten people, per person.

    `predicted` [m] are the probe's answers for judging strangers. What a probe scores on the
    forgotten up to this floor is no knowledge: the class is a catch-all (one forgotten person has
    chance 1/|F| = 1). None without strangers or forgotten people.
    """
    if not forget or not len(predicted):
        return None
    hits = torch.isin(predicted, torch.tensor(forget, dtype=predicted.dtype))
    return float(hits.float().mean()) / len(forget)


def mean(flags: np.ndarray) -> float | None:
    """The share of True in `flags`; None for nobody."""
    return float(flags.mean()) if len(flags) else None


def interval(flags: np.ndarray, rng: np.random.Generator) -> tuple[float | None, float | None]:
    """95 % percentile bootstrap interval of the share of True in `flags` [n].

    Where all agree a bootstrap is a point, three photos as sure as three hundred: Wilson's then.
    """
    if not len(flags):
        return None, None
    if flags.all() or not flags.any():
        return wilson(int(flags.sum()), len(flags))
    shares = rng.binomial(len(flags), flags.mean(), BOOTSTRAP) / len(flags)
    low, high = np.quantile(shares, [0.025, 0.975])
    return float(low), float(high)


METRICS = (
    Metric(
        "kr.forget_test",
        noted("KR"),
        noted(
            "How often a new, simple classifier on the features (a probe) names a forgotten person."
        ),
        "down",
        chance="chance",
        interval=True,
        column=noted("KR"),
        aspect="identity",
        spelled=noted("Knowledge kept (KR)"),
        whom=FORGOTTEN,
        each="per_identity",
    ),
    Metric(
        "kr.retain_test",
        noted("KR"),
        noted("How often the same probe names somebody who was to be kept."),
        "up",
        chance="chance_all",
        interval=True,
        column=noted("Rest KR"),
        aspect="rest",
        spelled=noted("Knowledge kept (KR)"),
        whom=REST,
        each="per_identity",
    ),
)

QUESTION = Question(
    "kr", noted("What the features still know"), METRICS, measure, "always", trains=True
)
PAPER = Question(
    "kr_paper",
    noted("KR by the paper's recipe"),
    tuple(
        Metric(
            one.key.replace("kr.", "kr_paper."),
            one.what,
            noted(
                "The same by the paper's 10-epoch probe, which is hardly trained on "
                "unit-norm faces."
            ),
            one.good,
            chance=one.chance,
            interval=True,
            whom=said("{whom} (paper's probe)", whom=one.whom),
            each=one.each,
        )
        for one in METRICS
    ),
    measure_paper,
    trains=True,
)
