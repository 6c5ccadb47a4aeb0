"""The membership attack's logistic regression is scikit-learn's, fitted without its checks."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from engine.audit.membership import logistic


def test_the_attack_is_scikit_learns() -> None:
    """Would catch another penalty, scale or stop: each moves the threshold and so the accuracy."""
    rng = np.random.default_rng(0)
    for count in (4, 12, 40, 200):
        y = np.arange(count) < count // 2
        for power in (1, 3):
            loss = rng.exponential(1.0, count) ** power * np.where(y, 0.5, 1.0)
            x = (loss - loss.mean()) / loss.std()
            plain = LogisticRegression().fit(x[:, None], y)
            slope, offset = logistic(x, y)
            assert np.allclose([slope, offset], [plain.coef_[0, 0], plain.intercept_[0]], atol=1e-7)
            assert ((slope * x + offset > 0) == plain.predict(x[:, None])).all()


def test_losses_that_are_all_the_same_tell_nothing() -> None:
    """Would catch a side taken where an attacker has nothing to go by."""
    assert logistic(np.zeros(8), np.arange(8) < 4) == (0.0, 0.0)
