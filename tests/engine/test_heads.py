"""The head that answers, the fitted one and its place in the cache, and the nearest photos."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine import fitted_head, matching
from engine.fitted_head import fit_head
from engine.heads import Head
from engine.matching import best_similarities
from engine.probes.linear import fit_linear
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


def test_a_head_is_linear_and_blocked_names_are_never_the_answer() -> None:
    """Catches a bias that is lost, a block that forgets an earlier one, or that changes a head
    which others share."""
    head = Head(torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), torch.tensor([0.5, 0.0, -3.0]))
    x = torch.tensor([[2.0, 1.0], [0.0, 1.0]])
    assert head.logits(x).tolist() == [[2.5, 1, 0], [0.5, 1, -2]]
    assert head.predict(x).tolist() == [0, 1]
    hidden = head.block((0,))
    assert hidden.predict(x).tolist() == [1, 1]
    assert hidden.block((1, 0)).predict(x).tolist() == [2, 2]
    assert hidden.block((1,)).blocked == {0, 1}
    assert hidden.logits(x)[:, 1:].tolist() == [[1, 0], [1, -2]]
    assert head.blocked == frozenset()
    assert head.predict(x).tolist() == [0, 1]


def test_a_fitted_head_is_the_probe_on_plain_features(tmp_path: Path) -> None:
    """Catches standardising that is lost on the way, or a cache entry of another kind believed."""
    train = FEATURES.train
    probe = fit_linear(FEATURES.values[train], FEATURES.labels[train], len(FEATURES.identities))
    store = Store(tmp_path)
    head = fit_head(FEATURES, store)
    assert torch.allclose(
        head.logits(FEATURES.values), probe.logits(FEATURES.values), atol=1e-4, rtol=1e-4
    )
    (path,) = tmp_path.glob("*.safetensors")
    store.put(path.stem, {"weight": head.weight})
    assert torch.equal(fit_head(FEATURES, store).bias, head.bias)
    assert torch.equal(fit_head(FEATURES).weight, head.weight)


@pytest.mark.parametrize("chunk", [1, 4, 100])
def test_the_nearest_photo_is_anybodys_or_another_persons(
    monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """Catches a photo compared with the wrong people where two blocks meet."""
    monkeypatch.setattr(matching, "CHUNK", chunk)
    generator = torch.Generator().manual_seed(0)
    queries, gallery = (torch.randn(n, 5, generator=generator) for n in (9, 12))
    mine, theirs = torch.arange(9) % 3, torch.arange(12) % 3
    cosine = torch.nn.functional.cosine_similarity(queries[:, None], gallery[None], dim=2)
    torch.testing.assert_close(best_similarities(queries, gallery), cosine.amax(1))
    others = cosine.masked_fill(mine[:, None] == theirs, -1).amax(1)
    torch.testing.assert_close(best_similarities(queries, gallery, mine, theirs), others)
    torch.testing.assert_close(best_similarities(queries, gallery, mine), cosine.amax(1))
