"""MIA: can an attacker tell which photos of the forgotten people were enrolled?"""

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
    # Imported here because nobody needs it before the first deletion, and it takes seconds.
    from sklearn import config_context
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    rng = np.random.default_rng(seed)
    chosen = np.concatenate(
        [rng.choice(np.flatnonzero(group), size, replace=False) for group in (member, ~member)]
    )
    folds = StratifiedKFold(min(SPLITS, size), shuffle=True, random_state=seed)
    x, y = loss[chosen, None].astype(np.float64), member[chosen]
    right = []
    # scikit-learn's own loop over folds checks its parameters for longer than all of them take.
    with config_context(skip_parameter_validation=True, assume_finite=True):
        for fitting, asked in folds.split(x, y):
            # Losses of a confident head differ by tiny amounts, which a plain C = 1 would not see.
            centre, spread = x[fitting].mean(), x[fitting].std()
            scaled = (x - centre) / (spread or 1)
            attack = LogisticRegression().fit(scaled[fitting], y[fitting])
            right.append(np.mean(attack.predict(scaled[asked]) == y[asked]))
    return {"accuracy": float(np.mean(right)), "ideal": 0.5, "photos": 2 * size}


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
