"""What is shipped beside the assets is what the program would compute today."""

from pathlib import Path

import pytest
import torch

from engine.backbones import load_backbone
from engine.features import embed_all, extract, feature_key
from engine.opening import open_workspace
from engine.sources import open_gallery, open_strangers
from engine.store import SHIPPED, Store
from tools.shipping import BACKBONES, atlas_of


@pytest.mark.parametrize("name", BACKBONES)
def test_shipped_embeddings_are_current(name: str, tmp_path: Path) -> None:
    """Would catch weights or photos that changed while yesterday's embeddings stayed."""
    backbone = load_backbone(name)
    for gallery in (open_gallery("synthetic"), open_strangers("synthetic")):
        key = feature_key(gallery, backbone)
        assert (SHIPPED / f"{key}.safetensors").is_file(), "run `python -m tools.people embed`"
        kept = extract(gallery, backbone, store=Store(tmp_path, shipped=SHIPPED))
        sample = range(0, len(kept), 97)
        fresh = embed_all(kept.faces()[list(sample)], backbone)
        torch.testing.assert_close(kept.values[list(sample)], fresh, atol=2e-3, rtol=0)


@pytest.mark.parametrize("name", BACKBONES)
def test_the_shipped_map_is_read_and_not_drawn(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a first paint that waits for UMAP or a head that is fitted again, or shipped
    files that nothing reads."""

    def drawn(*_: object, **__: object) -> None:
        raise AssertionError("the map was laid out again; run `python -m tools.people embed`")

    monkeypatch.setattr("engine.maps.neighbours", drawn)
    store = Store(tmp_path, shipped=SHIPPED)
    workspace = open_workspace("synthetic", name, store=store)
    atlas = atlas_of(workspace, store)
    assert atlas.before.shape == (len(atlas), 2)
    assert not list(tmp_path.glob("*"))
