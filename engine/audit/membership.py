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
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(seed)
    chosen = np.concatenate(
        [rng.choice(np.flatnonzero(group), size, replace=False) for group in (member, ~member)]
    )
    folds = StratifiedKFold(min(SPLITS, size), shuffle=True, random_state=seed)
    # Losses of a confident head differ by tiny amounts, which a plain C = 1 would not see.
    attack = make_pipeline(StandardScaler(), LogisticRegression())
    accuracy = cross_val_score(
        attack, loss[chosen, None], member[chosen], cv=folds, scoring="accuracy"
    )
    return {"accuracy": float(accuracy.mean()), "ideal": 0.5, "photos": 2 * size}


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
