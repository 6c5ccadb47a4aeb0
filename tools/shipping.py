"""Embeddings and maps of the embedded people, computed once and shipped beside them.

They are entries of the same content-addressed cache that every gallery uses, so a stale one is
never read: it only costs the seconds that it was to save.
"""

from pathlib import Path

from engine.maps import Atlas
from engine.opening import open_workspace
from engine.progress import Watch, ignore
from engine.store import SHIPPED, Store
from engine.workspace import Workspace

BACKBONES = ("mini", "dlib")
"""Those that come with the install, so that anybody can choose them without a wait."""


def ship(folder: Path = SHIPPED, watch: Watch = ignore) -> list[Path]:
    """Write the cache entries of the embedded gallery under `BACKBONES` into `folder`.

    Embeddings of people and strangers, copies among them, a fitted head where the backbone has
    none, and the map. Entries that are there already are replaced. Raises `LetheError` when an
    asset is damaged or a backbone's package missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.safetensors"):
        old.unlink()
    store = Store(folder)
    for backbone in BACKBONES:
        atlas_of(open_workspace("synthetic", backbone, watch=watch, store=store), store)
    return sorted(folder.glob("*.safetensors"))


def atlas_of(workspace: Workspace, store: Store | None) -> Atlas:
    """The workspace's map before any deletion, strangers who judge among the points."""
    others = workspace.strangers
    judging = None if others is None else others.features.values[others.judging]
    atlas = Atlas(workspace.features.values, judging, store=store, seed=workspace.seed)
    _ = atlas.before
    return atlas
