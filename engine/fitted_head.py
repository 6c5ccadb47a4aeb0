"""A head for a backbone that brings none for these people: a probe of all of them."""

import hashlib

from engine.features import Features
from engine.heads import Head
from engine.probes.linear import fit_linear
from engine.store import Store, content_key

VERSION = 1
"""Raised whenever the same features would give another head."""


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
