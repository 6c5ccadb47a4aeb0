"""The fitted head and its place in the cache."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine import fitted_head
from engine.fitted_head import fit_head
from engine.store import Store
from tests.demo.world import workspace

FEATURES = workspace().features


def test_a_kept_head_is_the_fitted_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a head that the cache changes, and thousands of people fitted at each start."""
    store = Store(tmp_path)
    fresh = fit_head(FEATURES, store)
    monkeypatch.setattr(fitted_head, "fit_linear", None)
    kept = fit_head(FEATURES, store)
    assert torch.equal(kept.weight, fresh.weight)
    assert torch.equal(kept.bias, fresh.bias)


def test_another_split_or_other_features_are_fitted_anew(tmp_path: Path) -> None:
    """Catches a head of other enrolment photos taken from the cache."""
    store = Store(tmp_path)
    first = fit_head(FEATURES, store)
    other = fit_head(replace(FEATURES, train=~FEATURES.train), store)
    assert not torch.equal(first.weight, other.weight)
    moved = fit_head(replace(FEATURES, values=FEATURES.values.flip(1)), store)
    assert not torch.equal(first.weight, moved.weight)
