"""MIA: can an attacker tell which photos of the forgotten people were enrolled?"""

from functools import lru_cache

import numpy as np
import torch

from engine.audit.base import Metric, Question
from engine.said import noted
from engine.view import View

SPLITS = 5
FLOOR = 1e-12


def measure(view: View, seed: int = 0) -> dict:
    """Accuracy of telling train from test photos of the forgotten by their loss at the head.

    Logistic regression on the standardised per-sample loss, both groups of equal size, 5
    stratified splits.
    Source: the MIA of arXiv 2504.02199, section 4. None where either group has under 2 photos.
    """
    forget = view.is_forget
    p = view.head.logits(view.values[forget]).softmax(1)
    own = p[torch.arange(len(p)), view.labels[forget]].clamp_min(FLOOR)
    loss = -own.log().numpy()
    member = view.train[forget].numpy()
    size = int(min(member.sum(), (~member).sum()))
    if size < 2:
        return {"accuracy": None, "ideal": 0.5, "photos": 2 * size}
    rng = np.random.default_rng(seed)
    chosen = np.concatenate(
        [rng.choice(np.flatnonzero(group), size, replace=False) for group in (member, ~member)]
    )
    folds = _folds(size, seed)
    x, y = loss[chosen].astype(np.float64), member[chosen]
    each = []
    for fitting in folds:
        # Losses of a confident head differ by tiny amounts, which a plain C = 1 would not see.
        scaled = (x - x[fitting].mean()) / (x[fitting].std() or 1)
        slope, offset = logistic(scaled[fitting], y[fitting])
        each.append(np.mean((slope * scaled + offset > 0)[~fitting] == y[~fitting]))
    return {"accuracy": float(np.mean(each)), "ideal": 0.5, "photos": 2 * size}


@lru_cache(maxsize=64)
def _folds(size: int, seed: int) -> np.ndarray:
    """Which of `size` members and as many others each split fits to, bool [splits, 2 size]."""
    # Imported here because nobody needs it before the first deletion, and it takes seconds.
    from sklearn.model_selection import StratifiedKFold

    member = np.arange(2 * size) < size
    folds = StratifiedKFold(min(SPLITS, size), shuffle=True, random_state=seed)
    out = np.zeros((folds.n_splits, 2 * size), bool)
    for row, (fitting, _) in zip(out, folds.split(member, member), strict=True):
        row[fitting] = True
    out.setflags(write=False)
    return out


def logistic(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and offset of a logistic regression on one number a sample, `x` [n] with `y` [n].

    The very steps of scikit-learn's `LogisticRegression`, its stop included (C = 1, L-BFGS,
    gradient 1e-4), without what it checks and prepares, which takes many times longer.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    count, target = len(x), y.astype(np.float64)
    sign = 2 * target - 1

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        slope, offset = at
        logits = slope * x + offset
        wrong = (expit(logits) - target) / count
        value = np.logaddexp(0, -sign * logits).sum() / count + slope * slope / (2 * count)
        return float(value), np.array([wrong @ x + slope / count, wrong.sum()])

    options = {"maxiter": 100, "maxls": 50, "gtol": 1e-4, "ftol": 64 * np.finfo(float).eps}
    found = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", options=options)
    return float(found.x[0]), float(found.x[1])


QUESTION = Question(
    "mia",
    noted("Was this photo enrolled?"),
    (
        Metric(
            "mia.accuracy",
            noted("Membership attack"),
            noted(
                "How often an attacker tells which photos of the forgotten the model had "
                "learned from."
            ),
            "ideal",
            ideal=0.5,
            chance="ideal",
        ),
    ),
    measure,
    "always",
)
