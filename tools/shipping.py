"""Embeddings and map of the embedded people, computed once and shipped beside them.

They are entries of the same content-addressed cache that every gallery uses, so a stale one is
never read: it only costs the seconds that it was to save.
"""

from pathlib import Path

from engine.maps import Atlas
from engine.progress import Watch, ignore
from engine.store import SHIPPED, Store
from engine.workspace import Workspace, open_workspace


def ship(folder: Path = SHIPPED, watch: Watch = ignore) -> list[Path]:
    """Write the cache entries of the embedded gallery under the mini backbone into `folder`.

    Entries that are there already are replaced. Raises `LetheError` when an asset is damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.safetensors"):
        old.unlink()
    store = Store(folder)
    atlas_of(open_workspace("synthetic", "mini", watch=watch, store=store), store)
    return sorted(folder.glob("*.safetensors"))


def atlas_of(workspace: Workspace, store: Store | None) -> Atlas:
    """The workspace's map before any deletion, strangers who judge among the points."""
    others = workspace.strangers
    judging = None if others is None else others.features.values[others.judging]
    atlas = Atlas(workspace.features.values, judging, store=store, seed=workspace.seed)
    _ = atlas.before
    return atlas
