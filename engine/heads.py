"""The classifier on top of the features: what the model *says*, as opposed to what it knows."""

import hashlib
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engine.audit.linear_probe import fit_linear
from engine.features import Features
from engine.store import Store, content_key

VERSION = 1
"""Raised whenever the same features would give another head."""


@dataclass(frozen=True, eq=False)
class Head:
    """A linear classifier: weight [C, d], bias [C]; `blocked` classes are never the answer."""

    weight: Tensor
    bias: Tensor
    blocked: frozenset[int] = frozenset()

    def logits(self, x: Tensor) -> Tensor:
        """Scores [n, C] of features [n, d]; blocked classes score -inf."""
        out = x @ self.weight.T + self.bias
        if self.blocked:
            out[:, sorted(self.blocked)] = -torch.inf
        return out

    def predict(self, x: Tensor) -> Tensor:
        """The answer, int64 [n], for features [n, d]."""
        return self.logits(x).argmax(1)

    def block(self, classes: tuple[int, ...]) -> "Head":
        """The same head that never answers with these classes."""
        return replace(self, blocked=self.blocked | set(classes))


def fit_head(features: Features, store: Store | None = None) -> Head:
    """A converged logistic head on the enrolment photos of all identities.

    It stands in for the classifier that a closed-set model would carry, so that the standardising
    of the probe is folded into weight and bias and the head acts on plain features. Thousands of
    people take many seconds to fit, so the head is kept in the `store`.
    """
    train, classes = features.train, len(features.identities)
    values, labels = features.values[train], features.labels[train]
    key = ""
    if store is not None:
        fitted_on = (hashlib.sha256(one.numpy().tobytes()).hexdigest() for one in (values, labels))
        key = content_key("head", VERSION, classes, *fitted_on)
        kept = store.get(key)
        if kept is not None and kept.keys() == {"weight", "bias"}:
            return Head(kept["weight"], kept["bias"])
    probe = fit_linear(values, labels, classes)
    weight = probe.weight / probe.scale
    head = Head(weight.float(), (probe.bias - weight @ probe.mean).float())
    if store is not None:
        store.put(key, {"weight": head.weight, "bias": head.bias})
    return head
